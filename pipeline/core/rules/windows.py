"""Phrases in any order: where ``"aid pact"~3`` stands."""

from __future__ import annotations

from bisect import bisect_left, bisect_right

from pipeline.core.rules.query import Phrase
from pipeline.core.rules.view import View


def windows(node: Phrase, view: View, *, back: bool = False) -> list[tuple[int, int]]:
    """Return first and last position of the shortest window from each place on that holds every item once.

    With ``back``, of the shortest up to each place: what stands behind a window may be next to the end of a longer one.
    Items that take the same word (``"aid a*"~3``) need a place each: an augmenting path finds them (Kuhn 1955).
    """
    found = [view.find(item) for item in node.items]
    if not all(found):
        return []
    if back:
        found = [[-place for place in reversed(places)] for places in found]
    longest = len(found) + (node.within or 0)
    result = []
    view.spend(sum(map(len, found)) * len(found))
    starts = sorted(set().union(*found))
    for start in starts:
        near = [places[bisect_left(places, start) : bisect_right(places, start + longest - 1)] for places in found]
        if all(near):
            view.spend(sum(map(len, near)) * len(near))
            end = _end(near, start)
            if end is not None:
                first, last = (-end, -start) if back else (start, end)
                result.append((first, last + view.wide(last)))
    return sorted(result) if back else result


def _end(near: list[list[int]], start: int) -> int | None:
    """Return the last position of the shortest window from ``start``, a position in use, or None."""
    owner: dict[int, int] = {}

    def place(item: int, seen: set[int], limit: int) -> bool:
        for position in near[item]:
            if position > limit:
                break
            if position not in seen:
                seen.add(position)
                if position not in owner or place(owner[position], seen, limit):
                    owner[position] = item
                    return True
        return False

    for limit in sorted(set().union(*near)):
        if limit - start + 1 >= len(near):
            owner.clear()
            if all(place(item, set(), limit) for item in range(len(near))):
                return limit if start in owner else None
    return None
