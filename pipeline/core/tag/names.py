"""The names of the dictionary as the rules ask for them: ``region:"Middle East"``, ``actor:"Kim Jong Un"``."""

from __future__ import annotations

from collections import defaultdict
from functools import cached_property

from pipeline.core.tag.dictionary import Dictionary
from pipeline.core.words import words


class DictionaryNames:
    """Implements ``core.rules.Names``. Case, accents, hyphens and apostrophes do not count."""

    def __init__(self, dictionary: Dictionary) -> None:
        self.dictionary = dictionary

    @property
    def version(self) -> str:
        """The version of the dictionaries."""
        return self.dictionary.version

    def region_codes(self, name: str) -> frozenset[str] | None:
        """Return the codes of a code, a country by any of its names, an M49 area or a group; None where unknown."""
        below = self.dictionary.below(name)
        return below or self._regions.get(_key(name))

    def actor_ids(self, name: str) -> frozenset[str] | None:
        """Return the ids of every actor of this name, or the id itself; None where unknown.

        A state is known by its region's names too.
        """
        if name in self.dictionary.actors or name in self._states:
            return frozenset({name})
        return self._actors.get(_key(name))

    @cached_property
    def _states(self) -> frozenset[str]:
        return frozenset(entry.qid or entry.code for entry in self.dictionary.regions.values())

    @cached_property
    def _regions(self) -> dict[str, frozenset[str]]:
        found: defaultdict[str, set[str]] = defaultdict(set)
        for alias in self.dictionary.aliases:
            for sense in alias.senses:
                if sense.use == "name" and sense.region:
                    found[_key(alias.text)].add(sense.region)
        return {name: frozenset(codes) for name, codes in found.items()}

    @cached_property
    def _actors(self) -> dict[str, frozenset[str]]:
        found: defaultdict[str, set[str]] = defaultdict(set)
        for being in self.dictionary.actors.values():
            found[_key(being.name)].add(being.id)
        for alias in self.dictionary.aliases:
            for sense in alias.senses:
                if sense.use == "actor" and sense.actor:
                    found[_key(alias.text)].add(sense.actor)
        for name, codes in self._regions.items():
            entries = (self.dictionary.regions.get(code) for code in codes)
            found[name].update(entry.qid or entry.code for entry in entries if entry)
        return {name: frozenset(ids) for name, ids in found.items()}


def _key(name: str) -> str:
    return " ".join(word for word, _start, _end in words(name.replace("-", " ")))
