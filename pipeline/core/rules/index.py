"""The index: from the keys that a story has to the rules that go one of their ways.

Keys are numbered. A way stands under its rarest key, in a row of whole numbers: the posting, then the other keys that
it needs and those that it excludes. A story selects the rows of its keys, end to end, and asks for all of them at
once whether the rest of each way holds too: some nanoseconds a row, so that a million rules cost what they match.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable
from itertools import chain, zip_longest
from struct import Struct

import numpy as np
from numpy.typing import NDArray

from pipeline.core.rules.few import Few
from pipeline.core.rules.keys import (
    EXCLUDED,
    GROUPED,
    NEEDED,
    OWN_KEYS,
    Keys,
    Need,
    Way,
    beginnings,
    fielded,
    is_pair,
    of_word,
)
from pipeline.core.rules.query import TAG_FIELDS
from pipeline.core.rules.view import View
from pipeline.core.story import Role
from pipeline.core.words import Chunks

ALWAYS, NEVER = 0, 1
"""The numbers of a key that every story has and of one that none has: they fill a way that asks for less."""

WIDTH = NEEDED + EXCLUDED
"""Numbers of one row: the posting in place of the key that it stands under, the other keys needed, those excluded."""

FEW = 64
"""Rows that are looked at one by one: fewer are not worth an array."""

SMALL = 4_000
"""Keys up to which a story is asked for the words of rules, and not for the numbers of all its keys."""

_ALWAYS, _NEVER = (ALWAYS,) * (NEEDED - 1), (NEVER,) * EXCLUDED
_row = Struct(f"{WIDTH}i")


class Index:
    """Rows by key. A posting is the number of a rule, times two; plus one where the way alone decides."""

    def __init__(
        self,
        numbers: dict[str, int] | None = None,
        pairs: dict[str, dict[str, int]] | None = None,
        rows: list[array[int] | None] | None = None,
    ) -> None:
        self.numbers = numbers or {}
        """Number of each key that is no pair of neighbours."""
        self.pairs = pairs or {}
        """Word, the word after it, number of that pair."""
        self.rows = rows or [None, None]
        """The rows of each key, by its number."""
        self.sorts: dict[str, int] = {}
        """The sorts of keys that there are (by their first sign), so that what nobody asks for costs nothing."""
        self.groups: dict[str, dict[str, None]] = {}
        """field:value to the group keys that hold the value."""
        self._known = Chunks(self._of_word)
        self._changes = 0
        self._few: tuple[int, Few | None] = 0, None
        """The ways told as words, as they were after that many changes."""
        self._masks: list[NDArray[np.bool_]] = []
        for key in self.numbers:
            self._note(key)

    def add(self, number: int, found: Keys) -> None:
        """Index rule ``number`` by its keys."""
        for way in found.ways:
            key, row = self._row(number, way)
            rows = self.rows[key]
            if rows is None:
                self.rows[key] = array("i", row)
            else:
                rows.extend(row)
        self._changes += 1

    def remove(self, number: int, found: Keys) -> None:
        """Take rule ``number`` out; ``found`` are the keys that it was added with."""
        for way in found.ways:
            key, row = self._row(number, way)
            rows = self.rows[key]
            if rows is not None:
                table = _table(rows)
                kept = table[table[:, 0] != row[0]]
                self.rows[key] = array("i", kept.tobytes()) if len(kept) else None
        self._changes += 1

    def _row(self, number: int, way: Way) -> tuple[int, tuple[int, ...]]:
        """Return the key that a way stands under, and its row."""
        first, *others = map(self._number, way.needs)
        without = [self._number((0.0, key)) for key in way.unless]
        spare = _ALWAYS[len(others) :], _NEVER[len(without) :]
        return first, (number * 2 + way.exact, *others, *spare[0], *without, *spare[1])

    def _number(self, need: Need) -> int:
        """Return the number of a key, a new one where it is new."""
        key = need[1]
        numbers = self.numbers
        if is_pair(key):
            first, _space, key = key.partition(" ")
            numbers = self.pairs.setdefault(first, {})
        number = numbers.get(key)
        if number is None:
            number = numbers[key] = len(self.rows)
            self.rows.append(None)
            if numbers is self.numbers:
                self._note(key)
        return number

    def _note(self, key: str) -> None:
        """Keep in mind that there is a new key, of what sort it is, and that the words of stories may have it."""
        if key[0] in "*~+":
            self.sorts[key[0]] = 1
            self._known.clear()
        elif ":" in key:
            field, _colon, values = key.partition(":")
            self.sorts[field] = self.sorts[":"] = 1
            if field in TAG_FIELDS:
                for value in values.split(GROUPED):
                    self.groups.setdefault(fielded(field, value), {})[key] = None
        else:
            self._known.pop(key, None)

    def keys(self, view: View) -> set[int]:
        """Return the numbers of the keys that a story has, as far as rules ask for them."""
        found, known = {ALWAYS}, self._known.__getitem__
        pairs = self.pairs
        for row in view.rows:
            words = row.words
            found.update(chain.from_iterable(map(known, words)))
            if pairs:
                behind = zip(map(pairs.get, words), words[1:], strict=False)
                found.update([after[word] for after, word in behind if after is not None and word in after])
        numbers = self.numbers
        found.update([numbers[key] for key in self._others(view) if key in numbers])
        return found

    def _of_word(self, word: str) -> tuple[int, ...]:
        """Return the numbers of the keys that a word has: its own, those of wildcards and edits."""
        numbers = self.numbers
        return tuple([numbers[key] for key in of_word(word, self.sorts) if key in numbers])

    def _others(self, view: View) -> list[str]:
        """Return the keys of a story that are not those of any of its words."""
        sorts, story = self.sorts, view.story
        found: list[str] = []
        if "+" in sorts and view.language != "en":
            for word in view.vocabulary:
                found += beginnings("+", word)
        if ":" not in sorts:
            return found
        for field in OWN_KEYS:
            if field in sorts:
                found += [f"{field}:{word}" for word in view.words_of(field)]
        for field in ("urgency", "status", "signal"):
            if field in sorts:
                found.append(fielded(field, str(getattr(story, field)).lower()))
        if not sorts.keys().isdisjoint(TAG_FIELDS):
            found += dict.fromkeys(chain.from_iterable([self.groups.get(value, ()) for value in _tags(view)]))
        return found

    def candidates(self, view: View) -> list[int]:
        """Return the postings that a story selects, in ascending order, a rule once."""
        if len(self.rows) <= SMALL:
            postings = sorted(self._as_few().candidates(view, self._others(view)))
        else:
            found = self.keys(view)
            data = b"".join(filter(None, map(self.rows.__getitem__, found)))
            postings = self._all(data, found) if len(data) > FEW * _row.size else _some(data, found)
        after = zip_longest(postings, postings[1:], fillvalue=-1)
        # Of two ways of one rule the later decides, where one does.
        return [posting for posting, other in after if posting >> 1 != other >> 1]

    def _as_few(self) -> Few:
        """Return the ways told as words, made anew after a change, which another thread may make meanwhile."""
        changes, few = self._few
        if few is None or changes != self._changes:
            changes = self._changes
            rows = [(number, row.tobytes()) for number, row in enumerate(list(self.rows)) if row]
            names = {number: key for key, number in list(self.numbers.items())}
            for first, after in list(self.pairs.items()):
                names.update([(number, f"{first} {second}") for second, number in list(after.items())])
            few = Few(
                (
                    row[0],
                    names[number],
                    [names[key] for key in row[1:NEEDED] if key != ALWAYS],
                    [names[key] for key in row[NEEDED:] if key != NEVER],
                )
                for number, data in rows
                for row in _row.iter_unpack(data)
            )
            self._few = changes, few
        return few

    def _all(self, data: bytes, found: set[int]) -> list[int]:
        """Return the sorted postings of the rows whose other keys hold."""
        mask, has = self._mask(), np.fromiter(found, np.intp, len(found))
        mask[has] = True
        table = _table(data)
        table = table[mask[table[:, 1]]]
        holds = ~(mask[table[:, NEEDED]] | mask[table[:, NEEDED + 1]])
        for column in range(2, NEEDED):
            holds &= mask[table[:, column]]
        postings = table[:, 0][holds]
        mask[has] = False
        self._masks.append(mask)
        postings.sort()
        result: list[int] = postings.tolist()
        return result

    def _mask(self) -> NDArray[np.bool_]:
        """Return what says of each key whether a story has it: as yet of none."""
        mask = self._masks.pop() if self._masks else None  # two threads never get the same one
        if mask is None or len(mask) < len(self.rows):
            mask = np.zeros(len(self.rows) * 5 // 4, dtype=np.bool_)
        return mask


def _some(data: bytes, found: set[int]) -> list[int]:
    """Return the same, one row after the other."""
    return sorted(
        [
            posting
            for posting, a, b, c, d, e in _row.iter_unpack(data)
            if a in found and b in found and c in found and d not in found and e not in found
        ]
    )


def _table(rows: array[int] | bytes) -> NDArray[np.intc]:
    """Return rows as a table, which shares their memory."""
    return np.frombuffer(rows, dtype=np.intc).reshape(-1, WIDTH)


def _tags(view: View) -> Iterable[str]:
    """Return the tags of a story as field:value."""
    story = view.story
    values = [fielded("region", region.code) for region in story.regions]
    values += [fielded("focus", region.code) for region in story.regions if region.role is Role.FOCUS]
    for actor in story.actors:
        values += [fielded("actor", actor.id), fielded("kind", actor.kind), fielded("sector", actor.sector or "")]
    return dict.fromkeys(values)
