"""The need of a query: what a search index can answer of it, a superset of the stories that match."""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.core.need import ANYTHING, AllOf, AnyOf, Need, Prefix, Tagged
from pipeline.core.need import Word as NeedWord
from pipeline.core.rules.forms import beginning, english
from pipeline.core.rules.query import (
    And,
    AtLeast,
    Exact,
    Forms,
    Near,
    Node,
    Or,
    Phrase,
    Tag,
    Wild,
    Word,
)

_BESIDE = ("provider", "language", "subject")


def need(node: Node) -> Need:
    """Return what every story that matches ``node`` has; of NOT, ``~1`` and the data of a story nothing is known."""
    match node:
        case Word() | Exact():
            found: Need = ANYTHING if node.field in _BESIDE else NeedWord(node.word)
        case Wild() | Forms():
            found = ANYTHING if node.field in _BESIDE else _pattern(node)
        case Phrase():
            found = _all([need(item) for item in node.items])
        case Near():
            found = _all([_any([need(part) for part in side]) for side in (node.left, node.right)])
        case And():
            found = _all([need(child) for child in node.of])
        case Or():
            found = _any([need(child) for child in node.of])
        case AtLeast():
            needs = [need(child) for child in node.of]
            found = _any(needs) if node.count < len(needs) else _all(needs)
        case Tag(field="region" | "focus"):
            found = Tagged("region", node.values)
        case Tag(field="actor"):
            found = Tagged("actor", node.values)
        case _:
            found = ANYTHING
    return found


def _pattern(node: Wild | Forms) -> Need:
    if isinstance(node, Wild):
        return Prefix(node.pattern.replace("?", "*").split("*", 1)[0])
    start = beginning(node.word)
    return _any([Prefix(start), *(NeedWord(word) for word in english(node.word) if not word.startswith(start))])


def _all(needs: Sequence[Need]) -> Need:
    parts = tuple(dict.fromkeys(part for part in needs if part != ANYTHING))
    return parts[0] if len(parts) == 1 else AllOf(parts)


def _any(needs: Sequence[Need]) -> Need:
    parts = tuple(dict.fromkeys(needs))
    if ANYTHING in parts:
        return ANYTHING
    return parts[0] if len(parts) == 1 else AnyOf(parts)
