"""Whether a story matches a query: the only place that decides, whoever asks."""

from __future__ import annotations

import sys
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator
from itertools import chain
from typing import Any, TypeGuard

from pipeline.core.rules.query import ITEMS, And, AtLeast, Data, Near, Node, Not, Or, Phrase, Side, Tag, Word
from pipeline.core.rules.view import View
from pipeline.core.rules.windows import windows
from pipeline.core.story import Role

FEW = 16
"""Pairs of places of which a distance looks at each."""

Extent = tuple[int, int]


def holds(node: Node, view: View) -> bool:
    """Return whether the story matches."""
    return _HOLDS[type(node)](node, view)


def _word(node: Word, view: View) -> bool:
    return node.word in view.vocabulary if node.field is None else bool(view.find(node))


def _and(node: And, view: View) -> bool:
    vocabulary = view.vocabulary
    for child in node.of:
        if type(child) is Word and child.field is None:  # a call less for what is by far the commonest
            if child.word not in vocabulary:
                return False
        elif not _HOLDS[type(child)](child, view):
            return False
    return True


def _or(node: Or, view: View) -> bool:
    for child in node.of:  # noqa: SIM110  the same
        if _HOLDS[type(child)](child, view):
            return True
    return False


def _not(node: Not, view: View) -> bool:
    return not holds(node.of, view)


def _at_least(node: AtLeast, view: View) -> bool:
    missing = len(node.of) - node.count
    for child in node.of:
        if not holds(child, view):
            missing -= 1
            if missing < 0:
                return False
    return True


def _data(node: Data, view: View) -> bool:
    value = getattr(view.story, node.field)
    return value is not None and str(value).lower() in node.values


def _tag(node: Tag, view: View) -> bool:
    return any(True for _tag in tagged(node, view))


def tagged(node: Tag, view: View) -> Iterator[Any]:
    """Yield the tags of the story that a tag term asks for."""
    story, field = view.story, node.field
    if field in ("region", "focus"):
        yield from (
            region
            for region in story.regions
            if region.code in node.values and (field == "region" or region.role is Role.FOCUS)
        )
    else:
        name = {"actor": "id"}.get(field, field)
        yield from (actor for actor in story.actors if getattr(actor, name) in node.values)


def extents(part: Node, view: View) -> list[Extent]:
    """Return first and last position of each place where an item or a phrase stands, in ascending order."""
    if type(part) is Word and part.field is None:
        found = view.points.get(part.word)
        if found is None:
            found = view.points[part.word] = _extents(part, view)
        return found
    found = view.extents.get(id(part))
    if found is None:
        found = view.extents[id(part)] = _extents(part, view)
    return found


def _extents(part: Node, view: View) -> list[Extent]:
    if type(part) is Phrase:
        return _phrase(part, view) if part.within is None else windows(part, view)
    if not isinstance(part, ITEMS):
        raise TypeError(f"{part} has no place in a text")
    found = view.find(part)
    if not view.paired:
        return [*zip(found, found, strict=True)]
    return [(position, position + view.width(part, position)) for position in found]


def _phrase(node: Phrase, view: View) -> list[Extent]:
    items = [(view.find(item), at) for item, at in zip(node.items, node.at, strict=True)]
    items.sort(key=_fewest)
    found, first = items[0]
    starts = [position - first for position in found]
    for found, at in items[1:]:
        if not starts:
            return []
        view.spend(len(found))
        others = found if len(found) <= FEW else set(found)
        starts = [start for start in starts if start + at in others]
    last, end = node.items[-1], node.at[-1]
    if not view.paired:
        return [(start, start + end) for start in starts]
    return [(start, start + end + view.width(last, start + end)) for start in starts]


def _fewest(item: tuple[list[int], int]) -> int:
    return len(item[0])


def _holds_phrase(node: Phrase, view: View) -> bool:
    return bool(extents(node, view))


def close(one: list[int], two: list[int], least: int, most: int) -> list[tuple[int, int]]:
    """Return the places of a few words that have one of another word ``least`` to ``most`` behind, and not itself."""
    return [(place, other) for place in one for other in two if least <= other - place <= most and other != place]


def reach(node: Near) -> tuple[int, int]:
    """Return how far behind a place of the left side one of the right may be, at least and at most."""
    return (1 if node.ordered else -node.distance), node.distance


def _plain(side: Side, view: View) -> list[int] | None:
    """Return the positions of a side that is one word, wherever it stands; None where it is anything else."""
    if len(side) == 1 and not view.paired:
        part = side[0]
        if type(part) is Word and part.field is None:
            return view.word(part.word)
    return None


def _near(node: Near, view: View) -> bool:
    one, two = _plain(node.left, view), _plain(node.right, view)
    if one is not None and two is not None and len(one) * len(two) <= FEW:
        return bool(close(one, two, *reach(node)))
    left, right, distance = places(node.left, view), places(node.right, view), node.distance
    if len(left) * len(right) <= FEW and not (_loose(node.left) or _loose(node.right)):
        for first, last in left:
            for start, end in right:
                if 0 < start - last <= distance or (0 < first - end <= distance and not node.ordered):
                    return True
        return False
    if _gap(node.left, node.right, view) <= distance:
        return True
    return not node.ordered and _gap(node.right, node.left, view) <= distance


def places(side: Side, view: View) -> list[Extent]:
    """Return the places of a side of NEAR in ascending order."""
    if len(side) == 1:
        return extents(side[0], view)
    found = view.extents.get(id(side))
    if found is None:
        found = sorted({extent for part in side for extent in extents(part, view)})
        view.spend(len(found))
        view.extents[id(side)] = found
    return found


def places_up_to(side: Side, view: View) -> list[Extent]:
    """Return the same, with the windows of a phrase in any order that have their ends where the others have starts."""
    if not _loose(side):
        return places(side, view)
    each = (windows(part, view, back=True) if _is_loose(part) else extents(part, view) for part in side)
    return sorted(set(chain.from_iterable(each)))


def _loose(side: Side) -> bool:
    return any(map(_is_loose, side))


def _is_loose(part: Node) -> TypeGuard[Phrase]:
    return type(part) is Phrase and part.within is not None


def _gap(first: Side, second: Side, view: View) -> int:
    """Return the shortest way from the end of one of ``first`` to the later start of one of ``second``."""
    key = (*map(id, first), 0, *map(id, second))
    found = view.gaps.get(key)
    if found is None:
        found = view.gaps[key] = _shortest(places_up_to(first, view), places(second, view), view)
    return found


def _shortest(first: list[Extent], second: list[Extent], view: View) -> int:
    """Return the shortest gap; looks up the side with fewer places in the other one."""
    best = sys.maxsize
    if not first or not second:
        return best
    view.spend(min(len(first), len(second)))
    if len(first) <= len(second):
        for _start, end in first:
            at = bisect_right(second, (end, sys.maxsize))
            if at < len(second) and second[at][0] - end < best:
                best = second[at][0] - end
        return best
    ends = sorted([end for _start, end in first])
    for start, _end in second:
        at = bisect_left(ends, start)
        if at and start - ends[at - 1] < best:
            best = start - ends[at - 1]
    return best


_HOLDS: dict[type, Callable[[Any, View], bool]] = {
    **dict.fromkeys(ITEMS, lambda node, view: bool(view.find(node))),
    Word: _word,
    Phrase: _holds_phrase,
    Near: _near,
    Tag: _tag,
    Data: _data,
    And: _and,
    Or: _or,
    Not: _not,
    AtLeast: _at_least,
}
