"""Few rules: a story is asked for the words that they stand under, and only there for what else a way needs.

To number all keys of a story, its neighbours among them, pays where many rules ask for them. With few rules most of a
story says nothing to any: here a word leads to the ways that stand under it, and most of these end at the next word.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import chain
from typing import NamedTuple

from pipeline.core.rules.keys import LONGEST, commonness, fewer, is_pair, of_word
from pipeline.core.rules.view import View
from pipeline.core.words import Chunks

MANY = 256
"""Ways that a story is led to from which on those that it is led to twice are told apart."""


class Asked(NamedTuple):
    """What one way asks for beyond the key that it stands under; all of it is true of a story that goes it."""

    posting: int
    next: str
    """A word or a value that the story has; empty where the way needs no other."""
    needs: tuple[str, ...]
    """The others of these."""
    unless: tuple[str, ...]
    """Words and values that it has not."""
    text: str
    """What stands in its words, one after the other: two neighbours, or a space and the beginning of a word."""
    others: tuple[tuple[str, bool], ...]
    """More such texts, and edits of words, and whether it has them."""


class Few:
    """The ways of few rules, by the word or value that they stand under: of two neighbours by the rarer."""

    def __init__(self, ways: Iterable[tuple[int, str, list[str], list[str]]]) -> None:
        self._under: dict[str, list[Asked]] = {}
        for posting, first, needs, unless in ways:
            lead, asked = _asked(posting, first, needs, unless)
            self._under.setdefault(lead, []).append(asked)
        self._sorts = {key[0] for key in self._under}
        self._known = Chunks(self._of)

    def _of(self, key: str) -> tuple[Asked, ...]:
        """Return the ways that a word or a value of a story leads to, by wildcards and edits too."""
        keys = [key] if ":" in key else of_word(key, self._sorts)
        return tuple(chain.from_iterable(filter(None, map(self._under.get, keys))))

    def candidates(self, view: View, values: Iterable[str]) -> list[int]:
        """Return the postings of the ways that a story goes; ``values`` are its keys that are no words."""
        has = set(values)
        for row in view.rows:
            has.update(row.words)
        led = chain.from_iterable(filter(None, map(self._known.__getitem__, has)))
        ways = [way for way in led if not way[1] or way[1] in has]
        if len(ways) > MANY:
            ways = list(dict.fromkeys(ways))  # which many beginnings of many words lead to
        all_of, none_of, text = has.issuperset, has.isdisjoint, view.joined
        return [
            way.posting
            for way in ways
            if all_of(way.needs) and none_of(way.unless) and (not way.text or way.text in text)
            if not way.others or _hold(way.others, view)
        ]


def _asked(posting: int, first: str, needs: list[str], unless: list[str]) -> tuple[str, Asked]:
    """Return what a way stands under and what it asks for."""
    lead, *words = sorted(first.split(), key=commonness) if is_pair(first) else [first]
    others = [(_sought(first), True)] if is_pair(first) else []
    for key in needs:
        if is_pair(key):
            words += key.split()
        if _sought(key):
            others.append((_sought(key), True))
        else:
            words.append(key)
    text = others.pop(0)[0] if others and others[0][0][0] == " " else ""
    others += [(_sought(key), False) for key in unless if _sought(key)]
    without = tuple([key for key in unless if not _sought(key)])
    return lead, Asked(posting, words[0] if words else "", tuple(words[1:]), without, text, tuple(others))


def _sought(key: str) -> str:
    """Return what is looked for of a key that is neither a word nor a value: in the words of a story, or edits."""
    if is_pair(key):
        return f" {key} "
    return f" {key[1:]}" if key[0] == "*" else key if key[0] == "~" else ""


def _hold(others: tuple[tuple[str, bool], ...], view: View) -> bool:
    return all((key in view.joined if key[0] == " " else _has_edit(key, view)) is wanted for key, wanted in others)


def _has_edit(key: str, view: View) -> bool:
    return any(key in fewer(word) for word in view.vocabulary if len(word) <= LONGEST + 1)
