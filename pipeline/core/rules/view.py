"""A story as the rules see it: its words, where they stand, its tags; each looked up only when a rule asks.

Positions count the words of all fields in one row, with a gap between two fields that is wider than any distance a
query can name: so nothing crosses from one field into another.
"""

from __future__ import annotations

import re
import sys
from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from functools import lru_cache
from itertools import accumulate, chain

from pipeline.core.rules.forms import beginning, english, is_form, primary
from pipeline.core.rules.lexer import MAX_DISTANCE
from pipeline.core.rules.query import SEARCHED, Exact, Forms, Fuzzy, Item, TextField, Wild, Word
from pipeline.core.rules.terms import as_written
from pipeline.core.story import Span, Story
from pipeline.core.words import counts, folded, is_paired, words

GAP = 2 * MAX_DISTANCE
READ = 32_768
"""The characters of a field that rules look at: a longer text is cut there, so that no story costs without bound."""
STEPS = 60_000
"""Places that distances and patterns may look at in one story; an ordinary one takes a few hundred."""
FEW = 8
"""Words that are looked for one by one before all are indexed."""
MOSTLY_CAPITALS = 0.8
_BESIDE = ("provider", "language", "subject")
_solid = re.compile(r"\S+")
_paragraph = re.compile(r"\n[ \t\r]*\n")


class TooCostly(Exception):  # noqa: N818  says what happened
    """A story and the rules together need more than STEPS."""


class Row:
    """The words of one field, from position ``start`` on."""

    __slots__ = ("_asked", "_capitals", "_chunks", "_counts", "_starts", "field", "start", "text", "words")

    def __init__(self, field: str, text: str, start: int) -> None:
        self.field, self.text, self.start = field, text[:READ], start
        self.words = folded(self.text)
        self._chunks: list[str] = []
        self._starts: list[int] = []
        self._counts: list[int] = []
        self._asked = 0
        self._capitals: bool | None = None

    def place(self, position: int) -> tuple[int, int]:
        """Return start and end in the text of the word at ``position``."""
        number = position - self.start
        if not self._chunks:
            self._chunks = self.text.split()
            self._counts = [0, *accumulate(counts(self._chunks))]
        index = bisect_right(self._counts, number) - 1
        start, end = places(self._chunks[index])[number - self._counts[index]]
        before = self._before(index)
        return before + start, before + end

    def _before(self, index: int) -> int:
        """Return where the chunk begins: for a few by splitting up to it, for many by measuring all once."""
        self._asked += 1
        if self._asked <= FEW:
            return len(self.text) - len(self.text.split(None, index)[index])
        if not self._starts:
            self._starts = [found.start() for found in _solid.finditer(self.text)]
        return self._starts[index]

    def written(self, position: int) -> str:
        """Return the word at ``position`` as it is written."""
        start, end = self.place(position)
        return as_written(self.text[start:end])

    @property
    def capitals(self) -> bool:
        """Whether over 80 % of the letters are capitals, so that case says nothing."""
        if self._capitals is None:
            upper = sum(map(str.isupper, self.text))
            self._capitals = upper > MOSTLY_CAPITALS * (upper + sum(map(str.islower, self.text)))
        return self._capitals


