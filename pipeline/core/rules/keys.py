"""Keys: what a story must have for a query to have a chance; a rule is indexed by the ways in which it can match.

A key is a folded word; two neighbours joined by a space; ``*beginning`` of a word; ``~word`` less a letter; or
``field:value``. The words of a text hold none of these signs, so keys of different sorts never meet. A way is a few
keys that a story needs all of, and some that it must not have: a query of words, AND, OR and NOT comes down to ways
that decide alone, so that no tree is walked for it.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable
from functools import lru_cache
from itertools import pairwise, product
from math import prod
from typing import Any, NamedTuple

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

Need = tuple[float, str]
"""A key after the share of stories that have it, roughly: so that the rarest sorts first."""

NEEDED, EXCLUDED = 4, 2
"""The most keys that one way asks for, and the most that it excludes; what is beyond them is evaluated."""

LONGEST = 40
"""Letters of a word by which wildcards and edits are indexed; the longest word that ``~1`` takes."""

MOST_WAYS = 48
"""The most ways that one rule is multiplied out into; beyond, the cheapest parts of it do."""


class Way(NamedTuple):
    """Keys that a story needs, the rarest first, and keys that it must not have; ``exact``: then it matches."""

    needs: tuple[Need, ...]
    unless: tuple[str, ...]
    exact: bool


class Keys(NamedTuple):
    """The ways of a query: a story that goes none of them cannot match. ``cost``: the share that goes one, roughly."""

    ways: tuple[Way, ...]
    cost: float


def keys(node: Node) -> Keys:
    """Return the keys of an anchored query."""
    return _KEYS[type(node)](node)


@lru_cache(maxsize=100_000)
def commonness(word: str) -> float:
    """Return about which share of stories has a word: by a list of the commonest, else by its length."""
    return COMMON.get(word) or max(0.0005, 0.04 / max(1, len(word) - 2) ** 1.5)


GROUPED = "\0"
"""Stands between the values of a tag term; no query holds one."""


def fielded(field: str, word: str) -> str:
    """Return the key of a word in one field."""
    return f"{field}:{word}"


def group(field: str, values: tuple[str, ...]) -> str:
    """Return the key of a tag term: all terms with the same values share it."""
    return f"{field}:{GROUPED.join(values)}"


def fewer(word: str) -> list[str]:
    """Return the keys by which words one edit apart meet: the word itself, and it less each letter."""
    return list(dict.fromkeys([f"~{word}", *(f"~{word[:at]}{word[at + 1 :]}" for at in range(len(word)))]))


def beginnings(sign: str, word: str) -> list[str]:
    """Return the keys of the beginnings of a word, of that sort."""
    return [f"{sign}{word[:end]}" for end in range(1, min(len(word), LONGEST) + 1)]


def of_word(word: str, sorts: Container[str]) -> list[str]:
    """Return the keys that a word of a story has: its own, those of wildcards and edits where there are such sorts."""
    found = [word]
    if "*" in sorts:
        found += beginnings("*", word)
    if "~" in sorts and len(word) <= LONGEST + 1:
        found += fewer(word)
    return found


def is_pair(key: str) -> bool:
    """Whether a key is two neighbours."""
    return " " in key and ":" not in key


OWN_KEYS = ("headline", "provider", "language", "subject")
"""The fields whose words are keys of their own; words elsewhere are found by the word alone."""


def _one(key: str, cost: float, *, exact: bool) -> Keys:
    return Keys((Way(((cost, key),), (), exact),), cost)


def _word(node: Word) -> Keys:
    cost = commonness(node.word)
    if node.field in OWN_KEYS:
        cost = min(0.5, cost * (0.2 if node.field == "headline" else 5.0))
        return _one(fielded(node.field, node.word), cost, exact=True)
    return _one(node.word, cost, exact=node.field is None)


def _vague(found: Keys) -> Keys:
    """Return the same keys as what is needed and not enough."""
    return Keys(tuple([Way(way.needs, way.unless, False) for way in found.ways]), found.cost)


def _exact(node: Exact) -> Keys:
    return _vague(_word(Word(node.word, node.field)))


def _forms(node: Forms) -> Keys:
    words = english(node.word)
    needs = [*((commonness(word), word) for word in words), (commonness(node.word), f"+{beginning(node.word)}")]
    return Keys(tuple([Way((need,), (), False) for need in needs]), sum(map(commonness, words)))


def _wild(node: Wild) -> Keys:
    start = node.pattern.replace("?", "*").split("*", 1)[0][:LONGEST]
    exact = node.field is None and node.pattern == f"{start}*"
    return _one(f"*{start}", 0.3 / max(1, len(start) - 1) ** 2, exact=exact)


def _fuzzy(node: Fuzzy) -> Keys:
    cost = commonness(node.word) * 2
    return Keys(tuple([Way(((cost, key),), (), False) for key in fewer(node.word)]), cost)


def _phrase(node: Phrase) -> Keys:
    if node.within is None and node.field in (None, "lead", "body", "slugline", "byline"):
        found = [
            _one(f"{a.word} {b.word}", min(commonness(a.word), commonness(b.word)) / 10, exact=True)
            for (a, b), (at, after) in zip(pairwise(node.items), pairwise(node.at), strict=True)
            if after == at + 1 and isinstance(a, Word) and isinstance(b, Word)
        ]
        if found:
            return found[0] if len(node.items) == 2 and node.field is None else _vague(_both(found))
    return _vague(_both(list(map(keys, node.items))))


def _near(node: Near) -> Keys:
    return _vague(_both([_any(list(map(keys, side))) for side in (node.left, node.right)]))


def _and(node: And) -> Keys:
    words = [child for child in node.of if type(child) is Word and child.field is None]
    if len(words) == len(node.of) <= NEEDED:  # the commonest rule, done at once
        needs = sorted([(commonness(word.word), word.word) for word in words])
        return Keys((Way(tuple(needs), (), True),), prod([cost for cost, _key in needs]))
    found = _both([keys(child) for child in node.of if not isinstance(child, Not)])
    for child in node.of:
        if isinstance(child, Not):
            found = _without(found, child.of)
    return found


def _without(found: Keys, node: Node) -> Keys:
    """Return the keys without the stories that match ``node``, where single keys name those."""
    other = keys(node)
    if len(other.ways) > EXCLUDED or not all(w.exact and len(w.needs) == 1 and not w.unless for w in other.ways):
        return _vague(found)
    names = [way.needs[0][1] for way in other.ways]
    ways = []
    for needs, before, exact in found.ways:
        unless = tuple(dict.fromkeys([*before, *names]))
        ways.append(Way(needs, unless[:EXCLUDED], exact and len(unless) <= EXCLUDED))
    return Keys(tuple(ways), found.cost)


def _both(parts: list[Keys]) -> Keys:
    """Return the keys of a conjunction: its ways multiplied out, from the rarest part on, as far as they are few."""
    found, *others = sorted(parts, key=lambda part: part.cost)
    for other in others:
        number = len(found.ways) * len(other.ways)
        if number > MOST_WAYS and min(len(found.ways), len(other.ways)) > 1:
            found = _vague(found)
        else:
            ways = dict.fromkeys([_joined(one, two) for one, two in product(found.ways, other.ways)])
            found = Keys(tuple(ways), found.cost * other.cost)
    return found


def _joined(one: Way, two: Way) -> Way:
    needs = sorted({*one.needs, *two.needs})
    unless = tuple(dict.fromkeys([*one.unless, *two.unless]))
    exact = one.exact and two.exact and len(needs) <= NEEDED and len(unless) <= EXCLUDED
    return Way(tuple(needs[:NEEDED]), unless[:EXCLUDED], exact)


def _any(parts: Iterable[Keys]) -> Keys:
    parts = list(parts)
    ways = dict.fromkeys([way for part in parts for way in part.ways])
    return Keys(tuple(ways), sum([part.cost for part in parts]))


def _or(node: Or) -> Keys:
    return _any(map(keys, node.of))


def _at_least(node: AtLeast) -> Keys:
    """All but ``count - 1`` items: one of them must hold."""
    parts = sorted(map(keys, node.of), key=lambda part: part.cost)
    found = _any(parts[: len(parts) - node.count + 1])
    return found if node.count == 1 else _vague(found)


def _tag(node: Tag) -> Keys:
    return _one(group(node.field, node.values), min(0.5, 0.02 * len(node.values)), exact=True)


def _data(node: Data) -> Keys:
    return Keys(
        tuple([Way(((0.1, fielded(node.field, value)),), (), True) for value in node.values]), 0.1 * len(node.values)
    )


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
