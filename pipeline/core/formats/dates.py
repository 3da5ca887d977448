"""Dates as wires write them, read into aware UTC or None: never a guess at "now", never an exception.

A date without a zone is taken as UTC, a date without a time as the midnight that begins it: so do the feed
readers, and wires that leave the zone out work in UTC. What lies outside the years 1900 to 2199 is a fault of
the sender (year 0 and year 9999 stand for "none" in several systems) and reads as None.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone
from email.utils import parsedate_tz

_LONGEST = 80
_YEARS = range(1900, 2200)

_ZONES = {
    "UT": "+0000",
    "UTC": "+0000",
    "WET": "+0000",
    "BST": "+0100",
    "CET": "+0100",
    "MEZ": "+0100",
    "WEST": "+0100",
    "CEST": "+0200",
    "MESZ": "+0200",
    "EET": "+0200",
    "SAST": "+0200",
    "EEST": "+0300",
    "MSK": "+0300",
    "GST": "+0400",
    "PKT": "+0500",
    "ICT": "+0700",
    "HKT": "+0800",
    "SGT": "+0800",
    "AWST": "+0800",
    "JST": "+0900",
    "KST": "+0900",
    "AEST": "+1000",
    "AEDT": "+1100",
    "NZST": "+1200",
    "NZDT": "+1300",
}
_ZONE = re.compile(rf"(?<![A-Za-z])(?:{'|'.join(_ZONES)})$")
_ISO_LIKE = re.compile(
    r"(?P<y>\d{4})-?(?P<m>\d\d)?-?(?P<d>\d\d)?"
    r"(?:[T ]\s*(?P<H>\d\d):?(?P<M>\d\d)(?::?(?P<S>\d\d)(?P<f>[.,]\d+)?)?)?"
    r"\s*(?P<z>Z|UTC|GMT|(?:GMT|UTC)?[+-]\d\d:?\d\d|[+-]\d\d)?",
    re.IGNORECASE,
)


def moment(text: object) -> datetime | None:
    """Return the date-time that ``text`` writes, in UTC; None for anything that is not one.

    Reads ISO 8601 extended and basic, the W3C profile down to a bare year, RFC 822 and 2822 with or without a day name
    and with named zones, and the form of C's asctime.
    """
    if not isinstance(text, str) or len(text) > _LONGEST:
        return None
    text = text.strip()
    try:
        return _in_range(datetime.fromisoformat(text))
    except (ValueError, OverflowError):
        pass
    try:
        return _in_range(_iso_like(text) or _mail(text))
    except (ValueError, OverflowError, TypeError, IndexError):
        return None


def _in_range(value: datetime | None) -> datetime | None:
    if value is None or value.year not in _YEARS:
        return None
    return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def _iso_like(text: str) -> datetime | None:
    """Read what ``fromisoformat`` does not: a year or month alone, blanks before the zone, zone names, second 60."""
    found = _ISO_LIKE.fullmatch(text)
    if found is None:
        return None
    part = found.groupdict()
    value = datetime(
        int(part["y"]),
        int(part["m"] or 1),
        int(part["d"] or 1),
        int(part["H"] or 0),
        int(part["M"] or 0),
        min(int(part["S"] or 0), 59),
        tzinfo=UTC,
    )
    if part["f"]:
        value += timedelta(microseconds=int(part["f"][1:7].ljust(6, "0")))
    return value - _offset(part["z"] or "Z")


def _offset(zone: str) -> timedelta:
    digits = re.sub(r"[^0-9]", "", zone).ljust(4, "0")
    size = timedelta(hours=int(digits[:2]), minutes=int(digits[2:4]))
    return -size if "-" in zone else size


def _mail(text: str) -> datetime | None:
    """Read RFC 822 and asctime through the standard library, which knows the zones of North America only."""
    text = _ZONE.sub(lambda found: _ZONES[found.group()], text)
    parts = parsedate_tz(text)
    if parts is None:
        return None
    year, month, day, hour, minute, second = parts[:6]
    value = datetime(year, month, day, hour, minute, min(second, 59), tzinfo=UTC)
    offset = parts[9]
    return value if offset is None else value.replace(tzinfo=timezone(timedelta(seconds=offset)))