class View:
    """One story, for one pass of the rules."""

    __slots__ = (
        "_found",
        "_positions",
        "_ranges",
        "_sorted",
        "_steps",
        "beside",
        "extents",
        "gaps",
        "marks",
        "paired",
        "rows",
        "story",
        "vocabulary",
    )

    def __init__(self, story: Story) -> None:
        self.story = story
        self.rows: list[Row] = []
        start = 0
        for field in SEARCHED:
            text = getattr(story, field)
            if text:
                row = Row(field, text, start)
                self.rows.append(row)
                start += len(row.words) + GAP
        self.vocabulary: set[str] = set().union(*[row.words for row in self.rows])
        self.paired = any(not row.text.isascii() and is_paired(row.text) for row in self.rows)
        self.beside: list[Row] | None = None
        self._positions: dict[str, list[int]] | None = None
        self._ranges: dict[str, list[tuple[int, int]]] = {}
        self._found: dict[Item, list[int]] = {}
        self._sorted: list[str] | None = None
        self._steps = STEPS
        self.extents: dict[int, list[tuple[int, int]]] = {}
        """The places of items and phrases by the identity of the node."""
        self.gaps: dict[tuple[int, ...], int] = {}
        """The shortest distances between two sides of NEAR, as they are measured."""
        self.marks: dict[int, dict[int, Span]] = {}
        """The spans of items and phrases by the identity of the node, as they are found."""

    @property
    def language(self) -> str:
        """The language whose inflections count."""
        return primary(self.story.language)

    def find(self, item: Item) -> list[int]:
        """Return the positions of an item in ascending order."""
        found = self._found.get(item)
        if found is None:
            found = self._found[item] = self._find(item)
        return found

    def _find(self, item: Item) -> list[int]:
        if item.field in _BESIDE and self.beside is None:
            self._beside()
        if self._positions is None:
            if len(self._found) < FEW and type(item) is Word and item.field is None:
                return self._scan(item.word)
            self._index([*self.rows, *(self.beside or ())])
        positions: dict[str, list[int]] = self._positions  # type: ignore[assignment]
        if isinstance(item, Word | Exact):
            found = positions.get(item.word, [])
        else:
            several = [positions[word] for word in self.like(item, positions)]
            self.spend(sum(map(len, several)))
            found = several[0] if len(several) == 1 else sorted(chain.from_iterable(several))
        ranges = self.ranges(item.field)
        if ranges is not None:
            found = [
                place for low, high in ranges for place in found[bisect_left(found, low) : bisect_left(found, high)]
            ]
        elif self.beside:
            found = found[: bisect_left(found, self.beside[0].start)]
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
        if word in self.vocabulary:
            for row in self.rows:
                count, at = row.words.count(word), -1
                for _time in range(count):
                    at = row.words.index(word, at + 1)
                    found.append(row.start + at)
        return found

    def spend(self, steps: int) -> None:
        """Note work that grows with the story; raises TooCostly when it is more than a story may cost."""
        self._steps -= steps
        if self._steps < 0:
            raise TooCostly(f"the story is too long for its distances and patterns (over {STEPS} steps)")

    def like(self, item: Forms | Wild | Fuzzy, among: dict[str, list[int]]) -> list[str]:
        """Return the words that the item takes."""
        if isinstance(item, Forms):
            language = self.language
            if language == "en":
                return [word for word in english(item.word) if word in among]
            return [word for word in self.beginning(beginning(item.word), among) if is_form(word, item.word, language)]
        if isinstance(item, Fuzzy):
            half = len(item.word) // 2
            swapped = f"{item.word[: half - 1]}{item.word[half]}{item.word[half - 1]}{item.word[half + 1 :]}"
            near = {*self.beginning(item.word[:half], among), swapped}
            self.spend(len(among) // 8)
            near.update(word for word in among if word.endswith(item.word[half:]))
            return [word for word in sorted(near) if word in among and one_edit(word, item.word)]
        start, *rest = re.split(r"[*?]", item.pattern, maxsplit=1)
        found = self.beginning(start, among)
        if rest == [""] and item.pattern[-1] == "*":
            return found
        pattern = wild(item.pattern)
        return [word for word in found if pattern.fullmatch(word)]

    def beginning(self, start: str, among: dict[str, list[int]]) -> list[str]:
        """Return the words that begin so."""
        if self._sorted is None or len(self._sorted) != len(among):
            self._sorted = sorted(among)
        first = bisect_left(self._sorted, start)
        last = bisect_left(self._sorted, f"{start}\U0010ffff")
        self.spend(last - first)
        return self._sorted[first:last]

    def _index(self, rows: list[Row]) -> None:
        if self._positions is None:
            self._positions = {}
        positions = self._positions
        for row in rows:
            for position, word in enumerate(row.words, row.start):
                if word in positions:
                    positions[word].append(position)
                else:
                    positions[word] = [position]

    def _beside(self) -> None:
        """Add the rows of provider, language and subject, which only their prefixes reach."""
        story, start = self.story, (self.rows[-1].start + len(self.rows[-1].words) if self.rows else 0) + GAP
        texts = [("provider", story.provider), ("language", story.language)]
        texts += [("subject", text) for subject in story.subjects for text in (subject.code, subject.name)]
        self.beside = []
        for field, text in texts:
            if text:
                row = Row(field, text, start)
                self.beside.append(row)
                start += len(row.words) + GAP
        if self._positions is not None:
            self._index(self.beside)

    def ranges(self, field: TextField | None) -> list[tuple[int, int]] | None:
        """Return the positions of a field as half-open ranges; None stands for all that is searched."""
        if field is None:
            return None
        if field not in self._ranges:
            among = (self.beside or []) if field in _BESIDE else self.rows
            rows = [row for row in among if row.field == ("body" if field == "lead" else field)]
            lengths = [lead(row.text) if field == "lead" else len(row.words) for row in rows]
            self._ranges[field] = [(row.start, row.start + n) for row, n in zip(rows, lengths, strict=True)]
        return self._ranges[field]

    def words_of(self, field: str) -> Iterable[str]:
        """Return the words of one field, in order."""
        if field in _BESIDE and self.beside is None:
            self._beside()
        rows = (self.beside or []) if field in _BESIDE else self.rows
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
        return (row.field, row.place(first)[0], row.place(last)[1] - self.wide(last))

    def extent(self, span: Span) -> int:
        """Return a key that sorts a span of the tagger, which may lie anywhere, among those of words."""
        row = next((row for row in self.rows if row.field == span[0]), None)
        if row is None:
            return code((sys.maxsize >> 16, 0)) + span[1]
        at = bisect_right(range(len(row.words)), span[1], key=lambda number: row.place(row.start + number)[1])
        return code((row.start + at, row.start + at + MAX_DISTANCE * 3)) + span[2]


@lru_cache(maxsize=10_000)
def wild(pattern: str) -> re.Pattern[str]:
    """Return a wildcard as a regular expression; ``a*b*c`` tries no word in more than one way."""
    parts = [re.escape(part).replace(r"\?", ".") for part in re.split(r"\*+", pattern)]
    return re.compile(
        parts[0] + "".join(f"(?>.*?{part})" for part in parts[1:-1]) + (f".*{parts[-1]}" if len(parts) > 1 else ""),
        re.DOTALL,
    )


def code(extent: tuple[int, int]) -> int:
    """Return a number by which extents sort."""
    return extent[0] << 16 | min(extent[1] - extent[0], 0xFFFF)


@lru_cache(maxsize=100_000)
def places(chunk: str) -> list[tuple[int, int]]:
    """Return start and end of the words of what stands between two spaces."""
    return [(start, end) for _word, start, end in words(chunk)]


def lead(body: str) -> int:
    """Return how many words the first paragraph has: up to a blank line, or else up to the end of the first line."""
    text = body.lstrip()
    found = _paragraph.search(text)
    end = found.start() if found else text.find("\n")
    return len(folded(text if end < 0 else text[:end]))


def one_edit(word: str, other: str) -> bool:
    """Return whether at most one edit lies between two words: one letter more, less or other, or two swapped."""
    short, long = sorted((word, other), key=len)
    if len(long) - len(short) > 1:
        return False
    start = 0
    while start < len(short) and short[start] == long[start]:
        start += 1
    if len(short) < len(long):
        return short[start:] == long[start + 1 :]
    rest = long[start + 1 :]
    return short[start + 1 :] == rest or (
        short[start : start + 2] == long[start : start + 2][::-1] and short[start + 2 :] == long[start + 2 :]
    )
