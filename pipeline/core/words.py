"""Words: the one way in which text is cut and folded, for stories, rules, SQLite and Elasticsearch alike.

A word is a run of letters, marks and digits. An apostrophe between letters stays inside (``o'brien``), a final
``'s`` is a word of its own, initials with dots are one word (``u.s.``), and all else separates. Runs of a script that
writes no spaces give a word for each character: it and the next one, at the end of the run it alone (北京大 → 北京,
京大, 大), so that the positions of words count characters there. Case and accents are folded.
"""

from __future__ import annotations

import re
import sys
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from functools import cache, lru_cache
from itertools import chain
from typing import NamedTuple, TypeVar

Made = TypeVar("Made")

APOSTROPHES = "'’‘ʼ‛＇`´"

BRIEF, USUAL = 200, 10_000
"""Characters of the texts whose words are remembered: shorter ones are not worth it, longer ones would fill memory."""

OFTEN = 1 / 32
"""Share of dots and apostrophes within words from which on each chunk of a text is looked up."""

_PLAIN = bytes(
    ord(sign.lower()) if sign.isalnum() else ord("'" if sign in APOSTROPHES else "." if sign == "." else " ")
    for sign in map(chr, range(128))
).ljust(256)
"""What ASCII characters are to words: small letters, digits, apostrophes, dots; all else separates, like a space."""

# Code point ranges of the scripts without spaces: Thai, Lao, Burmese, Khmer, kana, Chinese characters.
_PAIRED = (
    "\u0e01-\u0e3a\u0e40-\u0e4e\u0e81-\u0ebd\u0ec0-\u0ece\u0edc-\u0edf\u1000-\u103f\u1050-\u108f\u1780-\u17d3"
    "\u17d7\u17dc\u17dd\u3005-\u3007\u3038-\u303a\u3041-\u3096\u3099\u309a\u309d-\u309f\u30a1-\u30fa\u30fc-\u30ff"
    "\u3192-\u3195\u31f0-\u31ff\u3280-\u3289\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uff66-\uff9f"
    "\U00020000-\U000323af"
)
_paired = re.compile(f"[{_PAIRED}]")

# Marks that are accents, not letters: Latin, Greek and Cyrillic diacritics, Hebrew points, Arabic vowel signs.
_ACCENTS = (
    *((0x300, 0x36F), (0x483, 0x489), (0x591, 0x5BD), (0x5BF, 0x5BF), (0x5C1, 0x5C2), (0x5C4, 0x5C5)),
    *((0x5C7, 0x5C7), (0x610, 0x61A), (0x640, 0x640), (0x64B, 0x65F), (0x670, 0x670), (0x6D6, 0x6DC)),
    *((0x6DF, 0x6E4), (0x6E7, 0x6E8), (0x6EA, 0x6ED), (0x1AB0, 0x1AFF), (0x1DC0, 0x1DFF), (0x20D0, 0x20FF)),
    *((0xFE00, 0xFE0F), (0xFE20, 0xFE2F), (0xE0100, 0xE01EF)),
)
_FOLDED: dict[int, str | None] = {
    **{code: None for first, last in _ACCENTS for code in range(first, last + 1)},
    **{ord(mark): "'" for mark in APOSTROPHES},
    # Letters with a stroke or a tie have no decomposition in Unicode.
    **{
        ord(letter): plain
        for letter, plain in zip(
            "øłđħŧıæœðþŋſ", ["o", "l", "d", "h", "t", "i", "ae", "oe", "d", "th", "n", "s"], strict=True
        )
    },
}
_INITIAL = r"(?:{letter}(?:\.{letter})+\.?(?!{any}))"


def _pattern(letter: str, run: str, any_: str) -> str:
    """Return the regular expression of one word over the given classes of characters."""
    mark = f"[{APOSTROPHES}]"
    final = f"{mark}[sS](?!{any_}|{mark}{letter})"
    inner = f"(?:(?<={letter}){mark}(?!(?<={mark})[sS](?!{any_}|{mark}{letter})){run})*"
    return f"{_INITIAL.format(letter=letter, any=any_)}|{run}{inner}|(?<={any_}){final}"


_ascii = re.compile(_pattern("[A-Za-z]", "[A-Za-z0-9]+", "[A-Za-z0-9]"))


@cache
def _unicode(*, paired: bool) -> re.Pattern[str]:
    """Return the pattern for any script; built when first needed, since it looks at all of Unicode's marks."""
    marks = _ranges([code for code in range(0x300, 0x20000) if unicodedata.category(chr(code))[0] == "M"])
    letter, digit = r"[^\W\d_]", r"[^\W_]"
    one = f"(?:{digit}|[{marks}])"
    if not paired:
        return re.compile(_pattern(f"(?:{letter}|[{marks}])", f"(?:{digit}+|[{marks}]+)+", one))
    other = f"(?:(?![{_PAIRED}]){one})"
    pattern = _pattern(f"(?:(?![{_PAIRED}])(?:{letter}|[{marks}]))", f"{other}+", other)
    return re.compile(f"(?P<paired>[{_PAIRED}]+)|{pattern}")


