"""Inflections: the words that ``forms:attack`` takes, by the language of the story.

English has a generator of regular forms and a table of the irregular ones; it names inflections only (attacks,
attacked, attacking), where a stemmer adds attacker. Other languages take the words with the same Snowball stem.
"""

from __future__ import annotations

import re
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
    bases = _bases(word) if word not in FAMILIES or word.endswith("es") else []  # lives: of a life, and to live
    for base in [word, *bases] if word in FAMILIES else bases or [word]:
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
    if base.endswith("man"):
        forms.append(f"{base[:-3]}men")
    if last == "e":
        forms.append(f"{base}d")
        forms.append(f"{base[:-2]}ying" if before == "i" else f"{base}ing" if before in "eoy" else f"{base[:-1]}ing")
        return forms
    forms += [f"{base[:-1]}ied" if consonant_y else f"{base}ed", f"{base}ing"]
    once = base[-3] not in _VOWELS or base[-4:-2] == "qu"
    if last not in "aeiouwxyh" and before in _VOWELS and (once or base.endswith(("ual", "uel", "ial"))):
        forms += [f"{base}{last}ed", f"{base}{last}ing"]  # stopped; of travelled and targeted one is no word
    return forms


def _bases(word: str) -> list[str]:
    """Return what the word may be without -s, -ed or -ing, where it is long enough to have one; none where it has none.

    Where two are possible (completed: complet, complete) it is both: the one that is no word stands in no story.
    """
    if word in INVARIABLE or len(word) < 5 or not word.isascii():
        return []
    if word.endswith(("ies", "ied")):
        return [f"{word[:-3]}y"]
    if word.endswith("s"):
        return _singulars(word)
    if word.endswith("men"):
        return [word, f"{word[:-3]}man"]
    if word.endswith("eed") and word != "freed" and (len(word) == 5 or word.endswith(("ceed", "deed"))):
        return []
    ending = 2 if word.endswith("ed") else 3 if word.endswith("ing") and len(word) > 5 else 0
    return _without(word[:-ending]) if ending else []


def _singulars(word: str) -> list[str]:
    if word.endswith(("ss", "us", "is")):
        return []
    if word.endswith(("sses", "xes", "ches", "shes")):
        return [word[:-2]]
    return [word[:-1], word[:-2]] if word.endswith(("uses", "ases", "zes", "oes")) else [word[:-1]]


def _without(stem: str) -> list[str]:
    """Return the bases of what is left without -ed or -ing: with an -e put back, with a doubled letter taken off."""
    if len(stem) < 3 or not _VOWELS & set(stem):
        return []
    if stem[-1] == stem[-2] and len(stem) > 3 and stem[-1] not in "esz":
        return [stem, stem[:-1]] if stem[-1] in "lf" else [stem[:-1]]
    if stem[-1] in "wxy" or stem.endswith(_PLAIN):
        return [stem]
    groups = "".join("v" if mark in _VOWELS else "c" for mark in stem)
    single = groups.lstrip("c").rstrip("c").count("c") == 0  # one syllable
    if stem.endswith(_SILENT) or (groups[-3:] == "cvc" and (single or stem.endswith(_SILENT_AFTER_ONE))):
        return [f"{stem}e"]  # hoped: of hop it would be hopped
    return [stem, f"{stem}e"]


_PLAIN = (
    "ee",
    "ss",
    "sh",
    "ch",
    "ck",
    "ct",
    "nt",
    "nd",
    "rt",
    "rd",
    "rk",
    "rm",
    "rn",
    "lt",
    "ld",
    "mp",
    "pt",
    "ft",
    "sk",
    "lk",
    "wn",
)
"""Ends of a base that takes no -e."""

_SILENT = ("e", "bl", "iz", "v", "c", "u")
_SILENT_AFTER_ONE = ("ad", "id", "ud", "od", "at", "as", "os", "ys", "ur")
"""Ends of a base that has lost its -e; the latter where they follow a consonant: invaded, but not raided."""


def plausible(word: str) -> tuple[str, ...]:
    """Return those inflections that are likely to be words: of what ends like a noun, no -ed and -ing."""
    found = english(word)
    if word in FAMILIES or not _NOUN.search(word):
        return found
    return tuple(form for form in found if form == word or not form.endswith(("ed", "ing", "ings")))


_NOUN = re.compile(
    r"(ment|ion|ity|ism|ist|ship|ness|[ae]nce|ware|ine|cide|ium|us|al|ar|or|er|age|hood|ic|[^aeiou]y|[ao])$"
)


def inflections(word: str, language: str) -> str:
    """Return which words ``forms:`` takes for ``word``, as people are told."""
    if language == "en":
        return ", ".join(plausible(word))
    return f"what has the {SNOWBALL[language].capitalize()} stem {stem(word, language)}"


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
