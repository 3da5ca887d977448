"""The words of English that decide what stands beside them; closed classes, unlike the names in the dictionaries."""

from __future__ import annotations

import re


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


LOCATIVE = _words(
    "in near at outside from around of to across inside into through throughout within towards visit visiting visited"
)
"""Before a name they say that it is a place."""
DIRECTIONS = _words(
    "the northern southern eastern western central downtown north south east west northeastern northwestern "
    "southeastern southwestern neighboring neighbouring nearby"
)
"""They may stand between a preposition and its place."""
SPEECH = _words(
    "in into from speak speaks speaking spoke spoken fluent learn learned learning read reads write writes like"
)
"""Before a people at the end of a phrase they say that its language is meant."""
STREETS = _words("street avenue road boulevard lane drive st ave rd blvd dr court ct terrace")
LINKS = frozenset({"of", "in", "from", "of the", "in the", "from the", "for", "for the", "across", "inside"})
"""Between a role noun and its country: ``rebels in Chad``."""
SEVERING = _words(
    "and or in to on as with by said says for of at from is was were has had the a an against that will would over"
)
"""Between a people and a noun they say that the two do not belong together."""
APART = re.compile(r"[.,;:!?()\"“”\n–—]")
TICKER = re.compile(r"[A-Z.]{1,8}>")
FIRM = re.compile(
    r"(?: (?:[A-Z][\w.'-]*|and|&|of)){0,4}? (?:Inc|Corp|Co|Cos|Ltd|Plc|PLC|AG|SA|NV|Industries|Bancorp|Financial|"
    r"Fund|Trust|Resources|Airlines|Airways|Holdings|Group)\b"
)
