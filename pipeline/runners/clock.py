"""The clocks that a runner may be handed: the real one, and one that runs a day in seconds."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
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
        self._stands: datetime | None = None
        self.restart()

    def restart(self) -> None:
        """Begin again at ``start``."""
        self.began = monotonic()

    @contextmanager
    def standing(self, moment: datetime) -> Iterator[None]:
        """Stand at ``moment``, and go on from there: what is done meanwhile takes no time, however slow the machine."""
        self._stands = moment
        try:
            yield
        finally:
            self._stands = None
            self.began = monotonic() - (moment - self.start).total_seconds() / self.speed

    def now(self) -> datetime:
        """Return the simulated time."""
        return self._stands or self.start + timedelta(seconds=(monotonic() - self.began) * self.speed)

    async def sleep(self, seconds: float) -> None:
        """Wait for so many simulated seconds."""
        await asyncio.sleep(seconds / self.speed)
