"""IPTC 7901, the teleprinter format that European agencies still send (dpa, AFP, APA, ANSA).

Source: IPTC Recommendation 7901. SOH, a header line (service and number, priority, category, words), the keyword line,
STX, headline lines up to ``=``, the text, ETX, a line with the date, EOT.
"""

from __future__ import annotations

import re
from datetime import datetime

from pipeline.core.flow import Parsed
from pipeline.core.formats.dates import moment
from pipeline.core.formats.document import Document
from pipeline.core.formats.draft import Draft
from pipeline.core.formats.embargoes import opens_with_embargo
from pipeline.core.formats.text import one_line, wrapped_text
from pipeline.core.formats.transmission import read_all
from pipeline.core.formats.words import MEANT, signal_of, urgency_of

_HEADER = re.compile(
    r"(?P<service>[A-Za-z]{1,8}?)[ -]?(?P<number>\d{1,8})[ \t]+(?P<priority>[1-9])[ \t]+"
    r"(?:(?P<category>[^\s\d]\S{0,7})(?:[ \t]+(?P<words>\d{1,5}))?|\d{1,5})(?P<rest>[^\n]*)"
)
_RUSH = re.compile(
    r"\(.{2,60}\)|(?:\d{1,2}(?:ST|ND|RD|TH|\.)?\s+)?"
    r"(?:EXTRA|URGENT|FLASH|BULLETIN|ALERT|LEAD|REFILE|UPDATE|UPDATED|REPEAT|CORRECTION|CORRECTED|CORRECTIVE|ADVISORY"
    r"|(?:MANDATORY |BULLETIN )?KILL"
    r"|WITHDRAWN|WITHDRAWAL|EXCLUSIVE|PREVIEW|ROUNDUP|WRAPUP|SUMMARY|FEATURE|NEWS FEATURE|ANALYSIS|BACKGROUND|PROFILE"
    r"|EIL|EILMELDUNG|VORRANG|KORREKTUR|BERICHTIGUNG|ZUSAMMENFASSUNG|WIEDERHOLUNG|ACHTUNG|RECTIFICATIF|URGENTE)"
    r"(?:\s+\d{1,2}|\s+(?:LEAD|UPDATE))*[:.!]?(?:\s+\(.{2,60}\))?"
)
_ALONE = re.compile(_RUSH.pattern, re.IGNORECASE)
"""Rush words in small letters too: ``Eilmeldung``, before any line of the headline."""

_BYLINE = re.compile(r"(?:By|Von|Par|De|Por|Di)\s+\S")
_DATE = re.compile(r"(\d\d)(\d\d)(\d\d)\s*([A-Z]{1,4})?\s+([A-Za-zäéû]{3,9})\.?\s+(\d{4}|\d\d)\b")
_NOTEBOOK = re.compile(r"^#\s.{0,20}(?:NOTEBOOK|Notizblock|NOTIZBLOCK)", re.MULTILINE)
_HEADLINE_LINES = 8
_LONGEST_BYLINE = 80
_TAIL = 64
"""How far from its edges a transmission may have its frame: behind fillers, before line ends."""

_TONGUES = {
    "KORREKTUR": "correction",
    "BERICHTIGUNG": "correction",
    "RECTIFICATIF": "correction",
    "WIEDERHOLUNG": "repeat",
}


def detect(document: Document) -> bool:
    """Recognise the header line between SOH and STX."""
    return document.kind == "text" and _header(document.text) is not None


def read(document: Document) -> Parsed:
    """Return the stories; raises InputError for what was cut short."""
    return read_all(document, _draft, "iptc7901")


