"""Workers that tests start, kill and stop, over a topic of their own, and the count of what they did."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
import uuid
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import msgspec
from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer, TopicPartition

from tests.faults.worker import NAME, TOPIC

ROOT = Path(__file__).parents[2]


class Count(msgspec.Struct, frozen=True):
    """Records whose effect was never confirmed, and confirmations beyond the first."""

    lost: int
    repeated: int


class Fleet:
    """Workers of one runner over ``records`` messages in ``partitions`` partitions."""

    def __init__(self, broker: str, folder: Path, runner: str, *, records: int, partitions: int, work: float) -> None:
        self.broker = broker
        self.runner = runner
        self.records = records
        self.partitions = partitions
        self.work = work
        self.prefix = f"fault-{uuid.uuid4().hex[:8]}."
        self.ledger = folder / "ledger"
        self.block = folder / "ledger.block"
        self.fail = folder / "ledger.fail"
        self.deadly = folder / "ledger.deadly"
        self.workers: list[subprocess.Popen[bytes]] = []
        self._log = (folder / "workers.log").open("wb")
        self.log = folder / "workers.log"

    def fill(self) -> None:
        """Make the topic and fill it evenly."""
        with KafkaAdminClient(bootstrap_servers=self.broker) as admin:
            shape = {"num_partitions": self.partitions, "replication_factor": 1}
            admin.create_topics({self.prefix + TOPIC: shape}, wait_for_metadata=True)
        with KafkaProducer(bootstrap_servers=self.broker, acks="all", linger_ms=5) as producer:
            sent = [
                producer.send(self.prefix + TOPIC, b"%d %d" % (partition, offset), partition=partition)
                for offset, partition in (divmod(number, self.partitions) for number in range(self.records))
            ]
            for future in sent:
                future.get(timeout=30)

    def start(self, *instance: str) -> subprocess.Popen[bytes]:
        """Start one worker more, as a static member where it gets a name."""
        arguments = [self.runner, self.broker, self.prefix, str(self.ledger), str(self.work), *instance]
        worker = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.worker", *arguments],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdout=self._log,
            stderr=subprocess.STDOUT,
        )
        self.workers.append(worker)
        return worker

    def kill(self, worker: subprocess.Popen[bytes]) -> None:
        """End a worker without a word."""
        worker.send_signal(signal.SIGKILL)
        worker.wait(10)

    def stop(self, worker: subprocess.Popen[bytes]) -> float:
        """Ask a worker to stop; return the seconds it took."""
        began = time.monotonic()
        worker.send_signal(signal.SIGTERM)
        worker.wait(60)
        return time.monotonic() - began

    def confirmed(self, wanted: str = "E") -> Counter[tuple[int, int]]:
        """Return how often each record (partition, offset) was confirmed, or with ``D`` buried."""
        seen: Counter[tuple[int, int]] = Counter()
        for file in self.ledger.parent.glob("ledger.[0-9]*"):
            for line in file.read_text().splitlines():
                kind, partition, first, last = line.split()
                if kind == wanted:
                    seen.update((int(partition), offset) for offset in range(int(first), int(last) + 1))
        return seen

    def begun(self, worker: subprocess.Popen[bytes]) -> bool:
        """Whether a worker has begun a fetch."""
        return Path(f"{self.ledger}.{worker.pid}").is_file() and Path(f"{self.ledger}.{worker.pid}").stat().st_size > 0

    def wait_begun(self, worker: subprocess.Popen[bytes], seconds: float = 60) -> float:
        """Wait until a worker has begun a fetch; return the seconds it took."""
        began = time.monotonic()
        while not self.begun(worker):
            assert time.monotonic() - began < seconds, f"no fetch after {seconds} s:\n{self.log.read_text()[-3000:]}"
            time.sleep(0.05)
        return time.monotonic() - began

    def wait_shared(self, times: int, seconds: float = 60) -> None:
        """Wait until the partitions have been shared between two workers, for the so many-th time."""
        began = time.monotonic()
        while self.log.read_text().count(f"reads {self.partitions // 2} partitions") < 2 * times:
            assert time.monotonic() - began < seconds, f"not shared:\n{self.log.read_text()[-3000:]}"
            time.sleep(0.05)

    def committed(self) -> int:
        """Return how many records the group has committed."""
        places = [TopicPartition(self.prefix + TOPIC, number) for number in range(self.partitions)]
        group = f"{self.prefix}wirewatch-{NAME}"
        consumer = KafkaConsumer(bootstrap_servers=self.broker, group_id=group, enable_auto_commit=False)
        try:
            return sum(max(0, consumer.committed(place) or 0) for place in places)
        finally:
            consumer.close(autocommit=False)

    def keep(self, count: int, seconds: float = 120) -> int:
        """Keep so many workers running, as a supervisor does, until everything is committed; return how many ended."""
        ended = 0
        running = [self.start(f"member-{place}") for place in range(count)]
        until = time.monotonic() + seconds
        while self.committed() < self.records:
            assert time.monotonic() < until, f"not through:\n{self.log.read_text()[-3000:]}"
            time.sleep(0.2)
            for place, worker in enumerate(running):
                if worker.poll() is not None:
                    ended += 1
                    running[place] = self.start(f"member-{place}")
        return ended

    def finish(self, seconds: float = 90) -> Count:
        """Wait until the group has committed everything, end all workers and count."""
        until = time.monotonic() + seconds
        while self.committed() < self.records and time.monotonic() < until:
            time.sleep(0.3)
        self.end()
        return self.count()

    def count(self) -> Count:
        """Compare the ledger with what was sent."""
        seen = self.confirmed()
        return Count(lost=self.records - len(seen), repeated=sum(seen.values()) - len(seen))

    def end(self) -> None:
        """Kill whatever still runs."""
        for worker in self.workers:
            with contextlib.suppress(ProcessLookupError):
                worker.kill()
            worker.wait(10)
        self._log.close()


@contextlib.contextmanager
def fleet(
    broker: str, folder: Path, runner: str, *, records: int = 6_000, partitions: int = 8, work: float = 30
) -> Iterator[Fleet]:
    """Yield a fleet over a filled topic; ``work`` is milliseconds for a fetch."""
    ships = Fleet(broker, folder, runner, records=records, partitions=partitions, work=work)
    try:
        ships.fill()
        yield ships
    finally:
        ships.end()
