"""The packed form of a dictionary: every string once, senses shared by the aliases of a row, and columns of numbers.

A plain encoding repeats ``US`` and each id for every alias that has it, and decoding makes a string object of every
repetition: the shipped dictionaries then take 50 MB, and 25 MB in this form.
"""

from __future__ import annotations

from array import array
from collections.abc import Hashable, Iterable
from typing import Any

import msgspec

from pipeline.core.story import Kind
from pipeline.core.tag.dictionary import Alias, Being, Dictionary, Entry, Group, Holder, Sense

_KINDS = tuple(Kind)
Column = bytes
"""Unsigned numbers of 32 bits in the byte order of the machine, or doubles for weights."""


class Packed(msgspec.Struct, frozen=True, array_like=True):
    """A dictionary whose actors, senses and aliases are columns of numbers: of strings, and of senses."""

    version: str
    regions: dict[str, Entry]
    groups: list[Group]
    holders: list[Holder]
    words: dict[str, frozenset[str]]
    strings: list[str]
    actors: tuple[Column, ...]
    senses: tuple[Column, ...]
    weights: Column
    aliases: tuple[Column, ...]
    several: dict[int, list[int]]
    """The senses of the aliases that have more than one, by the number of the alias."""


class _Numbers(dict[Any, int]):
    """Numbers things in the order in which they come."""

    def __missing__(self, thing: Hashable) -> int:
        number = self[thing] = len(self)
        return number


def pack(dictionary: Dictionary) -> Packed:
    """Return the packed form."""
    number, sense, aliases = _Numbers(), _Numbers(), dictionary.aliases
    several = {
        index: [sense[one] for one in alias.senses] for index, alias in enumerate(aliases) if len(alias.senses) > 1
    }
    firsts = _column(sense[alias.senses[0]] for alias in aliases)
    actors = dictionary.actors.values()
    return Packed(
        version=dictionary.version,
        regions=dictionary.regions,
        groups=dictionary.groups,
        holders=dictionary.holders,
        words=dictionary.words,
        actors=(
            *(_column(number[getattr(being, name)] for being in actors) for name in _BEING),
            _column(_KINDS.index(being.kind) for being in actors),
        ),
        senses=(
            *(_column(number[getattr(one, name)] for one in sense) for name in _SENSE),
            _column(one.weak for one in sense),
        ),
        weights=array("d", [one.weight for one in sense]).tobytes(),
        aliases=(
            _column(number[alias.text] for alias in aliases),
            firsts,
            _column(alias.exact for alias in aliases),
            _column(number[alias.language] for alias in aliases),
        ),
        several=several,
        strings=list(number),
    )


_BEING = ("id", "name", "country", "sector", "origin")
_SENSE = ("use", "region", "actor", "sector", "origin")


def unpack(packed: Packed) -> Dictionary:
    """Return the dictionary of a packed form; raises IndexError or ValueError where it is damaged."""
    text = packed.strings
    senses = [
        Sense(text[use], text[region], text[actor], text[sector], weak > 0, weight, text[origin])
        for use, region, actor, sector, origin, weak, weight in zip(
            *map(_numbers, packed.senses), array("d", packed.weights), strict=True
        )
    ]
    alone = [(sense,) for sense in senses]
    aliases = [
        Alias(text[name], alone[sense], exact > 0, text[language])
        for name, sense, exact, language in zip(*map(_numbers, packed.aliases), strict=True)
    ]
    for index, numbers in packed.several.items():
        chosen = tuple(senses[number] for number in numbers)
        aliases[index] = msgspec.structs.replace(aliases[index], senses=chosen)
    actors = {
        text[id_]: Being(text[id_], text[name], _KINDS[kind], text[country], text[sector], text[origin])
        for id_, name, country, sector, origin, kind in zip(*map(_numbers, packed.actors), strict=True)
    }
    return Dictionary(packed.version, packed.regions, actors, aliases, packed.groups, packed.holders, packed.words)


def _column(numbers: Iterable[int]) -> Column:
    return array("I", numbers).tobytes()


def _numbers(column: Column) -> array[int]:
    return array("I", column)
