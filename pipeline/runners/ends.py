"""Whose fault an end was: a message that ends its process, again and again, is found and taken out of the way.

A process that dies says nothing, so what is known of it must be written down before. Kafka keeps a text beside each
committed offset: before the first fetch of an assignment is worked on, each of its partitions gets the note that one
more process has begun there. A commit of work that is done wipes the note out, an orderly stop takes it back; so a
note that is found says how many processes have ended at this offset, and how far their fetch reached.

After MANY notes (and the end before the first of them, which as a rule had none) the partition is walked through
record by record, each with a note of its own that it is alone. The record that such a note is found at has ended a
process by itself: it is the culprit. Why not by halves: docs/decisions/0070-walk-to-the-culprit.md.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import msgspec

MANY = 2
"""Ends noted at one offset after which its records are taken one by one."""


def blame(ends: int) -> str:
    """Return the reason of the dead letter that a culprit becomes."""
    return f"ended {ends} processes that worked on it"


class Ends(msgspec.Struct, frozen=True):
    """How many processes have ended at an offset; their fetch reached to before ``until``.

    ``alone`` says that the last one had the first record alone.
    """

    count: int = 0
    until: int = 0
    alone: bool = False

    def __str__(self) -> str:
        """Return the note; the empty one is that of every other commit."""
        return f"ends {self.count} until {self.until}{' alone' if self.alone else ''}" if self.count else ""

    @classmethod
    def read(cls, note: str | None) -> Ends:
        """Return what a note says; one that is not ours says nothing."""
        found = _NOTE.fullmatch(note or "")
        return cls(int(found[1]), int(found[2]), bool(found[3])) if found else cls()

    def more(self, until: int, *, alone: bool = False) -> Ends:
        """Return the note to make before the next attempt."""
        return Ends(self.count + 1, max(self.until, until), alone)


_NOTE = re.compile(r"ends (\d{1,9}) until (\d{1,19})( alone)?")


class Note(msgspec.Struct, frozen=True):
    """A note at an offset: ``before`` was found there, ``made`` is to be there while the attempt lasts."""

    offset: int
    before: Ends
    made: Ends


class Part(msgspec.Struct, frozen=True):
    """Records to be worked on together, with the notes to make before; a ``culprit`` is to be buried instead."""

    records: dict[Any, Sequence[Any]]
    notes: dict[Any, Note] = {}
    culprit: bool = False

    @property
    def alone(self) -> bool:
        """Say whether nothing else may be in hand: an end would be blamed on these."""
        return bool(self.notes) or self.culprit


class Book:
    """What one assignment knows of the ends at its partitions."""

    def __init__(self) -> None:
        self._known: dict[Any, tuple[int, Ends]] = {}
        self._begun: set[Any] = set()

    def clear(self) -> None:
        """Begin a new assignment."""
        self._known.clear()
        self._begun.clear()

    def count(self, partition: Any) -> int:
        """Return how many processes have ended at the offset that a partition was found at."""
        return self._known[partition][1].count

    def unknown(self, partitions: Iterable[Any]) -> list[Any]:
        """Return those whose notes are yet to be read."""
        return [partition for partition in partitions if partition not in self._begun]

    def learn(self, found: Mapping[Any, tuple[int, str | None]]) -> None:
        """Take in the committed offset of each partition and the note there."""
        for partition, (offset, note) in found.items():
            self._begun.add(partition)
            self._known[partition] = offset, Ends.read(note)

    def parts(self, records: Mapping[Any, Sequence[Any]]) -> Iterator[Part]:
        """Yield a fetch in the parts in which it is to be taken, each after the one before is done."""
        together: dict[Any, Sequence[Any]] = {}
        notes: dict[Any, Note] = {}
        suspected: list[Any] = []
        for partition, batch in records.items():
            _offset, ends = self._known.get(partition, (0, None))
            if ends is not None and ends.count >= MANY:
                suspected.append(partition)
                continue
            together[partition] = batch
            if ends is not None:
                notes[partition] = Note(batch[0].offset, ends, ends.more(batch[-1].offset + 1))
        if together:
            yield Part(together, notes)
            for partition in together:
                self._known.pop(partition, None)
        for partition in suspected:
            yield from self._walk(partition, records[partition])

    def _walk(self, partition: Any, batch: Sequence[Any]) -> Iterator[Part]:
        offset, ends = self._known[partition]
        for place, record in enumerate(batch):
            if record.offset >= ends.until:
                del self._known[partition]
                yield Part({partition: batch[place:]})
                return
            if ends.alone and record.offset == offset:
                yield Part({partition: [record]}, culprit=True)
            else:
                before = Ends(ends.count, ends.until)
                yield Part({partition: [record]}, {partition: Note(record.offset, before, ends.more(0, alone=True))})
        if batch[-1].offset + 1 >= ends.until:
            del self._known[partition]
