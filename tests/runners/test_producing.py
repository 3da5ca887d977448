"""Sources into Kafka that go on: positions never run ahead of what is confirmed, also when the process is killed."""

from __future__ import annotations

import asyncio
import json
import random
import signal
import socket
import subprocess
import sys
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest
from kafka import KafkaAdminClient

from pipeline.adapters.kafka import read, topics
from pipeline.adapters.sqlite.sources import SourceState
from pipeline.config import Config, Kafka
from pipeline.core.errors import InputError, UnreachableError, WirewatchError
from pipeline.core.payload import Payload
from pipeline.runners import producing
from pipeline.runners.embedded import Put
from pipeline.runners.producing import Producing, Told
from tests.runners.test_ingest import SECRET, STORY, push

ROOT = Path(__file__).parents[2]
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)


def payload(number: int) -> Payload:
    return Payload(data=b"x", origin=str(number), mark=(f"file:{number}", "1"))


class Broker:
    """Confirms what it was sent when it is told to."""

    def __init__(self) -> None:
        self.told: list[Told] = []

    def send(self, _payload: Payload, told: Told) -> None:
        self.told.append(told)


class Given:
    """A source of so many payloads; then it calls ``act``, and ends."""

    def __init__(self, count: int, act: Callable[[], None]) -> None:
        self.count = count
        self.act = act
        self.marks: Mapping[str, str] = {}

    async def run(self, put: Put, marks: Mapping[str, str]) -> None:
        self.marks = dict(marks)
        for number in range(self.count):
            await put(payload(number))
        self.act()
        await asyncio.sleep(0.1)


def produced(path: Path, answers: dict[int, WirewatchError | None], count: int = 4) -> set[str]:
    """Send, let the broker answer some, end; return the stored positions."""
    broker = Broker()

    async def pace() -> None:
        await asyncio.sleep(0)

    def act() -> None:
        for number, error in answers.items():
            broker.told[number](error)

    async def run() -> None:
        async with asyncio.timeout(0.5):
            await Producing(broker.send, path, pace).run([Given(count, act)])

    with suppress(TimeoutError):
        asyncio.run(run())
    with SourceState(path) as state:
        return set(state.marks())


def test_a_position_waits_for_all_before_it(tmp_path: Path) -> None:
    assert produced(tmp_path / "a.db", {0: None, 2: None, 3: None}) == {"file:0"}
    assert produced(tmp_path / "b.db", {1: None, 2: None}) == set()
    assert produced(tmp_path / "c.db", dict.fromkeys(range(4))) == {f"file:{number}" for number in range(4)}


def test_what_is_refused_for_good_is_not_sent_again(tmp_path: Path) -> None:
    assert produced(tmp_path / "a.db", {0: None, 1: InputError("too large"), 2: None}) == {"file:0", "file:1", "file:2"}


def test_what_is_in_doubt_ends_the_process_before_its_position(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(producing, "STORED_EVERY", 0.02)
    with pytest.raises(UnreachableError, match="Kafka has gone"):
        produced(tmp_path / "a.db", {0: None, 1: UnreachableError("Kafka has gone"), 2: None})
    with SourceState(tmp_path / "a.db") as state:
        assert set(state.marks()) == {"file:0"}


@pytest.fixture
def settings(kafka_address: str, tmp_path: Path) -> Iterator[Config]:
    """Make topics and a configuration of this test's own."""
    prefix = f"producing-{uuid.uuid4().hex[:8]}."
    kafka = Kafka(brokers=(kafka_address,), prefix=prefix, partitions=3, max_message_bytes=20_000)
    config = Config(mode="distributed", kafka=kafka)
    topics.create(config, lambda _line: None)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])
    (tmp_path / "in").mkdir()
    told = {
        "mode": "distributed",
        "source_state": "s.db",
        "kafka": {"brokers": [kafka_address], "prefix": prefix, "max_message_bytes": 20_000},
        "sources": [{"folder": "in", "provider": "agency"}],
        "ingest": {"port": port, "senders": [{"provider": "halyard", "secrets": [SECRET]}]},
    }
    (tmp_path / "w.yaml").write_bytes(msgspec.json.encode(told))
    yield msgspec.structs.replace(config, ingest=msgspec.structs.replace(config.ingest, port=port))
    with KafkaAdminClient(bootstrap_servers=kafka_address) as admin:
        admin.delete_topics([topic.name for topic in topics.declared(config)])


def start(folder: Path) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "pipeline", "produce", "--follow", "--config", str(folder / "w.yaml")]
    return subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True)


def arrived(config: Config) -> Counter[bytes]:
    found = read.records(config.kafka, [topics.INCOMING], LONG_AGO, follow=False)
    return Counter(record.value or b"" for record in found)


def end(process: subprocess.Popen[str], number: signal.Signals) -> str:
    process.send_signal(number)
    _out, errors = process.communicate(timeout=30)
    return errors


@pytest.mark.servers
def test_pushed_and_dropped_stories_arrive_once_and_no_restart_repeats_them(settings: Config, tmp_path: Path) -> None:
    (tmp_path / "in" / "a.json").write_bytes(STORY)
    process = start(tmp_path)
    assert push(settings.ingest.port, STORY.replace(b"h:1", b"h:2"), "msg_1") == 200
    assert arrived(settings)[STORY.replace(b"h:1", b"h:2")] == 1, "200 says that Kafka has it"
    large = json.dumps({"uri": "urn:large", "headline": "x" * 30_000}).encode()
    assert push(settings.ingest.port, large, "msg_2") == 413
    time.sleep(3)
    errors = end(process, signal.SIGTERM)
    assert process.returncode == 1, errors
    assert "2 payloads confirmed" in errors
    process = start(tmp_path)
    assert push(settings.ingest.port, STORY.replace(b"h:1", b"h:2"), "msg_1") == 200
    time.sleep(2)
    assert "0 payloads confirmed" in end(process, signal.SIGTERM)
    assert process.returncode == 0
    assert arrived(settings) == {STORY: 1, STORY.replace(b"h:1", b"h:2"): 1}


@pytest.mark.servers
def test_a_kill_loses_nothing_of_a_folder(settings: Config, tmp_path: Path) -> None:
    seed = random.randrange(1000)
    chance = random.Random(seed)
    sent = [STORY.replace(b"h:1", f"h:{number}".encode()) for number in range(3000)]
    for number, one in enumerate(sent):
        (tmp_path / "in" / f"{number}.json").write_bytes(one)
    for _ in range(3):
        process = start(tmp_path)
        time.sleep(1.5 + chance.uniform(0, 1.5))
        end(process, signal.SIGKILL)
    process = start(tmp_path)
    deadline = time.monotonic() + 30
    while len(arrived(settings)) < len(sent) and time.monotonic() < deadline:
        time.sleep(0.5)
    end(process, signal.SIGTERM)
    found = arrived(settings)
    assert set(found) == set(sent), f"seed {seed}"
    assert found.total() < 2 * len(sent), f"seed {seed}: what was confirmed long before a kill is not sent again"
