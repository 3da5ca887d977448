"""The draft that every format fills, and the one place where it becomes a Story.

Here stand the rules that hold for all formats: what is folded, where the provider comes from, which label counts
where the dialect has no flag, when a story is refused.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from hashlib import sha256

import msgspec

from pipeline.core.errors import InputError
from pipeline.core.formats.datelines import split_dateline
from pipeline.core.formats.dates import moment
from pipeline.core.formats.embargoes import embargo_phrase, opens_with_embargo
from pipeline.core.formats.labels import headline_label, loudness, note_label, slug_label
from pipeline.core.formats.text import one_line
from pipeline.core.formats.words import MEANT, signal_of
from pipeline.core.payload import Payload
from pipeline.core.story import Link, Status, Story, Subject

_BYLINE = re.compile(r"(By [^\n]{3,100}[^\n.!?])\n\n")


class Draft(msgspec.Struct, kw_only=True):
    """What a format reads off one item. ``body`` is plain text already, times are aware UTC.

    ``host`` names the sender where neither the content nor the payload names the provider. ``status`` is None, and
    ``signals`` is empty, where the dialect says nothing. ``located`` stands in where there is no dateline. ``bare``
    items may lack both headline and body.
    """

    uri: str | None = None
    provider: str | None = None
    host: str | None = None
    version: str | None = None
    version_created: datetime | None = None
    first_created: datetime | None = None
    status: Status | None = None
    signals: Sequence[str] = ()
    embargoed: str | None = None
    urgency: int | None = None
    headline: str | None = None
    slugline: str | None = None
    byline: str | None = None
    dateline: str | None = None
    located: str | None = None
    body: str | None = None
    language: str | None = None
    ed_note: str | None = None
    links: Sequence[Link] = ()
    subjects: Sequence[Subject] = ()
    bare: bool = False


def finish(draft: Draft, payload: Payload, source_format: str) -> Story:
    """Return the draft as a Story; raises InputError where it has neither headline nor body and is no kill."""
    provider = one_line(draft.provider) or one_line(payload.provider) or one_line(draft.host) or "unknown"
    headline = one_line(draft.headline)
    slugline = one_line(draft.slugline)
    ed_note = one_line(draft.ed_note)
    byline, opening, body = _opening(draft.body, one_line(draft.byline), provider)
    signal, label = _signal(draft, headline, slugline, ed_note)
    status = draft.status or (Status.CANCELED if "kill" in (signal, label) else Status.USABLE)
    embargoed_until, readable = _embargo(draft, headline, ed_note)
    if not readable and status is Status.USABLE:
        status = Status.WITHHELD
    if headline is None and body is None and not draft.bare and status is Status.USABLE:
        raise InputError(f"{draft.uri or 'an item'} has neither headline nor body: it holds no story")
    return Story(
        uri=one_line(draft.uri) or _hashed_uri(provider, draft),
        provider=provider,
        version=one_line(draft.version),
        version_created=draft.version_created,
        first_created=draft.first_created,
        received=payload.received,
        status=status,
        signal=signal,
        embargoed_until=embargoed_until,
        urgency=draft.urgency or loudness(label),
        headline=headline,
        slugline=slugline,
        byline=byline,
        dateline=_dateline(one_line(draft.dateline), opening) or one_line(draft.located),
        body=body,
        language=one_line(draft.language),
        ed_note=ed_note,
        links=tuple(draft.links),
        subjects=tuple(draft.subjects),
        source_format=source_format,
    )


def _signal(
    draft: Draft, headline: str | None, slugline: str | None, note: str | None
) -> tuple[str | None, str | None]:
    """Return the signal and the label; a flag of the dialect goes before any label, unless it means nothing to us."""
    label = headline_label(headline) or slug_label(slugline) or note_label(note)
    flag = signal_of(draft.signals)
    return (flag if flag in MEANT or not label else label), label


def _opening(body: str | None, byline: str | None, provider: str) -> tuple[str | None, str | None, str | None]:
    """Return the byline, the dateline that opens the text, and the text without it.

    Where a byline stands alone before the dateline, as Reuters has it, it is no part of the text either.
    """
    opening, rest = split_dateline(body, provider)
    if opening is None and body is not None and (found := _BYLINE.match(body)) is not None:
        below, without = split_dateline(body[found.end() :], provider)
        if below is not None:
            return byline or one_line(found[1]), below, without
    return byline, opening, rest


def _embargo(draft: Draft, headline: str | None, note: str | None) -> tuple[datetime | None, bool]:
    """Return the end of the embargo, and whether it could be read: one that cannot be must not let the story out."""
    if draft.embargoed:
        until = moment(draft.embargoed)
        return until, until is not None
    laid, until = embargo_phrase(note, draft.version_created)
    if not laid:
        opening = next(filter(opens_with_embargo, (headline, draft.body)), None)
        if opening is None:
            return None, True
        _laid, until = embargo_phrase(opening.partition("\n\n")[0], draft.version_created)
    return until, until is not None


def _dateline(given: str | None, opening: str | None) -> str | None:
    """Return the dateline of the field, or else of the text; Reuters puts a mere time into the field."""
    if given and opening and given[0].isdigit():
        return f"{opening}, {given}"
    return given.rstrip("-–—_ ") if given else opening


def _hashed_uri(provider: str, draft: Draft) -> str:
    parts = (provider, draft.headline or "", draft.body or "", draft.slugline or "", str(draft.first_created or ""))
    return f"urn:wirewatch:sha256:{sha256(chr(0).join(parts).encode('utf-8', 'replace')).hexdigest()}"
