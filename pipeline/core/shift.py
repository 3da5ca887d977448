"""Move every time in a payload by the same span, whatever its format: a recorded wire replayed as if it were now.

Times are found by how they are written (ISO 8601 in its extended and basic forms, RFC 822 as RSS has it), not by where
they stand, so that embargoes, revisions and links move together and no format needs a writer.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from email.utils import format_datetime, parsedate_to_datetime

_ISO = re.compile(
    rb"(?<![\w-])(\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d{1,6})?)?|\d{8}T\d{6})(Z|[+-]\d\d:?\d\d)(?![\w:])"
)
_RFC822 = re.compile(
    rb"(?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), )?\d{1,2} (?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) \d{4} "
    rb"\d\d:\d\d(?::\d\d)? (?:[+-]\d{4}|GMT|UTC|UT)"
)


def shift_times(data: bytes, by: timedelta) -> bytes:
    """Return ``data`` with every time in it moved ``by``, in the form and zone in which it was written."""

    def iso(found: re.Match[bytes]) -> bytes:
        text = found[1].decode()
        try:
            moment = datetime.fromisoformat(text) + by
        except (ValueError, OverflowError):
            return found[0]
        if "-" not in text:
            moved = moment.strftime("%Y%m%dT%H%M%S")
        elif "." in text:
            moved = moment.isoformat(timespec="microseconds")[: len(text)]
        else:
            moved = moment.isoformat(timespec="seconds" if text.count(":") == 2 else "minutes")
        return moved.encode() + found[2]

    def rfc822(found: re.Match[bytes]) -> bytes:
        text = found[0].decode()
        try:
            moment = parsedate_to_datetime(text) + by
        except (ValueError, OverflowError):
            return found[0]
        return (format_datetime(moment).rsplit(" ", 1)[0] + " " + text.rsplit(" ", 1)[1]).encode()

    return _RFC822.sub(rfc822, _ISO.sub(iso, data))
