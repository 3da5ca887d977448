"""What a further revision does to alerts, by cases and against a fold over all revisions."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from pipeline.core import life
from pipeline.core.alerts import AlertType
from pipeline.core.story import Match, Status, Story

VERSIONS = {"attack": "1", "storm": "1", "vote": "2"}


def story(version: str | None, *rules: str, status: Status = Status.USABLE, **more: object) -> Story:
    matches = tuple(Match(rule, "security", (), rule_version="1") for rule in rules)
    base = Story(
        uri="u", provider="p", version=version, headline="H", matches=matches, status=status, source_format="x"
    )
    return msgspec.structs.replace(base, **more)


def told(stored: Story | None, incoming: Story) -> list[tuple[str, str | None]]:
    alerts = (*life.retractions(stored, incoming, VERSIONS), *life.alerts_of(stored, incoming))
    return [(alert.type.value, alert.rule) for alert in alerts]


def test_a_first_revision_is_new() -> None:
    assert told(None, story("1", "attack")) == [("new", "attack")]


def test_a_correction_updates_what_stays_and_retracts_what_goes() -> None:
    stored, incoming = story("1", "attack", "storm"), story("2", "storm", signal="correction")
    assert told(stored, incoming) == [("retracted", "attack"), ("updated", "storm")]


def test_a_kill_withdraws_the_story_and_retracts_every_rule() -> None:
    alerts = told(story("1", "attack", "storm"), story("1", status=Status.CANCELED))
    assert alerts == [("retracted", "attack"), ("retracted", "storm"), ("withdrawn", None)]


def test_an_edited_rule_retracts_nothing() -> None:
    stored = story("1", "vote")  # matched by version 1 of the rule, and version 2 is in force
    assert told(stored, story("2")) == []


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
        for alert in (*life.retractions(stored, incoming, VERSIONS), *life.alerts_of(stored, incoming)):
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
