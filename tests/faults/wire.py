"""A made wire that is hard on a pipeline: corrections out of order, kills, poison; the same from the same seed."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from random import Random

from pipeline.core.payload import Payload

CORRECTED, KILLED, POISON = 0.05, 0.01, 0.005
HEADLINES = (
    "Russia and North Korea pledge mutual aid if either is attacked",
    "Rebels attacked a convoy near the border, army says",
    "Ministers sign treaty of mutual assistance in Ankara",
    "Wheat prices ease after rain in Kansas",
    "Home side win the derby with a late penalty",
    "Parliament in Lima passes budget after long debate",
)
START = datetime(2026, 6, 15, tzinfo=UTC)


def payloads(count: int, seed: int = 1) -> list[Payload]:
    """Return about ``count`` payloads in the order in which they are to be sent; no two seeds have a uri in common."""
    chance = Random(seed)
    found: list[tuple[float, bytes]] = []
    for number in range(count):
        place, name = float(number), f"{seed}:{number}"
        if chance.random() < POISON:
            found.append((place, b'{"no": "story %s"}' % name.encode()))
            continue
        found.append((place, story(name, 1, chance.choice(HEADLINES))))
        if chance.random() < CORRECTED:  # the correction may come before what it corrects
            found.append((place + chance.uniform(-20, 20), story(name, 2, chance.choice(HEADLINES))))
        if chance.random() < KILLED:
            found.append((place + chance.uniform(5, 40), story(name, 3, "Killed", status="canceled")))
    found.sort()
    return [Payload(data=data, origin=f"made:{line}", provider="fault.example") for line, (_, data) in enumerate(found)]


def story(name: str, version: int, headline: str, status: str = "usable") -> bytes:
    """Return a revision of a story as ninjs."""
    made = START + timedelta(seconds=int(name.rpartition(":")[2]), minutes=version)
    fields = {
        "uri": f"urn:fault:{name}",
        "type": "text",
        "version": str(version),
        "versioncreated": made.isoformat(),
        "pubstatus": status,
        "headline": f"{headline} ({name})",
        "body_text": f"{headline}. This is revision {version} of story {name}.",
        "language": "en",
    }
    return json.dumps(fields).encode()
