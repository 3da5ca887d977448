"""The clocks that a runner may be handed: the real one, and one that runs a day in seconds."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from time import monotonic


class Clock:
    """The time of the world."""

    def now(self) -> datetime:
        """Return the time, in UTC."""
        return datetime.now(UTC)

    async def sleep(self, seconds: float) -> None:
        """Wait for so many seconds of this clock."""
        await asyncio.sleep(seconds)


class SimulatedClock(Clock):
    """Begins at ``start`` when it is made, or restarted, and runs ``speed`` times as fast as the world."""

    def __init__(self, start: datetime, speed: float) -> None:
        self.start = start
        self.speed = speed
        self.restart()

    def restart(self) -> None:
        """Begin again at ``start``."""
        self.began = monotonic()

    def now(self) -> datetime:
        """Return the simulated time."""
        return self.start + timedelta(seconds=(monotonic() - self.began) * self.speed)

    async def sleep(self, seconds: float) -> None:
        """Wait for so many simulated seconds."""
        await asyncio.sleep(seconds / self.speed)
