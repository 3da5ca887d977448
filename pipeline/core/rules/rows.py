"""One field of a story: its words in order, and where each of them stands in the text."""

from __future__ import annotations

import re
from bisect import bisect_right
from itertools import accumulate
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.core.rules.terms import as_written
from pipeline.core.words import counts, folded, words

FEW = 8
"""Words whose places are looked up one by one before all are."""
MOSTLY_CAPITALS = 0.8
_paragraph = re.compile(r"\n[ \t\r]*\n")


class Row:
    """The words of one field, from position ``start`` on."""

    __slots__ = (
        *("_asked", "_capitals", "_chunks", "_counts", "_lower", "_places", "_starts"),
        *("field", "start", "text", "words"),
    )

    def __init__(self, field: str, text: str, start: int) -> None:
        self.field, self.text, self.start = field, text, start
        self.words = folded(self.text)
        self._asked = 0
        self._chunks: list[str] = []
        self._capitals: bool | None = None
        self._lower: str | None = None
        self._counts: list[int] | None = None
        self._starts: list[int] | None = None
        self._places: list[tuple[int, int]] | None = None

    def place(self, position: int) -> tuple[int, int]:
        """Return start and end in the text of the word at ``position``."""
        number = position - self.start
        if self._places is not None:
            return self._places[number]
        self._asked += 1
        if self._asked > FEW:
            return self.places()[number]
        found = self._found(number)
        if found is not None:
            return found
        index, within = number, 0
        word, chunks = self.words[number], self._split()
        if number >= len(chunks) or self.words.count(word) > 1 or folded(chunks[number]) != (word,):
            if self._counts is None:
                self._counts = [0, *accumulate(counts(chunks))]
            index = bisect_right(self._counts, number) - 1
            within = number - self._counts[index]
        if self._starts is None:
            self._starts = starts(self.text)
        start, (low, high) = self._starts[index], _places[chunks[index]][within]
        return start + low, start + high

    def _found(self, number: int) -> tuple[int, int] | None:
        """Return the place by looking for the letters of the word, which serves where they stand nowhere else.

        A word of letters and digits is not parted by anything, so where its letters are found as often as the word,
        each of them is the word.
        """
        word = self.words[number]
        if self._lower is None:
            self._lower = self.text.lower() if self.text.isascii() else ""
        lower, count = self._lower, self.words.count(word)
        if not word.isalnum() or lower.count(word) != count:
            return None
        start = lower.find(word)
        if count > 1:
            for _earlier in range(self.words[:number].count(word)):
                start = lower.find(word, start + len(word))
        return start, start + len(word)

    def _split(self) -> list[str]:
        if not self._chunks:
            self._chunks = self.text.split()
        return self._chunks

    def places(self) -> list[tuple[int, int]]:
        """Return start and end in the text of all words."""
        if self._places is None:
            found = zip(self._starts or starts(self.text), map(_places.__getitem__, self._split()), strict=True)
            self._places = [(start + low, start + high) for start, places in found for low, high in places]
        return self._places

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


_space = np.array([chr(code).isspace() for code in range(0x3002)])


def starts(text: str) -> list[int]:
    """Return where the chunks of ``text.split()`` begin."""
    if text.isascii():
        codes: NDArray[np.integer[Any]] = np.frombuffer(text.encode("ascii"), dtype=np.uint8)
    else:
        codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
        codes = np.minimum(codes, len(_space) - 1)  # no space is above
    spaces = _space[codes]
    begins = ~spaces
    begins[1:] &= spaces[:-1]
    found: list[int] = np.flatnonzero(begins).tolist()
    return found


class _Places(dict[str, tuple[tuple[int, int], ...]]):
    """Start and end of the words of a chunk; forgets all when full."""

    limit, longest = 50_000, 40

    def __missing__(self, chunk: str) -> tuple[tuple[int, int], ...]:
        found = tuple([(start, end) for _word, start, end in words(chunk)])
        if len(chunk) <= self.longest:
            if len(self) >= self.limit:
                self.clear()
            self[chunk] = found
        return found


_places = _Places()


def lead(body: str) -> int:
    """Return how many words the first paragraph has: up to a blank line, or else up to the end of the first line."""
    text = body.lstrip()
    found = _paragraph.search(text)
    end = found.start() if found else text.find("\n")
    return len(folded(text if end < 0 else text[:end]))
