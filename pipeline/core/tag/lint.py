"""Lint: what holds the dictionaries together, beyond what can be seen in one line."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import date, timedelta
from itertools import pairwise

import msgspec

from pipeline.core.errors import Problem
from pipeline.core.story import Kind
from pipeline.core.tag.dictionary import Dictionary, Holder, Sense
from pipeline.core.tag.fold import fold

_STALE = timedelta(days=365)
_SHORTEST = 2


class Coverage(msgspec.Struct, frozen=True):
    """What the dictionaries hold."""

    regions: int
    un_members: int
    actors: dict[str, int]
    aliases: int
    languages: dict[str, int]
    holders: int
    unverified: int
    stale: tuple[str, ...]
    """Rows of holders that were checked more than a year ago."""


def lint(dictionary: Dictionary) -> list[Problem]:
    """Return every problem that takes more than one row to see."""
    return [
        *_complete(dictionary),
        *_demonyms(dictionary),
        *_ambiguous(dictionary),
        *_overlapping(dictionary),
        *_short(dictionary),
    ]


def coverage(dictionary: Dictionary, today: date) -> Coverage:
    """Count what the dictionaries hold on ``today``."""
    kinds: defaultdict[str, int] = defaultdict(int)
    for being in dictionary.actors.values():
        kinds[being.kind] += 1
    languages: defaultdict[str, int] = defaultdict(int)
    for alias in dictionary.aliases:
        languages[alias.language or "any"] += 1
    stale = tuple(
        holder.origin for holder in dictionary.holders if holder.checked is not None and today - holder.checked > _STALE
    )
    return Coverage(
        len(dictionary.regions),
        sum(entry.un for entry in dictionary.regions.values()),
        dict(sorted(kinds.items())),
        len(dictionary.aliases),
        dict(sorted(languages.items())),
        len(dictionary.holders),
        sum(not holder.verified for holder in dictionary.holders),
        stale,
    )


def _problem(origin: str, message: str, hint: str | None = None) -> Problem:
    file, _, line = origin.rpartition(":")
    return Problem(file, message, int(line) if line.isdecimal() else None, hint=hint)


def _senses(dictionary: Dictionary, *uses: str) -> Iterator[tuple[str, str, Sense]]:
    for alias in dictionary.aliases:
        for sense in alias.senses:
            if sense.use in uses:
                yield alias.text, alias.language, sense


def _complete(dictionary: Dictionary) -> Iterator[Problem]:
    """Every UN member has a name, a demonym and a capital."""
    found: defaultdict[str, set[str]] = defaultdict(set)
    for _, language, sense in _senses(dictionary, "name", "demonym", "capital"):
        if language == "":
            found[sense.region].add(sense.use)
    for entry in dictionary.regions.values():
        missing = {"name", "demonym", "capital"} - found[entry.code] if entry.un else set()
        for use in sorted(missing):
            yield _problem(entry.origin, f"{entry.code} {entry.name} has no {use}", "add it to a table aliases")


def _demonyms(dictionary: Dictionary) -> Iterator[Problem]:
    """No dependency has the demonym of another state: its people would be counted twice."""
    states: defaultdict[str, set[str]] = defaultdict(set)
    for text, language, sense in _senses(dictionary, "demonym"):
        if not sense.weak:
            states[f"{language}:{text}"].add(sense.region)
    for text, _, sense in _senses(dictionary, "demonym"):
        parent = dictionary.regions[sense.region].parent
        if parent and parent in states[f":{text}"]:
            yield _problem(sense.origin, f"{text!r} is a demonym of {sense.region} and of {parent}")


def _ambiguous(dictionary: Dictionary) -> Iterator[Problem]:
    """No alias is strong for two countries, or for a country and for an actor of the same rank."""
    by_form: defaultdict[tuple[str, str, bool], list[tuple[str, Sense]]] = defaultdict(list)
    for alias in dictionary.aliases:
        for sense in alias.senses:
            if not sense.weak and sense.use in ("name", "demonym", "actor"):
                form = " ".join(fold(alias.text).text.split())
                by_form[form, alias.language, alias.exact].append((alias.text, sense))
    for found in by_form.values():
        targets = {sense.actor or sense.region for _, sense in found}
        uses = {"actor" if sense.actor else "region" for _, sense in found}
        if len(targets) > 1 and uses == {"region"}:
            text, sense = found[-1]
            yield _problem(sense.origin, f"{text!r} is strong for {' and '.join(sorted(targets))}", "mark one with ~")
        if len(targets) > 1 and uses == {"actor"} and not _people(dictionary, targets):
            text, sense = found[-1]
            yield _problem(sense.origin, f"{text!r} is strong for {' and '.join(sorted(targets))}", "mark one with ~")


def _people(dictionary: Dictionary, ids: set[str]) -> bool:
    """Say whether all are people: two of the same name are told apart by country and date."""
    return all(dictionary.actors[id_].kind is Kind.PERSON for id_ in ids if id_ in dictionary.actors)


def _overlapping(dictionary: Dictionary) -> Iterator[Problem]:
    """No office has two holders on one day."""
    offices: defaultdict[str, list[Holder]] = defaultdict(list)
    for holder in dictionary.holders:
        offices[holder.office].append(holder)
    for office, holders in offices.items():
        ordered = sorted(holders, key=lambda holder: holder.since or date.min)
        for before, after in pairwise(ordered):
            if (before.until or date.max) > (after.since or date.min):
                yield _problem(after.origin, f"{office}: {after.person} begins before {before.person} ends")


def _short(dictionary: Dictionary) -> Iterator[Problem]:
    """No alias folds to less than two characters: it would match everywhere."""
    for alias in dictionary.aliases:
        folded = "".join(fold(alias.text).text.split())
        if len(folded) < _SHORTEST:
            yield _problem(alias.senses[0].origin, f"{alias.text!r} folds to {folded!r}", "too short to tell anything")
