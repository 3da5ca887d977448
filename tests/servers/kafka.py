"""Kafka in KRaft mode, broker and controller in one process: a node alone, or a cluster of several."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from pathlib import Path

from kafka import KafkaAdminClient
from kafka.admin import UserScramCredentialUpsertion
from kafka.errors import KafkaError

from tests.servers import downloads
from tests.servers.process import BRIEF, Command, Server, ServerError, free_port, listens

HEAP = "-Xmx512m"
USER, PASSWORD = "wire", "secret of the test"
SESSION = "3000"
"""Milliseconds for which a broker that was killed counts as there; it cannot come back before."""

CLUSTER = "d2lyZXdhdGNoLXRlc3RzMQ"
"""Any 16 bytes in base64."""


class Kafka(Server):
    """A node; ``settings`` go to server.properties after ours."""

    name = "Kafka"

    def __init__(
        self, folder: Path, port: int = 0, settings: dict[str, str] | None = None, *, lasting: bool = False
    ) -> None:
        super().__init__(folder, port, lasting=lasting)
        self.settings = settings or {}

    def command(self) -> Command:
        """Format the storage of a new node and return the broker's command."""
        jars = downloads.kafka()
        java = str(downloads.java_home(17) / "bin/java")
        properties = self.folder / "server.properties"
        if not properties.exists():  # a node keeps its ports and identity over restarts
            settings = {**self._settings(free_port()), **self.settings}
            properties.write_text("".join(f"{key}={value}\n" for key, value in settings.items()))
            tool = [java, *BRIEF, "-cp", f"{jars}/*", "kafka.tools.StorageTool", "format", "-t", CLUSTER]
            tool += ["-c", str(properties), *self.users()]
            done = subprocess.run(tool, capture_output=True, text=True, timeout=60, check=False)
            if done.returncode:
                properties.unlink()
                raise ServerError(f"Kafka's storage in {self.folder} cannot be formatted: {done.stdout + done.stderr}")
        quiet = "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn"
        options = ["-Xms256m", HEAP, *(["-XX:+UseG1GC"] if self.lasting else BRIEF), quiet, "-cp", f"{jars}/*"]
        return Command([java, *options, "kafka.Kafka", str(properties)], {}, self.folder)

    def users(self) -> list[str]:
        """Return what tells the storage tool of users."""
        return []

    def healthy(self) -> bool:
        """Whether the broker knows its cluster."""
        if not listens(self.port):  # the client would try for two seconds
            return False
        try:
            client = KafkaAdminClient(
                bootstrap_servers=self.address, bootstrap_timeout_ms=2000, request_timeout_ms=5000
            )
        except (KafkaError, OSError):
            return False
        try:
            return bool(client.describe_cluster()["brokers"])
        except (KafkaError, OSError):
            return False
        finally:
            client.close()

    def _settings(self, controller: int) -> dict[str, str]:
        return {
            "process.roles": "broker,controller",
            "node.id": "1",
            "controller.quorum.voters": f"1@127.0.0.1:{controller}",
            "listeners": f"PLAINTEXT://127.0.0.1:{self.port},CONTROLLER://127.0.0.1:{controller}",
            "advertised.listeners": f"PLAINTEXT://127.0.0.1:{self.port}",
            "controller.listener.names": "CONTROLLER",
            "log.dirs": str(self.folder / "data"),
            "auto.create.topics.enable": "false",  # a topic that nobody made is an error that tests must see
            "offsets.topic.replication.factor": "1",
            "offsets.topic.num.partitions": "8",
            "transaction.state.log.replication.factor": "1",
            "transaction.state.log.min.isr": "1",
            "share.coordinator.state.topic.replication.factor": "1",
            "share.coordinator.state.topic.min.isr": "1",
            "group.initial.rebalance.delay.ms": "0",
            **({} if self.lasting else {"broker.session.timeout.ms": SESSION, "broker.heartbeat.interval.ms": "500"}),
        }


