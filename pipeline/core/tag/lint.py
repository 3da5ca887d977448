"""Lint: what holds the dictionaries together, beyond what can be seen in one line."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import date
from itertools import pairwise

from pipeline.core.errors import Problem
from pipeline.core.story import Kind
from pipeline.core.tag.dictionary import Dictionary, Holder, Sense
from pipeline.core.tag.fold import fold

_SHORTEST = 2
_NAMING = frozenset({"name", "demonym", "capital", "city", "division", "place"})


def lint(dictionary: Dictionary) -> list[Problem]:
    """Return every problem that takes more than one row to see."""
    return [
        *_complete(dictionary),
        *_spoken(dictionary),
        *_demonyms(dictionary),
        *_ambiguous(dictionary),
        *_crossing(dictionary),
        *_overlapping(dictionary),
        *_short(dictionary),
    ]


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


def _spoken(dictionary: Dictionary) -> Iterator[Problem]:
    """Every language that names countries at all names every UN member."""
    named: defaultdict[str, set[str]] = defaultdict(set)
    for _, language, sense in _senses(dictionary, "name"):
        if language:
            named[language].add(sense.region)
    for language, codes in sorted(named.items()):
        for entry in dictionary.regions.values():
            if entry.un and entry.code not in codes and len(codes) > 1:
                yield _problem(entry.origin, f"{entry.code} {entry.name} has no name in {language}")


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


def _crossing(dictionary: Dictionary) -> Iterator[Problem]:
    """No alias is strong for a place and for an actor elsewhere, and no trap absorbs what somebody bears.

    An actor of the same country may be called like a place (``Toyota``, ``Holy See``): both tags are right then.
    """
    traps: dict[tuple[str, str], Sense] = {}
    actors: defaultdict[tuple[str, str], list[Sense]] = defaultdict(list)
    for alias in dictionary.aliases:
        form = " ".join(fold(alias.text).text.split()), alias.language
        for sense in alias.senses if not alias.exact else ():
            if sense.use == "null":
                traps[form] = sense
            elif sense.use == "actor" and not sense.weak:
                actors[form].append(sense)
    for form in traps.keys() & actors.keys():
        yield _problem(traps[form].origin, f"the trap {form[0]!r} is borne by {actors[form][0].actor}", "drop the trap")
    for text, language, sense in _senses(dictionary, *_NAMING):
        form = " ".join(fold(text).text.split()), language
        if form in traps and not sense.weak:
            yield _problem(sense.origin, f"{text!r} is in {sense.region} and a trap", "drop one")
        for actor in actors.get(form, ()):
            if not sense.weak and actor.region != sense.region:
                yield _problem(
                    sense.origin, f"{text!r} is strong for {sense.region} and {actor.actor}", "mark one with ~"
                )


def _people(dictionary: Dictionary, ids: set[str]) -> bool:
    """Say whether all are people: two of the same name are told apart by country and date."""
    return all(dictionary.actors[id_].kind is Kind.PERSON for id_ in ids if id_ in dictionary.actors)


def _overlapping(dictionary: Dictionary) -> Iterator[Problem]:
    """No office has two holders on one day, and no term ends before it begins."""
    offices: defaultdict[str, list[Holder]] = defaultdict(list)
    for holder in dictionary.holders:
        offices[holder.office].append(holder)
        if (holder.until or date.max) < (holder.since or date.min):
            yield _problem(holder.origin, f"{holder.office}: {holder.person} ends before the beginning")
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
