"""The vocabulary of a language: every alias that may occur in it, in one leftmost-longest automaton.

A word begins and ends with a space of its own (those of the text are doubled), so that a match is whole words and
leaves the next word its space. Chinese, Japanese and Thai names match anywhere; Arabic ones may follow a joined
preposition, Korean ones may carry a particle.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from itertools import chain

import ahocorasick_rs as ahocorasick
import msgspec

from pipeline.core.story import Kind
from pipeline.core.tag.dictionary import Alias, Dictionary, Sense
from pipeline.core.tag.fold import fold

_UNSPACED = re.compile("[\u0e00-\u0eff\u3040-\u30ff\u3400-\u9fff]")
_ARABIC = re.compile("[\u0600-\u06ff]")
_HANGUL = re.compile("[\uac00-\ud7a3]")
_JOINED = ("و", "ب", "ل", "ف", "ك", "وب", "ول")
"""And, in, for, so, like: written together with the next word."""
_TRAVELLING = frozenset({"capital", "place", "division"})
_LARGE = 0.5
"""Millions of people from which on a town is called so in other languages too."""
_HINTS = frozenset({"cue", "money"})
_ASIDE = _HINTS | {"agent"}
_ARTICLE = "the "
_SHORT = 4
"""Letters of an abbreviation that counts in capitals only."""
_PRIORITY = {"null": 0, "actor": 1, "name": 2, "capital": 3, "demonym": 4, "division": 5}


class Pattern:
    """What a folded form may stand for: ``loose`` senses in any case, ``exact`` ones as written."""

    __slots__ = ("aside", "bare", "capital", "cased", "exact", "form", "lead", "length", "loose", "name", "upper")

    def __init__(self, form: str) -> None:
        self.form = form
        self.length = len(form)
        self.loose: tuple[Sense, ...] = ()
        self.exact: tuple[tuple[str, Sense], ...] = ()
        self.capital = True
        """Whether the first letter must be a capital."""
        self.cased = False
        """Whether more than the first letter's case has to be looked at."""
        self.upper = False
        """Whether every letter must be a capital: short abbreviations."""
        self.aside = ""
        """``role`` for role nouns, ``hint`` for cues and money: no names, and only of use beside one."""
        self.name = len(_ARTICLE) if form.startswith(_ARTICLE) else 0
        """Where the word begins whose capital counts: ``the Netherlands``."""
        self.lead = 0
        """Spaces before the form in what the automaton looks for."""
        self.bare = " " not in form
        """Whether it is one word."""


class Vocabulary:
    """The automaton over the aliases of one language."""

    def __init__(self, aliases: Iterable[Alias]) -> None:
        self.patterns: list[Pattern] = []
        self._sought: dict[str, Pattern] = {}
        for alias in aliases:
            for form, sought in _forms(alias.text):
                self._add(form, sought, alias)
        for pattern in self.patterns:
            pattern.cased = bool(pattern.exact) or pattern.upper
            if pattern.loose and not pattern.exact and pattern.loose[0].use in _ASIDE:
                uses = {sense.use for sense in pattern.loose}
                pattern.aside = "hint" if uses <= _HINTS else "role" if uses == {"agent"} else ""
        self._automaton = ahocorasick.AhoCorasick(
            list(self._sought),
            matchkind=ahocorasick.MatchKind.LeftmostLongest,
            store_patterns=False,
        )

    def _add(self, form: str, sought: str, alias: Alias) -> None:
        pattern = self._sought.get(sought)
        if pattern is None:
            pattern = self._sought[sought] = Pattern(form)
            pattern.lead = len(sought) - len(sought.lstrip(" "))
            self.patterns.append(pattern)
        if alias.exact:
            pattern.exact += tuple((alias.text, sense) for sense in alias.senses)
            return
        text = alias.text[pattern.name :]
        capital = text[0].isupper() if text[0].isalpha() else next(filter(str.isalpha, text), "").isupper()
        if pattern.loose:
            pattern.capital = pattern.capital and capital
            pattern.upper = pattern.upper and text.isupper()
            self._merge(pattern, alias.senses)
            return
        pattern.capital = capital
        pattern.upper = len(text) <= _SHORT and text.isalpha() and text.isupper()
        pattern.loose = alias.senses
        if len(alias.senses) > 1:
            self._merge(pattern, ())

    @staticmethod
    def _merge(pattern: Pattern, senses: tuple[Sense, ...]) -> None:
        merged = (*pattern.loose, *senses)
        if any(sense.actor for sense in merged):
            merged = tuple(sense for sense in merged if sense.use != "null")  # a trap that somebody bears
        pattern.loose = tuple(sorted(merged, key=lambda sense: (_PRIORITY.get(sense.use, 9), -sense.weight)))

    def find(self, doubled: str) -> list[tuple[int, int, int]]:
        """Return (pattern, start, end) for each match in folded text whose spaces are doubled."""
        found: list[tuple[int, int, int]] = self._automaton.find_matches_as_indexes(doubled)
        return found


def vocabulary(dictionary: Dictionary, language: str) -> Vocabulary:
    """Return the vocabulary of a language.

    English and languages without names of their own take every alias of no language; the others take the names and
    peoples in their own words, and from English what travels: well-known actors, large towns, divisions.
    """
    if language == "en" or all(alias.language != language for alias in dictionary.aliases):
        return Vocabulary(_kept(dictionary, ("", "en"), lambda sense: sense.use != "surname"))

    def travels(sense: Sense) -> bool:
        if sense.use == "actor":
            return sense.weight > 0 or dictionary.actors[sense.actor].kind is not Kind.PERSON
        return sense.use in _TRAVELLING or (sense.use == "city" and sense.weight >= _LARGE)

    own = _kept(dictionary, (language,), lambda sense: sense.use != "surname")
    return Vocabulary(chain(own, _kept(dictionary, ("",), travels)))


def _kept(dictionary: Dictionary, languages: tuple[str, ...], keep: Callable[[Sense], bool]) -> Iterator[Alias]:
    for alias in dictionary.aliases:
        if alias.language not in languages:
            continue
        if len(alias.senses) == 1:
            if keep(alias.senses[0]):
                yield alias
        elif senses := tuple(filter(keep, alias.senses)):
            yield msgspec.structs.replace(alias, senses=senses)


def _forms(text: str) -> list[tuple[str, str]]:
    """Return the folded forms of an alias, each with its pattern."""
    folded = fold(text).text[1:-1].rstrip()
    if folded.isascii() and "  " not in folded:
        form = folded.strip()
        return [(form, f" {form.replace(' ', '  ')} ")] if form else []
    if _UNSPACED.search(folded):
        return [(folded, folded)]
    if _ARABIC.search(folded):
        forms = [prefix + folded for prefix in ("", *_JOINED)]
    else:
        forms = [folded.strip()]
        if "  " in folded:
            forms.append(" ".join(folded.split()))
    end = "" if _HANGUL.search(folded) else " "
    return [(form, f" {form.replace(' ', '  ')}{end}") for form in dict.fromkeys(forms)]
