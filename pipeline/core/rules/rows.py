"""One field of a story: its words in order, and where each of them stands in the text."""

from __future__ import annotations

import re
from bisect import bisect_right
from itertools import accumulate
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.core.rules.terms import as_written
from pipeline.core.story import Span
from pipeline.core.words import BRIEF, Chunks, counts, folded, words

FEW = 8
"""Words whose places are looked up one by one before all are."""
MANY = 24
"""Times that the letters of a word may stand in a text for it to be looked for by them."""
MOSTLY_CAPITALS = 0.8
_paragraph = re.compile(r"\n[ \t\r]*\n")


class Row:
    """The words of one field, from position ``start`` on."""

    __slots__ = (
        *("_asked", "_at", "_capitals", "_chunks", "_counts", "_lower", "_spans", "_starts"),
        *("field", "start", "text", "words"),
    )

    def __init__(self, field: str, text: str, start: int) -> None:
        self.field, self.text, self.start = field, text, start
        self.words = folded(self.text)
        self._asked = 0
        self._at: dict[str, list[int]] = {}
        self._chunks: list[str] = []
        self._capitals: bool | None = None
        self._lower: str | None = None
        self._counts: list[int] | None = None
        self._starts: list[int] | None = None
        self._spans: list[Span] | None = None

    def at(self, word: str) -> list[int]:
        """Return which of the words are this one, by their numbers; remembered, since its places are asked for next."""
        found = self._at.get(word)
        if found is None:
            found, index, number = [], self.words.index, -1
            try:
                while True:
                    number = index(word, number + 1)
                    found.append(number)
            except ValueError:
                self._at[word] = found
        return found

    def place(self, position: int) -> tuple[int, int]:
        """Return start and end in the text of the word at ``position``."""
        number = position - self.start
        if self._spans is None:
            self._asked += 1
        if self._asked > FEW:
            _field, start, end = self.spans()[number]
            return start, end
        found = self._found(number)
        if found is not None:
            return found
        index, within = number, 0
        word, chunks = self.words[number], self._split()
        if number >= len(chunks) or len(self.at(word)) > 1 or folded(chunks[number]) != (word,):
            if self._counts is None:
                self._counts = [0, *accumulate(counts(chunks))]
            index = bisect_right(self._counts, number) - 1
            within = number - self._counts[index]
        if self._starts is None:
            self._starts = starts(self.text)
        start, (low, high) = self._starts[index], _places[chunks[index]][within]
        return start + low, start + high

    def _found(self, number: int) -> tuple[int, int] | None:
        """Return the place by looking for the letters of the word, which serves where they stand alone as often.

        A word of letters and digits is not parted by anything and ends where they do, so each of its places is one of
        those at which its letters stand alone; where there are as many, they are the same.
        """
        word, alone = self.words[number], []
        if self._lower is None:
            self._lower = self.text.lower() if self.text.isascii() else ""
        lower, length = self._lower, len(word)
        if not word.isalnum() or lower.count(word) > MANY:
            return None
        start = lower.find(word)
        while start >= 0:
            end = start + length
            if not (lower[end : end + 1].isalnum() or lower[start - 1 : start].isalnum()):
                alone.append(start)
            start = lower.find(word, end)
        numbers = self.at(word)
        if len(alone) != len(numbers):
            return None
        start = alone[numbers.index(number)]
        return start, start + length

    def _split(self) -> list[str]:
        if not self._chunks:
            self._chunks = self.text.split()
        return self._chunks

    def spans(self) -> list[Span]:
        """Return field, start and end in the text of all words."""
        if self._spans is None:
            field, places = self.field, map(_places.__getitem__, self._split())
            found = zip(self._starts or starts(self.text), places, strict=True)
            self._spans = [(field, start + low, start + high) for start, each in found for low, high in each]
        return self._spans

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
    if len(text) <= BRIEF:
        found, end = [], 0
        for chunk in text.split():
            start = text.index(chunk, end)
            found.append(start)
            end = start + len(chunk)
        return found
    if text.isascii():
        codes: NDArray[np.integer[Any]] = np.frombuffer(text.encode("ascii"), dtype=np.uint8)
    else:
        codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
        codes = np.minimum(codes, len(_space) - 1)  # no space is above
    spaces = _space[codes]
    begins = ~spaces
    begins[1:] &= spaces[:-1]
    many: list[int] = np.flatnonzero(begins).tolist()
    return many


def _within(chunk: str) -> tuple[tuple[int, int], ...]:
    """Return start and end of the words of a chunk."""
    return tuple([(start, end) for _word, start, end in words(chunk)])


_places = Chunks(_within)


def lead(body: str) -> int:
    """Return how many words the first paragraph has: up to a blank line, or else up to the end of the first line."""
    text = body.lstrip()
    found = _paragraph.search(text)
    end = found.start() if found else text.find("\n")
    return len(folded(text if end < 0 else text[:end]))
