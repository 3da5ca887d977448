"""The query as a tree: what the parser makes of its text and everything else reads.

Items (Word, Exact, Forms, Wild, Fuzzy) each match one word of a story; a Phrase is made of items, a Near of two
lists of items and phrases. Tag and Data look at what is known of the story beside its text. ``field`` None looks
into every text field (SEARCHED). Trees are hashable, so that a story evaluates what rules share only once.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import msgspec

TextField = Literal["headline", "lead", "body", "slugline", "byline", "provider", "language", "subject"]
TagField = Literal["region", "focus", "actor", "kind", "sector"]
DataField = Literal["urgency", "status", "signal"]

TEXT_FIELDS: tuple[TextField, ...] = (
    *("headline", "lead", "body", "slugline", "byline"),
    *("provider", "language", "subject"),
)
TAG_FIELDS: tuple[TagField, ...] = ("region", "focus", "actor", "kind", "sector")
DATA_FIELDS: tuple[DataField, ...] = ("urgency", "status", "signal")

SEARCHED = ("headline", "slugline", "byline", "dateline", "body")
"""The fields of a story in which a word without a prefix is looked for, in the order of spans."""


class _Node(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """The base of all nodes: small, hashable, without cycles."""


class Word(_Node, frozen=True, array_like=True, gc=False, tag="w"):
    """A folded word."""

    word: str
    field: TextField | None = None


class Exact(_Node, frozen=True, array_like=True, gc=False, tag="e"):
    """A word as written; ``word`` is it folded."""

    text: str
    word: str
    field: TextField | None = None


class Forms(_Node, frozen=True, array_like=True, gc=False, tag="f"):
    """A word and its inflections, by the language of the story."""

    word: str
    field: TextField | None = None


class Wild(_Node, frozen=True, array_like=True, gc=False, tag="*"):
    """Words that a pattern describes: ``*`` any characters, ``?`` one."""

    pattern: str
    field: TextField | None = None


class Fuzzy(_Node, frozen=True, array_like=True, gc=False, tag="~"):
    """Words that one edit makes of this one: a letter more, less or other, or two neighbours swapped."""

    word: str
    field: TextField | None = None


Item = Word | Exact | Forms | Wild | Fuzzy


class Phrase(_Node, frozen=True, array_like=True, gc=False, tag="p"):
    """Items at fixed places from the first (``at``), or in any order with at most ``within`` other words between."""

    items: tuple[Item, ...]
    at: tuple[int, ...]
    within: int | None = None

    @property
    def field(self) -> TextField | None:
        """The field of all its items."""
        return self.items[0].field


Side = tuple["Item | Phrase | Named", ...]


class Near(_Node, frozen=True, array_like=True, gc=False, tag="n"):
    """One of ``left`` and one of ``right``, nearest edges at most ``distance`` apart; ``ordered``: left comes first."""

    left: Side
    right: Side
    distance: int
    ordered: bool


class Tag(_Node, frozen=True, array_like=True, gc=False, tag="t"):
    """A tag with one of ``values`` (region codes, actor ids, kinds, sectors); ``name`` is what the query says."""

    field: TagField
    name: str
    values: tuple[str, ...]


class Data(_Node, frozen=True, array_like=True, gc=False, tag="d"):
    """A field of the story with one of ``values``, as text."""

    field: DataField
    values: tuple[str, ...]


class Named(_Node, frozen=True, array_like=True, gc=False, tag="$"):
    """A named query that is not looked up: the formatter keeps names, rules have none left."""

    name: str
    prefix: str = ""


class And(_Node, frozen=True, array_like=True, gc=False, tag="&"):
    """All of these; those without a positive term are Not."""

    of: tuple[Node, ...]


class Or(_Node, frozen=True, array_like=True, gc=False, tag="|"):
    """At least one of these."""

    of: tuple[Node, ...]


class Not(_Node, frozen=True, array_like=True, gc=False, tag="!"):
    """Not this."""

    of: Node


class AtLeast(_Node, frozen=True, array_like=True, gc=False, tag="#"):
    """At least ``count`` of these."""

    count: int
    of: tuple[Node, ...]


Node = Word | Exact | Forms | Wild | Fuzzy | Phrase | Near | Tag | Data | Named | And | Or | Not | AtLeast
ITEMS = (Word, Exact, Forms, Wild, Fuzzy)


def children(node: Node) -> tuple[Node, ...]:
    """Return the nodes right below; a phrase's items and the sides of a Near are part of it, not children."""
    if isinstance(node, And | Or | AtLeast):
        return node.of
    return (node.of,) if isinstance(node, Not) else ()


def leaves(node: Node) -> Iterator[Node]:
    """Yield the terms of a query from left to right, those under NOT too."""
    below = children(node)
    if not below:
        yield node
    for child in below:
        yield from leaves(child)
