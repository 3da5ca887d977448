"""Keys: what a story must have for a query to have a chance; a rule is indexed by its most selective ones.

A key is a folded word; two neighbours joined by a space; ``*beginning`` of a word; ``~word`` less a letter; or
``field:value``. The words of a text hold none of these signs, so keys of different sorts never meet.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from itertools import pairwise, product
from typing import Any

import msgspec

from pipeline.core.rules.common import COMMON
from pipeline.core.rules.forms import beginning, english
from pipeline.core.rules.query import (
    And,
    AtLeast,
    Data,
    Exact,
    Forms,
    Fuzzy,
    Near,
    Node,
    Not,
    Or,
    Phrase,
    Tag,
    Wild,
    Word,
)

Key = tuple[str, ...]
"""One key, or two of which a story needs both, the rarer first."""

LONGEST = 40
"""Letters of a word by which wildcards and edits are indexed; the longest word that ``~1`` takes."""

MOST_PAIRS = 48
"""The most pairs that one rule is indexed by; beyond, single keys do."""


class Keys(msgspec.Struct, frozen=True, gc=False):
    """The alternatives of a query: a story that has none of them cannot match.

    ``exact``: one that has any of them matches. ``cost``: the share of stories that have one, roughly.
    """

    any: tuple[Key, ...]
    cost: float
    exact: bool


def keys(node: Node) -> Keys:
    """Return the keys of an anchored query."""
    return _KEYS[type(node)](node)


@lru_cache(maxsize=100_000)
def commonness(word: str) -> float:
    """Return about which share of stories has a word: by a list of the commonest, else by its length."""
    return COMMON.get(word) or max(0.0005, 0.04 / max(1, len(word) - 2) ** 1.5)


def fielded(field: str, word: str) -> str:
    """Return the key of a word in one field."""
    return f"{field}:{word}"


def group(field: str, values: tuple[str, ...]) -> str:
    """Return the key of a tag term: all terms with the same values share it."""
    return f"{field}:{','.join(values)}"


def fewer(word: str) -> list[str]:
    """Return the keys by which words one edit apart meet: the word itself, and it less each letter."""
    return list(dict.fromkeys([f"~{word}", *(f"~{word[:at]}{word[at + 1 :]}" for at in range(len(word)))]))


OWN_KEYS = ("headline", "provider", "language", "subject")
"""The fields whose words are keys of their own; words elsewhere are found by the word alone."""


def _word(node: Word) -> Keys:
    if node.field in OWN_KEYS:
        share = 0.2 if node.field == "headline" else 5.0
        return Keys(((fielded(node.field, node.word),),), min(0.5, commonness(node.word) * share), True)
    return Keys(((node.word,),), commonness(node.word), node.field is None)


def _exact(node: Exact) -> Keys:
    found = _word(Word(node.word, node.field))
    return Keys(found.any, found.cost, False)


def _forms(node: Forms) -> Keys:
    words = english(node.word)
    return Keys((*((word,) for word in words), (f"+{beginning(node.word)}",)), sum(map(commonness, words)), False)


def _wild(node: Wild) -> Keys:
    start = node.pattern.replace("?", "*").split("*", 1)[0][:LONGEST]
    return Keys(
        ((f"*{start}",),), 0.3 / max(1, len(start) - 1) ** 2, node.field is None and node.pattern == f"{start}*"
    )


def _fuzzy(node: Fuzzy) -> Keys:
    return Keys(tuple((key,) for key in fewer(node.word)), commonness(node.word) * 2, False)


def _phrase(node: Phrase) -> Keys:
    found = _both([keys(item) for item in node.items])
    best = Keys(found.any, found.cost, False)
    if node.within is not None or node.field not in (None, "lead", "body", "slugline", "byline"):
        return best
    for (first, second), (at, after) in zip(pairwise(node.items), pairwise(node.at), strict=True):
        if after == at + 1 and isinstance(first, Word) and isinstance(second, Word):
            cost = min(commonness(first.word), commonness(second.word)) / 10
            if cost < best.cost or len(best.any[0]) > 1:
                exact = len(node.items) == 2 and node.field is None
                best = Keys(((f"{first.word} {second.word}",),), min(cost, best.cost), exact)
    return best


def _near(node: Near) -> Keys:
    found = _both([_any([keys(part) for part in side]) for side in (node.left, node.right)])
    return Keys(found.any, found.cost, False)


def _and(node: And) -> Keys:
    positive = [child for child in node.of if not isinstance(child, Not)]
    found = _both([keys(child) for child in positive])
    return found if len(positive) == len(node.of) else Keys(found.any, found.cost, False)


def _both(parts: list[Keys]) -> Keys:
    """Return the keys of a conjunction: the cheapest part's, paired with the next one's where that is not too many."""
    first, *others = sorted(parts, key=lambda part: part.cost)
    if not others:
        return first
    exact = len(parts) == 2 and first.exact and others[0].exact
    for second in others:
        single = all(len(key) == 1 for key in (*first.any, *second.any))
        if single and len(first.any) * len(second.any) <= MOST_PAIRS:
            pairs = [(a[0], b[0]) if a != b else a for a, b in product(first.any, second.any)]
            return Keys(tuple(dict.fromkeys(pairs)), first.cost * second.cost, exact)
    return Keys(first.any, first.cost, False)


def _any(parts: list[Keys]) -> Keys:
    found = tuple(dict.fromkeys(key for part in parts for key in part.any))
    return Keys(found, sum(part.cost for part in parts), all(part.exact for part in parts))


def _or(node: Or) -> Keys:
    return _any([keys(child) for child in node.of])


def _at_least(node: AtLeast) -> Keys:
    """All but ``count - 1`` items: one of them must hold."""
    parts = sorted(map(keys, node.of), key=lambda part: part.cost)
    found = _any(parts[: len(parts) - node.count + 1])
    return found if node.count == 1 else Keys(found.any, found.cost, False)


def _tag(node: Tag) -> Keys:
    return Keys(((group(node.field, node.values),),), min(0.5, 0.02 * len(node.values)), True)


def _data(node: Data) -> Keys:
    return Keys(tuple((fielded(node.field, value),) for value in node.values), 0.1 * len(node.values), True)


_KEYS: dict[type, Callable[[Any], Keys]] = {
    Word: _word,
    Exact: _exact,
    Forms: _forms,
    Wild: _wild,
    Fuzzy: _fuzzy,
    Phrase: _phrase,
    Near: _near,
    And: _and,
    Or: _or,
    AtLeast: _at_least,
    Tag: _tag,
    Data: _data,
}
