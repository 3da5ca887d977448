"""The pipeline where everything asks who we are: Kafka with SASL over TLS, Elasticsearch with an API key."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
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
from tests.servers.process import ServerError

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
        self.elasticsearch = {
            "url": elasticsearch,
            "prefix": "e2e-",
            "api_key": api_key(elasticsearch),
            "refresh": "1s",
        }

    def file(self, kafka: dict[str, object] | None = None, elasticsearch: dict[str, object] | None = None) -> str:
        found = {
            "mode": "distributed",
            "rules": ["rules.jsonl"],
            "topics": ["security"],
            "kafka": {**self.kafka, **(kafka or {})},
            "elasticsearch": {**self.elasticsearch, **(elasticsearch or {})},
        }
        file = self.folder / "wirewatch.yaml"
        file.write_text(yaml.safe_dump(found))
        return str(file)


def api_key(url: str) -> str:
    with Elasticsearch(url, basic_auth=("elastic", elastic.PASSWORD)) as client:
        return str(client.security.create_api_key(name="wirewatch", role_descriptors={"wirewatch": ROLE})["encoded"])


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
