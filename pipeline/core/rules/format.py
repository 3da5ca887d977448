"""The formatter: a tree as the text that parses into it again."""

from __future__ import annotations

import re

from pipeline.core.rules.query import (
    ITEMS,
    And,
    AtLeast,
    Data,
    Exact,
    Forms,
    Fuzzy,
    Item,
    Named,
    Near,
    Node,
    Not,
    Or,
    Phrase,
    Side,
    Tag,
    Wild,
    Word,
)
from pipeline.core.rules.spelling import is_pair, spelt, spelt_alone, spelt_exactly
from pipeline.core.words import is_paired

_like_operator = re.compile(r"(near|before|atleast)[0-9]+")
_bare = re.compile(r"[\w.'-]+")
_wild = re.compile(r"([*?])")


def format_query(node: Node) -> str:
    """Return the query in its plain form: every operator written, one space between two signs."""
    match node:
        case Or():
            return " OR ".join(map(format_query, node.of))
        case And():
            return " AND ".join(_within(child, Or) for child in node.of)
        case Not():
            return f"NOT {_within(node.of, And, Or)}"
        case AtLeast():
            return f"ATLEAST/{node.count} ({' '.join(_within(child, And, Or) for child in node.of)})"
        case Near():
            operator = "BEFORE" if node.ordered else "NEAR"
            return f"{_side(node.left)} {operator}/{node.distance} {_side(node.right)}"
        case _:
            return format_term(node)


def _within(node: Node, *kinds: type) -> str:
    return f"({format_query(node)})" if isinstance(node, kinds) else format_query(node)


def _side(side: Side) -> str:
    parts = [format_term(part) for part in side]
    return parts[0] if len(parts) == 1 else f"({' OR '.join(parts)})"


def format_term(node: Node) -> str:
    """Return one term, with its prefixes."""
    if isinstance(node, Tag):
        return f"{node.field}:{_quoted(node.name)}"
    if isinstance(node, Data):
        several = f"..{node.values[-1]}" if len(node.values) > 1 else ""
        return f"{node.field}:{node.values[0]}{several}"
    if isinstance(node, Named):
        return f"{node.prefix}${node.name}"
    if isinstance(node, Phrase):
        return _phrase(node)
    if not isinstance(node, ITEMS):
        raise TypeError(f"{node} is no term")
    word = _plain(node) + ("~1" if isinstance(node, Fuzzy) else "")
    return _prefixes(node) + (f'"{word}"' if _like_operator.fullmatch(word) else word)


def _prefixes(part: Item | Phrase) -> str:
    items = part.items if isinstance(part, Phrase) else (part,)
    forms = "forms:" if any(isinstance(item, Forms) for item in items) else ""
    exact = "=" if any(isinstance(item, Exact) for item in items) else ""
    return forms + (f"{part.field}:" if part.field else "") + exact


def _plain(item: Item) -> str:
    if isinstance(item, Exact):
        return spelt_exactly(item.text)
    if not isinstance(item, Wild):
        return spelt(item.word)
    if is_paired(item.pattern):
        return spelt_alone(item.pattern[:-1])
    return "".join(part if part in "*?" else spelt(part) for part in _wild.split(item.pattern))


def _phrase(node: Phrase) -> str:
    text = ""
    for run in _runs(node):
        word = spelt(*(item.word for item in run if isinstance(item, Word))) if len(run) > 1 else _plain(run[0])
        text += ("" if not text or word == "'s" else " ") + word
    return f'{_prefixes(node)}"{text}"' + (f"~{node.within}" if node.within is not None else "")


def _runs(node: Phrase) -> list[list[Item]]:
    """Return the items, each in a list, those that are pairs of characters of one run in one."""
    runs: list[list[Item]] = []
    last = -1
    for item, at in zip(node.items, node.at, strict=True):
        pair = isinstance(item, Word) and is_pair(item.word)
        if pair and at == last:
            runs[-1].append(item)
        else:
            runs.append([item])
        last = at + 1 if pair else -1
    return runs


def _quoted(text: str) -> str:
    return text if _bare.fullmatch(text) else f'"{text}"'
