"""The plug-in point for a slower recogniser: it may add people and organisations that no dictionary knows.

Off by default. What a recogniser finds never overrides the dictionaries: a name that overlaps an accepted alias is
dropped, and an added actor has neither a country nor a sector, and an id made of its name.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from typing import Protocol

import msgspec

from pipeline.core.story import Actor, Kind, Role, Span


class Name(msgspec.Struct, frozen=True):
    """A name that a recogniser has found: code points of the text that it was given."""

    kind: Kind
    start: int
    end: int


class Recogniser(Protocol):
    """Finds names in a text."""

    def names(self, text: str, language: str) -> Iterable[Name]:
        """Yield the names of people and organisations, in any order."""
        ...


class GivenNames:
    """A recogniser without a model: a given name of the dictionaries, then capitalised words, is a person."""

    def __init__(self, given: frozenset[str]) -> None:
        self.given = given

    def names(self, text: str, language: str) -> Iterator[Name]:
        """Yield people with a known given name; English capitalisation is taken for granted."""
        if language != "en":
            return
        for found in _CAPITALISED.finditer(text):
            if found[1].lower() in self.given:
                yield Name(Kind.PERSON, found.start(), found.end())


_CAPITALISED = re.compile(
    r"\b([A-Z][a-z]+)(?: [A-Z]\.){0,2} (?:(?:de|van|von|al|bin) )?[A-Z][\w'’-]+(?: [A-Z][\w'’-]+)?"
)


def recognised(
    recogniser: Recogniser, fields: Iterable[tuple[str, str]], language: str, taken: Iterable[Span]
) -> Iterator[Actor]:
    """Yield the actors that the recogniser adds to those whose places are ``taken``."""
    places = list(taken)
    spans: dict[tuple[str, Kind], list[Span]] = {}
    for field, text in fields:
        for name in recogniser.names(text, language):
            free = all(other != field or name.end <= start or end <= name.start for other, start, end in places)
            if free and 0 <= name.start < name.end <= len(text):
                spans.setdefault((text[name.start : name.end], name.kind), []).append((field, name.start, name.end))
    for (name_, kind), found in spans.items():
        yield Actor(f"name:{_slug(name_)}", name_, kind, None, None, Role.MENTION, 0.0, len(found), tuple(found))


def _slug(name: str) -> str:
    plain = "".join(letter for letter in unicodedata.normalize("NFD", name) if not unicodedata.combining(letter))
    return "-".join(re.findall(r"\w+", plain.lower()))
