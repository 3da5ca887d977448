"""Neighbours: what the words beside a hit say about it; no function looks further than a few words."""

from __future__ import annotations

from collections.abc import Mapping

from pipeline.core.tag.dictionary import Sense
from pipeline.core.tag.grammar import (
    ACTS,
    BACKING,
    DIRECTIONS,
    FIRM,
    GROUND,
    LOCATIVE,
    PLACING,
    SPEECH,
    STREETS,
    TICKER,
)
from pipeline.core.tag.scan import PLACES, Hit

Words = Mapping[str, frozenset[str]]
_LISTED = 60
"""Characters of a list: ``languages like German and Hebrew``."""
LONGEST_WORD = 40
"""Characters of a word that anything is known about."""
_TOWNS = frozenset({"city", "capital"})
_NONE: frozenset[str] = frozenset()


def ticker(hit: Hit) -> bool:
    """Say whether a hit is part of a ticker: ``<UN.A>``."""
    written = hit.text.written
    return hit.start > 0 and written[hit.start - 1] == "<" and TICKER.match(written, hit.start) is not None


def qualify(hit: Hit, following: Hit) -> bool:
    """Accept a town by what stands behind it: ``Paris, Texas`` and ``Athens City Council`` are not in Europe."""
    if following.text is not hit.text:
        return False
    if hit.sense.use not in _TOWNS and hit.sense.use not in ("division", "name"):
        return False
    gap = following.start - hit.end
    if gap == 1 and following.sense.use == "cue" and hit.sense.use in _TOWNS:
        sense = hit.placed(following.sense.region)
        if sense is not None:
            hit.accept(sense, f"before {following.written}")
        return sense is not None
    if gap not in (1, 2) or hit.text.written[hit.end] != "," or following.sense.use not in ("name", "division"):
        return False
    regions = [sense.region for sense in following.senses if sense.use in ("name", "division")]
    own = {sense.region for sense in hit.senses if sense.use in PLACES}
    region = next((region for region in regions if region in own), regions[0])
    if region not in own and "name" in (hit.sense.use, following.sense.use):
        return False  # a list: France, Germany
    hit.accept(hit.placed(region) or Sense("city", region), f"followed by {following.written}")
    if following.sense.weak:
        following.accept(next(sense for sense in following.senses if sense.region == region), f"after {hit.written}")
    return True


def forbidden(hit: Hit, following: Hit | None, words: Words) -> str:
    """Return why the words before or behind make a hit something else, or nothing."""
    if hit.text.written[hit.end : hit.end + 1] == "$":
        return "a currency"
    if not hit.pattern.bare or hit.text.caps:
        return ""
    if hit.sense.use == "demonym":
        return "a language" if _spoken(hit) else ""
    return _after_given_name(hit, words) or _before_capital(hit, following, words)


def namesake(hit: Hit, words: Words) -> str:
    """Return why a surname is somebody else's: a given name before it, or a surname behind what is a given name too."""
    if not hit.pattern.bare or hit.text.caps or hit.text.written[hit.start + 1 : hit.end].isupper():
        return ""
    reason = _after_given_name(hit, words)
    if reason or hit.pattern.form not in words.get("given", _NONE):
        return reason
    written = hit.text.written
    if written[hit.end : hit.end + 1] == " " and written[hit.end + 1 : hit.end + 2].isupper():
        return f"a given name before {word_after(hit).capitalize()}"
    return ""


def _spoken(hit: Hit) -> bool:
    """Say whether a demonym is a language: ``written in German.``; not ``in German industry``."""
    written = hit.text.written
    if written[hit.end : hit.end + 1] == " " and written[hit.end + 1 : hit.end + 2].isalpha():
        return False
    padded = hit.text.folded.text
    return word_before(hit) in SPEECH or " languages " in padded[max(0, hit.from_ - _LISTED) : hit.from_]


def _after_given_name(hit: Hit, words: Words) -> str:
    written = hit.text.written
    space = hit.start - 1
    if space <= 0 or written[space] != " ":
        return ""
    word = word_before(hit)
    if word in words.get("given", _NONE) and word not in LOCATIVE and written[max(0, space - len(word))].isupper():
        return f"after the given name {word.capitalize()}"
    return ""


def _before_capital(hit: Hit, following: Hit | None, words: Words) -> str:
    written = hit.text.written
    if written[hit.end : hit.end + 1] != " " or not written[hit.end + 1 : hit.end + 2].isupper():
        return ""
    word = word_after(hit)
    if word in STREETS:
        return "the name of a street"
    if following is not None and following.text is hit.text and following.from_ == hit.to + 1:
        return ""
    if hit.pattern.form in words.get("given", _NONE) and word not in words.get("title", _NONE):
        return f"a given name before {word.capitalize()}"
    if word in words.get("after", _NONE):
        return f"part of a name that ends in {word.capitalize()}"
    return ""


