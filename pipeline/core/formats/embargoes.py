"""Embargoes that a desk lays on a story in words, in its note to editors, read into the moment at which they end.

An embargo that is read too early lets a story out: so "midnight" is the later one, a weekday is the next such day, and
words that lay an embargo without an end that can be read withhold the story until somebody says more.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from pipeline.core.formats.dates import moment
from pipeline.core.formats.zones import ZONES

_LONGEST = 4000
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
# The noun opens a sentence or follows a word of the desk's: "the oil embargo to Cuba" is news, no instruction.
_EMBARGO = re.compile(
    r"(?:\bembargoed\b(?:\s*:|\s+for\b[^\n;:]{0,30}?(?:\s(?:until|till|to|at|on)\b|(?=\s\d))|\s+(?:until|till|to|ends?)\b|\s+(?=\d))"
    r"|(?:^|[.;:|(!*–—-]\s?|\b(?:strict|strictly|under|press|note)\s)embargo"
    r"(?:\s*:|\s+(?:for\s+(?:release|publication)\s+)?(?:until|till|to|ends?)\b|\s+(?=\d))"
    r"|(?:not\s+for|do\s+not|no)\s+(?:publication|publish|release|use|broadcast)\w*\s+(?:before|until|till)"
    r"|\bhold\s+until|\bhold\s+for\s+release(?:\s+(?:until|at|on))?|\bfor\s+release\s+(?:at|after|on)"
    r"|sperrfrist(?:\s+bis)?|gesperrt\s+bis"
    r"|embargo\s+jusqu.{1,4}|(?:embargado|embargo)\s+hasta|embargo\s+fino\s+a)\s*:?\s*(?P<when>[^\n;]{0,80})",
    re.IGNORECASE,
)
_CUES = (
    "embarg",
    "sperrfrist",
    "gesperrt",
    "hold",
    "release",
    "publi",
    "broadcast",
    "use before",
    "use until",
    "use till",
)
_LIFTED = re.compile(
    r"embargo\s+(?:lifted|(?:is|has\s+been)\s+lifted|over|aufgehoben|levé)|no\s+embargo|embargo:\s*(?:no|none|n/a)\b",
    re.IGNORECASE,
)
_ISO = re.compile(r"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d)?\s?(?:Z|GMT|UTC|[+-]\d\d:?\d\d)?)?", re.IGNORECASE)
_CLOCK = re.compile(
    r"(?<![\d.])(?P<h>\d{1,2})(?:[:.h]?(?P<m>\d\d))?\s*(?P<half>[ap]\.?m\.?)?(?:\s*(?P<hour>Uhr|hrs|hours|h\b))?"
    r"\s*(?P<zone>GMT|UTC|BST|CET|CEST|MEZ|MESZ|IST|JST|AE[SD]T|E[SD]?T|C[SD]T|M[SD]T|P[SD]?T)?(?![\d.A-Za-z])",
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
_WEEKDAYS = (
    *("mon|monday|montag|lundi|lunes", "tue|tues|tuesday|dienstag|mardi|martes"),
    *("wed|wednesday|mittwoch|mercredi|mi[ée]rcoles", "thu|thurs|thursday|donnerstag|jeudi|jueves"),
    *("fri|friday|freitag|vendredi|viernes", "sat|saturday|samstag|sonnabend|samedi|s[áa]bado"),
    "sun|sunday|sonntag|dimanche|domingo",
)
_WEEKDAY = re.compile(rf"\b(?:{'|'.join(f'({names})' for names in _WEEKDAYS)})\b", re.IGNORECASE)
_TOMORROW = re.compile(r"\b(?:tomorrow|morgen|demain|mañana)\b", re.IGNORECASE)


def embargo_phrase(note: str | None, written: datetime | None) -> tuple[bool, datetime | None]:
    """Return whether a note lays an embargo on the story, and until when, as far as that can be read.

    A time without a date is the next such time after ``written``, on the next such weekday where one is named; a date
    without a year falls in the year of ``written``, or in the next one where that lies more than half a year back. A
    time without a zone is UTC.
    """
    if not note or not _may_lay_one(note):
        return False, None
    found = _EMBARGO.search(note, 0, _LONGEST)
    if found is None or _LIFTED.search(note):
        return False, None
    when = found["when"]
    if iso := _ISO.search(when):
        return True, moment(iso.group())
    try:
        return True, _spoken(when, written)
    except (ValueError, OverflowError):
        return True, None


def _may_lay_one(note: str) -> bool:
    """Whether a word of the pattern stands in a note: few have one, and it takes 0.5 ms to look for the pattern."""
    lowered = note[:_LONGEST].lower()
    return any(cue in lowered for cue in _CUES)


def _spoken(when: str, written: datetime | None) -> datetime | None:
    # "Until midnight of the 7th" may mean either end of that day: the later one lets nothing out too early.
    when = _NOON.sub("12:00", _MIDNIGHT.sub("24:00", when))
    day = _date(when, written)
    rest = when
    if day is not None and day[1] is not None:
        rest = when[: day[1].start()] + " , " + when[day[1].end() :]
    elif written is not None and (named := _named_day(when, written)) is not None:
        day = (named, None)
    clock = next((c for c in _CLOCK.finditer(rest) if c["m"] or c["half"] or c["zone"] or c["hour"]), None)
    if clock is None or (day is None and written is None):
        return None
    hour = int(clock["h"]) % 12 + (12 if clock["half"][0] in "pP" else 0) if clock["half"] else int(clock["h"])
    shift = timedelta(minutes=ZONES.get((clock["zone"] or "").lower(), 0))
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


def _named_day(when: str, written: datetime) -> datetime | None:
    """Return the next day of the weekday that is named, the day of ``written`` included; or the day after it."""
    if _TOMORROW.search(when):
        return written + timedelta(days=1)
    found = _WEEKDAY.search(when)
    if found is None or found.lastindex is None:
        return None
    return written + timedelta(days=(found.lastindex - 1 - written.weekday()) % 7)


def _date(when: str, written: datetime | None) -> tuple[datetime, re.Match[str] | None] | None:
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