def cluster(folder: Path, count: int = 3) -> list[Kafka]:
    """Return ``count`` nodes of one cluster, for ``start_together``.

    Topics of three replicas stay writable when one node is taken away.
    """
    ports = [(free_port(), free_port()) for _ in range(count)]
    voters = ",".join(f"{number}@127.0.0.1:{controller}" for number, (_, controller) in enumerate(ports, 1))
    replicas, in_sync = str(min(3, count)), str(min(2, count))
    nodes = []
    for number, (port, controller) in enumerate(ports, 1):
        settings = {
            "node.id": str(number),
            "controller.quorum.voters": voters,
            "listeners": f"PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller}",
            "offsets.topic.replication.factor": replicas,
            "transaction.state.log.replication.factor": replicas,
            "transaction.state.log.min.isr": in_sync,
            "default.replication.factor": replicas,
            "min.insync.replicas": in_sync,
        }
        nodes.append(Kafka(folder / f"node-{number}", port, settings))
    return nodes


def start_together(nodes: Sequence[Kafka]) -> None:
    """Start the nodes of one cluster, none of which answers before the others are there; raises ServerError."""
    for node in nodes:
        node.spawn()
    for node in nodes:
        node.wait()


class SecuredKafka(Kafka):
    """A node that asks for a login over TLS at ``secured``; ``ca`` is the file that trusts it.

    USER has PASSWORD by SCRAM-SHA-512 and by PLAIN. The plain listener at ``address`` is for looking on from outside.
    """

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self._secured = free_port()
        self.ca = self.folder / "ca.pem"

    @property
    def secured(self) -> str:
        """Host and port of the listener that asks for a login."""
        return f"127.0.0.1:{self._secured}"

    def command(self) -> Command:
        """Make a certificate and the settings of security; return the broker's command."""
        self.port = self.port or free_port()
        store = self.folder / "node.p12"
        if not store.exists():
            tool = [str(downloads.java_home(17) / "bin/keytool"), "-keystore", str(store), "-storepass", PASSWORD]
            made = ["-genkeypair", "-alias", "node", "-keyalg", "RSA", "-dname", "CN=node", "-ext", "san=ip:127.0.0.1"]
            for words in (made, ["-exportcert", "-alias", "node", "-rfc", "-file", str(self.ca)]):
                subprocess.run([*tool, *words], check=True, capture_output=True, timeout=60)
        login = "org.apache.kafka.common.security"
        self.settings = {
            "listeners": f"PLAINTEXT://{self.address},SASL_SSL://{self.secured},CONTROLLER://127.0.0.1:{free_port()}",
            "advertised.listeners": f"PLAINTEXT://{self.address},SASL_SSL://{self.secured}",
            "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,SASL_SSL:SASL_SSL,CONTROLLER:PLAINTEXT",
            "inter.broker.listener.name": "PLAINTEXT",
            "sasl.enabled.mechanisms": "PLAIN,SCRAM-SHA-512",
            "ssl.keystore.location": str(store),
            "ssl.keystore.password": PASSWORD,
            "ssl.keystore.type": "PKCS12",
            "listener.name.sasl_ssl.plain.sasl.jaas.config": (
                f'{login}.plain.PlainLoginModule required user_{USER}="{PASSWORD}";'
            ),
            "listener.name.sasl_ssl.scram-sha-512.sasl.jaas.config": f"{login}.scram.ScramLoginModule required;",
        }
        voter = self.settings["listeners"].rpartition("CONTROLLER://")[2]
        self.settings["controller.quorum.voters"] = f"1@{voter}"
        return super().command()

    def set_password(self, password: str) -> None:
        """Change the password of the user, for SCRAM."""
        with KafkaAdminClient(bootstrap_servers=self.address) as admin:
            wanted = UserScramCredentialUpsertion(USER, "SCRAM-SHA-512", password)
            refused = admin.alter_user_scram_credentials([wanted])[USER]
        if refused:
            raise ServerError(f"the password of {USER} cannot be changed: {refused}")

    def users(self) -> list[str]:
        """Return the user of SCRAM."""
        return ["--add-scram", f"SCRAM-SHA-512=[name={USER},password={PASSWORD}]"]
