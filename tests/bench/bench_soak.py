"""A million small payloads through the effect of the desk, every one with words of its own: what it keeps of them.

The sender writes nothing. Memory is that of a process of its own, read every tenth of the way; what grows until it is
full (the words, the partitions of keys) is full after the first tenths.
"""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from time import perf_counter

import msgspec

from pipeline import config, wiring
from pipeline.adapters.kafka.records import Message
from pipeline.adapters.kafka.send import Refused, Sender
from pipeline.runners.clock import Clock
from pipeline.runners.desk import DeskWorker
from tests.bench import Figure
from tests.bench.bench_embedded import ROOT, prepare
from tests.runners.plain import complete

PAYLOADS, FETCH, TENTHS = 1_000_000, 500, 10
PAGE = os.sysconf("SC_PAGE_SIZE")


class Record(msgspec.Struct):
    """A record of ``wire.incoming``."""

    value: bytes
    offset: int
    topic: str = "wire.incoming"
    partition: int = 0
    timestamp: int = 1_750_000_000_000
    key: bytes | None = None
    headers: Sequence[tuple[str, bytes]] = (("provider", b"soak"),)


class Sink(Sender):
    """Confirms everything at once."""

    async def send(self, _messages: Sequence[Message]) -> list[Refused]:
        """Refuse nothing."""
        return []


def run() -> Iterator[Figure]:
    """Yield the resident memory at the end, and by how much it grew over the second half."""
    command = [sys.executable, "-m", "tests.bench.bench_soak", str(PAYLOADS)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    *sizes, seconds = (float(line) for line in done.stdout.split())
    middle, last = sizes[TENTHS // 2 - 1], sizes[-1]
    yield Figure(
        name=f"resident memory after {PAYLOADS:,} small stories",
        value=last,
        unit="MB",
        goal="under 300, and flat",
        peer=f"{middle:.0f} at the half, {' '.join(f'{size:.0f}' for size in sizes)} by tenths",
        met=last < 300 and last <= 1.03 * middle,
    )
    yield Figure(name="stories through the desk's effect", value=PAYLOADS / seconds, unit="stories/s")


async def soak(count: int) -> None:
    """Print the resident memory in MB at each tenth, and the seconds of all."""
    with tempfile.TemporaryDirectory() as name:
        file, _wire = prepare(Path(name))
        settings = config.load(str(file))
        desk, _rules = wiring.desk(settings, "desk", Clock().now, print)
        effect = DeskWorker(desk, settings.kafka, Sink(settings.kafka, "desk"))
        began = perf_counter()
        for start in range(0, count, FETCH):
            await complete(effect, {None: [Record(_payload(number), number) for number in range(start, start + FETCH)]})
            if (start + FETCH) % (count // TENTHS) == 0:
                print(resident(), flush=True)
        print(perf_counter() - began)


def resident() -> float:
    """Return the resident memory of this process in MB."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * PAGE / 1e6


def _payload(number: int) -> bytes:
    words = " ".join(f"w{number * 7 + place:x}" for place in range(8))
    text = f"A storm reaches France, number {number}: {words} while the port of Rotterdam waits for ship {number:x}"
    story = {"uri": f"urn:soak:{number}", "headline": f"Storm {number} over France", "body_text": text, "version": "1"}
    return json.dumps(story).encode()


if __name__ == "__main__":
    asyncio.run(soak(int(sys.argv[1])))
