"""The embedded database: the archive contract, one transaction a batch, and what survives."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest

from pipeline.adapters.sqlite import SqliteArchive, SqliteStore
from pipeline.core.archive import AlertFilter
from pipeline.core.errors import UnreachableError
from pipeline.core.need import ANYTHING, Word
from pipeline.core.payload import DeadLetter
from pipeline.core.story import Story

from .archive_contract import ALERTS, NOON, STORIES, ArchiveContract, make_story


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStore]:
    store = SqliteStore(tmp_path / "wirewatch.db")
    yield store
    store.close()


class TestSqliteArchive(ArchiveContract):
    @pytest.fixture
    def archive(self, store: SqliteStore, tmp_path: Path) -> Iterator[SqliteArchive]:
        with store.transaction():
            for story in STORIES:
                store.put(story, newest=True)
            for alert in ALERTS:
                assert store.record(alert, NOON)
        archive = SqliteArchive(tmp_path / "wirewatch.db")
        yield archive
        archive.close()

    def test_alerts_are_bounded_by_when_they_were_raised(self, archive: SqliteArchive) -> None:
        assert len(list(archive.alerts(AlertFilter(since=NOON)))) == len(ALERTS)
        assert list(archive.alerts(AlertFilter(since=NOON + timedelta(seconds=1)))) == []


def found(path: Path, need: Word | None = None) -> list[Story]:
    archive = SqliteArchive(path / "wirewatch.db")
    try:
        return list(archive.stories(need or ANYTHING))
    finally:
        archive.close()


def test_a_new_revision_takes_the_place_of_the_old_one(store: SqliteStore, tmp_path: Path) -> None:
    with store.transaction():
        store.put(make_story("a", "Ferry sinks"), newest=True)
        store.put(make_story("a", "Ferry afloat", version="2"), newest=True)
        store.put(make_story("a", "Ferry late", version="0"), newest=False)
    assert [story.headline for story in found(tmp_path)] == ["Ferry afloat"]
    assert found(tmp_path, Word("sinks")) == []
    archive = SqliteArchive(tmp_path / "wirewatch.db")
    assert [story.version for story in archive.history("urn:test:a")] == ["0", "1", "2"]
    archive.close()


def test_a_failed_transaction_leaves_nothing(store: SqliteStore, tmp_path: Path) -> None:
    def half_a_batch() -> None:
        with store.transaction():
            store.put(STORIES[0], newest=True)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        half_a_batch()
    assert found(tmp_path) == []


def test_an_alert_is_recorded_once_and_announced_from_the_database(store: SqliteStore) -> None:
    with store.transaction():
        assert store.record(ALERTS[0], NOON)
        assert not store.record(ALERTS[0], NOON)
    ((number, alert),) = store.unannounced()
    assert alert == ALERTS[0]
    store.announced(number)
    assert store.unannounced() == []


def test_a_held_story_is_not_due_within_the_millisecond_before_its_embargo_ends(store: SqliteStore) -> None:
    ends = NOON + timedelta(microseconds=1_500)
    with store.transaction():
        store.hold(make_story("e", "Embargoed", embargoed_until=ends))
    assert store.due(ends - timedelta(microseconds=400)) == []
    assert len(store.due(ends + timedelta(milliseconds=1))) == 1


def test_held_stories_are_due_at_their_time_and_the_latest_revision_counts(store: SqliteStore) -> None:
    story = make_story("e", "Embargoed", embargoed_until=NOON)
    later = msgspec.structs.replace(story, version="2", embargoed_until=NOON + timedelta(hours=1))
    with store.transaction():
        store.hold(later)
        store.hold(story)
    assert store.due(NOON) == []
    assert store.due(NOON + timedelta(hours=1)) == [later]
    with store.transaction():
        store.unhold(later)
    assert store.due(NOON + timedelta(hours=1)) == []


def test_a_dead_letter_that_comes_again_counts_its_attempts(store: SqliteStore, tmp_path: Path) -> None:
    letter = DeadLetter(id="1", payload=b"\xff", origin="f:1", step="parse", reason="bad", time=datetime.now(UTC))
    with store.transaction():
        store.bury(letter)
        store.bury(letter)
    archive = SqliteArchive(tmp_path / "wirewatch.db")
    assert [(dead.payload, dead.attempts) for dead in archive.dead()] == [(b"\xff", 2)]
    archive.close()


def test_a_file_that_is_not_ours_is_refused(tmp_path: Path) -> None:
    (tmp_path / "text.db").write_text("not a database, but long enough to be looked at as one" * 100)
    for path in (tmp_path / "none.db", tmp_path / "text.db"):
        with pytest.raises(UnreachableError, match=path.name):
            SqliteArchive(path)
