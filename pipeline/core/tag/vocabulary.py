"""The vocabulary of a language: every alias that may occur in it, in one leftmost-longest automaton.

Patterns of scripts with spaces begin with one, so that a match begins at a word; its end is checked afterwards. Chinese,
Japanese and Thai names match anywhere; Arabic ones may follow a joined preposition, Korean ones may carry a particle.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

import ahocorasick_rs as ahocorasick
import msgspec

from pipeline.core.tag.dictionary import Alias, Dictionary, Sense
from pipeline.core.tag.fold import Folded, fold

SCRIPTS = {
    "ar": "arabic",
    "hi": "devanagari",
    "ja": "kana",
    "ko": "hangul",
    "ru": "cyrillic",
    "uk": "cyrillic",
    "zh": "han",
}
_UNSPACED = re.compile("[\u0e00-\u0eff\u3040-\u30ff\u3400-\u9fff]")
_ARABIC = re.compile("[\u0600-\u06ff]")
_HANGUL = re.compile("[\uac00-\ud7a3]")
_JOINED = ("و", "ب", "ل", "ف", "ك", "وب", "ول")
"""And, in, for, so, like: written together with the next word."""
_PRIORITY = {"null": 0, "actor": 1, "name": 2, "capital": 3, "demonym": 4, "division": 5}


class Pattern:
    """What a folded form may stand for: ``loose`` senses in any case, ``exact`` ones as written."""

    __slots__ = ("bare", "capital", "exact", "form", "loose", "open", "upper")

    def __init__(self, form: str) -> None:
        self.form = form
        self.loose: tuple[Sense, ...] = ()
        self.exact: tuple[tuple[str, Sense], ...] = ()
        self.capital = True
        """Whether the first letter must be a capital."""
        self.upper = False
        """Whether every letter must be a capital: short abbreviations."""
        self.open = False
        """Whether the match may end inside a word."""
        self.bare = " " not in form.strip()


class Vocabulary:
    """The automaton over the aliases of one language."""

    def __init__(self, aliases: Iterable[Alias]) -> None:
        self.patterns: list[Pattern] = []
        self.by_form: dict[str, Pattern] = {}
        for alias in aliases:
            for form, open_ in _forms(alias.text):
                self._add(form, open_, alias)
        self._automaton = ahocorasick.AhoCorasick(
            [pattern.form for pattern in self.patterns],
            matchkind=ahocorasick.MatchKind.LeftmostLongest,
            store_patterns=False,
        )

    def _add(self, form: str, open_: bool, alias: Alias) -> None:
        pattern = self.by_form.get(form)
        if pattern is None:
            pattern = self.by_form[form] = Pattern(form)
            pattern.open = open_
            self.patterns.append(pattern)
        if alias.exact:
            pattern.exact += tuple((alias.text, sense) for sense in alias.senses)
            return
        if not pattern.loose:
            letters = [letter for letter in alias.text if letter.isalpha()]
            pattern.capital = bool(letters) and letters[0].isupper()
            pattern.upper = len(letters) <= 4 and len(letters) == len(alias.text) and alias.text.isupper()
        else:
            pattern.capital = pattern.capital and alias.text[0].isupper()
        merged = (*pattern.loose, *alias.senses)
        if any(sense.actor for sense in merged):
            merged = tuple(sense for sense in merged if sense.use != "null")  # a trap that somebody bears
        pattern.loose = tuple(sorted(merged, key=lambda sense: (_PRIORITY.get(sense.use, 9), -sense.weight)))

    def find(self, folded: Folded) -> list[tuple[int, int, int]]:
        """Return (pattern, start, end) of every match, in places of the padded text."""
        found: list[tuple[int, int, int]] = self._automaton.find_matches_as_indexes(folded.text)
        return found

    def shorter(self, words: str) -> tuple[Pattern, int] | None:
        """Return the longest pattern that ends at a word within ``words``, and its length; for matches cut inside one."""
        end = len(words)
        while (end := words.rfind(" ", 0, end)) > 0:
            pattern = self.by_form.get(words[:end])
            if pattern is not None:
                return pattern, end
        return None


def vocabulary(dictionary: Dictionary, language: str) -> Vocabulary:
    """Return the vocabulary of a language: its own aliases and those of no language; in English also the agents."""
    return Vocabulary(
        msgspec.structs.replace(alias, senses=senses)
        for alias in dictionary.aliases
        if alias.language in ("", language)
        and (senses := tuple(sense for sense in alias.senses if sense.use != "surname"))
    )


def _forms(text: str) -> list[tuple[str, bool]]:
    """Return the patterns of an alias and whether each may end inside a word."""
    folded = fold(text).text[1:-1].rstrip()
    if not folded.strip():
        return []
    if _UNSPACED.search(folded):
        return [(folded, True)]
    if _ARABIC.search(folded):
        return [(f" {prefix}{folded}", False) for prefix in ("", *_JOINED)]
    if _HANGUL.search(folded):
        return [(f" {folded}", True)]
    forms = [f" {folded.strip()}"]
    if "  " in folded:
        forms.append(" " + " ".join(folded.split()))
    return [(form, False) for form in dict.fromkeys(forms)]
