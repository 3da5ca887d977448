"""Whether a story matches a query, and where: the only place that decides, whoever asks."""

from __future__ import annotations

import sys
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from pipeline.core.rules.query import ITEMS, And, AtLeast, Data, Near, Node, Not, Or, Phrase, Side, Tag, Word
from pipeline.core.rules.view import View, code
from pipeline.core.rules.windows import windows
from pipeline.core.story import Role, Span

MOST_SPANS = 100
"""The spans that one match carries at most, the first ones in the order of fields."""

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
    places = view.extents.get(id(part))
    if places is None:
        places = view.extents[id(part)] = _extents(part, view)
    return places


def _extents(part: Node, view: View) -> list[Extent]:
    if isinstance(part, Phrase):
        return windows(part, view) if part.within is not None else _phrase(part, view)
    if not isinstance(part, ITEMS):
        raise TypeError(f"{part} has no place in a text")
    found = view.find(part)
    if not view.paired:
        return [*zip(found, found, strict=True)]
    return [(position, position + view.width(part, position)) for position in found]


def _phrase(node: Phrase, view: View) -> list[Extent]:
    items = [(view.find(item), at) for item, at in zip(node.items, node.at, strict=True)]
    items.sort(key=lambda entry: len(entry[0]))
    found, first = items[0]
    starts = {position - first for position in found}
    for found, at in items[1:]:
        if not starts:
            return []
        view.spend(len(found))
        starts.intersection_update([position - at for position in found])
    last, end = node.items[-1], node.at[-1]
    return [(start, start + end + (view.width(last, start + end) if view.paired else 0)) for start in sorted(starts)]


def _holds_phrase(node: Phrase, view: View) -> bool:
    return bool(extents(node, view))


def _near(node: Near, view: View) -> bool:
    if _gap(node.left, node.right, view) <= node.distance:
        return True
    return not node.ordered and _gap(node.right, node.left, view) <= node.distance


def _places(side: Side, view: View) -> list[Extent]:
    if len(side) == 1:
        return extents(side[0], view)
    return sorted({extent for part in side for extent in extents(part, view)})


def _gap(first: Side, second: Side, view: View) -> int:
    """Return the shortest way from the end of one of ``first`` to the later start of one of ``second``."""
    key = (*map(id, first), 0, *map(id, second))
    found = view.gaps.get(key)
    if found is None:
        found = view.gaps[key] = _shortest(_places(first, view), _places(second, view), view)
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


def pairs(node: Near, view: View) -> set[Extent]:
    """Return the extents of either side that have a partner on the other: the first ones where there are many."""
    left, right = _places(node.left, view), _places(node.right, view)
    found: set[Extent] = set()
    for first, second in ((left, right),) if node.ordered else ((left, right), (right, left)):
        for extent in first:
            low = bisect_right(second, (extent[1], sys.maxsize))
            high = bisect_right(second, (extent[1] + node.distance, sys.maxsize), low)
            if low < high:
                found.add(extent)
                found.update(second[low:high])
                view.spend(high - low)
                if len(found) > MOST_SPANS:
                    break
    return found


def spans(node: Node, view: View) -> tuple[Span, ...]:
    """Return where the positive terms of a query stand that a story matches, in the order of fields and places."""
    found: dict[int, Span] = {}
    _COLLECT[type(node)](node, view, found)
    return tuple(dict.fromkeys([found[place] for place in sorted(found)[:MOST_SPANS]]))


def marks(node: Node, view: View) -> dict[int, Span]:
    """Return the places of an item or a phrase with their spans, remembered, since rules share words."""
    found = view.marks.get(id(node))
    if found is None:
        found = view.marks[id(node)] = _spans_of(extents(node, view)[:MOST_SPANS], view)
    return found


def _spans_of(places: Iterable[Extent], view: View) -> dict[int, Span]:
    """Return the spans by their codes; subjects are lists of codes and names, into which no span points."""
    return {code(extent): view.span(*extent) for extent in places if view.row(extent[0]).field != "subject"}


def _mark_text(node: Node, view: View, found: dict[int, Span]) -> None:
    found.update(marks(node, view))


def _mark_all(node: And, view: View, found: dict[int, Span]) -> None:
    known = view.marks
    for child in node.of:
        spans_of = known.get(id(child))
        if spans_of is not None:
            found.update(spans_of)
        else:
            _COLLECT[type(child)](child, view, found)


def _mark_true(node: Or | AtLeast, view: View, found: dict[int, Span]) -> None:
    for child in node.of:
        if holds(child, view):
            _COLLECT[type(child)](child, view, found)


def _mark_near(node: Near, view: View, found: dict[int, Span]) -> None:
    found.update(_spans_of(pairs(node, view), view))


def _mark_tag(node: Tag, view: View, found: dict[int, Span]) -> None:
    found.update((view.extent(span), span) for tag in tagged(node, view) for span in tag.spans)


def _mark_nothing(node: Not | Data, view: View, found: dict[int, Span]) -> None:
    """Add nothing: what a story has not, or has beside its text, has no place in it."""


_COLLECT: dict[type, Callable[[Any, View, dict[int, Span]], None]] = {
    **dict.fromkeys((*ITEMS, Phrase), _mark_text),
    And: _mark_all,
    Or: _mark_true,
    AtLeast: _mark_true,
    Near: _mark_near,
    Tag: _mark_tag,
    Not: _mark_nothing,
    Data: _mark_nothing,
}
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
