"""The pipeline where everything asks who we are: Kafka with SASL over TLS, Elasticsearch with an API key."""

from __future__ import annotations

import http.client
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
import pytest
import yaml
from elasticsearch import Elasticsearch

from tests.conftest import no_server
from tests.e2e.stage import ROOT
from tests.servers import elastic
from tests.servers.kafka import PASSWORD, USER, SecuredKafka
from tests.servers.process import ServerError, free_port

pytestmark = [pytest.mark.servers, pytest.mark.timeout(400)]

ROLE: dict[str, Any] = {
    "cluster": ["monitor", "manage_index_templates"],
    "indices": [{"names": ["e2e-*"], "privileges": ["all"]}],
}


@pytest.fixture(scope="module")
def kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SecuredKafka]:
    node = SecuredKafka(tmp_path_factory.mktemp("secured") / "kafka")
    try:
        node.start()
        yield node
    except ServerError as error:
        no_server(error)
    finally:
        node.stop()


@pytest.fixture
def settings(tmp_path: Path, kafka: SecuredKafka, secured_elasticsearch: str) -> Settings:
    return Settings(tmp_path, kafka, secured_elasticsearch)


class Settings:
    """A configuration that is right; ``file`` writes it with something changed."""

    def __init__(self, folder: Path, kafka: SecuredKafka, elasticsearch: str) -> None:
        self.folder = folder
        rules = folder / "rules.jsonl"
        rules.write_text('{"id": "aid", "query": "aid", "topic": "security"}\n')
        self.kafka = {
            "brokers": [kafka.secured],
            "security": "sasl-tls",
            "username": USER,
            "password": PASSWORD,
            "ca": str(kafka.ca),
            "partitions": 2,
        }
        self.elasticsearch = {"url": elasticsearch, "prefix": "e2e-", "refresh": "1s"}
        self.key = ""
        """The id of the key for Elasticsearch."""
        self.new_key()

    def new_key(self) -> None:
        with administering(self.elasticsearch["url"]) as client:
            made = client.security.create_api_key(name="wirewatch", role_descriptors={"wirewatch": ROLE})
        self.key, self.elasticsearch["api_key"] = str(made["id"]), str(made["encoded"])

    def file(
        self, kafka: dict[str, object] | None = None, elasticsearch: dict[str, object] | None = None, port: int = 0
    ) -> str:
        found = {
            "mode": "distributed",
            "rules": ["rules.jsonl"],
            "topics": ["security"],
            "kafka": {**self.kafka, **(kafka or {})},
            "elasticsearch": {**self.elasticsearch, **(elasticsearch or {})},
            "metrics": {"port": port},
        }
        file = self.folder / f"wirewatch-{port}.yaml"
        file.write_text(yaml.safe_dump(found))
        return str(file)


def administering(url: str) -> Elasticsearch:
    return Elasticsearch(url, basic_auth=("elastic", elastic.PASSWORD))


def wirewatch(file: str, *words: str, status: int = 0) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "pipeline", *words, "--config", file]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=100, check=False)
    assert done.returncode == status, f"{words}: {done.returncode}\n{done.stdout}{done.stderr}"
    assert "Traceback" not in done.stderr
    return done


def until(reached: Callable[[], bool], log: Path) -> None:
    end = time.monotonic() + 90
    while not reached():
        assert time.monotonic() < end, log.read_text()
        time.sleep(0.5)


