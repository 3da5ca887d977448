"""Where the positive terms of a query stand in a story that matches it."""

from __future__ import annotations

import sys
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import chain, pairwise
from sys import intern
from typing import Any, NamedTuple

from pipeline.core.rules.evaluate import FEW, Extent, close, extents, holds, places, places_up_to, reach, tagged
from pipeline.core.rules.query import ITEMS, And, AtLeast, Data, Near, Node, Not, Or, Phrase, Tag, Word
from pipeline.core.rules.rows import Row
from pipeline.core.rules.view import APART, NOWHERE, WIDEST, Code, View
from pipeline.core.story import Span

MANY = 32
"""Places of the two words of a NEAR, and terms of a query, that are looked for one by one."""
MOST_SPANS = 100
"""The spans that one match carries at most, the first ones in the order of fields."""


class Shown(NamedTuple):
    """What a query shows wherever it stands: its terms; None where that depends on the story."""

    terms: tuple[Node, ...] | None
    words: tuple[str, ...] | None = None
    """The terms, where each is a word."""
    near: tuple[str, str, int, int] | None = None
    """The two words of a NEAR, which is all there is, and how far behind the first the second may be."""
    runs: tuple[tuple[str, ...], ...] = ()
    """Those of the terms that are words, or words one behind the other."""
    others: tuple[Node, ...] = ()
    """The rest of the terms."""
    phrase: str = ""
    """The words between spaces, where they are a phrase, which is all there is."""


def shown(node: Node) -> Shown:
    """Return the terms whose places together are those of a query; each has none where it does not hold."""
    terms = _terms(node)
    if terms is None:
        return Shown(None)
    if type(node) is Near and len(node.left) == 1 and len(node.right) == 1:
        one, two = _run(node.left[0]), _run(node.right[0])
        if len(one) == 1 and len(two) == 1:
            return Shown(terms, near=(*one, *two, *reach(node)))
    runs = tuple([run for term in terms if (run := _run(term))])
    others = tuple([term for term in terms if not _run(term)])
    words = tuple([run[0] for run in runs]) if not others and all(len(run) == 1 for run in runs) else None
    phrase = f" {' '.join(_run(node))} " if type(node) is Phrase and runs else ""
    return Shown(terms, words, None, runs, others, phrase)


def _run(term: Node) -> tuple[str, ...]:
    """Return the words of a term that is one, or some one behind the other, wherever they stand; else nothing."""
    items: tuple[Node, ...] = (term,)
    if type(term) is Phrase:
        items = term.items if term.within is None and term.at == tuple(range(len(term.items))) else ()
    words = [intern(item.word) for item in items if type(item) is Word and item.field is None]
    return tuple(words) if len(words) == len(items) else ()


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
    return tuple(dict.fromkeys(found))  # one that stands at two depths is shown once


def spans(node: Node, view: View) -> tuple[Span, ...]:
    """Return where the positive terms of a query stand that a story matches, in the order of fields and places."""
    return spans_of(node, shown(node), view)


def holds_as(node: Node, what: Shown, view: View) -> bool:
    """Return whether the story matches, as ``holds`` does, by way of what is known of the query."""
    if what.phrase:
        return what.phrase in view.joined
    near, of = what.near, view.all
    if near is not None:
        if of is None:
            known = _meet(near, view.joined)
            return holds(node, view) if known is None else known
        one, two = of.get(near[0], NOWHERE), of.get(near[1], NOWHERE)
        if len(one) * len(two) <= FEW:
            return bool(close(one, two, near[2], near[3]))
    return holds(node, view)


def _meet(near: tuple[str, str, int, int], text: str) -> bool | None:
    """Return whether two words stand as close as a NEAR asks for, by the spaces between them; None where that is long.

    Of all places the closest two, one of either word, have none between them.
    """
    one, two, least, most = near
    places = [*_each(one, text, 0), *_each(two, text, 1)]
    if one == two or len(places) > MANY:
        return None
    places.sort()
    return any(
        first != second
        and (least < 0 or first < second)
        and text.count(" ", start, end) <= most
        and text.find(APART, start, end) < 0
        for (start, first), (end, second) in pairwise(places)
    )


