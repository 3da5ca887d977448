"""The flow: every story of a payload ends as exactly one of stored, held or dead, and costs no other story."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from pipeline.core.alerts import AlertType
from pipeline.core.errors import InputError
from pipeline.core.flow import Desk, MatchResult, Outcome, Parsed, Tags, release, work
from pipeline.core.payload import Payload
from pipeline.core.story import Match, Status, Story

NOON = datetime(2026, 6, 15, 12, tzinfo=UTC)


class WordTagger:
    """Fails on the word "boom"."""

    version = "test"

    def tag(self, story: Story) -> Tags:
        if "boom" in (story.headline or ""):
            raise RuntimeError("boom in the tagger")
        return Tags((), ())


class WordMatcher:
    """Has one rule, for the word "attack", and one that always fails."""

    def match(self, story: Story) -> MatchResult:
        matches = (Match("attack", "security", ()),) if "attack" in (story.headline or "") else ()
        return MatchResult(matches, (("broken", "always fails"),))


def parse(payload: Payload) -> Parsed:
    """Read one story a line: its headline, with `!` for a kill, `@` for an embargo, `-` for one to be refused."""
    lines = payload.data.decode().splitlines()
    if not lines:
        raise InputError("empty")
    stories = [
        Story(
            uri=line,
            provider="p",
            version="1",
            headline=line,
            status=Status.CANCELED if "!" in line else Status.USABLE,
            embargoed_until=NOON + timedelta(hours=1) if "@" in line else None,
            source_format="lines",
        )
        for line in lines
        if "-" not in line
    ]
    return Parsed(stories, tuple(f"{line}: refused" for line in lines if "-" in line))


def desk(**more: object) -> Desk:
    base = Desk(parse=parse, tagger=WordTagger(), matcher=WordMatcher(), clock=lambda: NOON)
    return msgspec.structs.replace(base, **more)


def run(text: str, **more: object) -> Outcome:
    return work(desk(**more), Payload(data=text.encode(), origin="test:1"))


def test_a_match_becomes_an_alert() -> None:
    outcome = run("an attack\na game")
    assert [story.headline for story in outcome.stories] == ["an attack", "a game"]
    assert [(alert.type, alert.rule) for alert in outcome.alerts] == [(AlertType.NEW, "attack")]


def test_an_exception_for_one_story_is_a_dead_letter_with_its_traceback() -> None:
    outcome = run("boom\nan attack")
    assert [story.headline for story in outcome.stories] == ["an attack"]
    (letter,) = outcome.dead
    assert (letter.step, letter.reason, letter.payload) == (
        "tag",
        "RuntimeError: boom in the tagger",
        b"boom\nan attack",
    )
    assert "Traceback" in (letter.traceback or "")


def test_what_cannot_be_parsed_is_a_dead_letter_without_a_traceback() -> None:
    (letter,) = run("").dead
    assert (letter.step, letter.reason, letter.traceback, letter.time) == ("parse", "empty", None, NOON)


def test_a_refused_part_costs_no_other_part() -> None:
    outcome = run("- one\nan attack\n- two")
    assert len(outcome.stories) == 1
    assert [letter.reason for letter in outcome.dead] == ["- one: refused; - two: refused"]


def test_a_story_under_embargo_is_held_and_released_with_the_steps_still_to_do() -> None:
    outcome = run("@ an attack")
    assert (outcome.stories, outcome.alerts, len(outcome.held)) == ([], [], 1)
    later = release(desk(clock=lambda: NOON + timedelta(hours=1)), outcome.held[0])
    assert [alert.rule for alert in later.alerts] == ["attack"]
    assert later.held == []


def test_a_held_story_that_cannot_be_released_is_a_letter_with_all_of_it() -> None:
    [held] = run("@ an attack: boom").held
    later = release(desk(clock=lambda: NOON + timedelta(hours=1)), held)
    [letter] = later.dead
    assert (later.stories, later.alerts) == ([], [])
    assert (letter.step, letter.reason) == ("release", "tag: RuntimeError: boom in the tagger")
    assert "Traceback" in (letter.traceback or "")
    assert msgspec.json.decode(letter.payload, type=Story) == held


def test_a_kill_is_never_held_and_withdraws_at_once() -> None:
    outcome = run("! @ an attack")
    assert [(alert.type, alert.rule) for alert in outcome.alerts] == [(AlertType.WITHDRAWN, None)]


def test_a_failing_rule_is_reported_and_costs_no_other_rule_its_match() -> None:
    failed: list[tuple[str, str]] = []
    outcome = run("an attack", failed=lambda rule, reason: failed.append((rule, reason)))
    assert failed == [("broken", "always fails")]
    assert len(outcome.alerts) == 1


def test_a_replay_writes_stories_and_no_alerts() -> None:
    outcome = work(desk(), Payload(data=b"an attack", origin="test", replay=True))
    assert (len(outcome.stories), outcome.alerts, outcome.replay) == (1, [], True)


@given(
    st.lists(st.text(alphabet="ab-!@ ", min_size=1, max_size=6).map(lambda text: text + "x"), min_size=1, max_size=8)
)
def test_every_story_ends_as_exactly_one_of_stored_held_or_dead(lines: list[str]) -> None:
    outcome = run("\n".join(lines))
    refused = sum("-" in line for line in lines)
    assert len(outcome.stories) + len(outcome.held) == len(lines) - refused
    assert len(outcome.dead) == int(refused > 0)


def test_an_item_that_says_nothing_is_a_dead_letter_and_costs_no_other_story() -> None:
    def silent(payload: Payload) -> Parsed:
        return Parsed([Story(uri="urn:x:picture", provider="p", source_format="lines"), *parse(payload).stories])

    outcome = run("a game\na kill!", parse=silent)
    assert [story.uri for story in outcome.stories] == ["a game", "a kill!"]
    assert [letter.reason for letter in outcome.dead] == [
        "urn:x:picture has neither headline nor body: it holds no story"
    ]
