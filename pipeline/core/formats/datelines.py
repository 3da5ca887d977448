"""Datelines: the place, date and agency that open a wire story's text, taken off it.

``GROSSETO, Italy (AP) --``, ``Berlin (dpa) -``, ``BEIJING, Oct. 10 (Xinhua) --``, ``MOSCOW, April 3. /TASS/.``,
``LONDON--(BUSINESS WIRE)--``, ``(ANSA) - ROMA, 12 MAG -``, ``PARIS -``. An opening
in mixed case counts only with an agency that is known, or is the provider, or stands in lower case: "Nutrisystem Inc.
(NTRI) - the company" opens a sentence.
"""

from __future__ import annotations

import re

_DASH = r"(?:-{1,2}|–|—|_{1,2}|―)"
_WITH_AGENCY = re.compile(
    rf"(?P<place>[^\W\d_][^()\n]{{1,90}}?(?:\([^()\n]{{2,30}}\),[^()\n]{{1,30}}?)?)\s*(?:-{{1,2}}|–|—)?\s?\((?P<agency>[^()\n]{{2,40}})\)(?P<end>\s*(?:\.\s*)?{_DASH}\s*|\s*[.:=]\s+|\s+)"
)
_AGENCY_FIRST = re.compile(
    rf"\((?P<agency>[^()\n]{{2,40}})\)\s*(?:\.\s*)?{_DASH}\s+(?:(?P<place>[^\W\d_][^()\n]{{1,60}}?)\s{_DASH}\s+)?"
)
_SLASHED = re.compile(rf"(?P<place>[^\W\d_][^/\n]{{1,90}}?)\s*/(?P<agency>[^/\n]{{2,40}})/\s*(?:\.\s+|{_DASH}\s*)")
_BARE = re.compile(
    rf"(?P<place>[^\W\d_a-z][^\W\d_a-z'’.\- ]{{2,}}(?:[ '’.-][^\W\d_a-z]+){{0,4}})"
    rf"(?P<rest>,\s[^\n()–—]{{2,60}}?)?\s{_DASH}\s"
)
# 新华社北京3月2日电（记者…） · 【北京＝共同】 · ［東京　２日　ロイター］ - · (서울=연합뉴스) 홍길동 기자 =
_EAST = re.compile(
    r"[\u4e00-\u9fff]{2,8}社[\u4e00-\u9fff]{2,15}\d{1,2}月\d{1,2}日(?:[\u4e00-\u9fff]{0,3}[电電訊讯])(?:\s?[（(][^（）()\n]{2,40}[）)])?\s*"
    r"|[【［\[](?:[^】］\]\n]{1,30}?[=＝][^】］\]\n=＝]{1,20}|[^】］\]\n]{1,30}\sロイター)[】］\]]\s?(?:[-－–—]\s)?"
    r"|\([가-힣·]{1,15}=[가-힣A-Za-z]{2,12}\)\s(?:[가-힣]{2,4}(?:[\s·][가-힣]{2,4}){0,3}\s=\s)?"
)
_EASTERN = re.compile(r"[【［\[(]?[\u3040-\u30ff\u4e00-\u9fff가-힣]")
_AGENCIES = frozenset(
    (
        *("ap", "reuters", "afp", "dpa", "upi", "xinhua", "tass", "itar-tass", "ansa", "efe", "kyodo", "jiji press"),
        *("pa", "pti", "ians", "ani", "anp", "apa", "ats", "belga", "tt", "ntb", "ritzau", "stt", "lusa", "ctk", "pap"),
        *(
            "mti",
            "interfax",
            "ria novosti",
            "ukrinform",
            "anadolu",
            "aa",
            "yonhap",
            "kcna",
            "cna",
            "bernama",
            "antara",
            "sda",
            "awp",
            "čtk",
        ),
        *(
            "aap",
            "rte",
            "cp",
            "the canadian press",
            "irna",
            "sana",
            "wam",
            "spa",
            "mena",
            "petra",
            "kuna",
            "qna",
            "apx",
        ),
        *(
            "bloomberg",
            "business wire",
            "globe newswire",
            "globenewswire",
            "prnewswire",
            "sid",
            "kna",
            "epd",
            "vna",
            "ints",
        ),
        *(
            "thomson reuters foundation",
            "ap photo",
            "ips",
            "inter press service",
            "europa press",
            "notimex",
            "agerpres",
        ),
    )
)
_NO_PLACES = frozenset(
    (
        *("NATO", "OPEC", "UNESCO", "UNICEF", "UNHCR", "ASEAN", "BRICS", "INTERPOL", "FIFA", "UEFA", "NASA", "COVID"),
        *(
            "BREAKING",
            "EXCLUSIVE",
            "WATCH",
            "VIDEO",
            "PHOTOS",
            "CORRECTION",
            "CORRECTED",
            "UPDATE",
            "ANALYSIS",
            "OPINION",
        ),
        *(
            "URGENT",
            "FLASH",
            "BULLETIN",
            "ALERT",
            "ADVISORY",
            "KILL",
            "NOTE",
            "EDITORS",
            "FACTBOX",
            "TIMELINE",
            "SOCCER",
        ),
    )
)
_ABBREVIATED = re.compile(r"\b(?:[A-Z][a-z]{0,5}|[SFM]T|\d{1,2})\.")
_LONGEST = 160


