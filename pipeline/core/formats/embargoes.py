"""Embargoes that a desk lays on a story in words, in its note to editors, read into the moment at which they end.

An embargo that is read too early lets a story out: so "midnight" is the later one, a weekday is the next such day, and
words that lay an embargo without an end that can be read withhold the story until somebody says more. A day without a
time is over when it has ended.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from pipeline.core.formats.dates import moment, offset
from pipeline.core.formats.zones import MONTHS, ZONES

_LONGEST = 4000
_YEARS = 5
"""How far from a story its embargo may end; four digits that name another year are a time."""

_WEEKDAYS = (
    "mon|monday|montag|lundi|lunes|maandag|mandag|måndag|lunedì",
    "tue|tues|tuesday|dienstag|mardi|martes|dinsdag|tirsdag|tisdag|martedì",
    "wed|wednesday|mittwoch|mercredi|mi[ée]rcoles|woensdag|onsdag|mercoledì",
    "thu|thurs|thursday|donnerstag|jeudi|jueves|donderdag|torsdag|giovedì",
    "fri|friday|freitag|vendredi|viernes|vrijdag|fredag|venerdì",
    "sat|saturday|samstag|sonnabend|samedi|s[áa]bado|zaterdag|l[øö]rdag|sabato",
    "sun|sunday|sonntag|dimanche|domingo|zondag|søndag|söndag|domenica",
)
_DAY_NAMES = "|".join(_WEEKDAYS)
# The noun opens a sentence or follows a word of the desk's: "the oil embargo to Cuba" is news, no instruction.
_UNTIL = r"(?:until|till?|to|tot|ends?|expires?|lifts)"
_EMBARGO = re.compile(
    rf"(?:\bembargoed\b(?:\s*:|\s+for\b[^\n;:]{{0,30}}?(?:\s(?:until|till|to|at|on)\b|(?=\s\d))|\s+{_UNTIL}\b|\s+(?=\d))"
    r"|(?:^|[.;:|(!*–—-]\s?|\b(?:strict|strictly|under|press|note)\s)embargo"
    rf"(?:\s*:|\s+(?:for\s+(?:release|publication)\s+)?{_UNTIL}\b|\s+(?=\d))"
    r"|(?:not\s+for|do\s+not|no)\s+(?:publication|publish|release|use|broadcast)\w*\s+(?:before|until|till)"
    r"|not\s+(?:to\s+)?be\s+(?:published|released|used|broadcast)\s+(?:before|until|till)"
    r"|\bhold\s+until|\bhold\s+for\s+release(?:\s+(?:until|at|on))?|\bfor\s+release\s+(?:at|after|on|(?=\d))|\bHFR\b"
    rf"|\bfor\s+(?:release|use)\s+(?=(?:{_DAY_NAMES})\b)"
    r"|sperrfrist(?:\s+bis)?|gesperrt\s+bis|(?:sperrefrist|klausulere?t)\s+till?\b"
    r"|embargo\s+jusqu.{1,4}|(?:embargado|embargo)\s+hasta|embargo\s+fino\s+a)\s*:?\s*(?P<when>[^\n;]{0,80})",
    re.IGNORECASE,
)
_OPENING = re.compile(
    r"[\s*(\[+=-]{0,8}(?:(?:STRICTLY|STRICT|UNDER|PRESS|NEWS)\s)?"
    r"(?:EMBARGOED\b|EMBARGO(?=\s*[:)\]]|\s+UNTIL\b|\s+\d)|SPERRFRIST\b|HOLD\s(?:FOR\sRELEASE|UNTIL)\b"
    r"|NOT\sFOR\s(?:PUBLICATION|RELEASE|BROADCAST)\b[^\n]{0,40}?\s(?:BEFORE|UNTIL)\b)"
)
_CUES = (
    "embarg",
    "sperrfrist",
    "gesperrt",
    "sperrefrist",
    "klausul",
    "hold",
    "hfr",
    "for use",
    "release",
    "publi",
    "broadcast",
    "use before",
    "use until",
    "use till",
    "used ",
)
_LIFTED = re.compile(
    r"embargo\s+(?:lifted|(?:is|has\s+been)\s+lifted|over|aufgehoben|levé)|no\s+embargo|embargo:\s*(?:no|none|n/a)\b",
    re.IGNORECASE,
)
_ISO = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d)?(?:\.\d+)?\s?(?:Z\b|[+-]\d\d:?\d\d)", re.IGNORECASE)
# In small letters too where that is a common habit, or where the zone lies west, so that a mistake ends it too late.
_USUAL = frozenset(("gmt", "utc", "bst", "cet", "cest", "mez", "mesz", "ist", "jst", "aest", "aedt"))
_names = sorted((name for name in ZONES if len(name) > 1), key=len, reverse=True)
_ANY_CASE = "|".join(name for name in _names if name in _USUAL or ZONES[name] < 0)
_CAPITALS = "|".join(name.upper() for name in _names if name not in _USUAL and ZONES[name] >= 0)
_CLOCK = re.compile(
    r"(?<![\d.])(?P<h>\d{1,2})(?:[:.h]?(?P<m>\d\d))?\s*(?P<half>[ap]\.?m\.?)?(?:\s*(?P<hour>Uhr|uur|hrs|hours|h\b))?"
    rf"\s*(?P<zone>(?:GMT|UTC)?[+-]\d{{1,2}}(?::?\d\d)?|{_ANY_CASE}|(?-i:{_CAPITALS}))?(?!\.?\d|[A-Za-z+/])"
    r"(?:\W{1,3}(?P<told>(?:[^\W\d_]+\s){1,3}?time\b|eastern\b|pacific\b|Ortszeit|deutscher\sZeit"
    r"|(?:heure|hora)\s(?:locale?|de\s[^\W\d_]+)|(?-i:(?!NEXT|LAST|JUST|NOT|SAT|OCT|SEPT)[A-Z]{2,3}T\b)))?",
    re.IGNORECASE,
)
_TOLD = {
    **dict.fromkeys(("greenwich", "london", "uk", "british"), "gmt"),
    **dict.fromkeys(("central european", "paris", "berlin", "brussels", "german", "deutscher"), "cet"),
    **dict.fromkeys(("eastern", "us eastern", "new york", "washington"), "et"),
    **dict.fromkeys(("central", "us central"), "ct"),
    **dict.fromkeys(("mountain", "us mountain"), "mt"),
    **dict.fromkeys(("pacific", "us pacific"), "pt"),
}
"""Zones in words; in summer the time of winter is the later one."""

_FILLERS = re.compile(r"\b(?:standard|daylight|summer|mean|time|zeit)\b", re.IGNORECASE)

_MONTH = "|".join(sorted(MONTHS, key=len, reverse=True))
_DAY = re.compile(
    rf"(?<![\d:.])(?<!GMT[+-])(?<!UTC[+-])(?P<d>\d{{1,2}})(?:st|nd|rd|th|er)?\.?\s+(?P<mon>{_MONTH})\b\.?,?(?:\s+(?P<y>\d{{4}}))?"
    rf"|\b(?P<mon2>{_MONTH})\b\.?\s+(?P<d2>\d{{1,2}})(?!\d)(?:st|nd|rd|th)?(?:,?\s+(?P<y2>\d{{4}}))?"
    r"|(?<!\d)(?P<d3>\d{1,2})\.(?P<m3>\d{1,2})\.(?P<y3>\d{4})?|(?P<y4>\d{4})-(?P<m4>\d\d)-(?P<d4>\d\d)"
    r"|(?<!\d)(?P<a5>\d{1,2})/(?P<b5>\d{1,2})(?:/(?P<y5>\d{4}|\d\d))?(?![\d/])",
    re.IGNORECASE,
)
_BRACKETS = re.compile(r"[()\[\]]")
_MIDNIGHT = re.compile(r"\b(?:midnight|mitternacht|minuit)\b", re.IGNORECASE)
_NOON = re.compile(r"\b(?:noon|midday|mittag|midi)\b", re.IGNORECASE)
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


def opens_with_embargo(text: str | None) -> bool:
    """Whether a text opens with an embargo as desks write it, in capitals: ``EMBARGOED UNTIL 0001 GMT``."""
    return text is not None and _OPENING.match(text) is not None


def _may_lay_one(note: str) -> bool:
    """Whether a word of the pattern stands in a note: few have one, and it takes 0.5 ms to look for the pattern."""
    lowered = note[:_LONGEST].lower()
    return any(cue in lowered for cue in _CUES)


def _spoken(when: str, written: datetime | None) -> datetime | None:
    # "Until midnight of the 7th" may mean either end of that day: the later one lets nothing out too early.
    when = _NOON.sub("12:00", _MIDNIGHT.sub("24:00", _BRACKETS.sub(" ", when)))
    day, rest = _date(when, written)
    weekly = False
    if day is None and written is not None:
        day, weekly = _named_day(when, written)
    clocks = [c for c in _CLOCK.finditer(rest) if c["m"] or c["half"] or c["zone"] or c["hour"]]
    if not clocks and day is not None and not any(map(str.isdigit, rest)):
        return datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(days=1)
    base, shift = day or written, _shift(clocks[0]) if clocks else None
    if shift is None or base is None or int(clocks[0]["h"]) > 24:
        return None
    clock = clocks[0]
    hour = int(clock["h"]) % 12 + (12 if clock["half"][0] in "pP" else 0) if clock["half"] else int(clock["h"])
    until = datetime(base.year, base.month, base.day, hour % 24, int(clock["m"] or 0), tzinfo=UTC) - shift
    until += timedelta(days=hour // 24)
    if written is not None and until <= written and (day is None or weekly):
        until += timedelta(days=7 if weekly else 1)
    return until


def _shift(clock: re.Match[str]) -> timedelta | None:
    """Return how far the zone of a time is ahead of UTC; None for one that is named and unknown, as ``local time``."""
    zone, told = clock["zone"] or "", " ".join(_FILLERS.sub(" ", clock["told"] or "").lower().split())
    if zone.startswith(("+", "-")) and not clock["m"]:
        return None  # 2-3 p.m.
    if not zone and told:
        zone = _TOLD.get(told, "?")
    return offset(zone or "Z")


def _named_day(when: str, written: datetime) -> tuple[datetime | None, bool]:
    """Return the next day of the weekday that is named, or the day after ``written``; and whether it is a weekday."""
    if _TOMORROW.search(when):
        return written + timedelta(days=1), False
    found = _WEEKDAY.search(when)
    if found is None or found.lastindex is None:
        return None, False
    return written + timedelta(days=(found.lastindex - 1 - written.weekday()) % 7), True


def _date(when: str, written: datetime | None) -> tuple[datetime | None, str]:
    """Return the first date with a year, its own or that of ``written``, and the text without it."""
    for found in _DAY.finditer(when):
        part = {name.rstrip("2345"): value for name, value in found.groupdict().items() if value is not None}
        if "a" in part:
            part["d"], part["m"] = _day_and_month(part["a"], part["b"])
        month = int(part["m"]) if "m" in part else MONTHS.get(part["mon"].lower())
        if month is None or ("y" not in part and written is None):
            continue
        end = found.end()
        if "y" in part and written is not None and int(part["y"]) > 99 and abs(int(part["y"]) - written.year) > _YEARS:
            end -= len(part.pop("y"))  # 3 March 1600 GMT
        rest = f"{when[: found.start()]} , {when[end:]}"
        if "y" in part:
            year = int(part["y"]) + (2000 if len(part["y"]) == 2 else 0)
            return datetime(year, month, int(part["d"]), tzinfo=UTC), rest
        if written is not None:
            day = datetime(written.year, month, int(part["d"]), tzinfo=UTC)
            return (day.replace(year=day.year + 1) if written - day > timedelta(days=183) else day), rest
    return None, when


def _day_and_month(one: str, two: str) -> tuple[str, str]:
    """Return day and month of ``15/3`` or ``3/15``; raises ValueError where both could be either."""
    if int(one) > 12 or one == two:
        return one, two
    if int(two) > 12:
        return two, one
    raise ValueError("day or month")
