"""Where each word of some fields stands, and which of their words a pattern takes."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Iterable
from functools import lru_cache

from pipeline.core.rules.forms import beginning, english, is_form
from pipeline.core.rules.query import Forms, Fuzzy, Wild
from pipeline.core.rules.rows import Row

Spend = Callable[[int], None]


class Positions:
    """The positions of each word in ascending order."""

    __slots__ = ("_sorted", "of")

    def __init__(self, rows: Iterable[Row]) -> None:
        self.of: dict[str, list[int]] = {}
        self._sorted: list[str] | None = None
        positions = self.of
        for row in rows:
            for position, word in enumerate(row.words, row.start):
                if word in positions:
                    positions[word].append(position)
                else:
                    positions[word] = [position]

    def like(self, item: Forms | Wild | Fuzzy, language: str, spend: Spend) -> list[str]:
        """Return the words that the item takes; ``spend`` is told of work that grows with the text.

        It is not kept: it is the view's, and the two would be garbage that only the collector finds.
        """
        among = self.of
        if isinstance(item, Forms):
            if language == "en":
                return [word for word in english(item.word) if word in among]
            return [word for word in self._beginning(beginning(item.word), spend) if is_form(word, item.word, language)]
        if isinstance(item, Fuzzy):
            half = len(item.word) // 2
            swapped = f"{item.word[: half - 1]}{item.word[half]}{item.word[half - 1]}{item.word[half + 1 :]}"
            near = {*self._beginning(item.word[:half], spend), swapped}
            spend(len(among) // 8)
            near.update(word for word in among if word.endswith(item.word[half:]))
            return [word for word in sorted(near) if word in among and one_edit(word, item.word)]
        start, *rest = re.split(r"[*?]", item.pattern, maxsplit=1)
        found = self._beginning(start, spend)
        if rest == [""] and item.pattern[-1] == "*":
            return found
        pattern = wild(item.pattern)
        return [word for word in found if pattern.fullmatch(word)]

    def _beginning(self, start: str, spend: Spend) -> list[str]:
        """Return the words that begin so."""
        if self._sorted is None:
            self._sorted = sorted(self.of)
        first = bisect_left(self._sorted, start)
        last = bisect_left(self._sorted, f"{start}\U0010ffff")
        spend(last - first)
        return self._sorted[first:last]


@lru_cache(maxsize=10_000)
def wild(pattern: str) -> re.Pattern[str]:
    """Return a wildcard as a regular expression; ``a*b*c`` tries no word in more than one way."""
    parts = [re.escape(part).replace(r"\?", ".") for part in re.split(r"\*+", pattern)]
    return re.compile(
        parts[0] + "".join(f"(?>.*?{part})" for part in parts[1:-1]) + (f".*{parts[-1]}" if len(parts) > 1 else ""),
        re.DOTALL,
    )


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
