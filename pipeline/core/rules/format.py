"""The formatter: a tree as the text that parses into it again."""

from __future__ import annotations

import re
import unicodedata

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
)
from pipeline.core.words import is_paired

_like_operator = re.compile(r"(near|before|atleast)[0-9]+")
_FRACTIONS = {unicodedata.normalize("NFKD", mark): mark for mark in "½⅓⅔¼¾⅕⅖⅗⅘⅙⅚⅐⅛⅜⅝⅞⅑⅒↉⅟"}
"""The characters that fold into several, with a sign between them at which a query would be cut."""
_fraction = re.compile("|".join(sorted(_FRACTIONS, key=len, reverse=True)))
_bare = re.compile(r"[\w.'-]+")


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
        return item.text
    word = item.pattern if isinstance(item, Wild) else item.word
    if isinstance(item, Wild) and is_paired(word):
        word = word[:-1]
    return _fraction.sub(lambda found: _FRACTIONS[found[0]], word) if "⁄" in word else word


def _phrase(node: Phrase) -> str:
    text, after = "", 0
    for item, at in zip(node.items, node.at, strict=True):
        word = _plain(item)
        if text and is_paired(word) and text[-1] == word[0] and at == after - 1:
            text += word[1:]  # two pairs that share a character
        else:
            text += ("" if not text or word == "'s" else " ") + word
        after = at + (len(word) if is_paired(word) else 1)
    return f'{_prefixes(node)}"{text}"' + (f"~{node.within}" if node.within is not None else "")


def _quoted(text: str) -> str:
    return text if _bare.fullmatch(text) else f'"{text}"'
