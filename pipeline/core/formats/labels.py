"""What desks write into headlines, slugs and notes where their dialect has no flag: kills, corrections, embargoes.

A label counts in a headline only as the desks set it: at the start, in capitals, set off from the headline by a
colon, a dash or brackets (``UPDATE 2-``, ``CORRECTED:``, ``(REFILE)``). "Kill Bill returns" carries none.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from pipeline.core.formats.dates import moment
from pipeline.core.formats.words import signal_of

_WORDS = (
    r"MANDATORY KILL|BULLETIN KILL|KILL|KILLED|WITHDRAWAL|WITHDRAWN|RETRACTION|CORRECTION|CORRECTED|CORRECTS|CORRECTIVE"
    r"|CLARIFICATION|UPDATE|UPDATED|UPDATES|REFILE|REFILED|REFILES|RPT|REPEAT|WRITETHRU|WRITE-THRU|ADVISORY|WRAPUP"
    r"|FLASH|BULLETIN|URGENT|NEWSALERT|ALERT|KORREKTUR|BERICHTIGUNG|EILMELDUNG|EIL"
)
_HEADLINE = re.compile(
    rf"[\s*]{{0,5}}(?:[(\[]({_WORDS})(?:\s?\d{{1,2}})?[)\]]|({_WORDS})(?:\s?\d{{1,2}})?\s*(?:[-–—:/]|\*{{2,}}))"
)
_SLUG = re.compile(
    r"[,\s-](?:\d{1,2}(?:st|nd|rd|th)\s)?(?:Ld[-\s])?"
    r"(Writethru|Write-Thru|Mandatory Kill|Kill|Withdrawal|Advisory|Corrective|Correction|Refile|Ld)(?![a-z])",
    re.IGNORECASE,
)
_NOTE = re.compile(
    r"\b(?:(mandatory kill|bulletin kill|kill(?= (?:the |this |all )?(?:story|stories|versions?|item|copy|slug))"
    r"|(?-i:KILL)(?=\s*(?:[:–—-]|$))"
    r"|(?:story|item|article|version|copy|report)\b.{0,40}?"
    r"\b(?:has been|is|was) (?:withdrawn|killed|retracted|recalled)"
    r"|(?:withdraws?|disregard) (?:the |this )?(?:story|item|article|report)"
    r"|meldung\b.{0,40}?\bzurückgezogen|dépêche\b.{0,40}?\bannulée)"
    r"|(corrects|correcting|correction|corrected|corrective|korrektur|berichtigung|berichtigt|corrige)"
    r"|(write-?thru|writethrough)"
    r"|(refiles?|refiling|refiled)"
    r"|(updates|updating|updated|adds|aktualisiert|ergänzt|mise à jour)"
    r"|(advisory)|(repeats|repeating|resends))\b",
    re.IGNORECASE,
)
_OPENING = 300
"""A label stands where a note opens; behind it dpa, for one, lists corrections among its contacts."""

_LONGEST = 4000
_NOTE_SIGNALS = ("kill", "correction", "writethru", "refile", "update", "advisory", "repeat")
_OTHER_TONGUES = {"KORREKTUR": "correction", "BERICHTIGUNG": "correction", "EILMELDUNG": "flash", "EIL": "flash"}
_LOUD = {"flash": 1, "urgent": 2, "alert": 2, "bulletin": 3}


def headline_label(headline: str | None) -> str | None:
    """Return the signal of a label at the start of a headline."""
    found = _HEADLINE.match(headline) if headline else None
    if found is None:
        return None
    word = found.group(1) or found.group(2)
    return _OTHER_TONGUES.get(word) or signal_of([word.removeprefix("MANDATORY ").removeprefix("BULLETIN ")])


def slug_label(slugline: str | None) -> str | None:
    """Return the signal of a slug's tail: ``BC-US--Earns, 1st Ld-Writethru``."""
    found = _SLUG.search(slugline) if slugline else None
    if found is None:
        return None
    word = found.group(1).lower().removeprefix("mandatory ")
    return "update" if word == "ld" else signal_of([word])


def note_label(note: str | None) -> str | None:
    """Return the signal that an editor's note puts into words."""
    found = _NOTE.search(note, 0, _OPENING) if note else None
    return (
        next((name for name, text in zip(_NOTE_SIGNALS, found.groups(), strict=True) if text), None) if found else None
    )


def loudness(signal: str | None) -> int | None:
    """Return the urgency of a label that is one of urgency: flash 1, urgent and alert 2, bulletin 3."""
    return _LOUD.get(signal or "")


