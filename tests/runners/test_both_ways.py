"""The same stories through the embedded pipeline and through desk and index: who reads the alerts believes the same."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from pipeline.adapters.sqlite import SqliteStore
from pipeline.core.alerts import Alert, AlertType
from pipeline.core.flow import Desk, Parsed, Tags, work
from pipeline.core.payload import Payload
from pipeline.core.story import Status, Story, encode
from pipeline.runners.clock import Clock
from pipeline.runners.embedded import Embedded, Put

from .test_index import NOW, RULES, KilledError, Read, World, outstanding, read, retracted, take

TEXTS = ("alpha", "bravo", "alpha bravo", "charlie", "quiet")


class NoTags:
    version = "test"

    def tag(self, _story: Story) -> Tags:
        return Tags((), ())


def parse(payload: Payload) -> Parsed:
    story = msgspec.json.decode(payload.data, type=Story)
    return Parsed([msgspec.structs.replace(story, received=payload.received)])


DESK = Desk(parse=parse, tagger=NoTags(), matcher=RULES, clock=lambda: NOW)


class Given:
    """A source that has these payloads."""

    def __init__(self, payloads: Sequence[Payload]) -> None:
        self.payloads = payloads

    async def run(self, put: Put, _marks: Mapping[str, str]) -> None:
        for payload in self.payloads:
            await put(payload)


def embedded(payloads: Sequence[Payload]) -> tuple[list[Alert], list[Story]]:
    """Return the alerts and the revisions of the embedded pipeline."""
    with TemporaryDirectory() as folder:
        store = SqliteStore(Path(folder) / "w.db")
        pipeline = Embedded(
            DESK, store, RULES, clock=Clock(), announce=lambda _: None, refused=lambda _: None, refresh=lambda: None
        )
        asyncio.run(pipeline.run([Given(payloads)]))
        documents = store.connection.execute("SELECT document FROM alerts ORDER BY number").fetchall()
        alerts = [msgspec.json.decode(document, type=Alert) for (document,) in documents]
        revisions = store.revisions(uri("one").id)
        store.close()
    return alerts, revisions


def distributed(
    payloads: Sequence[Payload], size: int = 1, fuses: Sequence[int] = ()
) -> tuple[list[Alert], list[Alert], World]:
    """Return the alerts of desk, those of an index that is killed at these writes, and what that has stored."""
    world = World()
    desk: list[Alert] = []
    records: list[Read] = []
    for payload in payloads:
        outcome = work(DESK, payload)
        desk += outcome.alerts
        records += [read(story, replay=outcome.replay) for story in outcome.stories]
    for start in range(0, len(records), size):
        for fuse in fuses:
            world.fuse = fuse
            with suppress(KilledError):
                take(world, records[start : start + size])
        world.fuse = -1
        take(world, records[start : start + size])
    return desk, retracted(world), world


def uri(name: str) -> Story:
    return Story(uri=name, provider="p", source_format="rss")


def item(
    text: str, minute: int, made: datetime | None, *, status: Status = Status.USABLE, silent: bool = False
) -> Payload:
    """Return an item of a feed as it came in at a minute: no version, and a date that may be an old one."""
    found = msgspec.structs.replace(uri("one"), headline=text, version_created=made, status=status)
    moment = NOW + timedelta(minutes=minute)
    return Payload(data=encode(found), origin="feed", received=moment, replay=silent)


EARLY, LATE = NOW - timedelta(hours=2), NOW - timedelta(hours=1)


@st.composite
def feeds(
    draw: st.DrawFn, dates: Sequence[datetime | None], kills: Sequence[datetime | None] | None = None
) -> list[Payload]:
    """Draw the items of a feed with some of these dates; its kills with some of others where there are ``kills``."""
    usable = st.tuples(st.sampled_from(TEXTS), st.sampled_from(dates), st.just(Status.USABLE))
    kill = st.tuples(st.sampled_from(TEXTS), st.sampled_from(kills or dates), st.just(Status.CANCELED))
    one = st.integers(0, 9).flatmap(lambda chance: kill if chance == 9 else usable)
    found = draw(st.lists(one, min_size=1, max_size=7))
    return [item(text, minute, made, status=status) for minute, (text, made, status) in enumerate(found)]


@examples(max_examples=150, deadline=None)
@given(feeds([EARLY, EARLY, LATE]), st.integers(1, 4), st.lists(st.integers(1, 12), max_size=2))
def test_an_item_changed_under_its_old_date_ends_the_same_both_ways(
    payloads: list[Payload], size: int, fuses: list[int]
) -> None:
    alerts, revisions = embedded(payloads)
    desk, index, world = distributed(payloads, size, fuses)
    assert {alert.id for alert in alerts} <= {alert.id for alert in (*desk, *index)}
    said = {(alert.rule, alert.revision) for alert in desk}
    more = [alert for alert in index if alert.id not in {alert.id for alert in alerts}]
    assert all((one.rule, one.revision) in said and one.type == "retracted" for one in more), "only what desk got wrong"
    assert believed(alerts) == believed([*desk, *index])
    assert stored(world) == {(story.revision, story.headline) for story in revisions}


@examples(max_examples=150, deadline=None)
@given(feeds([None, None, EARLY], kills=[None]), st.integers(1, 4), st.lists(st.integers(1, 12), max_size=2))
def test_an_item_without_a_date_is_believed_the_same_both_ways(
    payloads: list[Payload], size: int, fuses: list[int]
) -> None:
    """A kill under the date of an item that came again without one is what decision 81 leaves."""
    alerts, revisions = embedded(payloads)
    desk, index, world = distributed(payloads, size, fuses)
    assert believed(alerts) == believed([*desk, *index])
    if not fuses:  # what came again undated after a crash, when its kill was stored already, is kept as one more
        assert stored(world) == {(story.revision, story.headline) for story in revisions}


def test_two_feeds_with_two_texts_of_one_item_do_not_take_turns_and_only_a_new_text_is_told() -> None:
    texts = ("alpha", "bravo", "alpha", "bravo", "alpha bravo")
    desk, index, world = distributed([item(text, minute, EARLY) for minute, text in enumerate(texts)])
    assert len({alert.id for alert in desk}) == 2, "to desk all are one revision"
    told = [(alert.type.value, alert.rule, alert.reason) for alert in index]
    assert told == [
        ("retracted", "a", "update"),
        ("updated", "b", "update"),
        ("updated", "a", "update"),
        ("updated", "b", "update"),
    ]
    assert believed([*desk, *index]) == {"a", "b"}
    assert len(stored(world)) == 3
    assert world.asked == 3, "the history is read where a text is another one than the stored one, and only there"


def test_a_replay_of_a_changed_item_alerts_nobody_and_keeps_both_texts() -> None:
    texts = [item("alpha", 0, EARLY), item("bravo", 1, EARLY, silent=True)]
    _, index, world = distributed(texts)
    assert index == []
    assert {headline for _, headline in stored(world)} == {"alpha", "bravo"}


def believed(alerts: Sequence[Alert]) -> set[str]:
    return outstanding(alert for alert in alerts if alert.type is not AlertType.WITHDRAWN)


def stored(world: World) -> set[tuple[int, str | None]]:
    """Return every stored revision with its headline."""
    kept = [
        msgspec.json.decode(value)["document"]
        for (index, _), (_, value) in world.documents.items()
        if index.startswith(("stories-2", "story-revisions"))
    ]
    stories = [msgspec.convert(document, Story) for document in kept]
    return {(story.revision, story.headline) for story in stories}