def _ranges(codes: list[int]) -> str:
    parts: list[list[int]] = []
    for code in codes:
        if parts and parts[-1][1] == code - 1:
            parts[-1][1] = code
        else:
            parts.append([code, code])
    return "".join(f"{chr(first)}-{chr(last)}" if first != last else chr(first) for first, last in parts)


def fold(word: str) -> str:
    """Return one word as it is compared: without case and accents, one apostrophe, initials with a final dot."""
    word = word.replace("´", "'")  # in Unicode it is a space with an accent
    text = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", word).casefold()).translate(_FOLDED)
    text = "".join(unicodedata.normalize("NFC", text).split())
    return text + "." if "." in text and text[-1] != "." else text


def is_paired(text: str) -> bool:
    """Return whether ``text`` has a character of a script that writes no spaces."""
    return not text.isascii() and _paired.search(text) is not None


def words(text: str) -> list[tuple[str, int, int]]:
    """Return (folded word, start, end) for each word of ``text``, in code points of it."""
    if text.isascii():
        return [(_once(found[0]), *found.span()) for found in _ascii.finditer(text)]
    paired = is_paired(text)
    result: list[tuple[str, int, int]] = []
    for found in _unicode(paired=paired).finditer(text):
        start, end = found.span()
        pairs = range(start, end) if paired and found["paired"] else ()
        places = [(at, min(at + 2, end)) for at in pairs] or [(start, end)]
        result += [(_once(text[start:end]), start, end) for start, end in places]
    return [entry for entry in result if entry[0]]


class Cut(NamedTuple):
    """A text cut into words."""

    words: tuple[str, ...]
    """The folded words in order."""
    plain: str
    """An ASCII text in small letters between two spaces, with one for each sign but dots and apostrophes within.

    Letters and digits between two spaces are a word. Of a text that is not ASCII, nothing.
    """


def cut(text: str) -> Cut:
    """Return the words of a text: those of ``words`` without their places, ten times as fast.

    The rules, the fingerprint and the search index each ask for those of a story's body, one after the other.
    """
    return _remembered(text) if BRIEF < len(text) <= USUAL else _cut_text(text)


def folded(text: str) -> tuple[str, ...]:
    """Return the folded words of ``text`` in order."""
    return cut(text).words


def counts(chunks: Iterable[str]) -> Iterator[int]:
    """Return how many words each chunk has; a chunk is what stands between two spaces."""
    return map(len, map(_chunks.__getitem__, chunks))


def _cut_text(text: str) -> Cut:
    """Return the words of a text by way of what stands between two spaces, which in ASCII mostly is a word as it is."""
    if not text.isascii():
        return Cut(tuple(chain.from_iterable(map(_chunks.__getitem__, text.split()))), "")
    plain = f" {text.encode().translate(_PLAIN).decode()} ".replace(". ", "  ")
    marks = plain.replace(".", "'")
    at, place = 0, marks.find("'")
    if marks.count("'") > len(marks) * OFTEN:
        return Cut(tuple(chain.from_iterable(map(_chunks.__getitem__, plain.split()))), plain)
    found: list[str] = []
    while place >= 0:
        start, end = plain.rfind(" ", at, place) + 1, plain.find(" ", place)
        found += plain[at:start].split()
        found += _chunks[plain[start:end]]
        at, place = end, marks.find("'", end)
    found += plain[at:].split()
    return Cut(tuple(found), plain)


_once = lru_cache(maxsize=20_000)(fold)
_remembered = lru_cache(maxsize=256)(_cut_text)


class Chunks(dict[str, Made]):
    """What is made of a word, or of what stands between two spaces; forgets all when full, for new ones have no end."""

    limit, longest = 50_000, 40

    def __init__(self, make: Callable[[str], Made]) -> None:
        self.make = make

    def __missing__(self, chunk: str) -> Made:
        found = self.make(chunk)
        if len(chunk) <= self.longest:
            if len(self) >= self.limit:
                self.clear()
            self[chunk] = found
        return found


def _cut(chunk: str) -> tuple[str, ...]:
    bare = chunk.strip('.,;:!?()"')
    if bare.isascii() and bare.isalpha():
        return (sys.intern(bare.lower()),)
    return tuple(sys.intern(word) for word, _start, _end in words(chunk))


_chunks = Chunks(_cut)
