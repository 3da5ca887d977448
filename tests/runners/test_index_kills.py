"""A kill of another uri in the index worker: whoever writes what when, and wherever it is killed."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from datetime import timedelta
from random import Random
from typing import Any

import msgspec
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from pipeline.adapters.kafka import records
from pipeline.core.alerts import raise_alerts
from pipeline.core.payload import Payload
from pipeline.core.story import TAKE_OF, Link, Status, Story

from .test_index import (
    NOW,
    KilledError,
    Read,
    World,
    chances,
    outstanding,
    read,
    retracted,
    shapes,
    story,
    take,
    worker,
)


def linked(name: str, minute: int, before: str = "", status: Status = Status.USABLE) -> Story:
    links = (Link("evolvedfrom", before),) if before else ()
    created = NOW + timedelta(minutes=minute)
    found = story(1, "" if status is Status.CANCELED else "ab", status=status, uri=name)
    return msgspec.structs.replace(found, version_created=created, links=links)


CHAIN = [linked("a", 1), linked("b", 2, "a"), linked("c", 3, "b"), linked("d", 9, "c")]


def take_of(story: Story) -> Story:
    """Return the story as a take of what has no identifier: none names another, all name one slug."""
    return msgspec.structs.replace(story, links=(Link(TAKE_OF, "slug"),))


@examples(max_examples=300, deadline=None)
@given(
    st.sampled_from([*"abc", ""]),
    st.permutations(range(5)),
    st.tuples(st.lists(st.integers(0, 2), min_size=5, max_size=5), st.booleans()),
    shapes,
    chances,
)
def test_a_kill_of_another_uri_reaches_the_whole_chain_whoever_writes_what_when(
    named: str,
    order: list[int],
    spread: tuple[list[int], bool],
    shape: dict[str, Any],
    chance: tuple[int, Random],
) -> None:
    workers, at_once = spread
    arrived = [*CHAIN, linked("k", 5, named, Status.CANCELED)]
    if not named:  # takes of a wire without identifiers, and the kill of their slug
        arrived = [take_of(one) for one in arrived]
    world = World()
    world.turns, world.chance = chance

    async def work(number: int) -> None:
        mine = worker(world, **shape)
        fetch = [read(arrived[place]) for place in order if workers[place] == number]
        for batch in [fetch] if at_once else [[one] for one in fetch]:
            await mine({"one": batch})

    async def together() -> None:
        await asyncio.gather(*(work(number) for number in range(3)))

    asyncio.run(together())
    stored = {key[1]: msgspec.json.decode(value[1]) for key, value in world.documents.items() if "stories-2" in key[0]}
    assert {found["uri"]: found["status"] for found in stored.values()} == {
        "a": "canceled", "b": "canceled", "c": "canceled", "d": "usable", "k": "canceled",
    }  # fmt: skip
    for one in arrived[:-1]:
        about = [alert for alert in retracted(world) if alert.story.uri == one.uri]
        assert outstanding([*raise_alerts(one), *about]) == (set() if one.uri != "d" else {"a", "b"})


def test_what_depends_on_each_other_keeps_its_order_in_parts_that_go_on_at_the_same_time() -> None:
    held = story(1)
    message = records.held_message(held, Payload(data=b"", origin="o"))
    embargo = [Read("wire.held", message.value, key=message.key), Read("wire.held", None, key=message.key)]
    for seed in range(100):
        world = World()
        world.turns, world.chance = 5, Random(seed)
        take(world, [*embargo, *map(read, CHAIN)], bulks=3, part=1)
        stored = [msgspec.json.decode(found) for (index, _), (_, found) in world.documents.items() if "-2" in index]
        assert [found["chain"] for found in stored] == [CHAIN[0].id] * len(CHAIN)
        assert not [id_ for index, id_ in world.documents if index == "stories-held"]


def again(found: Story, version: str) -> Story:
    return msgspec.structs.replace(found, version=version)


def statuses(world: World) -> dict[str, str]:
    """Return the status of each story by its uri."""
    stored = [msgspec.json.decode(found) for (index, _), (_, found) in world.documents.items() if "stories-2" in index]
    return {found["uri"]: found["status"] for found in stored}


@examples(max_examples=50, deadline=None)
@given(st.permutations(range(4)))
def test_a_story_that_is_killed_started_anew_and_killed_again_ends_killed_in_any_order(order: list[int]) -> None:
    first, second = linked("a", 1), again(linked("a", 10), "2")
    kills = [linked("k", 5, "a", Status.CANCELED), linked("l", 15, "a", Status.CANCELED)]
    world = World()
    for place in order:
        take(world, [read([first, second, *kills][place])])
    assert statuses(world)["a"] == "canceled"


def test_of_several_kills_that_are_noted_for_a_story_or_its_chain_any_may_reach_it() -> None:
    for name in "abcdefgh":  # whichever of the two notes is looked at first
        kills = [linked("k", 5, "r", Status.CANCELED), linked("l", 15, name, Status.CANCELED)]
        world = World()
        for one in (linked("r", 1), *kills, linked(name, 10, "r")):
            take(world, [read(one)])
        assert statuses(world)[name] == "canceled"


def test_a_kill_that_comes_live_and_of_a_replay_at_once_is_told() -> None:
    kill = linked("k", 5, "a", Status.CANCELED)
    world = World()
    take(world, [read(linked("a", 1))])
    take(world, [read(kill), read(kill, replay=True)])
    assert len({alert.id for alert in retracted(world)}) == 2


def test_a_kill_of_another_uri_survives_a_crash_at_every_write() -> None:
    chain = CHAIN[:3]
    kill = read(linked("k", 5, "b", Status.CANCELED))
    steady = World()
    take(steady, map(read, chain))
    take(steady, [kill])
    for fuse in range(1, 40):
        world = World()
        take(world, map(read, chain))
        world.fuse = fuse
        with suppress(KilledError):
            take(world, [kill])
        world.fuse = -1
        take(world, [kill])
        assert world.documents == steady.documents
        assert {alert.id for alert in retracted(world)} == {alert.id for alert in retracted(steady)}


def test_a_kill_and_its_story_that_are_written_at_the_same_time_find_each_other() -> None:
    pair = [linked("a", 1), linked("k", 5, "a", Status.CANCELED)]
    for seed in range(300):
        world = World()
        world.turns, world.chance = 5, Random(seed)

        async def together(world: World = world) -> None:
            await asyncio.gather(*(worker(world)({"one": [read(found)]}) for found in pair))

        asyncio.run(together())
        key = "stories-2026.06", pair[0].id
        assert msgspec.json.decode(world.documents[key][1])["status"] == "canceled"
