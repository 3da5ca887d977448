"""Coverage: what the dictionaries hold, counted; what is missing but no fault."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, timedelta

import msgspec

from pipeline.core.story import Kind
from pipeline.core.tag.dictionary import Dictionary

_STALE = timedelta(days=365)
_HEADS = ("president", "prime-minister", "king", "emir", "sultan", "leader", "chancellor", "premier", "pope", "prince")


class Spoken(msgspec.Struct, frozen=True):
    """How many members of the United Nations one language names, and how many actors."""

    language: str
    aliases: int
    names: int
    demonyms: int
    capitals: int
    actors: int


class Coverage(msgspec.Struct, frozen=True):
    """What the dictionaries hold."""

    regions: int
    un_members: int
    actors: dict[str, int]
    aliases: int
    languages: tuple[Spoken, ...]
    """English first; what is written alike in every language is counted there."""
    holders: int
    unverified: int
    headless: tuple[str, ...]
    """UN members without a head of state or government on the day."""
    stale: tuple[str, ...]
    """Rows of holders that were checked more than a year ago."""


def coverage(dictionary: Dictionary, today: date) -> Coverage:
    """Count what the dictionaries hold on ``today``."""
    kinds: defaultdict[str, int] = defaultdict(int)
    for being in dictionary.actors.values():
        kinds[being.kind] += 1
    members = {entry.code for entry in dictionary.regions.values() if entry.un}
    return Coverage(
        len(dictionary.regions),
        len(members),
        dict(sorted(kinds.items())),
        len(dictionary.aliases),
        _languages(dictionary, members),
        len(dictionary.holders),
        sum(not holder.verified for holder in dictionary.holders),
        tuple(sorted(members - _headed(dictionary, today))),
        tuple(
            holder.origin
            for holder in dictionary.holders
            if holder.checked is not None and today - holder.checked > _STALE
        ),
    )


def _languages(dictionary: Dictionary, members: set[str]) -> tuple[Spoken, ...]:
    aliases: defaultdict[str, int] = defaultdict(int)
    named: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
    for alias in dictionary.aliases:
        language = alias.language or "en"
        aliases[language] += 1
        for sense in alias.senses:
            if sense.region in members or sense.use == "actor":
                named[language, sense.use].add(sense.actor or sense.region)
    return tuple(
        Spoken(
            language,
            aliases[language],
            *(len(named[language, use]) for use in ("name", "demonym", "capital", "actor")),
        )
        for language in sorted(aliases, key=lambda language: (language != "en", language))
    )


def _headed(dictionary: Dictionary, today: date) -> set[str]:
    """Return the countries whose head of state or government is known on a day."""
    offices = {
        being.id: being.country
        for being in dictionary.actors.values()
        if being.kind is Kind.OFFICE and being.id.partition("-")[2] in _HEADS
    }
    return {offices[holder.office] for holder in dictionary.holders if holder.office in offices and holder.holds(today)}
