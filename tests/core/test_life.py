"""What a further revision does to alerts, by cases and against a fold over all revisions."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import product

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.core import life
from pipeline.core.alerts import AlertType, raise_alerts
from pipeline.core.rules import RuleDefinition, RuleSet
from pipeline.core.rules.definition import compiled
from pipeline.core.rules.parser import Parser
from pipeline.core.story import Match, Status, Story, item_uri


def rules(**queries: str) -> RuleSet:
    return RuleSet(compiled(RuleDefinition(id=id_, query=query), Parser()) for id_, query in queries.items())


RULES = rules(attack="attack", storm="storm", vote="vote")


def story(version: str | None, *rules: str, status: Status = Status.USABLE, **more: object) -> Story:
    """Return a revision that matches just these of RULES."""
    matches = tuple(Match(rule, "security", (), rule_version=RULES.versions[rule]) for rule in rules)
    headline = " ".join(("H", *rules))
    base = Story(
        uri="u", provider="p", version=version, headline=headline, matches=matches, status=status, source_format="x"
    )
    return msgspec.structs.replace(base, **more)


def told(stored: Story | None, incoming: Story, in_force: RuleSet = RULES) -> list[tuple[str, str | None]]:
    alerts = (*life.retractions(stored, incoming, in_force)[0], *life.alerts_of(stored, incoming))
    return [(alert.type.value, alert.rule) for alert in alerts]


def test_a_first_revision_is_new() -> None:
    assert told(None, story("1", "attack")) == [("new", "attack")]


def test_a_correction_updates_what_stays_and_retracts_what_goes() -> None:
    stored, incoming = story("1", "attack", "storm"), story("2", "storm", signal="correction")
    assert told(stored, incoming) == [("retracted", "attack"), ("updated", "storm")]


def test_a_kill_withdraws_the_story_and_retracts_every_rule() -> None:
    alerts = told(story("1", "attack", "storm"), story("1", status=Status.CANCELED))
    assert alerts == [("retracted", "attack"), ("retracted", "storm"), ("withdrawn", None)]


def test_a_rule_that_was_edited_removed_or_put_out_retracts_nothing() -> None:
    failed = rules(vote="vote")
    failed.fail("vote", "ZeroDivisionError")
    for in_force in (rules(vote="vote OR poll"), rules(storm="storm"), failed):
        assert told(story("1", "vote"), story("2"), in_force) == []
        assert told(story("1", "vote"), story("2", status=Status.CANCELED), in_force) == [("withdrawn", None)]


def test_a_rule_that_holds_or_cannot_be_decided_retracts_nothing_until_a_revision_denies_it() -> None:
    distances = " OR ".join(f"(a NEAR/2 (b OR word{number}))" for number in range(30))
    costly = rules(attack=f"attack AND ({distances})")
    match = Match("attack", "security", (), costly.versions["attack"])
    first = story("1", headline="attack a b", matches=(match,))
    hostile = story("2", headline="attack", body="a x x b x x " * 3_000)
    assert costly.match(hostile).errors, "too costly: there is no match"
    quiet, again = story("3", headline="peace"), story("4", headline="attack a b", matches=(match,))

    retracted, second = life.retractions(first, hostile, costly)
    assert (retracted, second.undecided) == ([], (match,))
    assert life.retractions(second, hostile, costly) == ([], second), "the same revision comes again"
    assert told(second, quiet, costly) == [("retracted", "attack")]
    assert life.retractions(second, quiet, costly)[1].undecided is msgspec.UNSET
    assert life.retractions(second, again, costly) == ([], again)
    assert told(second, story("3", status=Status.CANCELED), costly) == [("retracted", "attack"), ("withdrawn", None)]

    holds = story("2", headline="attack a b")  # its matches were made with another version of the rule
    assert told(first, holds, costly) == []
    assert told(holds, first, costly) == []


def test_a_late_revision_raises_only_what_the_newest_still_says() -> None:
    stored = story("3", "storm")
    assert told(stored, story("1", "attack", "storm")) == [("retracted", "attack"), ("new", "storm")]


def test_a_late_copy_of_a_killed_story_raises_nothing_new() -> None:
    killed = story("2", status=Status.CANCELED)
    assert ("new", "attack") not in told(killed, story("1", "attack"))


def test_the_same_revision_again_retracts_nothing() -> None:
    assert told(story("1", "attack"), story("1")) == []


def test_an_undated_item_that_comes_again_unchanged_is_the_same_revision() -> None:
    first = story(None, received=datetime(2026, 6, 15, 8, tzinfo=UTC))
    again = msgspec.structs.replace(first, received=datetime(2026, 6, 15, 9, tzinfo=UTC))
    changed = msgspec.structs.replace(again, headline="Other")
    assert life.settle(first, again).revision == first.revision
    assert life.settle(first, changed).revision > first.revision


revisions = st.lists(
    st.tuples(st.integers(1, 5), st.sets(st.sampled_from(["attack", "storm"])), st.booleans()), min_size=1, max_size=6
)


@given(revisions)
def test_the_alerts_of_any_order_of_arrival_end_at_what_the_newest_says(
    arrivals: list[tuple[int, set[str], bool]],
) -> None:
    by_revision: dict[int, Story] = {}
    stored: Story | None = None
    alive: dict[str, int] = {}
    for version, rules, killed in arrivals:
        incoming = story(str(version), *sorted(rules), status=Status.CANCELED if killed else Status.USABLE)
        incoming = by_revision.setdefault(incoming.revision, incoming)  # a revision has one content
        for alert in (*life.retractions(stored, incoming, RULES)[0], *life.alerts_of(stored, incoming)):
            if alert.type is AlertType.WITHDRAWN:
                continue
            assert alert.rule is not None
            if alert.type is AlertType.RETRACTED:
                alive.pop(alert.rule, None)
            else:
                alive[alert.rule] = alert.revision
        if life.supersedes(stored, incoming):
            stored = incoming
    assert stored is not None
    expected = {match.rule for match in stored.matches} if stored.status is Status.USABLE else set()
    assert set(alive) == expected


def stands(texts: Sequence[str], desk: Sequence[RuleSet], index: Sequence[RuleSet]) -> bool:
    """Return whether a reader believes the rule at the end; desk and index have these rules at each revision."""
    stored: Story | None = None
    told = void = -1
    for number, text in enumerate(texts):
        incoming = story(str(number + 1), headline=text)
        found = desk[number].match(incoming)
        incoming = msgspec.structs.replace(incoming, matches=found.matches, rules=found.rules)
        told = max([told, *(alert.revision for alert in raise_alerts(incoming))])
        retracted, stored = life.retractions(stored, incoming, index[number])
        void = max([void, *(alert.revision for alert in retracted)])
    return told > void


@pytest.mark.parametrize(
    ("before", "after"),
    [({"r": "alpha"}, {"r": "bravo"}), ({}, {"r": "bravo"}), ({"r": "alpha"}, {})],
    ids=["edited", "added", "removed"],
)
def test_whoever_of_desk_and_index_learns_first_of_an_edit_it_ends_as_if_both_had_at_one_time(
    before: dict[str, str], after: dict[str, str]
) -> None:
    old, new = rules(other="x", **before), rules(other="x", **after)

    def known(since: int) -> list[RuleSet]:
        return [new if number >= since else old for number in range(4)]

    for texts in product(("", "alpha", "bravo", "alpha bravo"), repeat=4):
        for desk, index in product(range(5), repeat=2):
            together = {stands(texts, known(at), known(at)) for at in range(min(desk, index), max(desk, index) + 1)}
            assert stands(texts, known(desk), known(index)) in together, (texts, desk, index)


def test_another_rule_that_is_edited_meanwhile_keeps_no_alert_alive() -> None:
    old, new = rules(attack="attack", other="x"), rules(attack="attack", other="y")
    assert not stands(("attack", "peace"), [old, new], [old, new])
    assert stands(("attack", "attack"), [old, new], [old, new])


PUBLISHED, LATER = datetime(2026, 6, 15, 8, tzinfo=UTC), datetime(2026, 6, 15, 9, tzinfo=UTC)


def item(headline: str, *, received: datetime | None = PUBLISHED, **more: object) -> Story:
    """Return an item of a feed: no version, and a date that does not change with the text."""
    base = story(None, headline=headline, version_created=PUBLISHED, received=received)
    return msgspec.structs.replace(base, **more)


def test_an_item_that_a_feed_changes_under_its_old_date_is_an_update_of_its_arrival() -> None:
    first, second = item("Attack"), item("Calm", received=LATER)
    found = life.changed_in_place(first, second, lambda: [first])
    assert found.revision > first.revision
    assert (found.first_created, found.version_created, found.signal) == (PUBLISHED, None, "update")
    assert (found.time, found.replaces) == (PUBLISHED, True)


def test_a_text_that_was_stored_before_is_the_revision_that_it_was() -> None:
    first = item("Attack")
    second = life.changed_in_place(first, item("Calm", received=LATER), lambda: [first])
    third = datetime(2026, 6, 15, 10, tzinfo=UTC)
    for known in (first, second):
        again = item(known.headline or "", received=third, subjects=())
        found = life.changed_in_place(second, again, lambda: [second, first])
        assert (found.revision, found.signal) == (known.revision, known.signal)


def test_a_kill_under_the_old_date_kills_what_was_changed_under_it() -> None:
    first = item("Attack")
    second = life.changed_in_place(first, item("Calm", received=LATER), lambda: [first])
    kill = item("KILL", received=datetime(2026, 6, 15, 10, tzinfo=UTC), status=Status.CANCELED)
    assert kill.revision < second.revision
    found = life.changed_in_place(second, kill, lambda: [first, second])
    assert found.revision > second.revision
    assert (found.time, found.status) == (PUBLISHED, Status.CANCELED)
    again = life.changed_in_place(found, msgspec.structs.replace(kill, received=LATER + timedelta(days=1)), list)
    assert again == found, "the feed sends it again and again"
    earlier = msgspec.structs.replace(kill, received=PUBLISHED)
    assert life.changed_in_place(second, earlier, list) == earlier, "it came in before the change: a new start"


def test_a_text_is_no_old_revision_that_came_in_later_or_was_killed() -> None:
    stored = item("Calm")
    known = [item("Attack", received=LATER), item("Attack", status=Status.CANCELED)]
    for one in known:
        found = life.changed_in_place(stored, item("Attack"), [one].copy)
        assert (found.signal, found.version_created) == ("update", None)


def test_what_has_a_version_or_a_date_of_its_own_or_was_killed_is_left_as_it_is() -> None:
    stored = item("Attack")
    killed = item("Attack", status=Status.CANCELED)
    for before, incoming in (
        (None, item("Calm")),
        (stored, item("Calm", version="2")),
        (stored, msgspec.structs.replace(item("Calm"), version_created=LATER)),
        (stored, item("Calm", received=None)),
        (killed, item("Calm", received=LATER)),
        (stored, item("Calm", received=LATER, status=Status.CANCELED)),
    ):
        assert life.changed_in_place(before, incoming, lambda: [stored]) == incoming


def test_revisions_with_uris_of_their_own_are_one_story_and_a_retraction_names_the_one_that_was_alerted() -> None:
    name = "urn:newsml:acme.example:20260105:ferry:"
    first, second = story("1", "attack", uri=f"{name}1"), story("2", "storm", uri=f"{name}2N")
    assert first.id == second.id != story("1", uri=f"{name}x:1").id
    for stored, incoming in ((first, second), (second, first)):
        (retracted,), _ = life.retractions(stored, incoming, RULES)
        assert (retracted.rule, retracted.story.uri) == ("attack", first.uri)
    for uri in ("urn:newsml:acme.example:20260105:1", "urn:newsml:acme.example:20260105:ferry", "tag:a:20260105:b:1"):
        assert item_uri(uri) == uri