def _draft(text: str) -> Draft:
    header = _header(text)
    opening, _, rest = text.partition("\x02")
    body, _, tail = rest.partition("\x03")
    if not tail and (dated := _DATE.search(body, max(0, len(body) - _TAIL))):
        body, tail = body[: dated.start()], body[dated.start() :]
    keywords = [line for line in opening[header.end() if header else 0 :].split("\n") if one_line(line)]
    headline, byline, rush, lines = _opening(body.split("\n"))
    story, notebook = _without_notebook("\n".join(lines))
    return Draft(
        provider=_provider(header) if header else None,
        version_created=_date(tail),
        urgency=urgency_of(header["priority"]) if header else None,
        signals=[signal for line in rush for signal in _signals(line)],
        headline=headline,
        slugline=(one_line(keywords[0]) or "").rstrip("/ ") if keywords else None,
        byline=byline,
        body=wrapped_text(story.split("\n")),
        ed_note=" | ".join(filter(None, (*map(_note, rush), notebook))),
    )


def _header(text: str) -> re.Match[str] | None:
    start = text.find("\x01", 0, _TAIL)
    if start < 0 or "\x02" not in text:
        return None
    while start + 1 < len(text) and text[start + 1] in "\r\n \t\x01":
        start += 1
    return _HEADER.match(text, start + 1)


def _provider(header: re.Match[str]) -> str:
    """Return the agency that closes the header line before its own number, else the service's letters."""
    agency = re.search(r"([A-Za-z]{2,10})\s+\d+\s*$|/([A-Z]{2,5})-", header["rest"])
    return (agency[1] or agency[2]) if agency else header["service"]


def _opening(lines: list[str]) -> tuple[str | None, str | None, list[str], list[str]]:
    """Return headline, byline, the lines for editors before the text, and the lines of the text that follow."""
    end = next((n for n, line in enumerate(lines[: _HEADLINE_LINES * 2]) if line.rstrip().endswith("=")), None)
    if end is None:
        # No mark: the headline is the first line that is no rush word.
        end = next((n for n, line in enumerate(lines) if line.strip() and not _is_rush(line)), -1)
    head: list[str] = []
    by: list[str] = []
    rush: list[str] = []
    for line in lines[: end + 1]:
        text = one_line(line.rstrip().removesuffix("="))
        if text is None:
            continue
        if _is_rush(text) or opens_with_embargo(text) or (not head and _ALONE.fullmatch(text)):
            rush.append(text)
        elif by or (_BYLINE.match(text) and head):
            by.append(text)
        else:
            head.append(text)
    rest = lines[end + 1 :]
    if not by and (behind := _byline_behind(rest)) is not None:
        by, rest = [rest[behind].strip()], rest[behind + 1 :]
    return " ".join(head) or None, " ".join(by) or None, rush, rest


def _byline_behind(lines: list[str]) -> int | None:
    """Return the number of a line that stands alone behind the headline and starts with ``By ``."""
    found = next((number for number, line in enumerate(lines) if line.strip()), None)
    if found is None or not lines[found].startswith("By ") or len(lines[found]) > _LONGEST_BYLINE:
        return None
    return found if found + 1 < len(lines) and not lines[found + 1].strip() else None


def _is_rush(line: str) -> bool:
    return _RUSH.fullmatch(line.strip()) is not None


def _signals(rush: str) -> list[str]:
    words = [_TONGUES.get(word, word) for word in re.findall(r"[A-Z]{3,}", rush.upper())]
    return [word for word in words if signal_of([word]) in MEANT]


def _note(rush: str) -> str | None:
    """Return what a line says to editors: ``(Corrects day)``, an embargo; rush words alone say nothing."""
    return None if _ALONE.fullmatch(rush) and "(" not in rush else rush


def _date(tail: str) -> datetime | None:
    found = _DATE.search(tail[:200])
    if found is None:
        return None
    day, hour, minute, zone, month, year = found.groups()
    clock = f"{year} {hour}:{minute}:00 {zone or 'GMT'}"
    return moment(f"{day} {month} {clock}") or moment(f"{day} {month[:3]} {clock}")


def _without_notebook(text: str) -> tuple[str, str | None]:
    """Set apart what dpa puts after its text for editors alone: contacts, links, authors."""
    found = _NOTEBOOK.search(text)
    return (text[: found.start()], text[found.start() :]) if found else (text, None)