class Worker:
    """A worker that runs; it must be alive at the end, and stop as told."""

    def __init__(self, kind: str, settings: Settings) -> None:
        self.port = free_port()
        self.log = settings.folder / f"{kind}-{self.port}.log"
        command = [sys.executable, "-m", "pipeline", "worker", kind, "--config", settings.file(port=self.port)]
        with self.log.open("wb") as out:
            self.process = subprocess.Popen(command, cwd=ROOT, stdout=out, stderr=out)

    def said(self, words: str) -> bool:
        assert self.process.poll() is None, self.log.read_text()
        return words in self.log.read_text()

    def ready(self) -> str:
        """Return what it answers to those who ask whether it is ready."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            connection.request("GET", "/ready")
            return connection.getresponse().read().decode()
        except OSError:
            return "not there yet"
        finally:
            connection.close()


@contextmanager
def working(kind: str, settings: Settings) -> Iterator[Worker]:
    """Run a worker until it is no longer needed; wait until it takes messages."""
    worker = Worker(kind, settings)
    try:
        until(lambda: worker.ready().startswith("ready"), worker.log)
        yield worker
        assert worker.process.poll() is None, worker.log.read_text()
    finally:
        worker.process.terminate()
        status = worker.process.wait(40)
    assert status == 0, worker.log.read_text()


def produce(settings: Settings, uri: str, headline: str) -> None:
    wire = settings.folder / "wire.jsonl"
    wire.write_text(f'{{"uri": "{uri}", "type": "text", "headline": "{headline}"}}\n')
    wirewatch(settings.file(), "produce", str(wire), "--provider", "p")


def test_stories_become_alerts_and_hits(settings: Settings, tmp_path: Path) -> None:
    file = settings.file()
    wirewatch(file, "init")
    log = tmp_path / "workers.log"
    with log.open("wb") as out:
        workers = [
            subprocess.Popen(
                [sys.executable, "-m", "pipeline", "worker", kind, "--config", file], cwd=ROOT, stdout=out, stderr=out
            )
            for kind in ("desk", "index")
        ]
    try:
        wire = tmp_path / "wire.jsonl"
        wire.write_text('{"uri": "u:1", "type": "text", "headline": "Aid agreed"}\nno story\n')
        wirewatch(settings.file({"mechanism": "PLAIN"}), "produce", str(wire), "--provider", "p")
        until(lambda: "Aid agreed" in wirewatch(file, "search", "aid").stdout, log)
        until(lambda: "parse" in wirewatch(file, "dead", "list").stdout, log)
        told = wirewatch(file, "subscribe", "security", "--since", "1h", "--once", "--format", "json").stdout
        assert msgspec.json.decode(told)["subject"] == "aid"
        wirewatch(file, "replay", "--from", "1h")
    finally:
        for worker in workers:
            worker.terminate()
        for worker in workers:
            assert worker.wait(40) == 0, log.read_text()


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"password": "wrong"}, "refuses the login of wire (SCRAM-SHA-512)"),
        ({"username": "nobody"}, "refuses the login of nobody"),
        ({"mechanism": "SCRAM-SHA-256"}, "refuses the login of wire (SCRAM-SHA-256)"),
        ({"ca": None}, "is not trusted: self-signed certificate (kafka.ca)"),
        ({"security": "plaintext", "username": None, "password": None, "ca": None}, "does not answer as Kafka with"),
    ],
    ids=["password", "user", "mechanism", "authority", "no TLS"],
)
def test_a_wrong_login_at_kafka_is_one_line_for_commands_and_workers(
    settings: Settings, wrong: dict[str, object], told: str
) -> None:
    file = settings.file(wrong)
    for words in (["init", "--only", "kafka"], ["worker", "desk"]):
        lines = [
            line for line in wirewatch(file, *words, status=4).stderr.splitlines() if line.startswith("wirewatch: ")
        ]
        assert told in lines[-1]


def test_a_wrong_key_for_elasticsearch_is_one_line_for_commands_and_workers(settings: Settings) -> None:
    wirewatch(settings.file(), "init")
    file = settings.file(elasticsearch={"api_key": "d3Jvbmc6d3Jvbmc="})
    for words in (["search", "aid"], ["worker", "index"]):
        told = wirewatch(file, *words, status=4).stderr.splitlines()[-1]
        assert "wants to know who we are: elasticsearch.api_key is wrong or has expired" in told


def test_a_key_that_loses_its_rights_or_is_revoked_blocks_the_index_and_costs_nothing(settings: Settings) -> None:
    wirewatch(settings.file(), "init")
    with working("desk", settings):
        with working("index", settings) as index, administering(settings.elasticsearch["url"]) as client:
            rights = client.security.update_api_key
            rights(id=settings.key, role_descriptors={"wirewatch": {"cluster": ["monitor"]}})
            produce(settings, "u:rights", "Aid without rights")
            until(lambda: index.said("Elasticsearch: 403 security_exception"), index.log)
            assert index.ready() == "blocked: waiting for elasticsearch\n"
            rights(id=settings.key, role_descriptors={"wirewatch": ROLE})
            until(lambda: "without rights" in wirewatch(settings.file(), "search", "aid").stdout, index.log)
            assert index.ready().startswith("ready")

            client.security.invalidate_api_key(ids=[settings.key])
            produce(settings, "u:revoked", "Aid without a key")
            until(lambda: index.said("Elasticsearch: 401 security_exception"), index.log)
            assert index.ready() == "blocked: waiting for elasticsearch\n"
        settings.new_key()
        with working("index", settings) as index:
            until(lambda: "without a key" in wirewatch(settings.file(), "search", "aid").stdout, index.log)
    assert "security_exception" not in wirewatch(settings.file(), "dead", "list").stdout


def test_a_password_that_is_changed_blocks_a_worker_until_it_is_right_again(
    settings: Settings, kafka: SecuredKafka
) -> None:
    wirewatch(settings.file(), "init", "--only", "kafka")
    with working("desk", settings) as desk:
        kafka.set_password("another one")
        try:
            kafka.kill()  # what is connected stays so
            kafka.start()
            until(lambda: desk.said(f"refuses the login of {USER} (SCRAM-SHA-512): check kafka.username"), desk.log)
            until(lambda: desk.ready() == "blocked: waiting for kafka\n", desk.log)
        finally:
            kafka.set_password(PASSWORD)
        produce(settings, "u:password", "Aid with the right word")
        told = ["subscribe", "security", "--since", "1h", "--once", "--format", "json"]
        until(lambda: "u:password" in wirewatch(settings.file(), *told).stdout, desk.log)
        until(lambda: desk.ready().startswith("ready"), desk.log)
