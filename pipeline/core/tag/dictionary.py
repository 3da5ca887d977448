"""The dictionary: regions, actors, their aliases and the words of context, as ``config/dictionaries`` has them.

Plain data, compiled once from the tables and read back from a cache; ``vocabulary.py`` makes the automaton of it.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

import msgspec

from pipeline.core.story import Kind

_FRESH = timedelta(days=366)
"""How long a holder without an end is believed after the day on which the source was read."""


class Entry(msgspec.Struct, frozen=True, gc=False):
    """A region: ISO 3166-1 alpha-2 or, for a former state, ISO 3166-3 code; the dates of a former or a young state."""

    code: str
    name: str
    qid: str = ""
    above: tuple[str, ...] = ()
    """Names of the UN M49 areas that it lies in, the narrowest first."""
    un: bool = False
    parent: str = ""
    """For a dependency, the state that it belongs to."""
    capital: str = ""
    since: date | None = None
    until: date | None = None
    origin: str = ""


class Group(msgspec.Struct, frozen=True, gc=False):
    """A membership of a named group, such as NATO or the Sahel, with its dates."""

    name: str
    code: str
    since: date | None = None
    until: date | None = None


class Being(msgspec.Struct, frozen=True, gc=False):
    """An actor; ``id`` is a Wikidata QID or a name of our own."""

    id: str
    name: str
    kind: Kind
    country: str = ""
    sector: str = ""
    origin: str = ""


class Holder(msgspec.Struct, frozen=True, gc=False):
    """Who held an office when. ``checked`` is the day on which ``source`` was read; ``unverified`` rows have none."""

    office: str
    person: str
    since: date | None = None
    until: date | None = None
    source: str = "unverified"
    checked: date | None = None
    origin: str = ""

    @property
    def verified(self) -> bool:
        """Whether the dates come from a source that somebody read."""
        return self.source != "unverified" and self.checked is not None

    def holds(self, day: date) -> bool:
        """Say whether the office was held on ``day``."""
        return (self.since is None or self.since <= day) and (self.until is None or day <= self.until)

    def vouches(self, day: date) -> bool:
        """Say whether a source that somebody read has the office held on ``day``; one without an end, for a year."""
        if self.checked is None or not self.verified or not self.holds(day):
            return False
        return self.until is not None or day <= self.checked + _FRESH


class Sense(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One meaning of an alias.

    ``use`` says what the alias is: name, demonym, capital, city, division, place, metonym, actor, surname, office,
    agent, cue, money, null. ``weight`` is its prior among the senses of the alias: people living there, in millions;
    for an actor 1 where the dictionary knows it by more than one name.
    """

    use: str
    region: str = ""
    actor: str = ""
    sector: str = ""
    weak: bool = False
    weight: float = 0.0
    origin: str = ""


class Alias(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A name as written, with its senses, the likeliest first; ``exact`` takes the case as written."""

    text: str
    senses: tuple[Sense, ...]
    exact: bool = False
    language: str = ""
    """Empty: in every language that is written with the same letters."""


class Dictionary(msgspec.Struct, frozen=True):
    """All tables over all folders, under one version."""

    version: str
    regions: dict[str, Entry]
    actors: dict[str, Being]
    aliases: list[Alias]
    groups: list[Group]
    holders: list[Holder]
    words: dict[str, frozenset[str]]
    """Words of context by their use: given, title, …"""

    def below(self, name: str, day: date | None = None) -> frozenset[str]:
        """Return the codes that a code, a name of a region, an M49 area or a group stands for on ``day``.

        An empty set means that nothing is called so. Without a day the memberships without an end hold.
        """
        wanted = name.casefold()
        found = {
            entry.code
            for entry in self.regions.values()
            if wanted in (entry.code.casefold(), entry.name.casefold())
            or any(area.casefold() == wanted for area in entry.above)
        }
        found.update(
            member.code
            for member in self.groups
            if member.name.casefold() == wanted
            and (
                member.until is None
                if day is None
                else ((member.since is None or member.since <= day) and (member.until is None or day <= member.until))
            )
        )
        return frozenset(found)

    def holders_of(self, office: str, day: date | None) -> Iterator[Holder]:
        """Yield the holders of an office on ``day``; without a day, nobody."""
        if day is not None:
            yield from (holder for holder in self.holders if holder.office == office and holder.holds(day))