def split_dateline(body: str | None, provider: str | None) -> tuple[str | None, str | None]:
    """Return the dateline that opens ``body``, without its closing dash, and the body without it."""
    if not body:
        return None, body
    opening = body[:_LONGEST]
    if (
        opening[0] == "("
        and (found := _AGENCY_FIRST.match(opening)) is not None
        and _is_known(found["agency"], provider)
    ):
        end = found.end() if _is_dated_place(found["place"]) else opening.index(")") + 1
        return _clean(opening[:end]), body[end:].lstrip(" .-–—_―")
    if _EASTERN.match(opening):
        found = _EAST.match(opening)
        if found is not None:
            return _clean(found.group()), body[found.end() :]
    for sign, pattern in (("(", _WITH_AGENCY), ("/", _SLASHED)):
        found = pattern.match(opening) if sign in opening else None
        if found is not None and _credible(found, provider):
            return _clean(found.group()), body[found.end() :]
    found = _BARE.match(opening) if opening[:2].isupper() else None
    if found is not None and found["place"] not in _NO_PLACES and _is_place(found["place"], found["rest"]):
        return _clean(found.group()), body[found.end() :]
    return None, body


def _credible(found: re.Match[str], provider: str | None) -> bool:
    place, agency = found["place"], found["agency"]
    words = place.split()
    if len(words) > 10 or (". " in place and not _ABBREVIATED.search(place) and not _capitals(words[0])):
        return False
    known = _is_known(agency, provider)
    if "end" in found.re.groupindex and not found["end"].strip():
        # Nothing but a blank behind the agency: AFP in "said to AFP (AFP) today" would do.
        lone = len(words) == 1 and words[0][:1].isupper() and found.string[found.end() : found.end() + 1].isupper()
        return known and (_capitals(words[0]) or _is_dated_place(place) or lone)
    return known or _capitals(words[0]) or (agency.islower() and len(agency) < 8 and words[0][:1].isupper())


def _is_known(agency: str, provider: str | None) -> bool:
    name = agency.strip().casefold()
    return name in _AGENCIES or name.split("/")[0] in _AGENCIES or (provider is not None and _same(name, provider))


def _is_dated_place(place: str | None) -> bool:
    """Whether a place stands there in capitals, or with a day behind it."""
    if not place:
        return False
    head, _, day = place.partition(",")
    return len(place.split()) < 8 and head[:1].isupper() and (_capitals(head.split()[0]) or any(map(str.isdigit, day)))


def _same(agency: str, provider: str) -> bool:
    provider = provider.casefold()
    return len(agency) > 1 and (agency in provider or provider in agency)


def _capitals(word: str) -> bool:
    letters = [char for char in word if char.isalpha()]
    return len(letters) > 2 and all(char.isupper() or not char.islower() for char in letters)


def _is_place(place: str, rest: str | None) -> bool:
    letters = sum(char.isalpha() for char in place)
    return letters > 3 if rest is None else letters > 2 and len(rest.split()) < 7


def _clean(dateline: str) -> str:
    return dateline.strip().rstrip("-–—_―:= ")
