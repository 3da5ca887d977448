"""Payloads that no provider would send: random bytes, and stories of the sample wire that were damaged on their way."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from random import Random

import pytest

from pipeline import wiring
from pipeline.adapters.kafka.produce import Producer
from pipeline.config import Config
from pipeline.core.flow import work
from pipeline.core.formats.key import cheap_key
from pipeline.core.payload import Payload

SAMPLES = Path(__file__).parents[2] / "config" / "samples"
SPICE = (
    b"\x00",
    b"\xff\xfe",
    b"\\ud800",
    b'"',
    b"{",
    b"]",
    b"<",
    b"&#x0;",
    b"1e999",
    b"null",
    b"-1",
    b"9999-12-31",
    b"\n",
)


def inputs(count: int, chance: Random) -> list[bytes]:
    """Return so many different payloads, about a third of them random bytes; each holds one story at most."""
    stories = [
        line for name in ("halyard", "lanternfold") for line in (SAMPLES / f"{name}.jsonl").read_bytes().splitlines()
    ]
    found: set[bytes] = set()
    while len(found) < count:
        kind = chance.randrange(3)
        found.add(chance.randbytes(chance.randrange(1, 400)) if kind == 0 else damaged(chance.choice(stories), chance))
    return sorted(found)


def damaged(story: bytes, chance: Random) -> bytes:
    """Return a story with some of it cut, doubled, changed or spiced."""
    data = bytearray(story)
    for _ in range(chance.randrange(1, 4)):
        start = chance.randrange(len(data) + 1)
        end = min(len(data), start + chance.randrange(1, 40))
        way = chance.randrange(5)
        if way == 0:
            del data[start:end]
        elif way == 1:
            data[start:start] = data[start:end]
        elif way == 2:
            data[start:end] = bytes(byte ^ 1 << chance.randrange(8) for byte in data[start:end])
        elif way == 3:
            data[start:start] = chance.choice(SPICE)
        else:
            del data[start:]
    return bytes(data)


def send(config: Config, payloads: list[bytes]) -> None:
    """Send them all."""
    producer = Producer(config.kafka, cheap_key, lambda origin, reason: pytest.fail(f"{origin}: {reason}"))
    for data in payloads:
        producer.send(Payload(data=data, origin="fuzz", provider="fuzz.example"))
    producer.finish()


def outcomes(config: Config, payloads: list[bytes]) -> dict[bytes, set[str]]:
    """Return the ids of the stories in each payload; held ones are left out with their payload, and kept elsewhere."""
    desk, _rules = wiring.desk(config, "oracle", lambda: datetime.now(UTC), lambda problem: pytest.fail(str(problem)))
    found = {}
    for data in payloads:
        outcome = work(desk, Payload(data=data, origin="fuzz", provider="fuzz.example"))
        if not outcome.held:
            found[data] = {story.id for story in outcome.stories}
    return found
