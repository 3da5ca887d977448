"""What every archive must do; SQLite and Elasticsearch inherit it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from pipeline.core.alerts import Alert, AlertType, make_alert
from pipeline.core.archive import AlertFilter, Archive
from pipeline.core.need import ANYTHING, AllOf, AnyOf, Need, Prefix, Tagged, Word
from pipeline.core.story import Actor, Kind, Match, Region, Role, Status, Story

NOON = datetime(2026, 6, 15, 12, tzinfo=UTC)


def make_story(name: str, headline: str, hours: float = 0, **more: object) -> Story:
    base = Story(
        uri=f"urn:test:{name}",
        provider="contract",
        version="1",
        version_created=NOON - timedelta(hours=hours),
        received=NOON,
        headline=headline,
        body=f"{headline}.\n\nNothing else is known.",
        language="en",
        source_format="ninjs",
    )
    return msgspec.structs.replace(base, **more)


KOREA = Region("KP", "North Korea", Role.FOCUS, 0.9, 2, (("headline", 0, 5),))
PUTIN = Actor("Q7747", "Vladimir Putin", Kind.PERSON, "RU", "GOV", Role.MENTION, 0.5, 1, (("body", 3, 8),))

STORIES = [
    make_story("pact", "Mutual aid pact signed in Pyongyang", 1, regions=(KOREA,), actors=(PUTIN,)),
    make_story("storm", "O'Brien says U.S. storm aid is late", 2),
    make_story("beijing", "北京大学开放日", 3),
    make_story("undated", "A note without a date", version_created=None, received=None, first_created=None),
    make_story("withheld", "Mutual aid pact to be signed", 0, status=Status.WITHHELD),
    make_story("killed", "Mutual aid pact called off", 4, status=Status.CANCELED),
]


class ArchiveContract:
    """Inherit, and give the fixture ``archive``: one that holds STORIES and, in this order, ALERTS."""

    @pytest.fixture
    def archive(self) -> Archive:
        raise NotImplementedError

    def found(self, archive: Archive, need: Need, **bounds: datetime) -> list[str]:
        return [story.uri.removeprefix("urn:test:") for story in archive.stories(need, **bounds)]

    def test_every_story_but_killed_and_withheld_ones_is_there_newest_first(self, archive: Archive) -> None:
        assert self.found(archive, ANYTHING) == ["pact", "storm", "beijing", "undated"]

    def test_a_story_comes_back_as_it_was_stored(self, archive: Archive) -> None:
        assert list(archive.stories(Word("pyongyang"))) == [STORIES[0]]

    @pytest.mark.parametrize(
        ("need", "expected"),
        [
            (Word("aid"), ["pact", "storm"]),
            (AllOf((Word("aid"), Word("mutual"))), ["pact"]),
            (AnyOf((Word("mutual"), Word("storm"))), ["pact", "storm"]),
            (AllOf((Word("aid"), AnyOf((Word("late"), Word("nothere"))))), ["storm"]),
            (Word("o'brien"), ["storm"]),
            (Word("u.s."), ["storm"]),
            (Word("us"), []),
            (Prefix("pyong"), ["pact"]),
            (Word("北京"), ["beijing"]),
            (Tagged("region", ("KP", "KR")), ["pact"]),
            (Tagged("actor", ("Q7747",)), ["pact"]),
            (Tagged("region", ()), []),
            (AnyOf(()), []),
            (AnyOf((Word("aid"), ANYTHING)), ["pact", "storm", "beijing", "undated"]),
            (AllOf((Word("aid"), AnyOf(()))), []),
        ],
    )
    def test_a_need_selects(self, archive: Archive, need: Need, expected: list[str]) -> None:
        assert self.found(archive, need) == expected

    def test_times_bound_and_spare_the_undated(self, archive: Archive) -> None:
        since, until = NOON - timedelta(hours=2), NOON - timedelta(hours=1.5)
        assert self.found(archive, ANYTHING, since=since) == ["pact", "storm", "undated"]
        assert self.found(archive, ANYTHING, since=since, until=until) == ["storm", "undated"]

    def test_the_history_has_every_revision_oldest_first(self, archive: Archive) -> None:
        assert [story.version for story in archive.history("urn:test:pact")] == ["1"]
        assert archive.history("urn:test:nothing") == []

    def test_only_killed_stories_are_there_for_auditors_within_their_bounds(self, archive: Archive) -> None:
        assert list(archive.killed()) == [STORIES[-1]]
        assert list(archive.killed(since=NOON - timedelta(hours=5), until=NOON)) == [STORIES[-1]]
        assert list(archive.killed(since=NOON)) == []

    def test_alerts_come_in_the_order_in_which_they_were_raised(self, archive: Archive) -> None:
        assert list(archive.alerts(AlertFilter())) == ALERTS

    def test_alerts_are_filtered_and_withdrawals_reach_everybody(self, archive: Archive) -> None:
        def rules(**wanted: object) -> list[str | None]:
            return [alert.rule for alert in archive.alerts(msgspec.structs.replace(AlertFilter(), **wanted))]

        assert rules(topics=frozenset({"security"})) == ["mutual-aid", None]
        assert rules(rules=frozenset({"storm"})) == ["storm", None]
        assert rules(topics=frozenset({"none"})) == [None]


def _alert(story: Story, rule: str | None, topic: str) -> Alert:
    match = Match(rule, topic, (("headline", 0, 3),), "v1", "high") if rule else None
    return make_alert(story, AlertType.NEW if rule else AlertType.WITHDRAWN, match, None if rule else "kill")


ALERTS = [
    _alert(STORIES[0], "mutual-aid", "security"),
    _alert(STORIES[1], "storm", "disasters"),
    _alert(STORIES[-1], None, ""),
]
