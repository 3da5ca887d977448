"""Advice on a rule that is sound and may still not say what its author means."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pipeline.core.rules.common import COMMON
from pipeline.core.rules.forms import english, plausible
from pipeline.core.rules.query import Forms, Item, Near, Node, Not, Phrase, Wild, Word, children

SHORTEST = 4


def advice(node: Node, text: str) -> list[str]:
    """Return sentences about words that stand for one form only, and about operators in lower case."""
    unquoted = re.sub(r'"[^"]*"', "", text)
    found = [
        f"`{name}` in lower case is a word to look for; the operator is {name.upper()}"
        for name in ("and", "or", "not")
        if re.search(rf"\b{name}\b", unquoted)
    ]
    items = list(_items(node))
    named = {item.word for item in items if isinstance(item, Word)}
    others = [item for item in items if isinstance(item, Forms | Wild)]
    for word in sorted(named):
        if not _may_inflect(word, text):
            continue
        missing = [form for form in plausible(word)[1:] if form not in named and not _covered(form, others)]
        if missing:
            found.append(f"`{word}` takes that form alone; forms:{word} takes {', '.join(missing[:3])} too")
    return found


def _may_inflect(word: str, text: str) -> bool:
    """Return whether a word, written small in the query, is one that people mean in all its forms."""
    return (
        len(word) >= SHORTEST
        and word.isalpha()
        and word not in COMMON
        and re.search(rf"(?<!\w){re.escape(word)}(?!\w)", text) is not None
        and not word.endswith(("ing", "ed", "s"))
    )


def _covered(form: str, others: list[Forms | Wild]) -> bool:
    return any(
        form in english(item.word) if isinstance(item, Forms) else form.startswith(re.split(r"[*?]", item.pattern)[0])
        for item in others
    )


def _items(node: Node) -> Iterator[Item]:
    """Yield the items that stand alone and positive, or beside NEAR; a phrase means its words as they are."""
    if isinstance(node, Near):
        for part in (*node.left, *node.right):
            yield from _items(part)
    elif isinstance(node, Word | Forms | Wild):
        if node.field not in ("provider", "language", "subject"):
            yield node
    elif not isinstance(node, Not | Phrase):
        for child in children(node):
            yield from _items(child)
