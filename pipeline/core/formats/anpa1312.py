"""ANPA 1312, the format of the North American wires (AP's DataStream).

Source: ANPA Technical Bulletin 1312. SYN SYN SOH, service and number; a line with priority and category, the keyword
and the date; STX and the slug line; headline, notes and byline, each behind ``^`` or a unit separator and closed by
``<`` or ``=``; the text; ETX and the time of filing; EOT.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime

from pipeline.core.flow import Parsed
from pipeline.core.formats.dates import moment
from pipeline.core.formats.document import Document
from pipeline.core.formats.draft import Draft
from pipeline.core.formats.embargoes import opens_with_embargo
from pipeline.core.formats.text import one_line, wrapped_text
from pipeline.core.formats.transmission import read_all
from pipeline.core.formats.words import urgency_of
from pipeline.core.story import TAKE_OF, Link

_START = re.compile(r"[\x16\s]{0,16}\x01\s?[A-Za-z]{1,3}\d{3,4}(?!\d|[ \t]+[1-9][ \t])")
_PRIORITY = re.compile(r"\n\s?(?P<priority>[a-zA-Z])\s(?P<category>[a-zA-Z])?\s?[\x11-\x14]*\s*(?P<keyword>[^\n]*)")
_MARK = re.compile(r"[\^\x1f\x02]+")
_CLOSING = ("<", "=")
_WORDS = re.compile(r",\s*\d*\s*$")
_FILED = re.compile(
    r"(?P<agency>[A-Z]{2,10})-[A-Z]{2,3}-(?P<m>\d\d)-(?P<d>\d\d)-(?P<y>\d\d(?:\d\d)?)\s+(?P<t>\d{4})\s?(?P<z>[A-Z]{3})?"
)
_DAY = re.compile(r"\s+(\d\d-\d\d)\s+\d+\s*$")
_NOTE = re.compile(r"Eds?(?:itors)?[:,.]\s*", re.IGNORECASE)
_NO_HEADLINE = re.compile(
    r"(?:AP|Eds|With|By|[A-Z]{2,10})\s(?:Photos?|Graphics?|Video)\b|(?:Eds?|By|Editors)\b[:\s]", re.IGNORECASE
)


def detect(document: Document) -> bool:
    """Recognise SOH with service and number, and a text between STX and ETX."""
    return document.kind == "text" and _START.match(document.text) is not None and "\x02" in document.text


def read(document: Document) -> Parsed:
    """Return the stories; raises InputError for what was cut short."""
    return read_all(document, _draft, "anpa1312")


def _draft(text: str) -> Draft:
    opening, _, rest = text.partition("\x02")
    body, _, tail = rest.partition("\x03")
    filed = _FILED.search(tail[:200])
    if filed is None and (filed := _FILED.search(body, max(0, len(body) - 200))):
        body = body[: filed.start()]
    header = _PRIORITY.search(opening)
    marked, lines = _marked(body.split("\n"))
    slug = marked[0].rstrip("<=") if marked else None
    slugline = _WORDS.sub("", slug) if slug else _keyword(header)
    notes = marked[1:]
    return Draft(
        provider=filed["agency"] if filed else None,
        version_created=_date(filed) if filed else None,
        urgency=urgency_of(header["priority"]) if header else None,
        headline=next((_bare(line) for line in notes if not line.endswith("=") and not _is_note(line)), None),
        slugline=slugline,
        byline=next((_bare(line) for line in notes if line[:3].upper() == "BY "), None),
        body=wrapped_text(lines),
        links=list(_take(filed, header, slugline)),
        ed_note=" | ".join(
            _NOTE.sub("", _bare(line)) for line in notes if _NOTE.match(line) or opens_with_embargo(line)
        ),
    )


def _marked(lines: list[str]) -> tuple[list[str], list[str]]:
    """Return the lines before the text that carry a mark, without it, and those of the text."""
    marked: list[str] = []
    for number, line in enumerate(lines):
        if not line.strip():
            continue
        mark = _MARK.match(line)
        # A marked line is closed by `<` or `=`; one that is not goes on in the next line.
        if mark is None and marked and not marked[-1].endswith(_CLOSING) and line.rstrip().endswith(_CLOSING):
            marked[-1] = f"{marked[-1]} {one_line(line)}"
            continue
        # The slug line stands right behind STX, with a mark of its own or without.
        if mark is None and (marked or line[:1] in " \t"):
            return marked, lines[number:]
        if text := one_line(line[mark.end() if mark else 0 :]):
            marked.append(text)
    return marked, []


def _is_note(line: str) -> bool:
    """Whether a marked line is a credit, a byline, a note or an embargo."""
    return _NO_HEADLINE.match(line) is not None or opens_with_embargo(line)


def _bare(line: str) -> str:
    return line.rstrip("<= ")


def _keyword(header: re.Match[str] | None) -> str | None:
    if header is None:
        return None
    return _DAY.sub("", header["keyword"])


def _take(filed: re.Match[str] | None, header: re.Match[str] | None, slugline: str | None) -> Iterator[Link]:
    """Yield what the takes of a story share, and the kill of it names: the slug without its label, and the day."""
    slug = slugline.partition(",")[0].strip() if slugline else None
    if filed is not None and slug:
        day = _DAY.search(header["keyword"]) if header else None
        date = f"{filed['y'][-2:]}-{day[1] if day else filed['m'] + '-' + filed['d']}"
        yield Link(TAKE_OF, f"urn:wirewatch:take:{filed['agency']}:{date}:{slug}")


def _date(filed: re.Match[str]) -> datetime | None:
    year = int(filed["y"])
    year += 0 if year > 99 else 1900 if year > 68 else 2000
    hour, zone = f"{filed['t'][:2]}:{filed['t'][2:]}:00", filed["z"] or "GMT"
    return moment(f"{filed['d']} {_MONTHS[int(filed['m']) % 13]} {year} {hour} {zone}")


_MONTHS = ("", "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
