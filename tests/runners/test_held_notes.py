"""Held stories that end the process that releases them, played through: found by their notes, and nobody else."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Any

from aiokafka import OffsetAndMetadata, TopicPartition
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.core.story import Story
from pipeline.runners.held_notes import Ended, HeldNotes

PLACE = TopicPartition("wire.held", 0)
NOON = datetime(2026, 6, 15, 12, tzinfo=UTC)


class EndedProcessError(Exception):
    """A process has ended."""


class Group:
    """A group's commit with its text, outliving the processes; as far as the notes look at it."""

    def __init__(self) -> None:
        self.note = ""
        self.made = 0
        self._coordinator = self

    async def fetch_committed_offsets(self, places: list[TopicPartition]) -> dict[TopicPartition, OffsetAndMetadata]:
        return {place: OffsetAndMetadata(0, self.note) for place in places if self.made}

    async def commit(self, offsets: dict[TopicPartition, OffsetAndMetadata]) -> None:
        self.note = offsets[PLACE].metadata
        self.made += 1


def held(number: int) -> Story:
    return Story(uri=f"u:{number}", provider="p", version="1", embargoed_until=NOON, source_format="x")


class Releases:
    """What is held, which of it ends a process, and what became of each."""

    def __init__(self, count: int, culprits: set[int]) -> None:
        self.group: Any = Group()
        self.left = [held(number) for number in range(count)]
        self.culprits = {held(number).id for number in culprits}
        self.released: list[str] = []
        self.buried: list[str] = []

    async def process(self, *, stop: int | None = None) -> None:
        """Play one process; it is killed from outside after so many parts, or ends of a culprit."""
        notes = HeldNotes(PLACE)
        await notes.begin(self.group)
        taken = 0
        async for part in notes.parts(list(self.left)):
            if taken == stop or (not part.ends and any(story.id in self.culprits for story in part.stories)):
                raise EndedProcessError
            taken += 1
            (self.buried if part.ends else self.released).extend(story.id for story in part.stories)
            self.left = [story for story in self.left if story not in part.stories]

    def ended(self, *, stop: int | None = None) -> bool:
        try:
            asyncio.run(self.process(stop=stop))
        except EndedProcessError:
            return True
        return False


@given(st.integers(1, 12), st.sets(st.integers(0, 11), max_size=3))
@settings(max_examples=50, deadline=None)
def test_every_culprit_is_buried_and_all_others_are_released(count: int, numbers: set[int]) -> None:
    culprits = {number for number in numbers if number < count}
    played = Releases(count, culprits)
    ends = 0
    while played.ended():
        ends += 1
        assert ends < 20
    assert set(played.buried) == played.culprits
    assert sorted(played.released + played.buried) == sorted(held(number).id for number in range(count))
    assert ends <= 2 + len(culprits)
    assert played.group.note == ""


def test_a_kill_from_outside_blames_nobody_and_its_note_goes_with_the_next_release() -> None:
    played = Releases(4, set())
    assert played.ended(stop=0)
    assert played.ended(stop=0)
    assert not played.ended()
    assert (played.buried, played.group.note) == ([], "")


def test_a_process_that_has_come_through_makes_no_more_notes() -> None:
    async def test() -> None:
        group: Any = Group()
        notes = HeldNotes(PLACE)
        await notes.begin(group)
        for number in range(3):
            assert [part.stories async for part in notes.parts([held(number)])] == [[held(number)]]
        assert group.made == 2

    asyncio.run(test())


def test_what_a_process_finds_after_a_broken_connection_is_its_own_note_and_no_end() -> None:
    async def test() -> None:
        group: Any = Group()
        notes = HeldNotes(PLACE)
        for _ in range(5):
            await notes.begin(group)
            async for _part in notes.parts([held(1)]):
                break  # the broker goes away
            assert group.note == "ends 1 of "

    asyncio.run(test())


def test_each_turn_begins_with_what_the_turns_of_others_have_left() -> None:
    async def test() -> None:
        group: Any = Group()
        ours, other = HeldNotes(PLACE), HeldNotes(PLACE)
        due = [held(number) for number in range(3)]

        async def turn(notes: HeldNotes, parts: int) -> list[int]:
            await notes.begin(group)
            taken = []
            async for part in notes.parts(due):
                taken.append(part.ends)
                if len(taken) == parts:
                    break
            return taken

        await turn(ours, 9)
        for _ in range(2):  # others end over what is due, and leave their notes
            await turn(HeldNotes(PLACE), 1)
        await turn(other, 2)
        assert group.note == f"ends 3 of {due[1].id}/{due[1].revision}"
        assert await turn(ours, 9) == [0, 3, 0]
        assert group.note == ""
        assert await turn(other, 9) == [0], "its own notes are gone with what came after them"

    asyncio.run(test())


def test_a_note_that_is_not_ours_says_nothing_and_ours_is_read_as_written() -> None:
    for note in (None, "", "ends", "ends 1 until 2", "ends x of y"):
        assert Ended.read(note) == Ended()
    for ended in (Ended(), Ended(2), Ended(3, "abc/4")):
        assert Ended.read(str(ended)) == ended
