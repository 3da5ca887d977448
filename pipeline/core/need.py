"""What a story must hold for a query to have a chance: the part of a query that a search index can answer.

A need selects a superset of the stories that the query matches; the matcher decides among them. So a search, a
backtest and the live pipeline give the same answer, on SQLite and on Elasticsearch. Words are ``core/words.py``'s.
"""

from __future__ import annotations

from typing import Literal

import msgspec


class Word(msgspec.Struct, frozen=True, tag=True):
    """The story has this word, folded, in any field."""

    word: str


class Prefix(msgspec.Struct, frozen=True, tag=True):
    """The story has a word that begins so."""

    start: str


class Tagged(msgspec.Struct, frozen=True, tag=True):
    """The story has one of these region codes or actor ids."""

    field: Literal["region", "actor"]
    values: tuple[str, ...]


class AllOf(msgspec.Struct, frozen=True, tag=True):
    """Every one of these; of none: any story."""

    of: tuple[Need, ...]


class AnyOf(msgspec.Struct, frozen=True, tag=True):
    """At least one of these."""

    of: tuple[Need, ...]


Need = Word | Prefix | Tagged | AllOf | AnyOf

ANYTHING = AllOf(())
"""Selects every story."""
