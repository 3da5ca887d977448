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
from pipeline.core.words import BRIEF, Chunks, counts, cut, folded, words

FEW = 8
"""Words whose places are looked up one by one before all are."""
MANY = 100
"""Times that a word, or its letters, may stand in a text for it to be looked for by them."""
MOSTLY_CAPITALS = 0.8
_sign = re.compile("[a-z0-9]")
_paragraph = re.compile(r"\n[ \t\r]*\n")


class Row:
    """The words of one field, from position ``start`` on."""

    __slots__ = (
        *("_asked", "_at", "_capitals", "_chunks", "_counts", "_marked", "_of", "_spans", "_starts"),
        *("field", "plain", "start", "text", "words"),
    )

    def __init__(self, field: str, text: str, start: int) -> None:
        self.field, self.text, self.start = field, text, start
        self.words, self.plain = cut(text)
        self._marked = "'" in self.plain or "." in self.plain
        self._asked = 0
        self._at: dict[str, list[int]] = {}
        self._chunks: list[str] = []
        self._capitals: bool | None = None
        self._of: dict[str, list[Span] | None] = {}
        self._counts: list[int] | None = None
        self._starts: list[int] | None = None
        self._spans: list[Span] | None = None

    def at(self, word: str) -> list[int]:
        """Return which of the words are this one, by their numbers; remembered, since its places are asked for next."""
        found = self._at.get(word)
        if found is None:
            words, number = self.words, -1
            found = self._at[word] = []
            for _ in range(words.count(word)):
                number = words.index(word, number + 1)
                found.append(number)
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
        """Return the place by looking for the letters of the word, where that serves."""
        word = self.words[number]
        found = self.of(word)
        return None if found is None else found[self.at(word).index(number)][1:]

    def of(self, word: str) -> list[Span] | None:
        """Return where a word stands, found by its letters, in order; None where these do not tell.

        Between two spaces they are that word. Beside an apostrophe or a dot they may be part of another one: then the
        places at which they stand alone are those of the word if there are as many.
        """
        found = self._of.get(word)
        if found is None and self.plain and word not in self._of:
            found = self._of[word] = self._look_for(word)
        return found

    def _look_for(self, word: str) -> list[Span] | None:
        if not word.isalnum():
            return None
        field, text, alone, length = self.field, self.plain, f" {word} ", len(word)
        found: list[Span] = []
        start = text.find(alone)
        while start >= 0:
            if len(found) == MANY:
                return None
            end = start + length
            found.append((field, start, end))
            start = text.find(alone, end)
        if not self._marked:
            return found
        number = text.count(word)
        if len(found) == number or len(found) == self.words.count(word):
            return found
        if number > MANY:
            return None
        found.clear()
        start = text.find(word)
        while start >= 0:
            end = start + length
            if not (text[end].isalnum() or text[start - 1].isalnum()):
                found.append((field, start - 1, end - 1))
            start = text.find(word, end)
        return found if len(found) == self.words.count(word) else None

    def of_run(self, run: tuple[str, ...]) -> list[Span] | None:
        """Return where some words stand one behind the other; None as above."""
        found = self.of(run[0])
        for word in run[1:]:
            if not found:
                return found
            behind = self.of(word)
            if behind is None:
                return None
            ends = {start: end for _field, start, end in behind}
            after = [(field, start, _sign.search(self.plain, end + 1)) for field, start, end in found]
            found = [
                (field, start, ends[sign.start() - 1])
                for field, start, sign in after
                if sign and sign.start() - 1 in ends
            ]
        return found

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
