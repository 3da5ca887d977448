"""The whole pipeline under faults: what was acknowledged to the producer against what is there at the end."""

from __future__ import annotations

import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest

from pipeline.adapters.kafka.produce import Producer
from pipeline.core.formats.key import cheap_key
from pipeline.core.payload import Payload
from tests.e2e.oracle import expected
from tests.e2e.stage import Stage, staged
from tests.faults import wire
from tests.faults.conftest import Size
from tests.servers.elastic import Elasticsearch
from tests.servers.kafka import Kafka

pytestmark = [pytest.mark.servers, pytest.mark.timeout(3_600)]

OUTAGE = 300.0
"""Seconds that the ledger waits for a broker to come back, before it counts a story as not acknowledged."""


@pytest.fixture
def stage(tmp_path: Path, kafka_address: str, elasticsearch_url: str) -> Iterator[Stage]:
    """Make a pipeline with twelve partitions."""
    with staged(tmp_path, kafka_address, elasticsearch_url, partitions=12) as stage:
        yield stage


class Ledger:
    """Sends the made wire in the background at its rate, and compares what came of it in the end."""

    def __init__(self, stage: Stage, size: Size) -> None:
        self.stage = stage
        self.size = size
        self.payloads = wire.payloads(size.stories)
        self.refused: list[str] = []
        self.confirmed = 0
        self._thread = threading.Thread(target=self._send)
        self._thread.start()

    def _send(self) -> None:
        kafka, refused = self.stage.config.kafka, self.refused
        producer = Producer(kafka, cheap_key, lambda origin, _reason: refused.append(origin), OUTAGE)
        began = time.monotonic()
        for number, payload in enumerate(self.payloads):
            time.sleep(max(0.0, began + number / self.size.rate - time.monotonic()))
            producer.send(payload)
        self.confirmed = producer.finish().confirmed

    def sending(self) -> bool:
        """Whether stories are still being sent."""
        return self._thread.is_alive()

    def compare(self, seconds: float = 240) -> int:
        """Wait until everything is worked off, check it, and return how many alerts were raised more than once."""
        self._thread.join()
        assert self.confirmed == len(self.payloads)
        assert not self.refused
        self.stage.wait_drained(seconds)
        should = expected(self.stage.config, self.payloads)
        found = self.stage.indexed()
        ids = [story.id for story in found]
        assert len(ids) == len(set(ids)), "a story is in the index twice"
        there = {story.id: story.revision for story in found}
        lost = should.revisions.keys() - there.keys()
        assert not lost, f"stories are lost: {self.stage.trail(lost)}"
        assert there == should.revisions, "a story is there in a stale revision"
        raised = self.stage.alerts()
        assert should.alerts.keys() - raised.keys() == set(), "alerts are lost"
        assert {letter.payload for letter in self.stage.dead()} == poison(self.payloads)
        return sum(raised[id_] - 1 for id_ in should.alerts)


def poison(payloads: list[Payload]) -> set[bytes]:
    return {payload.data for payload in payloads if payload.data.startswith(b'{"no"')}


def test_killed_workers_lose_nothing_and_leave_nothing_stale(stage: Stage, size: Size) -> None:
    chance = Random(2)
    workers = [(kind, stage.start(kind)) for kind in ("desk", "desk", "index")]
    stage.wait_reading()
    ledger = Ledger(stage, size)
    for _ in range(size.faults):
        time.sleep(chance.uniform(1, 7))
        number = chance.randrange(len(workers))
        kind, worker = workers[number]
        stage.kill(worker)
        workers[number] = (kind, stage.start(kind))
    ledger.compare()


def test_a_rolling_restart_loses_nothing_and_repeats_next_to_nothing(stage: Stage, size: Size) -> None:
    workers = [(kind, stage.start(kind)) for kind in ("desk", "desk", "index")]
    stage.wait_reading()
    ledger = Ledger(stage, size)
    for number in range(len(workers)):
        time.sleep(3)
        kind, worker = workers[number]
        assert stage.stop(worker) < 30
        workers[number] = (kind, stage.start(kind))
    repeated = ledger.compare()
    assert repeated <= 0.001 * len(ledger.payloads)


def test_a_broker_that_dies_and_comes_back_costs_nothing(tmp_path: Path, elasticsearch_url: str, size: Size) -> None:
    broker = Kafka(tmp_path / "kafka")
    broker.start()
    try:
        with staged(tmp_path, broker.address, elasticsearch_url, partitions=6) as stage:
            workers = [stage.start("desk"), stage.start("index")]
            stage.wait_reading()
            ledger = Ledger(stage, size)
            time.sleep(4)
            broker.kill()
            time.sleep(2)
            broker.start()
            keep_running(stage, ["desk", "index"], workers, ledger)
            ledger.compare()
    finally:
        broker.stop()


def test_an_index_that_dies_and_comes_back_costs_nothing_and_delays_no_alert(
    tmp_path: Path, kafka_address: str, size: Size
) -> None:
    elasticsearch = Elasticsearch(tmp_path / "elasticsearch")
    elasticsearch.start()
    try:
        with staged(tmp_path, kafka_address, f"http://{elasticsearch.address}", partitions=6) as stage:
            workers = [stage.start("desk"), stage.start("index")]
            stage.wait_reading()
            ledger = Ledger(stage, size)
            time.sleep(3)
            elasticsearch.kill()
            before = len(stage.alerts())
            stage.until(lambda: len(stage.alerts()) > before, "alerts go on without the index", 20)
            elasticsearch.start()
            keep_running(stage, ["desk", "index"], workers, ledger)
            ledger.compare()
    finally:
        elasticsearch.stop()


def keep_running(stage: Stage, kinds: list[str], workers: list[subprocess.Popen[bytes]], ledger: Ledger) -> None:
    """Start again what has ended, as a supervisor does, while stories are sent."""
    while ledger.sending():
        for number, worker in enumerate(workers):
            if worker.poll() is not None:
                workers[number] = stage.start(kinds[number])
        time.sleep(0.5)
