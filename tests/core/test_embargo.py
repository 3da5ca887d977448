"""The book of held stories: on time, the newest revision only, whatever the order of arrival."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from pipeline.core.embargo import Book, Lifted
from pipeline.core.story import Story, story_id

NOON = datetime(2026, 6, 15, 12, tzinfo=UTC)
ID = story_id("p", "u")


def held(version: int, minutes: int) -> Story:
    until = NOON + timedelta(minutes=minutes)
    return Story(uri="u", provider="p", version=str(version), embargoed_until=until, source_format="x")


def released(book: Book, minutes: int) -> list[str | None]:
    return [story.version for story in book.due(NOON + timedelta(minutes=minutes))[0]]


def test_a_story_is_due_at_its_time_and_once() -> None:
    book = Book()
    book.hold(held(1, 5))
    assert released(book, 4) == []
    assert released(book, 5) == ["1"]
    assert released(book, 6) == []
    assert len(book) == 0


def test_a_changed_embargo_counts() -> None:
    book = Book()
    book.hold(held(1, 5))
    book.hold(held(2, 9))
    assert released(book, 5) == []
    assert released(book, 9) == ["2"]


def test_a_lifted_embargo_releases_nothing_more() -> None:
    book = Book()
    book.hold(held(1, 5))
    book.lift(Lifted(ID, held(2, 0).revision))
    release, overtaken = book.due(NOON + timedelta(minutes=5))
    assert (release, [story.version for story in overtaken]) == ([], ["1"])


def test_what_was_dealt_with_is_not_due() -> None:
    book = Book()
    book.hold(held(1, 5))
    book.forget(ID, held(1, 5).revision)
    assert released(book, 5) == []


events = st.lists(st.tuples(st.sampled_from(["held", "lifted"]), st.integers(1, 6), st.integers(0, 9)), max_size=8)


@given(events)
def test_in_any_order_only_the_newest_revision_is_released_and_not_before_its_time(
    arrivals: list[tuple[str, int, int]],
) -> None:
    book = Book()
    embargoes: dict[int, int] = {}
    newest = 0
    for what, version, minutes in arrivals:
        newest = max(newest, version)
        if what == "held":
            embargoes[version] = minutes
            book.hold(held(version, minutes))
        else:
            book.lift(Lifted(ID, held(version, 0).revision))
    for minute in range(10):
        expected = [str(newest)] if embargoes.get(newest) == minute else []
        assert released(book, minute) == expected
    assert len(book) == 0
