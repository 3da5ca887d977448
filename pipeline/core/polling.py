"""How a polled source fares, and when to ask it again: its health, its pauses, and when its silence is unusual.

Nothing here reads a clock: the moment is handed in.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

import msgspec

KEPT_DAYS = 14
"""Days whose longest silence is remembered: two weekends are among them."""

ENOUGH = 10
"""Changes seen before a silence can be called unusual."""

LEAST_SILENCE = 3600.0
"""Seconds of silence that are never unusual."""

UNUSUAL = 2.0
"""How many times the longest silence of the last days is unusual."""

DAY = 86_400.0
HOST_PAUSE, LONGEST_HOST_PAUSE = 30.0, 3600.0
"""Seconds of peace for a host after two failures in a row, doubled with each further one, and their bound."""

LONGEST_FACTOR = 16
"""How many times its interval a failing feed waits at most."""


class State(StrEnum):
    """How a source fares."""

    UNVERIFIED = "unverified"
    OK = "ok"
    QUIET = "quiet"
    FAILING = "failing"


class Health(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is known of a source from polling it. ``silences`` has (day, longest gap between two changes in seconds)."""

    checked: datetime | None = None
    succeeded: datetime | None = None
    changed: datetime | None = None
    changes: int = 0
    failures: int = 0
    reason: str | None = None
    """Why the last attempt failed."""
    moved: str | None = None
    """Where the publisher has moved the feed for good."""
    silences: tuple[tuple[int, float], ...] = ()

    def fetched(self, now: datetime, *, changed: bool, moved: str | None = None) -> Health:
        """Return the health after a fetch that succeeded."""
        after = msgspec.structs.replace(self, checked=now, succeeded=now, failures=0, reason=None, moved=moved)
        if not changed:
            return after
        return msgspec.structs.replace(after, changed=now, changes=self.changes + 1, silences=self._with_gap(now))

    def failed(self, now: datetime, reason: str) -> Health:
        """Return the health after a fetch that failed."""
        return msgspec.structs.replace(self, checked=now, failures=self.failures + 1, reason=reason)

    def patience(self) -> float | None:
        """Return the seconds of silence after which the source has gone quiet; None while too little is known."""
        if self.changes < ENOUGH or not self.silences:
            return None
        return max(LEAST_SILENCE, UNUSUAL * max(gap for _day, gap in self.silences))

    def silence(self, now: datetime) -> float:
        """Return the seconds since the source last showed anything new or changed."""
        return (now - self.changed).total_seconds() if self.changed else 0.0

    def state(self, now: datetime) -> State:
        """Return how the source fares."""
        if self.failures:
            return State.FAILING
        if self.succeeded is None:
            return State.UNVERIFIED
        patience = self.patience()
        return State.QUIET if patience is not None and self.silence(now) > patience else State.OK

    def _with_gap(self, now: datetime) -> tuple[tuple[int, float], ...]:
        if self.changed is None:
            return self.silences
        gap, today = (now - self.changed).total_seconds(), now.toordinal()
        longest = dict(self.silences)
        longest[today] = max(gap, longest.get(today, 0.0))
        return tuple(sorted(longest.items())[-KEPT_DAYS:])


def pause(every: float, failures: int, chance: float, asked: float | None = None) -> float:
    """Return the seconds until a feed is fetched again.

    ``chance``, from 0 to 1, spreads the fetches by a tenth to either side; ``asked`` is what the server asked for.
    """
    wait = every * min(2.0 ** min(failures, 10), LONGEST_FACTOR) * (0.9 + 0.2 * chance)
    return min(max(wait, asked or 0.0), DAY)


def host_pause(failures: int, asked: float | None = None) -> float:
    """Return the seconds in which a host is left alone after so many failures of its feeds, none succeeding between.

    A single failure may be that of one feed: only what the server asks for is heeded then.
    """
    wait = min(HOST_PAUSE * 2.0 ** min(failures - 2, 10), LONGEST_HOST_PAUSE) if failures > 1 else 0.0
    return min(max(wait, asked or 0.0), DAY)