def _each(word: str, text: str, side: int) -> list[tuple[int, int]]:
    """Return where a word stands between spaces, with the side of the NEAR that it is."""
    alone = f" {word} "
    found: list[tuple[int, int]] = []
    start = text.find(alone)
    while start >= 0 and len(found) <= MANY:
        found.append((start, side))
        start = text.find(alone, start + 1)
    return found


def spans_of(node: Node, what: Shown, view: View) -> tuple[Span, ...]:
    """Return the same, where it is known what the query shows."""
    of = view.all
    known = None if of is None else _prepared(what, view, of)
    if known is not None:
        return known
    if what.runs and not what.others and len(what.runs) <= MANY:
        known = _by_letters(what.runs, view.rows)
        if known is not None:
            return known
    words, terms = what.words, what.terms
    if words is not None:  # no two words ever stand in one place
        stand = view.mark_words(words, MOST_SPANS)
        stand.sort()
        return tuple(map(view.spans.__getitem__, stand[:MOST_SPANS]))
    if terms is not None and len(terms) == 1 and type(terms[0]) is not Tag and not view.paired:
        return tuple(map(view.spans.__getitem__, _codes(terms[0], view)))
    found: list[Code] = []
    for term in _true(node, view) if terms is None else terms:
        found += _codes(term, view)
    return tuple(dict.fromkeys(map(view.spans.__getitem__, sorted(set(found))[:MOST_SPANS])))


def _by_letters(runs: tuple[tuple[str, ...], ...], rows: list[Row]) -> tuple[Span, ...] | None:
    """Return the spans of words and of words one behind the other; None where their letters do not tell."""
    found: list[Span] = []
    for row in rows:
        here: list[Span] = []
        for run in runs:
            places = row.of(run[0]) if len(run) == 1 else row.of_run(run)
            if places is None:
                return None
            here += places
        if len(here) > 1 and len(runs) > 1:
            here = sorted(set(here))
        found += here
    return tuple(found[:MOST_SPANS])


def _prepared(what: Shown, view: View, of: dict[str, list[int]]) -> tuple[Span, ...] | None:
    """Return the spans in a story that is prepared; None where that is no help."""
    words, near, spans = what.words, what.near, view.spans
    if words is not None:
        if len(words) == 1:
            return tuple(map(spans.__getitem__, of.get(words[0], NOWHERE)))
        stand: list[int] = []
        for word in words:
            stand += of.get(word, NOWHERE)
        stand.sort()  # no two words ever stand in one place
        return tuple(map(spans.__getitem__, stand[:MOST_SPANS]))
    if near is not None:
        one, two = of.get(near[0], NOWHERE), of.get(near[1], NOWHERE)
        if len(one) * len(two) <= FEW:
            return tuple(map(spans.__getitem__, sorted({*chain.from_iterable(close(one, two, near[2], near[3]))})))
    runs, others = what.runs, what.others
    if not runs:
        return None
    found: list[Code] = []
    for run in runs:
        found += of.get(run[0], NOWHERE) if len(run) == 1 else _joined(run, of, spans)
    if others:
        for term in others:
            found += _codes(term, view)
        return tuple(dict.fromkeys(map(spans.__getitem__, sorted(set(found))[:MOST_SPANS])))
    return tuple(map(spans.__getitem__, sorted(set(found))[:MOST_SPANS] if len(runs) > 1 else found))


def _joined(run: tuple[str, ...], of: dict[str, list[int]], spans: dict[Code, Span]) -> list[Code]:
    """Return the codes of the places of words one behind the other, and note their spans."""
    found = []
    behind = [of.get(word, NOWHERE) for word in run[1:]]
    for start in of.get(run[0], NOWHERE):
        place = start
        for stand in behind:
            place += 1
            if place not in stand:
                break
        else:
            code = start + (place - start) / WIDEST
            if code not in spans:
                first = spans[start]
                spans[code] = (first[0], first[1], spans[place][2])
            found.append(code)
    return found


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
    found: set[Extent] = set()
    sides = ((node.left, node.right),) if node.ordered else ((node.left, node.right), (node.right, node.left))
    for one, two in sides:
        second = places(two, view)
        for extent in places_up_to(one, view):
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
