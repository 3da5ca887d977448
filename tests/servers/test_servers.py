"""The servers themselves: started, killed, started again on the same data, stopped."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from elasticsearch import Elasticsearch as Client
from kafka import KafkaAdminClient, KafkaProducer
from kafka.admin import NewTopic

from tests.conftest import no_server
from tests.servers import downloads
from tests.servers.elastic import Elasticsearch
from tests.servers.kafka import Kafka, cluster, start_together
from tests.servers.process import Command, Server, ServerError


class Sleeper(Server):
    """A server that does nothing."""

    name = "Sleeper"
    words: tuple[str, ...] = ("sleep", "60")
    well = True

    def command(self) -> Command:
        return Command(list(self.words), {}, self.folder)

    def healthy(self) -> bool:
        return self.well


def test_a_server_is_found_again_by_a_later_command_and_only_while_its_own_process_lives(tmp_path: Path) -> None:
    server = Sleeper(tmp_path)
    server.start()
    try:
        again = Sleeper(tmp_path)
        assert again.alive()
        assert (again.pid, again.port) == (server.pid, server.port)
        other = Sleeper(tmp_path)
        other.born += 1  # the same pid, of a process that began at another time
        assert not other.alive()
    finally:
        server.stop()
    assert not server.alive()
    assert not Sleeper(tmp_path).alive()


def test_starting_twice_leaves_the_running_server_alone(tmp_path: Path) -> None:
    server = Sleeper(tmp_path)
    server.start()
    try:
        pid = server.pid
        Sleeper(tmp_path).start()
        server.start()
        assert Sleeper(tmp_path).pid == pid
    finally:
        server.stop()


def test_a_server_that_ends_at_once_is_an_error_with_its_log(tmp_path: Path) -> None:
    server = Sleeper(tmp_path)
    server.words = ("sh", "-c", "echo no space left; exit 3")
    server.well = False
    with pytest.raises(ServerError, match=r"Sleeper ended; the end of .*log\.txt:\nno space left"):
        server.start()


def test_a_paused_server_can_be_stopped(tmp_path: Path) -> None:
    server = Sleeper(tmp_path)
    server.start()
    server.pause()
    server.stop(5.0)
    assert not server.alive()


def test_the_oldest_sufficient_jdk_is_chosen_and_a_missing_one_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "jdk"
    (home / "bin").mkdir(parents=True)
    (home / "bin/java").touch()
    (home / "release").write_text('IMPLEMENTOR="x"\nJAVA_VERSION="99.0.1"\n')
    monkeypatch.setenv("ES_JAVA_HOME", str(home))
    assert downloads.java_home(21, "ES_JAVA_HOME") == home
    with pytest.raises(
        ServerError, match="no JDK of 100 or newer is found: install one, or name its folder in ES_JAVA_HOME"
    ):
        downloads.java_home(100, "ES_JAVA_HOME")


@pytest.mark.servers
def test_kafka_keeps_its_messages_over_a_kill(tmp_path: Path) -> None:
    server = Kafka(tmp_path / "kafka")
    try:
        server.start()
    except ServerError as error:
        no_server(error)
    try:
        admin = KafkaAdminClient(bootstrap_servers=server.address)
        admin.create_topics([NewTopic("kept", 1, 1)])
        admin.close()
        producer = KafkaProducer(bootstrap_servers=server.address)
        sent = producer.send("kept", b"one").get(10)
        producer.close()
        assert sent.offset == 0
        server.kill()
        server.start()
        producer = KafkaProducer(bootstrap_servers=server.address)
        assert producer.send("kept", b"two").get(10).offset == 1
        producer.close()
    finally:
        server.stop()


@pytest.mark.servers
def test_a_cluster_of_three_takes_messages_without_the_leader(tmp_path: Path) -> None:
    nodes = cluster(tmp_path)
    try:
        start_together(nodes)
    except ServerError as error:
        for node in nodes:
            node.stop()
        no_server(error)
    addresses = [node.address for node in nodes]
    try:
        admin = KafkaAdminClient(bootstrap_servers=addresses)
        admin.create_topics([NewTopic("kept", 1, 3)])
        producer = KafkaProducer(bootstrap_servers=addresses, acks="all", retries=100)
        assert producer.send("kept", b"one").get(60).offset == 0
        leader = admin.describe_topics(["kept"])[0]["partitions"][0]["leader_id"]
        nodes[leader - 1].kill()
        assert producer.send("kept", b"two").get(60).offset == 1
        nodes[leader - 1].start()
        producer.close()
        admin.close()
    finally:
        for node in nodes:
            node.stop()


@pytest.mark.servers
def test_elasticsearch_keeps_its_documents_over_a_kill_and_takes_settings(tmp_path: Path) -> None:
    server = Elasticsearch(tmp_path / "elasticsearch", settings={"cluster.max_shards_per_node": "77"})
    try:
        server.start()
    except ServerError as error:
        no_server(error)
    try:
        with Client(server.url) as client:
            client.index(index="kept", id="1", document={"a": 1})
        server.kill()
        server.start()
        with Client(server.url) as client:
            assert client.get(index="kept", id="1")["_source"] == {"a": 1}
            found = client.cluster.get_settings(include_defaults=True, flat_settings=True)
            assert found["defaults"]["cluster.max_shards_per_node"] == "77"
    finally:
        server.stop()


def test_status_of_a_stack_that_does_not_run_says_so_and_fails(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tests.servers", "status", "--folder", str(tmp_path)]
    root = Path(__file__).parents[2]
    done = subprocess.run(command, capture_output=True, text=True, cwd=root, env=os.environ, timeout=30, check=False)
    assert done.returncode == 1
    assert done.stdout.splitlines() == ["Kafka          is not running", "Elasticsearch  is not running"]
