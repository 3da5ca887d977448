"""Dates as wires write them, read into aware UTC or None: never a guess at "now", never an exception.

A date without a zone is taken as UTC, a date without a time as the midnight that begins it: so do the feed
readers, and wires that leave the zone out work in UTC. A zone that is written and unknown makes the date unreadable:
it could be half a day off. What lies outside the years 1900 to 2199 is a fault of the sender (year 0 and year 9999
stand for "none" in several systems) and reads as None.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from pipeline.core.formats.zones import MONTHS, ZONES

_LONGEST = 80
_YEARS = range(1900, 2200)

_ZONE = r"(?P<z>(?:GMT|UTC|UT|Z)?\s?[+-]\d{1,2}:?\d\d(?!\d)|(?:GMT|UTC)\s?[+-]\d{1,2}|[+-]\d\d|[a-z]{1,5})"
_CLOCK = r"(?P<H>\d{1,2})[:.h](?P<M>\d\d)(?:[:.](?P<S>\d\d)(?P<f>[.,]\d+)?)?\s?(?P<half>[ap]\.?m\b\.?)?"
# RFC 822 as it should be, apart because it is quick.
_MAIL = re.compile(
    r"(?:[A-Za-z]{3}, )?(?P<d>\d\d?) (?P<mon>[A-Za-z]{3}) (?P<y>\d{4}) (?P<H>\d\d):(?P<M>\d\d):(?P<S>\d\d) "
    r"(?P<z>[+-]\d{4}|[A-Z]{1,4})"
)
# The year first, as ISO 8601 has it: extended and basic, down to a year alone; blanks, slashes and zone names as well.
_YEAR_FIRST = re.compile(
    r"(?P<y>\d{4})(?:[-/.]?(?P<m>\d\d)(?:[-/.]?(?P<d>\d\d)"
    rf"(?:[T\s]\s*(?:{_CLOCK}|(?P<H2>\d\d)(?P<M2>\d\d)?(?P<S2>\d\d)?(?P<f2>[.,]\d+)?))?(?:\s*{_ZONE})?)?)?",
    re.IGNORECASE,
)
_DIGITS = re.compile(r"(?P<y>\d{4})(?P<m>\d\d)(?P<d>\d\d)(?P<H>\d\d)(?P<M>\d\d)(?P<S>\d\d)?")
_DAY_OF_YEAR = re.compile(r"(?P<y>\d{4})-?(?P<n>\d{3})(?P<rest>(?:T.+)?)")
# What passes for RFC 822: the weekday is decoration, and often wrong.
_DAY_FIRST = re.compile(
    r"(?:[^\W\d]{2,12}(?:\.?,\s?|\.?\s))?"
    r"(?:(?P<d>\d{1,2})(?:st|nd|rd|th)?[\s.-]{1,2}(?P<mon>[^\W\d]{3,10})\.?,?[\s-]{1,2}(?P<y>\d{4}|\d\d)"
    r"|(?P<mon2>[^\W\d]{3,10})\.?\s(?P<d2>\d{1,2})(?:st|nd|rd|th)?,?\s(?P<y2>\d{4})"
    r"|(?P<d3>\d{1,2})\.(?P<m3>\d{1,2})\.(?P<y3>\d{4})|(?P<y4>\d{4})[/-](?P<m4>\d{1,2})[/-](?P<d4>\d{1,2}))"
    rf"(?:(?:,|\sat|\s-|T)?\s?{_CLOCK}(?:\s?{_ZONE})?)?(?:\s?[a-z]{{1,5}})?",
    re.IGNORECASE,
)
_ASCTIME = re.compile(
    rf"[^\W\d]{{2,12}}\.?,?\s(?P<mon>[^\W\d]{{3,10}})\s(?P<d>\d{{1,2}})\s{_CLOCK}(?:\s?{_ZONE})?\s(?P<y>\d{{4}})",
    re.IGNORECASE,
)
_COMMENT = re.compile(r"\([^()]{0,40}\)")


def moment(text: object) -> datetime | None:
    """Return the date-time that ``text`` writes, in UTC; None for anything that is not one.

    Reads ISO 8601 extended and basic, the W3C profile down to a bare year, RFC 822 and 2822 with or without a day name
    and with named zones, the form of C's asctime, and the looser forms of these that feeds have.
    """
    if not isinstance(text, str) or len(text) > _LONGEST:
        return None
    text = text.strip()
    # The standard library takes anything for the T: in `2026-01-05+01:00` it would take the zone for the time.
    if "T" in text or len(text) < 11:
        try:
            return _in_range(datetime.fromisoformat(text))
        except (ValueError, OverflowError):
            pass
    try:
        return _in_range(_read(text))
    except (ValueError, OverflowError):
        return None


def _in_range(value: datetime | None) -> datetime | None:
    if value is None or value.year not in _YEARS:
        return None
    return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def _read(text: str) -> datetime | None:
    text = " ".join(_COMMENT.sub(" ", text).split())
    for pattern in (_MAIL, _YEAR_FIRST, _DIGITS, _DAY_FIRST, _ASCTIME):
        if found := pattern.fullmatch(text):
            part = {name: value for name, value in found.groupdict().items() if value is not None}
            return _made(part)
    if found := _DAY_OF_YEAR.fullmatch(text):
        start = datetime(int(found["y"]), 1, 1, tzinfo=UTC) + timedelta(days=int(found["n"]) - 1)
        return _read(f"{start:%Y-%m-%d}{found['rest']}")
    return None


def _made(part: dict[str, str]) -> datetime | None:
    """Return the date-time of the named parts; a digit behind a name tells the alternatives of a pattern apart."""
    part = {name.rstrip("234"): value for name, value in part.items()}
    month = MONTHS.get(part["mon"].lower()) if "mon" in part else int(part.get("m", 1))
    ahead = offset(part.get("z", "Z"))
    if month is None or ahead is None:
        return None
    year, hour, second = int(part["y"]), int(part.get("H", 0)), int(part.get("S", 0))
    if len(part["y"]) == 2:
        year += 1900 if year > 68 else 2000
    if half := part.get("half"):
        hour = hour % 12 + (12 if half[0] in "pP" else 0)
    # The end of a day may be written as its hour 24, a leap second as second 60.
    value = datetime(year, month, int(part.get("d", 1)), hour % 24, int(part.get("M", 0)), min(second, 59), tzinfo=UTC)
    if hour > 24 or (hour == 24 and (value.minute or value.second)):
        return None
    microseconds = int(part.get("f", ".0")[1:7].ljust(6, "0"))
    return value + timedelta(days=hour // 24, microseconds=microseconds) - ahead


def offset(zone: str) -> timedelta | None:
    """Return how far a zone is ahead of UTC, None for one that is unknown."""
    sign = max(zone.find("+"), zone.find("-"))
    if sign < 0:
        minutes = ZONES.get(zone.lower())
        return None if minutes is None else timedelta(minutes=minutes)
    digits = zone[sign + 1 :].replace(":", "")
    digits = digits.zfill(4) if len(digits) > 2 else digits.zfill(2) + "00"
    size = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
    return -size if zone[sign] == "-" else size
