"""Health and pauses: what a source's own history says of its silence, and how long it is left alone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.core.polling import DAY, LONGEST_HOST_PAUSE, Health, State, host_pause, pause

START = datetime(2026, 6, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)


def fed(gaps: list[float]) -> tuple[Health, datetime]:
    """Return the health of a feed that changed after each of these hours, and the time of its last change."""
    health, now = Health(), START
    for gap in gaps:
        now += gap * HOUR
        health = health.fetched(now, changed=True)
    return health, now


def test_a_source_is_unverified_until_it_was_fetched_once() -> None:
    assert Health().state(START) is State.UNVERIFIED
    failed = Health().failed(START, "gone")
    assert failed.state(START) is State.FAILING
    assert failed.fetched(START, changed=True).state(START) is State.OK


def test_a_busy_feed_goes_quiet_after_hours_and_a_slow_one_after_days() -> None:
    busy, last = fed([0.5] * 30)
    assert busy.state(last + 0.9 * HOUR) is State.OK
    assert busy.state(last + 1.1 * HOUR) is State.QUIET
    slow, last = fed([24.0] * 12)
    assert slow.state(last + 40 * HOUR) is State.OK
    assert slow.state(last + 50 * HOUR) is State.QUIET


def test_a_night_belongs_to_the_history_and_raises_no_alarm_the_next_night() -> None:
    health, last = fed(([0.25] * 60 + [9.0]) * 3)
    assert health.state(last + 10 * HOUR) is State.OK
    assert health.state(last + 19 * HOUR) is State.QUIET


def test_nobody_is_quiet_before_enough_is_known() -> None:
    health, last = fed([0.1] * 5)
    assert health.state(last + 1000 * HOUR) is State.OK


def test_a_change_ends_the_silence() -> None:
    health, last = fed([0.5] * 30)
    late = last + 5 * HOUR
    assert health.state(late) is State.QUIET
    assert health.fetched(late, changed=False).state(late) is State.QUIET
    assert health.fetched(late, changed=True).state(late) is State.OK


@given(st.lists(st.floats(0, 400), max_size=60))
@settings(max_examples=60, deadline=None)
def test_the_history_stays_small_and_its_longest_gap_is_true(gaps: list[float]) -> None:
    health, _last = fed(gaps)
    assert len(health.silences) <= 14
    assert max((gap for _day, gap in health.silences), default=0) <= max(gaps[1:], default=0) * 3600 + 1


@given(st.floats(1, 1e6), st.integers(0, 10_000), st.floats(0, 1), st.none() | st.floats(0, 1e9))
@settings(max_examples=100, deadline=None)
def test_a_pause_has_bounds(every: float, failures: int, chance: float, asked: float | None) -> None:
    wait = pause(every, failures, chance, asked)
    assert min(0.9 * every, DAY) <= wait <= DAY
    assert wait >= min(asked or 0, DAY)
    assert 0 < host_pause(failures + 2) <= LONGEST_HOST_PAUSE
    assert host_pause(1) == 0
    assert host_pause(1, asked) >= min(asked or 0, DAY)
