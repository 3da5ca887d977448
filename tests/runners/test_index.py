"""The index worker: whatever the order of arrival and wherever it is killed, the end is the same."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from itertools import islice
from random import Random
from typing import Any

import msgspec
import pytest
from elasticsearch import AsyncElasticsearch
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from pipeline.adapters.elastic.bulk import Action, Bulk, Refused
from pipeline.adapters.elastic.documents import story_of
from pipeline.adapters.elastic.patience import Patience
from pipeline.adapters.elastic.shelf import Shelf
from pipeline.adapters.kafka import records
from pipeline.adapters.kafka.records import Message
from pipeline.adapters.kafka.send import Refused as Unsent
from pipeline.config import Kafka
from pipeline.core.alerts import Alert, AlertType, raise_alerts
from pipeline.core.payload import DeadLetter, Payload
from pipeline.core.rules import RuleDefinition, RuleSet
from pipeline.core.rules.definition import compiled
from pipeline.core.rules.parser import Parser
from pipeline.core.story import Match, Status, Story, encode
from pipeline.runners.index import PART, IndexWorker

NOW = datetime(2026, 6, 15, 12, tzinfo=UTC)
NOBODY = AsyncElasticsearch("http://127.0.0.1:1")
"""Is never asked."""


def rule_set(**queries: str) -> RuleSet:
    return RuleSet(compiled(RuleDefinition(id=id_, query=query), Parser()) for id_, query in queries.items())


RULES = rule_set(a="alpha", b="bravo", c="charlie")
WORDS = {"a": "alpha", "b": "bravo", "c": "charlie"}


class KilledError(Exception):
    """The process ends here."""


class World:
    """Elasticsearch as three dictionaries and Kafka as a list; ``fuse`` says at which write the process is killed."""

    def __init__(self) -> None:
        self.documents: dict[tuple[str, str], tuple[int | None, bytes]] = {}
        self.sent: list[Message] = []
        self.fuse = -1
        self.chance = Random(0)
        self.turns = 0
        self.asked = 0

    async def turn(self) -> None:
        """Let the other workers run, for none or some of their steps."""
        for _ in range(self.chance.randint(0, self.turns)):
            await asyncio.sleep(0)

    def burn(self) -> None:
        if self.fuse >= 0:
            self.fuse = max(0, self.fuse - 1)
        if self.fuse == 0:
            raise KilledError


class MemoryShelf(Shelf):
    def __init__(self, world: World) -> None:
        super().__init__(NOBODY, "", Patience("test"), lambda: NOW)
        self.world = world

    async def _get(self, keys: Sequence[tuple[str, str]], *, source: bool | str) -> dict[tuple[str, str], Any]:
        await self.world.turn()
        stored = ((key, self.world.documents[key][1]) for key in keys if key in self.world.documents)
        return {key: msgspec.json.decode(document) if source else None for key, document in stored}

    async def members(self, chains: Sequence[str]) -> set[str]:
        await self.world.turn()
        stored = ((key, value) for key, value in self.world.documents.items() if key[0].startswith("stories-2"))
        return {key[1] for key, (_, document) in stored if msgspec.json.decode(document).get("chain") in chains}

    async def history(self, ids: Sequence[str]) -> dict[str, list[Story]]:
        await self.world.turn()
        self.world.asked += 1
        stored = [value for key, value in self.world.documents.items() if key[0] == "story-revisions"]
        kept = [story_of(msgspec.json.decode(document)) for _, document in stored]
        return {id_: [one for one in kept if one.id == id_] for id_ in ids}


class MemoryBulk(Bulk):
    def __init__(self, world: World) -> None:
        super().__init__(NOBODY, Patience("test"))
        self.world = world

    async def write(self, actions: Sequence[Action]) -> list[Refused]:
        for action in actions:
            self.world.burn()
            await self.world.turn()
            key = action.index, action.id
            if action.document is None:
                self.world.documents.pop(key, None)
                continue
            there = self.world.documents.get(key)
            if there is None or (action.revision is not None and action.revision >= (there[0] or 0)):
                self.world.documents[key] = action.revision, action.document
        return []


class MemorySender:
    def __init__(self, world: World) -> None:
        self.world = world

    async def send(self, messages: Sequence[Message]) -> list[Unsent]:
        for message in messages:
            self.world.burn()
            await self.world.turn()
            self.world.sent.append(message)
        return []


class Read(msgspec.Struct):
    """A record as a consumer hands it over."""

    topic: str
    value: bytes | None
    offset: int = 0
    partition: int = 0
    timestamp: int = int(NOW.timestamp() * 1000)
    key: bytes | None = None
    headers: Sequence[tuple[str, bytes]] = ()


def read(story: Story, *, replay: bool = False) -> Read:
    return Read("wire.stories", encode(story), headers=(records.REPLAY,) if replay else ())


def worker(world: World, rules: RuleSet = RULES, *, bulks: int = 1, part: int = PART) -> IndexWorker:
    writing = [MemoryBulk(world) for _ in range(bulks)]
    return IndexWorker(MemoryShelf(world), writing, MemorySender(world), Kafka(), rules, part=part)


def take(world: World, batch: Iterable[Read], rules: RuleSet = RULES, **shape: Any) -> None:
    asyncio.run(worker(world, rules, **shape)({"one": list(batch)}))


def story(version: int, rules: str = "", *, status: Status = Status.USABLE, uri: str = "urn:one") -> Story:
    """Return a revision that says, and matches, just these of RULES."""
    matches = tuple(Match(rule, "t", (("headline", 0, 1),), RULES.versions[rule]) for rule in rules)
    moment = NOW + timedelta(minutes=version)
    return Story(
        uri=uri,
        provider="p",
        version=str(version),
        received=moment,
        status=status,
        headline=" ".join([f"h{version}", *(WORDS[rule] for rule in rules)]),
        source_format="ninjs",
        matches=matches,
    )


def newest(world: World) -> dict[str, str]:
    kept = {key: value for key, value in world.documents.items() if key[0].startswith("stories-")}
    return {key[1]: msgspec.json.decode(document)["version"] for key, (_, document) in kept.items()}


def retracted(world: World) -> list[Alert]:
    found = [message for message in world.sent if message.topic == "wire.alerts"]
    return [records.alert_of(Read(message.topic, message.value)) for message in found]


def outstanding(alerts: Iterable[Alert]) -> set[str]:
    """Return the rules that a reader still believes in: an alert at or below a retracted revision is void."""
    told: dict[str, int] = defaultdict(lambda: -1)
    void: dict[str, int] = defaultdict(lambda: -1)
    for alert in alerts:
        book = void if alert.type is AlertType.RETRACTED else told
        book[str(alert.rule)] = max(book[str(alert.rule)], alert.revision)
    return {rule for rule, revision in told.items() if revision > void[rule]}


revisions = st.tuples(
    st.builds(
        story,
        st.integers(1, 4),
        st.sets(st.sampled_from("abc")).map(lambda rules: "".join(sorted(rules))),
        status=st.sampled_from([Status.USABLE, Status.USABLE, Status.USABLE, Status.WITHHELD, Status.CANCELED]),
    ),
    st.sampled_from([RULES.state, "", msgspec.UNSET]),
).map(lambda drawn: msgspec.structs.replace(drawn[0], rules=drawn[1]))
arrivals = st.lists(revisions, min_size=1, max_size=7, unique_by=lambda found: found.revision)


shapes: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {"bulks": st.integers(1, 3), "part": st.integers(1, 3)}
)
chances = st.tuples(st.integers(0, 6), st.builds(Random, st.integers()))
"""How long others may go on in between, and when."""


@examples(max_examples=300, deadline=None)
@given(
    arrivals,
    st.lists(st.integers(1, 5), min_size=7, max_size=7),
    st.lists(st.integers(1, 12), max_size=3),
    shapes,
    chances,
)
def test_any_order_any_batches_any_parts_and_any_kills_end_the_same(
    arrived: list[Story], sizes: list[int], fuses: list[int], shape: dict[str, Any], chance: tuple[int, Random]
) -> None:
    waiting = iter([read(found) for found in arrived])
    batches = [list(islice(waiting, size)) for size in sizes]
    steady, killed = World(), World()
    killed.turns, killed.chance = chance
    for batch in batches:
        take(steady, batch)
        for fuse in fuses:
            killed.fuse = fuse
            with suppress(KilledError):
                take(killed, batch, **shape)
        killed.fuse = -1
        take(killed, batch, **shape)

    last = max(arrived, key=lambda found: found.revision)
    assert newest(killed) == newest(steady) == {last.id: last.version}
    old = {(found.id, found.revision) for found in arrived} - {(last.id, last.revision)}
    kept = {key[1] for key in killed.documents if key[0] == "story-revisions"}
    assert kept == {f"{id_}-{revision}" for id_, revision in old}
    alerts = [alert for found in arrived for alert in raise_alerts(found) if alert.rule]
    believed = {match.rule for match in last.matches} if last.status is Status.USABLE else set()
    assert outstanding([*alerts, *retracted(killed)]) == believed
    assert {alert.id for alert in retracted(killed)} == {alert.id for alert in retracted(steady)}


def test_a_correction_that_no_longer_matches_takes_back_before_it_is_stored() -> None:
    world = World()
    take(world, [read(story(1, "ab"))])
    world.fuse = 3  # the alert goes to wire.alerts and to its topic; then the process is killed
    with pytest.raises(KilledError):
        take(world, [read(story(2, "b"))])
    assert [(alert.type, alert.rule, alert.revision) for alert in retracted(world)] == [("retracted", "a", 8)]
    assert newest(world) == {story(1).id: "1"}


def test_an_edited_or_removed_rule_retracts_nothing() -> None:
    world = World()
    take(world, [read(story(1, "abc"))])
    take(world, [read(story(2))], rule_set(a="alpha OR other", b="bravo"))
    assert [alert.rule for alert in retracted(world)] == ["b"]


def test_what_a_revision_leaves_undecided_is_kept_until_one_denies_it() -> None:
    """The text has the word of rule a, and no match: desk had another version of the rule, or could not decide."""
    open_ = msgspec.structs.replace(story(2, "a"), matches=())
    for crash in range(5):
        world = World()
        for one in (story(1, "a"), open_, story(3)):
            world.fuse = crash
            with suppress(KilledError):
                take(world, [read(one)])
            world.fuse = -1
            take(world, [read(one)])
            if one is not open_:
                continue
            assert retracted(world) == []
            ((_, document),) = [value for key, value in world.documents.items() if "stories-2" in key[0]]
            assert [match["rule"] for match in msgspec.json.decode(document)["document"]["undecided"]] == ["a"]
        assert {(alert.rule, alert.revision) for alert in retracted(world)} == {("a", 12)}


def test_a_late_revision_whose_alert_the_newest_does_not_deny_leaves_it_with_the_newest() -> None:
    world = World()
    take(world, [read(msgspec.structs.replace(story(2, "a"), matches=()))])
    take(world, [read(story(1, "ab"))])
    assert [alert.rule for alert in retracted(world)] == ["b"]
    take(world, [read(story(3))])
    assert [(alert.rule, alert.revision) for alert in retracted(world)] == [("b", 4), ("a", 12)]


def test_a_replay_stores_and_alerts_nobody() -> None:
    world = World()
    take(world, [read(story(1, "a")), read(story(2), replay=True)])
    assert newest(world) == {story(1).id: "2"}
    assert world.sent == []


def test_what_is_no_story_is_a_dead_letter_whole_and_costs_the_others_nothing() -> None:
    world = World()
    broken = Read("wire.stories", b'{"uri": 1}', offset=7, partition=3)
    take(world, [broken, Read("wire.alerts", b"[]"), Read("wire.stories", None), read(story(1))])
    assert newest(world) == {story(1).id: "1"}
    letters = [records.dead_letter_of(Read(message.topic, message.value)) for message in world.sent]
    assert [(letter.payload, letter.step, letter.origin) for letter in letters] == [
        (b'{"uri": 1}', "index", "wire.stories/3/7"),
        (b"[]", "index", "wire.alerts/0/0"),
        (b"", "index", "wire.stories/0/0"),
    ]
    assert "Expected `str`, got `int` - at `$.uri`" in letters[0].reason


def test_what_elasticsearch_refuses_is_a_dead_letter_with_its_reason() -> None:
    world = World()

    class Refusing(MemoryBulk):
        async def write(self, actions: Sequence[Action]) -> list[Refused]:
            return [Refused(action, "400 document_parsing_exception") for action in actions if action.revision]

    works = IndexWorker(MemoryShelf(world), [Refusing(world)], MemorySender(world), Kafka(), RULES)
    asyncio.run(works({"one": [read(story(1))]}))
    (letter,) = (records.dead_letter_of(Read(message.topic, message.value)) for message in world.sent)
    assert isinstance(letter, DeadLetter)
    assert (letter.payload, letter.reason) == (encode(story(1)), "400 document_parsing_exception")


def test_what_is_refused_is_the_record_because_of_which_it_was_written() -> None:
    class Refusing(MemoryBulk):
        async def write(self, actions: Sequence[Action]) -> list[Refused]:
            bad = [action for action in actions if action.index.startswith("stories-2")]
            await super().write([action for action in actions if action not in bad])
            return [Refused(action, "400 document_parsing_exception") for action in bad]

    def letters(*batch: Read) -> list[bytes]:
        world = World()
        works = IndexWorker(MemoryShelf(world), [Refusing(world)], MemorySender(world), Kafka(), RULES)
        asyncio.run(works({"one": list(batch)}))
        dead = [records.dead_letter_of(Read(m.topic, m.value)) for m in world.sent if m.topic == "wire.dead"]
        return [letter.payload for letter in dead]

    released = records.held_null(story(1))
    assert letters(read(story(1)), Read("wire.held", None, key=released.key)) == [encode(story(1))]
    assert letters(read(story(5)), read(story(3))) == [encode(story(5))]


def test_a_replay_through_index_sends_what_a_replay_through_desk_has_made_anew() -> None:
    made = records.story_message(story(1, "a"), Payload(data=b"", origin="o", replay=True))
    of_desk = Read("wire.stories", made.value, headers=made.headers)
    of_index = Read("wire.stories", made.value, headers=(*made.headers, records.COPY))
    assert [records.was_replayed(one) for one in (of_desk, of_index)] == [True, True]
    assert [records.was_copied(one) for one in (of_desk, of_index)] == [False, True]


def test_alerts_are_kept_once_in_the_month_of_their_story() -> None:
    world = World()
    (alert,) = raise_alerts(story(1, "a"))
    values = [message.value for message in records.alert_messages(alert)]
    first, again = Read("wire.alerts", values[0]), Read("wire.alerts", values[0], timestamp=2_000_000_000_000)
    take(world, [first])
    take(world, [again])
    ((index, id_), (_, document)), *others = world.documents.items()
    assert (index, id_, others) == ("alerts-2026.06", alert.id, [])
    assert msgspec.json.decode(document)["raised"] == "2026-06-15T12:00:00Z"


def test_a_story_stays_in_the_month_of_its_arrival_whatever_comes_later() -> None:
    world = World()
    first = msgspec.structs.replace(story(1), received=datetime(2026, 1, 31, 23, 59, tzinfo=UTC))
    kill = msgspec.structs.replace(story(2, status=Status.CANCELED), received=datetime(2026, 6, 1, tzinfo=UTC))
    take(world, [read(first)])
    take(world, [read(kill)])
    assert [key[0] for key in world.documents if key[0].startswith("stories-2")] == ["stories-2026.01"]


def test_a_story_from_the_future_makes_no_index_of_the_future() -> None:
    world = World()
    take(world, [read(msgspec.structs.replace(story(1), received=datetime(9999, 1, 1, tzinfo=UTC)))])
    assert ("stories-2026.06", story(1).id) in world.documents


def test_held_stories_lie_apart_until_they_are_released() -> None:
    world = World()
    held = story(1)
    message = records.held_message(held, Payload(data=b"", origin="o"))
    null = records.held_null(held)
    take(world, [Read("wire.held", message.value, key=message.key)])
    assert list(world.documents) == [("stories-held", f"{held.id}-{held.revision}")]
    take(world, [Read("wire.held", None, key=null.key), Read("wire.held", b"{", key=b"odd")])
    assert world.documents == {}
    take(world, [Read("wire.held", message.value, key=message.key), Read("wire.held", None, key=null.key)])
    assert world.documents == {}
