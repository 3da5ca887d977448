"""The vocabulary of a language: every alias that may occur in it, in one leftmost-longest automaton.

A word begins and ends with a space of its own (those of the text are doubled), so that a match is whole words and
leaves the next word its space. Chinese, Japanese and Thai names match anywhere; Arabic ones may follow a joined
preposition, Korean ones may carry a particle.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

import ahocorasick_rs as ahocorasick

from pipeline.core.story import Kind
from pipeline.core.tag.dictionary import Alias, Dictionary, Sense
from pipeline.core.tag.fold import fold

_UNSPACED = re.compile("[\u0e00-\u0eff\u3040-\u30ff\u3400-\u9fff]")
_ARABIC = re.compile("[\u0600-\u06ff]")
_HANGUL = re.compile("[\uac00-\ud7a3]")
_JOINED = ("و", "ب", "ل", "ف", "ك", "وب", "ول")
"""And, in, for, so, like: written together with the next word."""
_THE, _FOR_THE = "ال", ("لل", "ولل")
"""The article, and what it becomes behind ``for``."""
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

    __slots__ = (
        "aside",
        "bare",
        "capital",
        "cased",
        "exact",
        "form",
        "lead",
        "length",
        "loose",
        "name",
        "small",
        "spelled",
        "upper",
    )

    def __init__(self, form: str) -> None:
        self.form = form
        self.length = len(form)
        self.loose: tuple[Sense, ...] = ()
        self.exact: tuple[tuple[str, Sense], ...] = ()
        self.small: tuple[Sense, ...] = ()
        """The senses without a capital, where there are others with one: ``union`` is no town."""
        self.spelled: frozenset[str] = frozenset()
        """The spellings that count, accents included, where a word of the language may differ by an accent alone."""
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

    def add(self, alias: Alias, senses: tuple[Sense, ...]) -> None:
        """Take in an alias of this form with the senses that count in the language."""
        if alias.exact:
            self.exact += tuple((alias.text, sense) for sense in senses)
            return
        text = alias.text[self.name :]
        capital = text[0].isupper() if text[0].isalpha() else next(filter(str.isalpha, text), "").isupper()
        if not capital:
            self.small += senses
        if self.loose:
            self.capital = self.capital and capital
            self.upper = self.upper and text.isupper()
            self._merge(senses)
            return
        self.capital = capital
        self.upper = len(text) <= _SHORT and text.isalpha() and text.isupper()
        self.loose = senses
        if len(senses) > 1:
            self._merge(())

    def _merge(self, senses: tuple[Sense, ...]) -> None:
        merged = (*self.loose, *senses)
        if any(sense.actor for sense in merged):
            merged = tuple(sense for sense in merged if sense.use != "null")  # a trap that somebody bears
        self.loose = tuple(sorted(merged, key=lambda sense: (_PRIORITY.get(sense.use, 9), -sense.weight)))

    def finish(self) -> None:
        """Draw the conclusions, when every alias is in."""
        if len(self.small) == len(self.loose):
            self.small = ()
        self.cased = bool(self.exact or self.small or self.spelled) or self.upper
        if self.loose and not self.exact and self.loose[0].use in _ASIDE:
            uses = {sense.use for sense in self.loose}
            self.aside = "hint" if uses <= _HINTS else "role" if uses == {"agent"} else ""


Kept = Callable[[Alias], tuple[Sense, ...]]
"""Tells which senses of an alias count in a language; none where the alias does not."""


class Vocabulary:
    """The automaton over the aliases of one language.

    A pattern is made when it is first found: a story in ten thousand names a village, and a pattern for each of forty
    thousand forms takes more memory than the automaton.
    """

    def __init__(self, aliases: Iterable[Alias], kept: Kept, *, foreign: bool = False) -> None:
        self._kept = kept
        self._foreign = foreign
        """Whether names of English stand among words of another language: German ``Länge`` is not David Lange."""
        self._sources: list[Alias | list[Alias]] = []
        self._variants: dict[int, int] = {}
        """Which form of its alias a pattern is, where it is not the first."""
        numbers: dict[str, int] = {}
        for alias in filter(kept, aliases):
            for variant, (_, sought) in enumerate(_forms(alias.text)):
                self._add(alias, variant, numbers.setdefault(sought, len(self._sources)))
        self.patterns: list[Pattern | None] = [None] * len(self._sources)
        self._automaton = ahocorasick.AhoCorasick(
            list(numbers),
            matchkind=ahocorasick.MatchKind.LeftmostLongest,
            store_patterns=False,
        )

    def _add(self, alias: Alias, variant: int, number: int) -> None:
        if number == len(self._sources):
            self._sources.append(alias)
            if variant:
                self._variants[number] = variant
            return
        known = self._sources[number]
        if isinstance(known, list):
            known.append(alias)
        else:
            self._sources[number] = [known, alias]

    def pattern(self, number: int) -> Pattern:
        """Return the pattern of a number that ``find`` has given."""
        known = self.patterns[number]
        if known is not None:
            return known
        sources = self._sources[number]
        aliases = sources if isinstance(sources, list) else [sources]
        form, sought = _forms(aliases[0].text)[self._variants.get(number, 0)]
        pattern = self.patterns[number] = Pattern(form)
        pattern.lead = len(sought) - len(sought.lstrip(" "))
        for alias in aliases:
            pattern.add(alias, self._kept(alias))
        if self._foreign and pattern.bare and any(sense.actor for sense in pattern.loose):
            pattern.spelled = frozenset(alias.text.lower() for alias in aliases)
        pattern.finish()
        return pattern

    def find(self, doubled: str) -> list[tuple[int, int, int]]:
        """Return (number of the pattern, start, end) for each match in folded text whose spaces are doubled."""
        found: list[tuple[int, int, int]] = self._automaton.find_matches_as_indexes(doubled)
        return found


def vocabulary(dictionary: Dictionary, language: str) -> Vocabulary:
    """Return the vocabulary of a language.

    English and languages without names of their own take every alias of no language; the others take the names and
    peoples in their own words, and from English what travels: well-known actors, large towns, divisions.
    """
    own = language if any(alias.language == language for alias in dictionary.aliases) else "en"

    def kept(alias: Alias) -> tuple[Sense, ...]:
        if alias.language == own:
            return _but_surnames(alias.senses)
        if alias.language:
            return ()
        if own == "en":
            return _but_surnames(alias.senses)
        return tuple(sense for sense in alias.senses if _travels(sense, dictionary))

    return Vocabulary(dictionary.aliases, kept, foreign=own != "en")


def _but_surnames(senses: tuple[Sense, ...]) -> tuple[Sense, ...]:
    if len(senses) == 1:
        return () if senses[0].use == "surname" else senses
    return tuple(sense for sense in senses if sense.use != "surname")


def _travels(sense: Sense, dictionary: Dictionary) -> bool:
    if sense.use == "actor":
        return sense.weight > 0 or dictionary.actors[sense.actor].kind is not Kind.PERSON
    return sense.use in _TRAVELLING or (sense.use == "city" and sense.weight >= _LARGE)


def _forms(text: str) -> list[tuple[str, str]]:
    """Return the folded forms of an alias, each with its pattern."""
    if text.isascii() and text.replace(" ", "").isalnum() and "  " not in text:
        form = text.lower().strip()
        return [(form, f" {form.replace(' ', '  ')} ")]
    folded = fold(text).text[1:-1].rstrip()
    if folded.isascii() and "  " not in folded:
        form = folded.strip()
        return [(form, f" {form.replace(' ', '  ')} ")] if form else []
    if _UNSPACED.search(folded):
        return [(folded, folded)]
    if _ARABIC.search(folded):
        forms = [prefix + folded for prefix in ("", *_JOINED)]
        if folded.startswith(_THE):
            forms += [prefix + folded[len(_THE) :] for prefix in _FOR_THE]
    else:
        forms = [folded.strip()]
        if "  " in folded:
            forms.append(" ".join(folded.split()))
    end = "" if _HANGUL.search(folded) else " "
    return [(form, f" {form.replace(' ', '  ')}{end}") for form in dict.fromkeys(forms)]