def after_town(hit: Hit, words: Words) -> bool:
    """Say whether a capitalised word and a comma stand before, and no person: ``Lewisburg, Pa.``."""
    written, padded = hit.text.written, hit.text.folded.text
    if written[max(0, hit.start - 2) : hit.start] != ", ":
        return False
    begin = padded.rfind(" ", max(0, hit.from_ - LONGEST_WORD), hit.from_ - 2) + 1
    if begin >= hit.from_ - 2 or not written[max(0, hit.start - (hit.from_ - begin))].isupper():
        return False
    return padded[padded.rfind(" ", max(0, begin - LONGEST_WORD), begin - 1) + 1 : begin - 1] not in words.get(
        "given", _NONE
    )


def preposition(hit: Hit) -> str:
    """Return the preposition of place before a hit, directions between them aside; or nothing."""
    if hit.text.written[hit.start - 1 : hit.start] != " ":
        return ""
    padded, end = hit.text.folded.text, hit.from_ - 1
    for _ in range(3):
        begin = padded.rfind(" ", max(0, end - LONGEST_WORD), end)
        word = padded[begin + 1 : end] if begin >= 0 else ""
        if word not in DIRECTIONS:
            return word if word in LOCATIVE else ""
        end = begin
    return ""


_AND = frozenset({" and ", " or ", ", ", ", and "})


def listed(before: Hit, hit: Hit) -> bool:
    """Say whether a name stands in a list behind a place: ``to Manchester and Cork``."""
    if not before.accepted or before.sense.use not in PLACES or before.text is not hit.text:
        return False
    written = hit.text.written
    if written[hit.end : hit.end + 1] == " " and written[hit.end + 1 : hit.end + 2].isupper():
        return False  # the first word of a longer name
    return written[before.end : hit.start] in _AND


def minority(before: Hit, hit: Hit) -> bool:
    """Say whether a people is one of the country before it: ``Bosnian Serbs``, ``Guatemalan Indians``."""
    return (
        before.accepted
        and before.sense.use == "demonym"
        and before.text is hit.text
        and hit.start - before.end == 1
        and hit.text.written[before.end] == " "
    )


def word_before(hit: Hit) -> str:
    """Return the folded word before a hit, or nothing where there is none near."""
    padded, end = hit.text.folded.text, hit.from_ - 1
    begin = padded.rfind(" ", max(0, end - LONGEST_WORD), end) + 1
    return padded[begin:end] if begin else ""


def word_after(hit: Hit) -> str:
    """Return the folded word behind a hit, or nothing where there is none near."""
    return _word(hit.text.folded.text, hit.to + 1)


def _word(padded: str, begin: int) -> str:
    """Return the word at a place; scripts without spaces must not be searched to the end of the text each time."""
    end = padded.find(" ", begin, begin + LONGEST_WORD)
    return padded[begin:end] if end > 0 else ""


PLACED, NAMED, ACTING = range(3)
"""What a country does in a sentence: nothing, it is where something happens; it is named; its government acts."""


def part(hit: Hit) -> int:
    """Return what a region does: ``in Hungary`` is a place, ``Hungarian wine`` names it, ``Hungary said`` acts."""
    if hit.anchor:
        return NAMED
    before = preposition(hit)
    written = hit.text.written
    if hit.aside or before in PLACING or (written[hit.end : hit.end + 1] in "-–" and BACKING.match(written, hit.end)):
        return PLACED
    padded, begin = hit.text.folded.text, hit.to + 1
    following = _word(padded, begin)
    if following == "s":
        begin += 2
        following = _word(padded, begin)
    if following in GROUND:
        return PLACED
    if hit.sense.use != "demonym":
        return ACTING if hit.sense.use in _GOVERNING and not before else NAMED
    if not written[hit.end + 1 : hit.end + 2].islower():
        return ACTING
    return ACTING if following in ACTS or _word(padded, begin + len(following) + 1) in ACTS else NAMED


_GOVERNING = frozenset({"name", "capital"})


def names_firm(hit: Hit) -> bool:
    """Say whether a hit begins the name of a firm: ``Israel Chemicals Ltd``, ``San Juan Basin Royalty Trust``."""
    written = hit.text.written
    return FIRM.match(written, hit.end, hit.end + 80) is not None
