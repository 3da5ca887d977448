"""How much a test of faults does."""

from __future__ import annotations

import msgspec


class Size(msgspec.Struct, frozen=True):
    """How many stories are sent, how many a second, how often something is killed, and within which seconds."""

    stories: int
    rate: int
    faults: int
    pause: tuple[float, float]


SIZES = {
    "small": Size(stories=5_000, rate=400, faults=3, pause=(1, 4)),
    "large": Size(stories=100_000, rate=300, faults=30, pause=(1, 20)),
}
