"""Inflections: the words that ``forms:attack`` takes, by the language of the story.

English has a generator of regular forms and a table of the irregular ones; it names inflections only (attacks,
attacked, attacking), where a stemmer adds attacker. Other languages take the words with the same Snowball stem.
"""

from __future__ import annotations

from functools import cache, lru_cache

import snowballstemmer

from pipeline.core.rules.irregular import FAMILIES, INVARIABLE
from pipeline.core.words import fold

_VOWELS = frozenset("aeiou")

SNOWBALL = {
    "da": "danish",
    "de": "german",
    "es": "spanish",
    "fi": "finnish",
    "fr": "french",
    "hu": "hungarian",
    "it": "italian",
    "nl": "dutch",
    "no": "norwegian",
    "nb": "norwegian",
    "nn": "norwegian",
    "pt": "portuguese",
    "ro": "romanian",
    "ru": "russian",
    "sv": "swedish",
    "tr": "turkish",
}
"""The languages, besides English, whose inflections we know."""


def primary(language: str | None) -> str:
    """Return the language that inflections go by: an unknown one is taken for English."""
    code = (language or "en").replace("_", "-").split("-")[0].lower()
    return code if code in SNOWBALL else "en"


@lru_cache(maxsize=50_000)
def english(word: str) -> tuple[str, ...]:
    """Return the inflections of a folded English word, itself first, the others sorted."""
    found: set[str] = set()
    if word.endswith("ing"):
        found.add(f"{word}s")  # a meeting, two meetings
    for base in _bases(word) or [word]:
        family = FAMILIES.get(base)
        found |= set(family) if family else set(_regular(base))
    return (word, *sorted(found - {word}))


def _regular(base: str) -> list[str]:
    """Return the regular forms: -s, -ed, -ing with their spellings."""
    if len(base) < 3 or not base.isascii() or not base.isalpha() or base in INVARIABLE:
        return [base]
    last, before = base[-1], base[-2]
    consonant_y = last == "y" and before not in _VOWELS
    if base.endswith("sis"):
        return [base, f"{base[:-2]}es"]
    hiss = base.endswith(("s", "x", "z", "ch", "sh"))
    forms = [base, f"{base[:-1]}ies" if consonant_y else f"{base}es" if hiss else f"{base}s"]
    if last == "o" and before not in _VOWELS:
        forms.append(f"{base}es")
    if last == "e":
        forms.append(f"{base}d")
        forms.append(f"{base[:-2]}ying" if before == "i" else f"{base}ing" if before in "eoy" else f"{base[:-1]}ing")
        return forms
    forms += [f"{base[:-1]}ied" if consonant_y else f"{base}ed", f"{base}ing"]
    if last not in "aeiouwxyh" and before in _VOWELS and (len(base) == 3 or base[-3] not in _VOWELS):
        forms += [f"{base}{last}ed", f"{base}{last}ing"]  # stopped; of travelled and targeted one is no word
    return forms


def _bases(word: str) -> list[str]:
    """Return the word without -s, -ed or -ing where it is long enough to have one, as Porter's stemmer begins."""
    if word in INVARIABLE or len(word) < 5 or not word.isascii():
        return []
    if word.endswith(("ies", "ied")):
        return [f"{word[:-3]}y"]
    if word.endswith("s"):
        hiss = word.endswith(("sses", "xes", "zes", "ches", "shes"))
        return [] if word.endswith(("ss", "us", "is")) else [word[: -2 if hiss else -1]]
    if word.endswith("eed"):
        return [word[:-1]] if len(word) > 5 and not word.endswith(("ceed", "deed")) else []
    ending = 2 if word.endswith("ed") else 3 if word.endswith("ing") and len(word) > 5 else 0
    return _without(word[:-ending]) if ending else []


def _without(stem: str) -> list[str]:
    """Return the base of what is left without -ed or -ing: an -e put back, a doubled letter taken off."""
    if len(stem) < 3 or not _VOWELS & set(stem):
        return []
    if stem[-1] == stem[-2] and stem[-1] not in "lsz" and len(stem) > 3:
        return [stem[:-1]]
    return [f"{stem}e"] if _wants_e(stem) else [stem]


def _wants_e(stem: str) -> bool:
    if stem.endswith(("at", "bl", "iz", "v", "c", "u", "rg", "dg", "ng", "ys", "is", "rs", "ns")):
        return not stem.endswith(("eat", "oat", "long", "hang", "bang"))
    if stem.endswith(("er", "en", "el", "et", "it", "on", "om", "op", "al", "or", "ar", "ow", "ip", "ic")):
        return False
    groups = "".join("v" if mark in _VOWELS else "c" for mark in stem)
    return groups[-3:] == "cvc" and stem[-1] not in "wxy"


@lru_cache(maxsize=200_000)
def stem(word: str, language: str) -> str:
    """Return the folded Snowball stem of a folded word."""
    return fold(_stemmer(language).stemWord(word))


@cache
def _stemmer(language: str) -> snowballstemmer.stemmer:
    return snowballstemmer.stemmer(SNOWBALL[language])


@lru_cache(maxsize=50_000)
def beginning(word: str) -> str:
    """Return the letters with which every inflection begins in the languages of SNOWBALL: three or more, or all."""
    stems = {stem(word, language) for language in SNOWBALL}
    common = next((end for end in range(len(word), 3, -1) if all(other.startswith(word[:end]) for other in stems)), 3)
    return word[: min(40, max(3, common - 1))]


def is_form(word: str, of: str, language: str) -> bool:
    """Return whether a folded word of a story in ``language`` is an inflection of the folded word ``of``."""
    if word == of:
        return True
    if language == "en":
        return word in english(of)
    return word.startswith(beginning(of)) and stem(word, language) == stem(of, language)
