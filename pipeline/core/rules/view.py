"""A story as the rules see it: its words, where they stand, its tags; each looked up only when a rule asks.

Positions count the words of all fields in one row, with a gap between two fields that is wider than any distance a
query can name: so nothing crosses from one field into another.
"""

from __future__ import annotations

import sys
from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterable, Sequence
from itertools import chain

from pipeline.core.rules.forms import primary
from pipeline.core.rules.lexer import MAX_DISTANCE
from pipeline.core.rules.positions import Positions
from pipeline.core.rules.query import SEARCHED, Exact, Item, TextField, Wild, Word
from pipeline.core.rules.rows import Row, lead
from pipeline.core.story import Span, Story
from pipeline.core.words import is_paired

GAP = 2 * MAX_DISTANCE
APART = "/"
"""Stands between the words of two fields; it is in none."""
READ, READ_BRIEF = 32_768, 4_096
"""The characters that rules look at, of a body and of any other field: so that no story costs without bound."""
STEPS = 40_000
"""Places that distances and patterns may look at in one story; an ordinary one takes a few hundred."""
FEW = 8
"""Words that are looked for one by one before all are indexed."""
ORDINARY = 64
"""Places of one word in a story that nothing has to be left out of."""
FEW_PLACES = 16
"""Places whose spans are looked for one by one before those of all words are."""
_BESIDE = ("provider", "language", "subject")
NOWHERE: list[int] = []


Code = float
"""Where something stands, as a number by which places sort: its position, and 1/WIDEST for each word behind it."""
WIDEST = 65_536


class TooCostly(Exception):  # noqa: N818  says what happened
    """A story and the rules together need more than STEPS."""