_MONTHS = {
    month: number
    for number, names in enumerate(
        (
            *("jan january januar janvier", "feb february februar février", "mar march märz mars", "apr april avril"),
            *(
                "may mai",
                "jun june juni juin",
                "jul july juli juillet",
                "aug august août",
                "sep sept september septembre",
            ),
            *("oct october oktober octobre okt", "nov november novembre", "dec december dezember décembre dez"),
        ),
        1,
    )
    for month in names.split()
}
_EMBARGO = re.compile(
    r"(?:embargo(?:ed)?(?:\s*:|\s+(?:for\s+(?:release|publication)\s+)?(?:until|till|to|ends?)\b)"
    r"|(?:not\s+for|do\s+not|no)\s+(?:publication|publish|release|use|broadcast)\w*\s+(?:before|until|till)"
    r"|hold\s+(?:for\s+release\s+)?until|for\s+release\s+(?:at|after)|sperrfrist(?:\s+bis)?|gesperrt\s+bis"
    r"|sous\s+embargo\s+jusqu.{1,4})\s*:?\s*(?P<when>[^\n;]{0,80})",
    re.IGNORECASE,
)
_LIFTED = re.compile(r"embargo\s+(?:lifted|is\s+lifted|over|aufgehoben|levé)|no\s+embargo", re.IGNORECASE)
_ISO = re.compile(r"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d)?\s?(?:Z|GMT|UTC|[+-]\d\d:?\d\d)?)?", re.IGNORECASE)
_CLOCK = re.compile(
    r"(?<![\d.])(?P<h>\d{1,2})(?:[:.h]?(?P<m>\d\d))?\s*(?P<half>[ap]\.?m\.?)?(?:\s*(?:Uhr|hrs|hours|h))?"
    r"\s*(?P<zone>GMT|UTC|BST|CET|CEST|MEZ|MESZ|E[SD]?T|C[SD]T|M[SD]T|P[SD]?T)?(?![\d.A-Za-z])",
    re.IGNORECASE,
)
_MONTH = "|".join(sorted(_MONTHS, key=len, reverse=True))
_DAY = re.compile(
    rf"(?<![\d:.])(?P<d>\d{{1,2}})(?:st|nd|rd|th|er)?\.?\s+(?P<mon>{_MONTH})\b\.?,?(?:\s+(?P<y>\d{{4}}))?"
    rf"|\b(?P<mon2>{_MONTH})\b\.?\s+(?P<d2>\d{{1,2}})(?!\d)(?:st|nd|rd|th)?(?:,?\s+(?P<y2>\d{{4}}))?"
    r"|(?<!\d)(?P<d3>\d{1,2})\.(?P<m3>\d{1,2})\.(?P<y3>\d{4})?",
    re.IGNORECASE,
)
_MIDNIGHT = re.compile(r"\b(?:midnight|mitternacht|minuit)\b", re.IGNORECASE)
_NOON = re.compile(r"\b(?:noon|midday|mittag|midi)\b", re.IGNORECASE)
_HOURS = {"BST": 1, "CET": 1, "MEZ": 1, "CEST": 2, "MESZ": 2, "ET": -5, "EST": -5, "EDT": -4, "CST": -6, "CDT": -5}
_HOURS |= {"MST": -7, "MDT": -6, "PT": -8, "PST": -8, "PDT": -7}


def embargo_phrase(note: str | None, written: datetime | None) -> tuple[bool, datetime | None]:
    """Return whether a note lays an embargo on the story, and until when, as far as that can be read.

    A time without a date is the next such time after ``written``; a date without a year falls in the year of
    ``written``, or in the next one where that lies more than half a year back. A time without a zone is UTC.
    """
    found = _EMBARGO.search(note, 0, _LONGEST) if note else None
    if note is None or found is None or _LIFTED.search(note):
        return False, None
    when = found["when"]
    if iso := _ISO.search(when):
        return True, moment(iso.group())
    try:
        return True, _spoken(when, written)
    except (ValueError, OverflowError):
        return True, None


def _spoken(when: str, written: datetime | None) -> datetime | None:
    # "Until midnight of the 7th" may mean either end of that day: the later one lets nothing out too early.
    when = _NOON.sub("12:00", _MIDNIGHT.sub("24:00", when))
    day = _date(when, written)
    rest = when
    if day is not None:
        rest = when[: day[1].start()] + " , " + when[day[1].end() :]
    clock = next((c for c in _CLOCK.finditer(rest) if c["m"] or c["half"] or c["zone"]), None)
    if clock is None or (day is None and written is None):
        return None
    hour = int(clock["h"]) % 12 + (12 if clock["half"][0] in "pP" else 0) if clock["half"] else int(clock["h"])
    shift = timedelta(hours=_HOURS.get((clock["zone"] or "").upper(), 0))
    if hour > 24:
        return None
    base = day[0] if day else written
    if base is None:
        return None
    until = datetime(base.year, base.month, base.day, hour % 24, int(clock["m"] or 0), tzinfo=UTC) - shift
    until += timedelta(days=hour // 24)
    if day is None and written is not None and until <= written:
        until += timedelta(days=1)
    return until


def _date(when: str, written: datetime | None) -> tuple[datetime, re.Match[str]] | None:
    for found in _DAY.finditer(when):
        part = found.groupdict()
        name = (part["mon"] or part["mon2"] or "").lower()
        month = int(part["m3"]) if part["m3"] else _MONTHS.get(name)
        year = part["y"] or part["y2"] or part["y3"]
        if month is None or (year is None and written is None):
            continue
        number = int(part["d"] or part["d2"] or part["d3"])
        if year is not None:
            return datetime(int(year), month, number, tzinfo=UTC), found
        if written is not None:
            day = datetime(written.year, month, number, tzinfo=UTC)
            return (day.replace(year=day.year + 1) if written - day > timedelta(days=183) else day), found
    return None
