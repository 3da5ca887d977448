"""The health book: what it tells, once each, and what it keeps."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pipeline.adapters.sqlite.sources import SourceState
from pipeline.core.errors import UnreachableError
from pipeline.runners.clock import Clock
from pipeline.runners.health import HealthBook


class HandClock(Clock):
    """Stands still until it is moved."""

    def __init__(self) -> None:
        self.time = datetime(2026, 6, 1, tzinfo=UTC)

    def now(self) -> datetime:
        return self.time

    def later(self, hours: float) -> None:
        self.time += timedelta(hours=hours)


def test_unusual_silence_is_told_once_also_after_a_restart(tmp_path: Path) -> None:
    told: list[str] = []
    clock = HandClock()
    book = HealthBook(lambda origin, reason: told.append(f"{origin}: {reason}"), tmp_path / "s.db", clock)
    for _ in range(30):
        clock.later(0.5)
        book.fetched("a", changed=True)
    book.write()
    book = HealthBook(lambda origin, reason: told.append(f"{origin}: {reason}"), tmp_path / "s.db", clock)
    for _ in range(6):
        clock.later(0.5)
        book.fetched("a", changed=False)
    assert told == ["a: gone quiet: nothing new for 1.5 h; the longest silence so far was 0.5 h"]
    book.fetched("a", changed=True)
    for _ in range(20):
        clock.later(0.5)
        book.fetched("a", changed=False)
    assert len(told) == 2, "it has come back, and gone quiet again"


def test_each_new_reason_is_told_once() -> None:
    told: list[str] = []
    book = HealthBook(lambda _origin, reason: told.append(reason), clock=HandClock())
    for reason in ("gone", "gone", "slow", "slow", "gone"):
        book.failed("a", reason)
    assert told == ["gone", "slow", "gone"]
    book.fetched("a", changed=False)
    book.failed("a", "gone")
    assert told[3:] == ["gone"], "it had recovered between"


def test_a_file_that_is_none_of_ours_is_told(tmp_path: Path) -> None:
    (tmp_path / "s.db").write_text("no database at all, but a text of some length that SQLite cannot take for one")
    with pytest.raises(UnreachableError, match="cannot be opened"):
        HealthBook(lambda _origin, _reason: None, tmp_path / "s.db")


def test_an_entry_that_cannot_be_read_costs_no_other(tmp_path: Path) -> None:
    book = HealthBook(lambda _origin, _reason: None, tmp_path / "s.db", HandClock())
    book.fetched("a", changed=True)
    book.fetched("b", changed=True)
    book.write()
    with sqlite3.connect(tmp_path / "s.db") as connection:
        connection.execute("UPDATE health SET health = 'garbage' WHERE source = 'a'")
    connection.close()
    with SourceState(tmp_path / "s.db") as state:
        assert set(state.health()) == {"b"}