class View:
    """One story, for one pass of the rules."""

    __slots__ = (
        "_asked",
        "_found",
        "_joined",
        "_marked",
        "_others",
        "_positions",
        "_ranges",
        "_steps",
        "_vocabulary",
        "all",
        "beside",
        "codes",
        "extents",
        "gaps",
        "paired",
        "points",
        "rows",
        "spans",
        "story",
    )

    def __init__(self, story: Story) -> None:
        self.story = story
        self.rows: list[Row] = []
        self.paired = False
        start = 0
        for field in SEARCHED:
            text = getattr(story, field)
            if text:
                row = Row(field, text[: READ if field == "body" else READ_BRIEF], start)
                self.rows.append(row)
                start += len(row.words) + GAP
                if not row.plain and is_paired(row.text):
                    self.paired = True
        self._vocabulary: set[str] | None = None
        self._joined = ""
        self.beside: list[Row] = []
        self._positions: Positions | None = None
        self._others: Positions | None = None
        self._ranges: dict[str, list[tuple[int, int]]] = {}
        self._found: dict[Item, list[int]] = {}
        self._steps = STEPS
        self._asked = self._marked = 0
        self.all: dict[str, list[int]] | None = None
        """The positions of all words, once the story is prepared and where nothing has to be left out or put right."""
        self.points: dict[str, list[tuple[int, int]]] = {}
        """The places of words."""
        self.extents: dict[int, list[tuple[int, int]]] = {}
        """The places of other items and phrases by the identity of the node."""
        self.gaps: dict[tuple[int, ...], int] = {}
        """The shortest distances between two sides of NEAR, as they are measured."""
        self.codes: dict[int, Sequence[Code]] = {}
        """The codes of the places of a term, by the identity of the node, as they are found."""
        self.spans: dict[Code, Span] = {}
        """The spans of those codes."""

    @property
    def vocabulary(self) -> Collection[str]:
        """The words of all that is searched."""
        if self._positions is not None:
            return self._positions.of
        if self._vocabulary is None:
            self._vocabulary = set(chain.from_iterable([row.words for row in self.rows]))
        return self._vocabulary

    @property
    def joined(self) -> str:
        """The words of all fields, each between two spaces, with APART between two fields."""
        if not self._joined:
            self._joined = f" {f' {APART} '.join([' '.join(row.words) for row in self.rows])} "
        return self._joined

    @property
    def language(self) -> str:
        """The language whose inflections count."""
        return primary(self.story.language)

    def find(self, item: Item) -> list[int]:
        """Return the positions of an item in ascending order."""
        if type(item) is Word and item.field is None:
            return self.word(item.word)
        found = self._found.get(item)
        if found is None:
            found = self._found[item] = self._find(item)
        return found

    def word(self, word: str) -> list[int]:
        """Return the positions of a word, wherever it stands."""
        if self._positions is not None:
            return self._positions.of.get(word, NOWHERE)
        self._asked += 1
        if self._asked <= FEW:
            return self._scan(word)
        return self._index().of.get(word, NOWHERE)

    def _index(self) -> Positions:
        if self._positions is None:
            self._positions = Positions(self.rows)
        return self._positions

    def _find(self, item: Item) -> list[int]:
        positions = self._apart() if item.field in _BESIDE else self._index()
        if isinstance(item, Word | Exact):
            found = positions.of.get(item.word, NOWHERE)
        else:
            several = [positions.of[word] for word in positions.like(item, self.language, self.spend)]
            self.spend(sum(map(len, several)))
            found = several[0] if len(several) == 1 else sorted(chain.from_iterable(several))
        ranges = self.ranges(item.field)
        if ranges is not None:
            found = [
                place for low, high in ranges for place in found[bisect_left(found, low) : bisect_left(found, high)]
            ]
        if isinstance(item, Exact):
            rows = [self.row(place) for place in found]
            found = [
                place
                for place, row in zip(found, rows, strict=True)
                if not row.capitals and row.written(place) == item.text
            ]
        return found

    def _scan(self, word: str) -> list[int]:
        """Return the positions of a word without an index, which pays from a few words on."""
        found: list[int] = []
        for row in self.rows:
            found += [row.start + number for number in row.at(word)]
        return found

    def spend(self, steps: int) -> None:
        """Note work that grows with the story; raises TooCostly when it is more than a story may cost."""
        self._steps -= steps
        if self._steps < 0:
            raise TooCostly(f"the story is too long for its distances and patterns (over {STEPS} steps)")

    def _apart(self) -> Positions:
        """Return the positions in provider, language and subject, which only their prefixes reach."""
        if self._others is None:
            story, start = self.story, (self.rows[-1].start + len(self.rows[-1].words) if self.rows else 0) + GAP
            texts = [("provider", story.provider), ("language", story.language)]
            texts += [("subject", text) for subject in story.subjects for text in (subject.code, subject.name)]
            for field, text in texts:
                if text:
                    row = Row(field, text[:READ_BRIEF], start)
                    self.beside.append(row)
                    start += len(row.words) + GAP
            self._others = Positions(self.beside)
        return self._others

    def ranges(self, field: TextField | None) -> list[tuple[int, int]] | None:
        """Return the positions of a field as half-open ranges; None stands for all that is searched."""
        if field is None:
            return None
        if field not in self._ranges:
            among = self.beside if field in _BESIDE else self.rows
            rows = [row for row in among if row.field == ("body" if field == "lead" else field)]
            lengths = [lead(row.text) if field == "lead" else len(row.words) for row in rows]
            self._ranges[field] = [(row.start, row.start + n) for row, n in zip(rows, lengths, strict=True)]
        return self._ranges[field]

    def words_of(self, field: str) -> Iterable[str]:
        """Return the words of one field, in order."""
        if field in _BESIDE:
            self._apart()
        rows = self.beside if field in _BESIDE else self.rows
        return chain.from_iterable(row.words for row in rows if row.field == field)

    def row(self, position: int) -> Row:
        """Return the field that a position lies in."""
        rows = self.rows if not self.beside or position < self.beside[0].start else self.beside
        return rows[bisect_right(rows, position, key=lambda row: row.start) - 1]

    def width(self, item: Item, position: int) -> int:
        """Return how many positions an item takes beyond its own: one where it is a pair of characters."""
        return 0 if isinstance(item, Wild) else self.wide(position)

    def wide(self, position: int) -> int:
        """Return 1 where the word at ``position`` is a pair of characters of a script without spaces, else 0."""
        if not self.paired:
            return 0
        row = self.row(position)
        start, end = row.place(position)
        return 1 if end - start == 2 and is_paired(row.text[start:end]) else 0

    def span(self, first: int, last: int) -> Span:
        """Return the place in the story from the word at ``first`` to that at ``last``."""
        row = self.row(first)
        start, end = row.place(first)
        return (row.field, start, (end if first == last else row.place(last)[1]) - self.wide(last))

    def mark(self, extents: Iterable[tuple[int, int]]) -> list[Code]:
        """Return the codes of some extents, and note their spans; into subjects, which are lists, no span points."""
        spans, found = self.spans, []
        for start, last in extents:
            code = start if last == start else start + min(last - start, WIDEST - 1) / WIDEST
            if code not in spans:
                first, end = spans.get(start), spans.get(last)
                if first is not None and end is not None and not self.paired:
                    spans[code] = (first[0], first[1], end[2])
                elif self.row(start).field == "subject":
                    continue
                else:
                    spans[code] = self.span(start, last)
            found.append(code)
        return found

    def mark_words(self, words: Iterable[str], most: int) -> list[int]:
        """Return the first places of words, which are their codes, and note their spans: from a few on, all."""
        places = [place for word in words for place in self.word(word)[:most]]
        if self._marked <= FEW_PLACES:
            if not self.paired:  # whose spans have to be put right one by one
                self._marked += len(places)
            if self._marked > FEW_PLACES:
                self._spread_out()
            else:
                self.mark(zip(places, places, strict=True))
        return places

    def prepare(self) -> None:
        """Look up at once where all words stand: for many rules, that costs less than one word after the other."""
        if self.paired:
            return
        of = self._index().of
        self._marked = FEW_PLACES + 1
        self._spread_out()
        if max(map(len, of.values()), default=0) <= ORDINARY:
            self.all = of

    def _spread_out(self) -> None:
        """Note the spans of all words."""
        for row in self.rows:
            keys = range(row.start, row.start + len(row.words))
            self.spans.update(zip(keys, row.spans(), strict=True))

    def extent(self, span: Span) -> Code:
        """Return a code that sorts a span of the tagger, which may lie anywhere, among those of words."""
        row = next((row for row in self.rows if row.field == span[0]), None)
        if row is None:
            return (sys.maxsize + SEARCHED.index(span[0]) << 64) + (span[1] << 32) + span[2]
        at = bisect_right(range(len(row.words)), span[1], key=lambda number: row.place(row.start + number)[1])
        return row.start + at + 0.5 + span[2] / 2**32
