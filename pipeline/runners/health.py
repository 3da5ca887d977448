"""The health of the sources while they run: kept in memory, written every few seconds, told when it turns."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from pipeline import metrics
from pipeline.adapters.files import Refuse
from pipeline.adapters.sqlite.sources import SourceState
from pipeline.core.polling import Health, State
from pipeline.runners.clock import Clock

WRITTEN_EVERY = 10.0
"""Seconds between two writes: so much of the history a kill may cost."""


class HealthBook:
    """How each source fares, by its name. ``refuse`` is told of a new reason to fail, and of unusual silence, once.

    Without a path nothing is kept.
    """

    def __init__(self, refuse: Refuse, path: Path | None = None, clock: Clock | None = None) -> None:
        self.refuse = refuse
        self.path = path
        self.now = (clock or Clock()).now
        self.health: dict[str, Health] = {}
        self._unwritten: set[str] = set()
        self._states: dict[str, State] = {}
        self._written = self.now()
        if path is not None and path.exists():
            with SourceState(path) as state:
                self.health = state.health()

    def fetched(self, name: str, *, changed: bool, moved: str | None = None) -> Health:
        """Note a look at a source that succeeded, and return its health."""
        health = self.health.get(name, Health()).fetched(self.now(), changed=changed, moved=moved)
        metrics.FETCHES.labels("changed" if changed else "unchanged").inc()
        return self._note(name, health)

    def failed(self, name: str, reason: str) -> Health:
        """Note a look that failed, and return the health; the reason is told where it is another than before."""
        before = self.health.get(name, Health())
        metrics.FETCHES.labels("failed").inc()
        if name not in self._states or before.reason != reason:
            self.refuse(name, reason)
        return self._note(name, before.failed(self.now(), reason))

    def _note(self, name: str, health: Health) -> Health:
        self.health[name] = health
        self._unwritten.add(name)
        now, before = self.now(), self._states.get(name)
        state = health.state(now)
        self._states[name] = state
        if state is State.QUIET and before is not State.QUIET:
            hours, usual = health.silence(now) / 3600, max(gap for _day, gap in health.silences) / 3600
            self.refuse(
                name, f"gone quiet: nothing new for {hours:.1f} h; the longest silence so far was {usual:.1f} h"
            )
        if (now - self._written).total_seconds() > WRITTEN_EVERY:
            self.write()
        return health

    def write(self) -> None:
        """Write what has changed since the last time."""
        self._written = self.now()
        counts = Counter(self._states.values())
        for state in State:
            metrics.SOURCES.labels(state.value).set(counts[state])
        if self.path is None or not self._unwritten:
            return
        names, self._unwritten = self._unwritten, set()
        with SourceState(self.path) as file:
            file.save({name: self.health[name] for name in names}, {})
