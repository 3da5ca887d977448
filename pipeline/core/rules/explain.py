"""Why a story matches or does not: the query clause by clause, with the near misses named."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from pipeline.core.rules.evaluate import Extent, extents, holds, places, places_up_to, tagged
from pipeline.core.rules.format import format_query, format_term
from pipeline.core.rules.forms import inflections, is_form
from pipeline.core.rules.query import (
    ITEMS,
    And,
    AtLeast,
    Data,
    Exact,
    Forms,
    Near,
    Node,
    Not,
    Or,
    Phrase,
    Tag,
    Word,
)
from pipeline.core.rules.view import View

MOST_SHOWN = 5


class Clause(msgspec.Struct, frozen=True):
    """One line: a clause of the query, whether it holds, and what the story has of it."""

    depth: int
    text: str
    holds: bool
    note: str | None = None

    def __str__(self) -> str:
        return f"{'  ' * self.depth}{'+' if self.holds else '-'} {self.text}" + (f": {self.note}" if self.note else "")


def explain(node: Node, view: View, depth: int = 0) -> Iterator[Clause]:
    """Yield the clauses of a query from the whole to its terms."""
    if isinstance(node, And | Or | AtLeast):
        name = {And: "all of", Or: "any of"}.get(type(node), "")
        if isinstance(node, AtLeast):
            true = sum(holds(child, view) for child in node.of)
            yield Clause(depth, f"at least {node.count} of", holds(node, view), f"{true} of {len(node.of)}")
        else:
            yield Clause(depth, name, holds(node, view))
        for child in node.of:
            yield from explain(child, view, depth + 1)
    elif isinstance(node, Not):
        yield Clause(depth, "not", holds(node, view))
        yield from explain(node.of, view, depth + 1)
    else:
        true = holds(node, view)
        notes = [_found(node, view) if true else _missed(node, view), *_taken(node, view)]
        yield Clause(depth, format_query(node), true, "; ".join(note for note in notes if note) or None)


def _taken(node: Node, view: View) -> Iterator[str]:
    """Yield which inflections each ``forms:`` of a term takes in the language of the story."""
    sides = (*node.left, *node.right) if isinstance(node, Near) else (node,)
    for item in (item for part in sides for item in (part.items if isinstance(part, Phrase) else (part,))):
        if isinstance(item, Forms):
            yield f"forms:{item.word} takes {inflections(item.word, view.language)}"


def _found(node: Node, view: View) -> str | None:
    if isinstance(node, Tag):
        return ", ".join(_names(node, view))
    if isinstance(node, Data):
        return None
    if isinstance(node, Near):
        gap = _gap(node, view)
        return None if gap is None else f"{gap} apart"
    return _places(extents(node, view), view)


def _names(node: Tag, view: View) -> list[str]:
    return list(dict.fromkeys(f"{tag.name} ({tag.role})" for tag in tagged(node, view)))


def _places(found: Sequence[Extent], view: View) -> str:
    rows = [view.row(first) for first, _last in found[:MOST_SHOWN]]
    texts = [
        f"{row.field} {span[1]}–{span[2]} “{row.text[span[1] : span[2]]}”"
        for row, span in zip(rows, (view.span(*extent) for extent in found), strict=False)
    ]
    return "; ".join(texts) + (f"; {len(found) - MOST_SHOWN} more" if len(found) > MOST_SHOWN else "")


def _missed(node: Node, view: View) -> str | None:
    """Return what the story has instead, where that is close."""
    if isinstance(node, Near):
        return _missed_near(node, view)
    if isinstance(node, Phrase):
        return _missed_phrase(node, view)
    if isinstance(node, Tag):
        have = [region.code for region in view.story.regions]
        have = have if node.field in ("region", "focus") else [actor.name for actor in view.story.actors]
        mentioned = node.field == "focus" and set(node.values) & set(have)
        return "only mentioned" if mentioned else f"the story has {', '.join(have[:MOST_SHOWN]) or 'no such tag'}"
    if isinstance(node, Data):
        value = getattr(view.story, node.field)
        return f"the story has {value if value is not None else 'none'}"
    return _missed_item(node, view)


def _missed_item(node: Node, view: View) -> str | None:
    if not isinstance(node, ITEMS):
        return None
    if node.field is not None:
        anywhere = view.find(type(node)(*[getattr(node, name) for name in node.__struct_fields__[:-1]]))
        if anywhere:
            return f"it stands in {', '.join(dict.fromkeys(view.row(at).field for at in anywhere))} only"
    if isinstance(node, Exact) and view.find(Word(node.word, node.field)):
        found = view.find(Word(node.word, node.field))
        return f"written otherwise: {', '.join(dict.fromkeys(view.row(at).written(at) for at in found))}"
    if isinstance(node, Word) and node.word.isalpha():
        forms = [word for word in sorted(view.vocabulary) if is_form(word, node.word, view.language)]
        return f"the story has {', '.join(forms)}; forms:{node.word} would take it" if forms else None
    return None


def _missed_phrase(node: Phrase, view: View) -> str | None:
    absent = [format_term(item) for item in node.items if not view.find(item)]
    if absent:
        return f"no {', no '.join(absent)}" if len(absent) < len(node.items) else None
    spread = min((max(places) - min(places) + 1 - len(node.items) for places in _closest(node, view)), default=None)
    if spread is None:
        return "all its words are there, never together"
    if node.within is None and spread <= 0:
        return "its words stand together in another order"
    return f"its words are there with {max(0, spread)} others between"


def _closest(node: Phrase, view: View) -> Iterator[list[int]]:
    """Yield, for each place of the first word, the nearest place of each other word in the same field."""
    places = [view.find(item) for item in node.items]
    for start in places[0]:
        nearest = [min(found, key=lambda at: (at == start, abs(at - start))) for found in places[1:]]
        if all(view.row(at) is view.row(start) for at in nearest) and len({start, *nearest}) == len(places):
            yield [start, *nearest]


def _missed_near(node: Near, view: View) -> str | None:
    names = [" OR ".join(map(format_term, side)) for side in (node.left, node.right)]
    absent = [name for name, side in zip(names, (node.left, node.right), strict=True) if not places(side, view)]
    if absent:
        return f"no {' and no '.join(absent)}" if len(absent) == 1 else None
    gap = _gap(node, view)
    operator = f"{'BEFORE' if node.ordered else 'NEAR'}/{node.distance}"
    if gap is None:
        return f"{names[0]} and {names[1]} stand in different fields"
    if gap <= node.distance:
        return f"{names[0]} does not come before {names[1]}"
    return f"{names[0]} and {names[1]} are {gap} words apart; {operator}"


def _gap(node: Near, view: View) -> int | None:
    """Return how far apart the nearest edges of the two sides are, within one field and in either order."""
    gaps = [
        start - end
        for one, two in ((node.left, node.right), (node.right, node.left))
        for first, end in places_up_to(one, view)
        for start, _last in places(two, view)
        if view.row(first) is view.row(start)
    ]
    return min((gap for gap in gaps if gap > 0), default=None)
