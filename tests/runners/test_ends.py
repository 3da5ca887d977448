"""Ends that a message causes, played through: every culprit is found, nobody else is blamed, nothing is skipped."""

from __future__ import annotations

from typing import NamedTuple

from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.runners.ends import MANY, Book, Ends


class Read(NamedTuple):
    """A record, as far as the book looks at it."""

    offset: int


class Log:
    """A partition, its commit and the note beside it, outliving the processes that ``run`` plays."""

    def __init__(self, size: int, culprits: set[int]) -> None:
        self.size = size
        self.culprits = culprits
        self.committed = 0
        self.note = ""
        self.done: list[int] = []
        self.buried: list[int] = []

    def run(self, fetches: list[int], stop: int) -> str:
        """Play one process: ``fetches`` has the sizes of its fetches, ``stop`` the part before which it is stopped."""
        book, position = Book(), self.committed
        book.learn({"p": (self.committed, self.note)})
        taken = 0
        for size in fetches:
            batch = [Read(offset) for offset in range(position, min(position + size, self.size))]
            if not batch:
                return "drained"
            for part in book.parts({"p": batch}):
                records = part.records["p"]
                if part.notes:
                    self.committed, self.note = records[0].offset, str(part.notes["p"].made)
                if taken == stop:
                    if part.notes:
                        self.note = str(part.notes["p"].before)
                    return "stopped"
                taken += 1
                if part.culprit:
                    self.buried += [record.offset for record in records]
                elif any(record.offset in self.culprits for record in records):
                    return "ended"
                else:
                    self.done += [record.offset for record in records]
                self.committed, self.note = records[-1].offset + 1, ""
            position += len(batch)
        return "stopped"


@given(st.sets(st.integers(0, 59), max_size=3), st.data())
@settings(max_examples=60, deadline=None)
def test_every_culprit_is_buried_and_nothing_else_whatever_the_fetches_and_stops(
    culprits: set[int], data: st.DataObject
) -> None:
    log = Log(60, culprits)
    ends = 0
    for _ in range(400):
        fetches = data.draw(st.lists(st.integers(5, 25), min_size=20, max_size=20))
        outcome = log.run(fetches, data.draw(st.sampled_from([1_000, 1_000, 0, 2])))
        ends += outcome == "ended"
        if outcome == "drained":
            break
    else:
        raise AssertionError(f"not through: {log.committed} {log.note!r}")
    assert set(log.buried) == culprits
    assert len(log.buried) == len(culprits)
    assert set(log.done) == set(range(60)) - culprits
    assert ends <= len(culprits) * (1 + 2 * MANY + 2)


def test_a_process_that_ends_with_its_first_fetch_leaves_a_trail_to_the_culprit() -> None:
    log = Log(20, {7})
    assert [log.run([10] * 3, 1_000) for _ in range(4)] == ["ended", "ended", "ended", "drained"]
    assert log.buried == [7]


def test_kills_from_outside_blame_nobody_when_orderly_stops_take_their_notes_back() -> None:
    log = Log(20, set())
    for _ in range(10):
        assert log.run([10] * 3, 0) == "stopped"
    assert log.note == ""


def test_a_note_that_is_not_ours_says_nothing_and_ours_is_read_as_written() -> None:
    for note in (None, "", "ends", "ends x until 3", "ends 1 until 2 maybe"):
        assert Ends.read(note) == Ends()
    for ends in (Ends(), Ends(2, 40), Ends(3, 40, alone=True)):
        assert Ends.read(str(ends)) == ends
