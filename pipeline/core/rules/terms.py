"""A single term of a query: text into items and phrases, values into tags and data."""

from __future__ import annotations

import re
import unicodedata

from pipeline.core.rules.names import Names
from pipeline.core.rules.query import Data, Exact, Forms, Fuzzy, Item, Phrase, Tag, TagField, TextField, Wild, Word
from pipeline.core.story import Kind, Status
from pipeline.core.words import APOSTROPHES, is_paired, words

LEAST_LETTERS, MOST_LETTERS = 3, 40
_wild = re.compile(r"[*?]")
_range = re.compile(r"([0-9]?)(?:(\.\.)([0-9]?))?")
_one_apostrophe = str.maketrans(dict.fromkeys(APOSTROPHES, "'"))


class TermError(ValueError):
    """A term is no good; ``hint`` says what to write."""

    def __init__(self, reason: str, hint: str | None = None) -> None:
        super().__init__(reason)
        self.reason, self.hint = reason, hint


def as_written(text: str) -> str:
    """Return a word of a text as ``=`` compares it: composed, with one apostrophe."""
    return text if text.isascii() else unicodedata.normalize("NFC", text).translate(_one_apostrophe)


def text_term(
    text: str, field: TextField | None, *, exact: bool = False, forms: bool = False, within: int | None = None
) -> Item | Phrase:
    """Return the word or phrase that ``text`` is, a wildcard or ``~1`` in it included; raises TermError."""
    if "~" in text:
        return _fuzzy(text, field)
    entries = _entries(text)
    if not entries:
        raise TermError(f"there is no word in {text!r}" if text.strip() else "there is no word between the marks")
    items = [
        (at, _item(text[start:end], word, field, exact=exact, forms=forms))
        for at, (word, start, end) in enumerate(entries)
        if not (at and entries[at - 1][2] == end)  # the end of a run of characters, which the pair before it holds
    ]
    if len(items) == 1:
        if within is not None:
            raise TermError('"…"~n is for two words or more', f"{text}~1 takes one edit")
        return items[0][1]
    return Phrase(tuple(item for _at, item in items), tuple(at - items[0][0] for at, _item in items), within)


def _item(text: str, word: str, field: TextField | None, *, exact: bool, forms: bool) -> Item:
    if _wild.search(word):
        return _pattern(word, field, exact=exact or forms)
    if is_paired(text):  # a single character: any pair that begins with it; folded, it may be two (Thai am)
        return Wild(f"{word}*", field) if len(text) == 1 else Word(word, field)
    if exact and forms:
        raise TermError("= and forms: exclude each other", "= takes the word as it is written")
    if exact:
        return Exact(as_written(text), word, field)
    return Forms(word, field) if forms and word.isalpha() else Word(word, field)


def _entries(text: str) -> list[tuple[str, int, int]]:
    """Return the words with their places; what touches a wildcard is one word with it."""
    found = words(text)
    if not _wild.search(text):
        return found
    marks = [(mark[0], *mark.span()) for mark in _wild.finditer(text)]
    result: list[tuple[str, int, int]] = []
    joined = -1
    for word, start, end in sorted([*found, *marks], key=lambda entry: entry[1]):
        touches = result and result[-1][2] == start and (word in "*?" or joined == start)
        if touches:
            before = result.pop()
            result.append((before[0] + word, before[1], end))
        else:
            result.append((word, start, end))
        if word in "*?":
            joined = end
    return result


def _pattern(word: str, field: TextField | None, *, exact: bool) -> Wild:
    if exact:
        raise TermError("a wildcard goes with neither = nor forms:")
    start = _wild.split(word, maxsplit=1)[0]
    if is_paired(word):
        raise TermError(
            f"{word}: scripts without spaces take no wildcards", "a single character matches where it stands"
        )
    if len(start) < LEAST_LETTERS:
        raise TermError(f"{word}: a wildcard needs at least {LEAST_LETTERS} letters before it")
    return Wild(word, field)


def _fuzzy(text: str, field: TextField | None) -> Fuzzy:
    before, _tilde, edits = text.rpartition("~")
    entries = words(before)
    if edits != "1" or len(entries) != 1 or _wild.search(before) or before.startswith("="):
        raise TermError(f"{text}: ~1 goes with a single word", f'{before}~1, or "two words"~3 for a distance')
    if is_paired(before) or not LEAST_LETTERS <= len(entries[0][0]) <= MOST_LETTERS:
        raise TermError(f"{text[:80]}: ~1 needs a word of {LEAST_LETTERS} to {MOST_LETTERS} letters")
    return Fuzzy(entries[0][0], field)


def tag_term(field: TagField, name: str, names: Names) -> Tag:
    """Return the tag term, its name looked up; raises TermError on a name that nobody knows."""
    name = name.strip()
    if not name:
        raise TermError(f"{field}: needs a value")
    if field in ("region", "focus"):
        codes = names.region_codes(name)
        if not codes:
            raise TermError(f"no region is called {name!r}", "a country's code or name, or a group's")
        return Tag(field, name, tuple(sorted(codes)))
    if field == "actor":
        ids = names.actor_ids(name)
        if not ids:
            raise TermError(f"no actor is called {name!r}", "`wirewatch dictionary explain` shows who is known")
        return Tag(field, name, tuple(sorted(ids)))
    if field == "kind":
        kind = name.lower().replace("-", "_")
        if kind not in set(Kind):
            raise TermError(f"no kind of actor is called {name!r}", f"known: {', '.join(Kind)}")
        return Tag(field, kind, (kind,))
    return Tag(field, name.upper(), (name.upper(),))


def data_term(field: str, value: str) -> Data:
    """Return the term on a field of the story; raises TermError on a value that it cannot have."""
    if field == "urgency":
        found = _range.fullmatch(value)
        if not value or not found:
            raise TermError(f"urgency: takes a number or a range, not {value!r}", "urgency:1..3")
        low = int(found[1] or 1)
        high = int(found[3] or 9) if found[2] else low
        numbers = tuple(str(number) for number in range(max(low, 1), min(high, 9) + 1))
        if not numbers:
            raise TermError(f"urgency:{value} can never match", "urgency goes from 1 to 9")
        return Data("urgency", numbers)
    if field == "status":
        if value.lower() not in set(Status):
            raise TermError(f"status:{value} can never match", f"known: {', '.join(Status)}")
        return Data("status", (value.lower(),))
    if not re.fullmatch(r"[\w-]+", value.lower()):
        raise TermError(f"signal: takes one word, not {value!r}", "signal:correction")
    return Data("signal", (value.lower(),))
