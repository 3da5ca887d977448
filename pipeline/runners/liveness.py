"""Whether a worker is alive and ready: what ``/health`` and ``/ready`` answer, and when it must end itself."""

from __future__ import annotations

import threading
from collections.abc import Callable
from time import monotonic, sleep

from pipeline import metrics

STANDSTILL = 60.0
"""Seconds without a confirmed message, while messages wait, after which a worker is stuck."""

LOOK = 5.0
"""Seconds between two looks of the guard."""


class Liveness:
    """What is known of one worker. ``now`` is a monotonic clock in seconds."""

    def __init__(self, worker: str, now: Callable[[], float] = monotonic) -> None:
        self.worker = worker
        self.now = now
        self.partitions: int | None = None
        """How many partitions it has; None before it has joined its group, and while partitions are dealt out."""
        self._done = -1
        self._moved = now()

    def note(self, lag: int, done: int) -> None:
        """Take in how many messages wait and how many were confirmed since the start."""
        if done != self._done or not lag or self.waits_for():
            self.moved()
        self._done = done

    def guard(self, end: Callable[[str], None]) -> None:
        """Call ``end`` with the reason when the worker is stuck, from a thread of its own.

        A story that keeps the event loop busy keeps ``note`` from being called, too. Two looks in turn must say so:
        after a pause of the whole process, the first one comes too early.
        """

        def watch() -> None:
            stuck = False
            while not (stuck and self.stuck()):
                stuck = self.stuck()
                sleep(LOOK)
            end(self.health()[1])

        threading.Thread(target=watch, name="guard", daemon=True).start()

    def waits_for(self) -> list[str]:
        """Return the systems that the worker waits for, as its metrics say."""
        samples = (sample for metric in metrics.BLOCKED.collect() for sample in metric.samples)
        return [s.labels["system"] for s in samples if s.labels["worker"] == self.worker and s.value]

    def moved(self) -> None:
        """Note that what the worker does goes on, as where a system that is slow has answered."""
        self._moved = self.now()

    def waits_no_more(self) -> None:
        """Note that nothing of the worker is in hand, so that it waits for no system."""
        for system in self.waits_for():
            metrics.BLOCKED.labels(self.worker, system).set(0)

    def stuck(self) -> bool:
        """Whether messages wait, or nobody could look, nothing is confirmed, and nobody else is to blame."""
        if self.waits_for():
            self.moved()
        return self.now() - self._moved > STANDSTILL

    def health(self) -> tuple[bool, str]:
        """Return whether the process should go on running, and why not."""
        if self.stuck():
            return False, f"messages wait, and none was confirmed for {self.now() - self._moved:.0f} s"
        return True, "alive"

    def ready(self) -> tuple[bool, str]:
        """Return whether the worker takes messages, and what it waits for."""
        if self.partitions is None:
            return False, "waiting for partitions"
        if self.waits_for():
            return False, f"blocked: waiting for {', '.join(self.waits_for())}"
        return True, f"ready with {self.partitions} partitions"

    def pages(self) -> dict[str, Callable[[], tuple[bool, str]]]:
        """Return what is served beside ``/metrics``."""
        return {"/health": self.health, "/ready": self.ready}
