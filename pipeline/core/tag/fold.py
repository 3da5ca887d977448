"""Folding: text as the automaton sees it, one character for each character of the original.

Case and accents are dropped and everything that is neither letter, mark nor digit becomes a space, so that a match in
the folded text has the same offsets as in the story. Only text that is not in NFC needs a table of offsets.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

import msgspec

_SPECIAL = {
    "ß": "s",
    "æ": "a",
    "œ": "o",
    "ø": "o",
    "ł": "l",
    "đ": "d",
    "ð": "d",
    "þ": "t",
    "ı": "i",
    "ħ": "h",
    "ª": "a",
    "º": "o",
    "µ": "u",
    "ƒ": "f",
    "ة": "ه",
}
_STRIPPED_BELOW = 0x0700
"""Accents are dropped in scripts below this code point; above, marks are letters of their own (Hindi, Thai, kana)."""
_REMEMBERED = 4096
"""Characters beyond ASCII whose folding is remembered: hostile text must not fill the memory."""


class Folded(msgspec.Struct, frozen=True):
    """Folded text with a space before and after; ``offsets`` maps a place in NFC to one in the original."""

    text: str
    offsets: Sequence[int] | None = None

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Return a span of the padded text as code points of the original."""
        if self.offsets is None:
            return start - 1, end - 1
        return self.offsets[start - 1], self.offsets[end - 1]


def fold_character(character: str) -> str:
    """Return one character in its folded form: a letter, a digit or a space."""
    lowered = character.lower()
    letter = lowered if len(lowered) == 1 else lowered[:1]
    if letter in _SPECIAL:
        return _SPECIAL[letter]
    if not (letter.isalpha() or letter.isdecimal()) and unicodedata.category(letter)[0] != "M":
        return " "
    base = unicodedata.normalize("NFD", letter)[0]
    return base if ord(base) < _STRIPPED_BELOW and base.isalnum() else letter


class _Table(dict[int, str]):
    """Folds on demand what is not in Windows-1252."""

    def __missing__(self, code: int) -> str:
        folded = fold_character(chr(code))
        if len(self) < _REMEMBERED:
            self[code] = folded
        return folded


def _western() -> bytes:
    """Return the table for the 256 characters of Windows-1252: most wire text needs no other and is folded in C."""
    letters = (bytes([byte]).decode("cp1252", "replace") for byte in range(256))
    return bytes(ord(folded) if (folded := fold_character(letter)).isascii() else 32 for letter in letters)


_table = _Table()
_WESTERN = _western()


def fold(text: str) -> Folded:
    """Return ``text`` folded; takes any string, lone surrogates included, in time linear in its length."""
    try:
        return Folded(f" {text.encode('cp1252').translate(_WESTERN).decode('ascii')} ")
    except UnicodeEncodeError:
        pass
    if unicodedata.is_normalized("NFC", text):
        return Folded(f" {text.translate(_table)} ")
    composed, offsets = _compose(text)
    return Folded(f" {composed.translate(_table)} ", offsets)


def _compose(text: str) -> tuple[str, list[int]]:
    """Return the text in NFC, and for each of its characters (and the end) the place in ``text``."""
    pieces: list[str] = []
    offsets: list[int] = []
    start = 0
    for place in range(1, len(text) + 1):
        if place < len(text) and _joins(text[place]) and place - start < 32:
            continue
        piece = unicodedata.normalize("NFC", text[start:place])
        pieces.append(piece)
        offsets.extend([start] * len(piece))
        start = place
    offsets.append(len(text))
    return "".join(pieces), offsets


def _joins(character: str) -> bool:
    """Say whether a character belongs to the one before: a combining mark, a vowel or final of Hangul."""
    return unicodedata.combining(character) != 0 or "\u1160" <= character <= "\u11ff"
