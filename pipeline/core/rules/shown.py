"""Where the positive terms of a query stand in a story that matches it."""

from __future__ import annotations

import sys
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import chain
from sys import intern
from typing import Any, NamedTuple

from pipeline.core.rules.evaluate import FEW, Extent, close, extents, holds, places, reach, tagged
from pipeline.core.rules.query import ITEMS, And, AtLeast, Data, Near, Node, Not, Or, Phrase, Tag, Word
from pipeline.core.rules.view import Code, View
from pipeline.core.story import Span

MOST_SPANS = 100
"""The spans that one match carries at most, the first ones in the order of fields."""


class Shown(NamedTuple):
    """What a query shows wherever it stands: words alone, or terms; neither where that depends on the story."""

    words: tuple[str, ...] | None
    terms: tuple[Node, ...] | None
    pair: tuple[str, str] | None = None
    """The words of a phrase of two, which is all there is."""
    near: tuple[str, str, int, int] | None = None
    """The two words of a NEAR, which is all there is, and how far behind the first the second may be."""


def shown(node: Node) -> Shown:
    """Return the terms whose places together are those of a query; each has none where it does not hold."""
    found = _terms(node)
    if found is not None and all(type(term) is Word and term.field is None for term in found):
        return Shown(tuple([intern(term.word) for term in found]), found)  # type: ignore[union-attr]
    if type(node) is Phrase and node.at == (0, 1) and node.within is None and node.field is None:
        first, second = node.items
        if type(first) is Word and type(second) is Word:
            return Shown(None, found, (intern(first.word), intern(second.word)))
    if type(node) is Near and len(node.left) == 1 and len(node.right) == 1:
        one, two = node.left[0], node.right[0]
        if type(one) is Word and type(two) is Word and one.field is None and two.field is None:
            return Shown(None, found, None, (intern(one.word), intern(two.word), *reach(node)))
    return Shown(None, found)


def _terms(node: Node) -> tuple[Node, ...] | None:
    if not isinstance(node, And | Or | AtLeast):
        return () if isinstance(node, Not | Data) else (node,)
    if _SHOWN.issuperset(map(type, node.of)):
        return node.of
    found: list[Node] = []
    for child in node.of:
        below = _terms(child)
        if below is None or (type(node) is not And and isinstance(child, And | AtLeast)):
            return None
        found += below
    return tuple(found)


def spans(node: Node, view: View) -> tuple[Span, ...]:
    """Return where the positive terms of a query stand that a story matches, in the order of fields and places."""
    return spans_of(node, shown(node), view)


def holds_as(node: Node, what: Shown, view: View) -> bool:
    """Return whether the story matches, as ``holds`` does, by way of what is known of the query."""
    near = what.near
    if near is not None and not view.paired:
        one, two = view.word(near[0]), view.word(near[1])
        if len(one) * len(two) <= FEW:
            return bool(close(one, two, near[2], near[3]))
    return holds(node, view)


def spans_of(node: Node, what: Shown, view: View) -> tuple[Span, ...]:
    """Return the same, where it is known what the query shows."""
    words, terms, pair, near = what
    if words is not None:  # by far the commonest, and no two words ever stand in one place
        stand = view.mark_words(words, MOST_SPANS)
        stand.sort()
        return tuple(map(view.spans.__getitem__, stand[:MOST_SPANS]))
    if pair is not None and not view.paired:
        after: list[int] | set[int] = view.word(pair[1])
        after = after if len(after) <= FEW else set(after)
        return view.joined([at for at in view.word(pair[0]) if at + 1 in after][:MOST_SPANS])
    if near is not None and not view.paired:
        one, two, least, most = view.word(near[0]), view.word(near[1]), near[2], near[3]
        if len(one) * len(two) <= FEW:
            stand = view.mark_places(sorted({*chain.from_iterable(close(one, two, least, most))}))
            return tuple(map(view.spans.__getitem__, stand))
    if terms is not None and len(terms) == 1 and type(terms[0]) is not Tag and not view.paired:
        return tuple(map(view.spans.__getitem__, _codes(terms[0], view)))
    found: list[Code] = []
    for term in _true(node, view) if terms is None else terms:
        found += _codes(term, view)
    return tuple(dict.fromkeys(map(view.spans.__getitem__, sorted(set(found))[:MOST_SPANS])))


def _true(node: Node, view: View) -> Iterator[Node]:
    """Yield the terms of a query that a story matches, without those that stand where the query is false."""
    if isinstance(node, And | Or | AtLeast):
        for child in node.of:
            if isinstance(node, And) or holds(child, view):
                yield from _true(child, view)
    elif not isinstance(node, Not | Data):
        yield node


def _codes(node: Any, view: View) -> Sequence[Code]:
    """Return the codes of the places of one term, and remember them, since rules share terms."""
    if type(node) is Word and node.field is None:
        return view.mark_words((node.word,), MOST_SPANS)
    found = view.codes.get(id(node))
    if found is not None:
        return found
    if isinstance(node, Tag):
        found = []
        for span in [span for tag in tagged(node, view) for span in tag.spans]:
            code = view.extent(span)
            view.spans[code] = span
            found.append(code)
    elif isinstance(node, Near):
        found = view.mark(sorted(pairs(node, view))[:MOST_SPANS])
    else:
        found = view.mark(extents(node, view)[:MOST_SPANS])
    view.codes[id(node)] = found
    return found


def pairs(node: Near, view: View) -> set[Extent]:
    """Return the extents of either side that have a partner on the other: the first ones where there are many."""
    left, right = places(node.left, view), places(node.right, view)
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


_SHOWN = frozenset((*ITEMS, Phrase, Near, Tag))
