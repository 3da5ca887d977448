"""What is refused although it can be read: no positive term, never a match, beyond the limits."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence

from pipeline.core.rules.errors import QueryError
from pipeline.core.rules.keys import keys
from pipeline.core.rules.limits import Limits
from pipeline.core.rules.query import (
    ITEMS,
    And,
    AtLeast,
    Data,
    Forms,
    Fuzzy,
    Named,
    Near,
    Node,
    Not,
    Or,
    Phrase,
    Tag,
    Wild,
    Word,
    leaves,
)

HEAVY = 10
"""Look-ups that a distance or a pattern stands for."""


def flat(kind: type[And | Or], nodes: Sequence[Node]) -> Node:
    """Return ``nodes`` under one node of ``kind``: nested ones opened, repeated ones once, a single one alone."""
    found: dict[Node, None] = {}
    for node in nodes:
        found.update(dict.fromkeys(node.of if isinstance(node, kind) else (node,)))
    return next(iter(found)) if len(found) == 1 else kind(tuple(found))


def anchored(node: Node) -> bool:
    """Return whether a story needs something for this to match: nearly every story matches what is not anchored."""
    if isinstance(node, Not):
        return False
    if isinstance(node, And):
        return any(map(anchored, node.of))
    return all(map(anchored, node.of)) if isinstance(node, Or | AtLeast) else True


def refuse_unanchored(node: Node, text: str) -> None:
    """Raise QueryError where the whole query has no positive word, tag or field."""
    if not anchored(node):
        raise QueryError("the query has no positive word, tag or field", text, 0, "say what a story must have")


_MULTIPLY = re.compile(r"[$/~]")
"""What may make more of a query than it has characters: names, distances."""


def refuse_costly(node: Node, text: str, limits: Limits) -> None:
    """Raise QueryError where the query is beyond a limit."""
    if len(text) <= min(limits.clauses, limits.patterns, limits.cost // (1 + HEAVY)) and not _MULTIPLY.search(text):
        return  # it has no more terms than characters
    clauses = distances = patterns = 0
    for leaf in leaves(node):
        if isinstance(leaf, Near):
            distances += len(leaf.left) * len(leaf.right)
            parts: Sequence[Node] = [*leaf.left, *leaf.right]
        else:
            parts = (leaf,)
        for part in parts:
            items: Sequence[Node] = part.items if isinstance(part, Phrase) else (part,)
            clauses += len(items)
            distances += isinstance(part, Phrase) and part.within is not None
            patterns += sum(isinstance(item, Wild | Fuzzy | Forms) for item in items)
    for what, number, allowed in (
        ("terms", clauses, limits.clauses),
        ("distances (each pair of the sides of NEAR)", distances, limits.distances),
        ("wildcards, ~1 and forms:", patterns, limits.patterns),
    ):
        if number > allowed:
            raise QueryError(f"the query has {number} {what}, {allowed} are allowed", text, 0, "split the rule")
    most = clauses + HEAVY * (distances + patterns)
    cost = math.ceil(min(1.0, keys(node).cost) * most) if most > limits.cost else most
    if cost > limits.cost:
        hint = "ask for something rarer as well, or split the rule"
        raise QueryError(f"an average story costs {cost} look-ups, {limits.cost} are allowed", text, 0, hint)


def no_side(node: Node) -> str | None:
    """Return what ``node`` is, where it cannot be a side of NEAR."""
    if isinstance(node, (*ITEMS, Phrase, Named)):
        return None
    if isinstance(node, Tag | Data):
        return f"{node.field}:"
    names = {And: "AND", Not: "NOT", AtLeast: "ATLEAST", Near: "NEAR or BEFORE"}
    return names[type(node)]


ALIKE: tuple[set[str | None], ...] = ({"lead", "body"},)
BESIDE = {"provider", "language", "subject"}
"""Fields that only their prefixes reach."""


def apart(near: Near) -> bool:
    """Return whether no two parts of the sides can stand in one field."""
    fields = [[None if isinstance(part, Named) else part.field for part in side] for side in (near.left, near.right)]
    return not any(
        left == right or {left, right} in ALIKE or (None in (left, right) and not BESIDE & {left, right})
        for left in fields[0]
        for right in fields[1]
    )


_NOTHING = frozenset((Not, Data))
"""What may contradict the rest of a conjunction."""


def contradiction(node: Node) -> str | None:
    """Return why a conjunction can never match, as far as that is plain from its own terms."""
    if not isinstance(node, And) or _NOTHING.isdisjoint(map(type, node.of)):
        return None
    facts = set(_implied(node))
    for child in node.of:
        if isinstance(child, Not) and _certain(child.of, facts):
            return "what NOT excludes is needed too"
    values: dict[str, set[str]] = {}
    for fact in facts:
        if isinstance(fact, Data):
            values[fact.field] = values.get(fact.field, set(fact.values)) & set(fact.values)
    return next((f"no {field} is all of that" for field, left in values.items() if not left), None)


def _implied(node: Node) -> Iterator[Node]:
    """Yield what is certainly true of a story that matches ``node``."""
    yield node
    if isinstance(node, And):
        for child in node.of:
            yield from _implied(child)
    elif isinstance(node, Phrase):
        for item in node.items:
            yield from _implied(item)
    elif isinstance(node, Near):
        for side in (node.left, node.right):
            if len(side) == 1:
                yield from _implied(side[0])
    elif isinstance(node, Word) and node.field in ("headline", "lead", "body", "slugline", "byline"):
        yield Word(node.word)
        if node.field == "lead":
            yield Word(node.word, "body")


def _certain(node: Node, facts: set[Node]) -> bool:
    if node in facts:
        return True
    if isinstance(node, And):
        return all(_certain(child, facts) for child in node.of)
    return isinstance(node, Or) and any(_certain(child, facts) for child in node.of)
