"""How a folded word is written so that it is cut and folded into itself again.

Nearly every word is its own spelling. Folding may leave signs, though, at which a text is cut: ``½`` is compared as
``1⁄2``, the initials ``ß.a.`` as ``ss.a.``, and ``a’ś`` as ``a's``, which would be two words.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache, lru_cache

from pipeline.core.words import fold, is_paired, words

_LAST = 0x20000
"""Beyond it stand Chinese characters alone, which fold into single ones."""

_NOTHING = "\u0301"
"""An accent: as an initial of its own it folds into nothing."""

_LETTER = "ʼ"
"""The apostrophe that is a letter, too: a text is not cut at it."""


def spelt(*run: str) -> str:
    """Return a text that is cut and folded into just this word.

    Several are the pairs of characters of one run, each of which begins with the character that ends the one before.
    """
    texts = {text[-1:]: text for text in reversed(_spellings(run[0]))}
    for pair in run[1:]:
        texts = {text[1]: texts[text[0]] + text[1] for text in reversed(_spellings(pair)) if text[0] in texts}
    return next(reversed(texts.values()), "".join(run))


@lru_cache(maxsize=10_000)
def _spellings(word: str) -> tuple[str, ...]:
    """Return the texts that are cut and folded into just ``word``, the plainest first."""
    if _is(word, word) and not is_paired(word):
        return (word,)
    apart = unicodedata.normalize("NFD", word)
    joined = _joined(word)
    texts = [word, joined.removesuffix("."), joined, _joined(apart), apart, word[::-1]]
    texts += [".".join(map(_initial, text.split("."))) for text in texts if "." in text]
    return tuple(text for text in dict.fromkeys(texts) if _is(text, word)) or (word,)


def _joined(text: str) -> str:
    return _unstable().sub(lambda found: _characters()[found[0]], text)


def is_pair(word: str) -> bool:
    """Return whether a word is two characters of a script without spaces."""
    text = _spellings(word)[0] if is_paired(word) else ""
    return len(text) == 2 and is_paired(text)


def spelt_alone(word: str) -> str:
    """Return the one character of a script without spaces that is folded into ``word``."""
    return word if len(word) == 1 else _characters().get(word, word)


def spelt_exactly(text: str) -> str:
    """Return a text that is cut into one word and, with one apostrophe, is ``text``: that of a word after ``=``."""
    places = [(start, end) for _word, start, end in words(text)]
    return text if places == [(0, len(text))] else text.replace("'", _LETTER)


def _is(text: str, word: str) -> bool:
    found = [entry[0] for entry in words(text)]
    if not is_paired(text):
        return found == [word]
    return len(text) == 2 and found[0] == word  # the second of them is a word, too, and the query leaves it out


def _initial(text: str) -> str:
    """Return one letter, as initials need it, that folds into ``text``."""
    if len(text) == 1 and not text.isdecimal():
        return text
    return _characters().get(text, text) if text else _NOTHING


@cache
def _characters() -> dict[str, str]:
    """Return a character of words, no digit, for what each folds into; built when a word first needs it."""
    found: dict[str, str] = {}
    for character in filter(_of_words, map(chr, range(0x80, _LAST))):
        found.setdefault(fold(character), character)
    return found


@cache
def _unstable() -> re.Pattern[str]:
    """Return a pattern of what a single character folds into and is not cut into again."""
    found = [text for text, character in _characters().items() if text and not _stays(text, character)]
    return re.compile("|".join(map(re.escape, sorted(found, key=len, reverse=True))))


def _stays(text: str, character: str) -> bool:
    """Return whether ``text``, which a character folds into, is cut as the character is."""
    return is_paired(text) == is_paired(character) and [entry[0] for entry in words(text)] == [text]


def _of_words(character: str) -> bool:
    return _letter.match(character) is not None or unicodedata.category(character)[0] == "M"


_letter = re.compile(r"[^\W\d_]")
