"""When a worker is alive, ready, blocked or stuck."""

from __future__ import annotations

import threading
import time

import pytest

from pipeline import metrics
from pipeline.adapters.elastic.patience import Patience
from pipeline.runners import liveness
from pipeline.runners.liveness import STANDSTILL, Liveness


class Ticking:
    """A clock that is set by hand."""

    time = 0.0

    def __call__(self) -> float:
        return self.time


def test_a_worker_with_messages_that_confirms_none_is_stuck_after_a_while() -> None:
    clock = Ticking()
    worker = Liveness("stuck", clock)
    worker.note(lag=5, done=10)
    clock.time = STANDSTILL - 1
    worker.note(lag=5, done=10)
    assert worker.health() == (True, "alive")
    clock.time = STANDSTILL + 1
    worker.note(lag=5, done=10)
    assert worker.health() == (False, "messages wait, and none was confirmed for 61 s")
    worker.note(lag=5, done=11)
    assert not worker.stuck()


def test_a_worker_whose_system_answers_slowly_does_not_stand_still() -> None:
    clock = Ticking()
    worker = Liveness("slow", clock)
    patience = Patience("slow", answered=worker.moved)
    for clock.time in (40.0, 80.0, 120.0):
        patience.success()
        worker.note(lag=5, done=10)
        assert not worker.stuck()
    clock.time = 120.0 + STANDSTILL + 1
    assert worker.stuck()


def test_a_worker_with_nothing_to_do_is_never_stuck() -> None:
    clock = Ticking()
    worker = Liveness("idle", clock)
    for clock.time in (50.0, 100.0, 150.0):
        worker.note(lag=0, done=0)
    assert worker.health()[0]


def test_a_worker_that_waits_for_another_system_is_blocked_and_not_stuck() -> None:
    clock = Ticking()
    worker = Liveness("blocked", clock)
    worker.partitions = 3
    assert worker.ready() == (True, "ready with 3 partitions")
    metrics.BLOCKED.labels("blocked", "elasticsearch").set(1)
    for clock.time in (50.0, 100.0, 150.0):
        worker.note(lag=9, done=0)
    assert not worker.stuck()
    assert worker.ready() == (False, "blocked: waiting for elasticsearch")
    metrics.BLOCKED.labels("blocked", "elasticsearch").set(0)
    assert worker.ready()[0]


def test_the_guard_ends_a_worker_whose_loop_is_busy_for_ever_and_not_one_that_was_paused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(liveness, "LOOK", 0.05)
    clock, ended = Ticking(), threading.Event()
    why: list[str] = []
    worker = Liveness("guarded", clock)

    def end(reason: str) -> None:
        why.append(reason)
        ended.set()

    worker.guard(end)
    clock.time = STANDSTILL + 1
    time.sleep(0.03)
    worker.note(lag=5, done=1)  # the process goes on after a pause, and its loop too
    assert not ended.wait(0.2)
    clock.time += STANDSTILL + 1  # and now nothing turns any more
    assert ended.wait(5)
    assert why == ["messages wait, and none was confirmed for 61 s"]


def test_a_worker_without_partitions_is_not_ready() -> None:
    assert Liveness("new").ready() == (False, "waiting for partitions")
