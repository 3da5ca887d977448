"""A distributed pipeline of a test's own on the real servers: its commands, its workers, and what comes of them."""

from __future__ import annotations

import contextlib
import signal
import subprocess
import sys
import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
from elasticsearch import Elasticsearch
from elasticsearch.helpers import scan
from kafka import KafkaAdminClient, KafkaConsumer, TopicPartition
from kafka.admin import OffsetSpec
from kafka.errors import CoordinatorNotAvailableError, KafkaError

from pipeline import config as configuration
from pipeline.adapters.kafka import read, records, topics
from pipeline.config import Config
from pipeline.core.payload import DeadLetter

ROOT = Path(__file__).parents[2]
RULES = ROOT / "config" / "rules"
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)


class Indexed(msgspec.Struct, frozen=True):
    """A story as the index has it."""

    id: str
    revision: int
    matches: tuple[str, ...]


class Stage:
    """The pipeline: ``run`` a command, ``start`` workers, look at what came of it."""

    def __init__(
        self,
        folder: Path,
        kafka: str,
        elasticsearch: str,
        *,
        partitions: int,
        rules: Path = RULES,
        replication: int = 1,
        direct: str | None = None,
    ) -> None:
        self.name = f"e2e-{uuid.uuid4().hex[:8]}"
        self.folder = folder
        self.file = folder / "wirewatch.yaml"
        self.file.write_text(
            f"mode: distributed\n"
            f"rules: ['{rules}']\n"
            f"topics: [security, disasters, politics, markets, energy, health, trade, technology, transport, crime]\n"
            f"kafka: {{brokers: ['{kafka}'], prefix: '{self.name}.', partitions: {partitions}, "
            f"replication: {replication}}}\n"
            f"elasticsearch: {{url: '{elasticsearch}', prefix: '{self.name}-', refresh: 1s}}\n"
        )
        self.elasticsearch = direct or elasticsearch
        self.workers: list[subprocess.Popen[bytes]] = []
        self.log = folder / "workers.log"
        self._log = self.log.open("wb")
        self._admin: KafkaAdminClient | None = None
        self._places: dict[tuple[str, ...], list[TopicPartition]] = {}
        self._looking = threading.Lock()

    @property
    def config(self) -> Config:
        """The configuration as the commands read it."""
        return configuration.load(str(self.file))

    def run(self, *arguments: str, status: int = 0) -> subprocess.CompletedProcess[str]:
        """Run a command to its end and check its exit status."""
        done = subprocess.run(
            self._command(*arguments), cwd=ROOT, capture_output=True, text=True, timeout=110, check=False
        )
        assert done.returncode == status, f"{arguments}: {done.returncode}\n{done.stdout}{done.stderr}"
        return done

    def start(
        self, worker: str, *arguments: str, module: Sequence[str] = ("pipeline",), log: Path | None = None
    ) -> subprocess.Popen[bytes]:
        """Start a worker; ``module`` names what stands for the command, with its own arguments."""
        command = [sys.executable, "-m", *module, *self._command("worker", worker, *arguments)[3:]]
        with log.open("wb") if log else contextlib.nullcontext(self._log) as out:
            process = subprocess.Popen(command, cwd=ROOT, stdout=out, stderr=subprocess.STDOUT)
        self.workers.append(process)
        return process

    def popen(self, *arguments: str) -> subprocess.Popen[bytes]:
        """Start any other command and leave it running."""
        process = subprocess.Popen(self._command(*arguments), cwd=ROOT, stdout=self._log, stderr=subprocess.STDOUT)
        self.workers.append(process)
        return process

    def kill(self, worker: subprocess.Popen[bytes]) -> None:
        """End a worker as a crash would."""
        worker.send_signal(signal.SIGKILL)
        worker.wait(10)

    def wait_reading(self) -> None:
        """Wait until every worker has its partitions, which each says."""
        self.until(lambda: self.reading() >= len(self.workers), "the workers read")

    def reading(self) -> int:
        """Return how often a worker has said that it reads."""
        return self.log.read_text().count(" reads ")

    def leader(self, partition: int) -> int:
        """Return the node that leads a partition of ``wire.incoming``."""
        with KafkaAdminClient(bootstrap_servers=list(self.config.kafka.brokers)) as admin:
            [topic] = admin.describe_topics([topics.full_name(self.config.kafka, topics.INCOMING)])
        return next(int(p["leader_id"]) for p in topic["partitions"] if p["partition_index"] == partition)

    @contextlib.contextmanager
    def blocked(self) -> Iterator[None]:
        """Make every index of stories read-only for a while, as Elasticsearch does when its disk is nearly full."""
        index, block = f"{self.name}-stor*", "blocks.read_only_allow_delete"
        with Elasticsearch(self.elasticsearch) as client:
            client.indices.put_settings(index=index, settings={block: True})
            try:
                yield
            finally:
                client.indices.put_settings(index=index, settings={block: None})

    def stop(self, worker: subprocess.Popen[bytes]) -> float:
        """Ask a worker to stop, check that it does so cleanly, and return the seconds it took."""
        began = time.monotonic()
        worker.send_signal(signal.SIGTERM)
        assert worker.wait(60) == 0, self.log.read_text()[-3000:]
        return time.monotonic() - began

    def until(self, reached: Callable[[], bool], what: str, seconds: float = 90) -> None:
        """Wait until something holds."""
        end = time.monotonic() + seconds
        while not reached():
            assert time.monotonic() < end, f"not in {seconds} s: {what}\n{self.log.read_text()[-3000:]}"
            time.sleep(0.25)

    def written(self, topic: str) -> int:
        """Return how many records a topic has."""
        with self._consumer(None) as consumer:
            return sum(consumer.end_offsets(self._partitions(consumer, topic)).values())

    def drained(self, worker: str, *names: str) -> bool:
        """Whether a worker has acknowledged everything in its topics."""
        try:
            done, ends = self.progress(worker, names)
        except CoordinatorNotAvailableError:  # of a broker that has just begun
            return False
        return done >= ends

    def progress(self, worker: str, names: Sequence[str]) -> tuple[int, int]:
        """Return how many records of these topics a worker has acknowledged, and how many there are."""
        with self._looking:
            try:
                return self._progress(worker, names)
            except (KafkaError, OSError):
                admin, self._admin = self._admin, None  # one that has lost its broker may never find it again
                if admin is not None:
                    admin.close()
                raise

    def _progress(self, worker: str, names: Sequence[str]) -> tuple[int, int]:
        group = f"{self.config.kafka.prefix}wirewatch-{worker}"
        if self._admin is None:
            brokers = list(self.config.kafka.brokers)
            self._admin = KafkaAdminClient(bootstrap_servers=brokers, request_timeout_ms=10_000)
        wanted = tuple(sorted(topics.full_name(self.config.kafka, name) for name in names))
        if wanted not in self._places:
            described = self._admin.describe_topics(list(wanted))
            found = [TopicPartition(t["name"], p["partition_index"]) for t in described for p in t["partitions"]]
            if {place.topic for place in found} != set(wanted):
                raise KafkaError(f"not yet there: {wanted}")
            self._places[wanted] = found
        places = self._places[wanted]
        committed = self._admin.list_group_offsets({group: places})[group]
        ends = self._admin.list_partition_offsets(dict.fromkeys(places, OffsetSpec.LATEST))
        done = sum(max(0, committed[place].offset) for place in places if place in committed)
        return done, sum(end.offset for end in ends.values())

    def through(self) -> bool:
        """Whether desk and index have acknowledged everything; False also where the broker does not say."""
        try:
            return self.drained("desk", topics.INCOMING) and self.drained("index", topics.STORIES, topics.ALERTS)
        except (KafkaError, OSError):
            return False

    def wait_drained(self, seconds: float = 90) -> None:
        """Wait until desk and index have acknowledged everything; then the index shows all."""
        self.until(lambda: self.drained("desk", topics.INCOMING), "desk has drained", seconds)
        self.until(lambda: self.drained("index", topics.STORIES, topics.ALERTS), "index has drained", seconds)

    def alerts(self, topic: str = topics.ALERTS) -> Counter[str]:
        """Return the ids of the alerts of a topic and how often each is there."""
        found = read.records(self.config.kafka, [topic], LONG_AGO, follow=False)
        return Counter(records.alert_of(record).id for record in found)

    def dead(self) -> list[DeadLetter]:
        """Return the dead letters."""
        whole = read.whole(self.config.kafka, topics.DEAD)
        return [records.dead_letter_of(record) for record in whole.values()]

    def trail(self, ids: Collection[str]) -> list[str]:
        """Return where on ``wire.stories`` these stories are, for the message of a test that misses them."""
        found = read.records(self.config.kafka, [topics.STORIES], LONG_AGO, follow=False)
        stories = ((record, records.story_of(record)) for record in found)
        return [f"{story.uri} at {r.partition}/{r.offset}" for r, story in stories if story.id in ids]

    def indexed(self) -> list[Indexed]:
        """Return every story of every monthly index."""
        index = f"{self.config.elasticsearch.prefix}stories"
        with Elasticsearch(self.elasticsearch) as client:
            client.indices.refresh(index=index)
            hits = scan(client, index=index, size=5_000, _source=["id", "revision", "matches"])
            return [msgspec.convert({"matches": (), **hit["_source"]}, Indexed) for hit in hits]

    def end(self) -> None:
        """Kill what still runs and remove what is stored."""
        for worker in self.workers:
            with contextlib.suppress(ProcessLookupError):
                worker.kill()
            worker.wait(10)
        self._log.close()
        if self._admin is not None:
            self._admin.close()
        config = self.config
        with KafkaAdminClient(bootstrap_servers=list(config.kafka.brokers)) as admin:
            there = set(admin.list_topics())
            made = [topic.name for topic in topics.declared(config) if topic.name in there]
            if made:
                admin.delete_topics(made)
        with Elasticsearch(self.elasticsearch) as client:
            names = list(client.indices.get(index=f"{self.name}-*", expand_wildcards="all"))
            if names:
                client.indices.delete(index=",".join(names))
            templates = client.indices.get_index_template(name=f"{self.name}-*")["index_templates"]
            for template in templates:
                client.indices.delete_index_template(name=template["name"])

    def _command(self, *arguments: str) -> list[str]:
        return [sys.executable, "-m", "pipeline", *arguments, "--config", str(self.file)]

    @contextlib.contextmanager
    def _consumer(self, group: str | None) -> Iterator[KafkaConsumer]:
        brokers = list(self.config.kafka.brokers)
        consumer = KafkaConsumer(bootstrap_servers=brokers, group_id=group, enable_auto_commit=False)
        try:
            yield consumer
        finally:
            consumer.close(autocommit=False)

    def _partitions(self, consumer: KafkaConsumer, topic: str) -> list[TopicPartition]:
        name = topics.full_name(self.config.kafka, topic)
        return [TopicPartition(name, number) for number in consumer.partitions_for_topic(name) or ()]


@contextlib.contextmanager
def staged(folder: Path, kafka: str, elasticsearch: str, *, partitions: int = 4, **more: Any) -> Iterator[Stage]:
    """Yield a pipeline with its topics and indices made, and leave nothing behind; ``more`` is that of Stage."""
    stage = Stage(folder, kafka, elasticsearch, partitions=partitions, **more)
    try:
        stage.run("init")
        yield stage
    finally:
        stage.end()
