"""The story: one item of a provider, and what the steps find out about it.

Field names follow ninjs 3.x in snake_case. Structs of msgspec, not dataclasses: they are encoded to
JSON sixty times faster and give the JSON Schema of the topics (docs/decisions/0002-msgspec-structs.md).
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from enum import StrEnum
from functools import lru_cache
from hashlib import sha256
from typing import Annotated, Any

import msgspec
from msgspec import Meta

Span = tuple[str, int, int]
"""A place in a story: the name of a field, then start and end in Unicode code points of it."""


class Status(StrEnum):
    """Whether a story may be used; a kill is ``canceled``."""

    USABLE = "usable"
    WITHHELD = "withheld"
    CANCELED = "canceled"


class Role(StrEnum):
    """``focus``: what the story is about; ``mention``: what occurs in it."""

    FOCUS = "focus"
    MENTION = "mention"


class Kind(StrEnum):
    """What an actor is."""

    STATE = "state"
    PERSON = "person"
    OFFICE = "office"
    IGO = "igo"
    NGO = "ngo"
    ARMED_GROUP = "armed_group"
    COMPANY = "company"
    ORGANISATION = "organisation"


class Link(msgspec.Struct, frozen=True, omit_defaults=True):
    """Another story that this one names: ``rel`` is ``evolvedfrom``, ``previousversion``, ``takeof``, ``seealso`` …"""

    rel: str
    uri: str
    version: str | None = None


class Subject(msgspec.Struct, frozen=True, omit_defaults=True):
    """A subject, place, person or organisation that the provider tagged."""

    code: str | None = None
    name: str | None = None
    scheme: str | None = None


class Region(msgspec.Struct, frozen=True):
    """A country that the story names; ``code`` is ISO 3166-1 alpha-2, or ISO 3166-3 for a former state."""

    code: str
    name: str
    role: Role
    score: float
    mentions: int
    spans: tuple[Span, ...] = ()


class Actor(msgspec.Struct, frozen=True):
    """Who the story names; ``id`` is a Wikidata QID where there is one, ``sector`` a PLOVER code."""

    id: str
    name: str
    kind: Kind
    country: str | None
    sector: str | None
    role: Role
    score: float
    mentions: int
    spans: tuple[Span, ...] = ()


class Match(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """A rule that this revision of the story matches, and where."""

    rule: str
    topic: str
    spans: tuple[Span, ...]
    rule_version: str | None = None
    severity: str | None = None


class Story(msgspec.Struct, frozen=True, kw_only=True):
    """One revision of a story. Times are aware UTC; what is unknown is None, never "now"."""

    uri: str
    provider: str
    version: str | None = None
    version_created: datetime | None = None
    first_created: datetime | None = None
    received: datetime | None = None
    status: Status = Status.USABLE
    signal: str | None = None
    embargoed_until: datetime | None = None
    urgency: Annotated[int, Meta(ge=1, le=9)] | None = None
    headline: str | None = None
    slugline: str | None = None
    byline: str | None = None
    dateline: str | None = None
    body: str | None = None
    language: str | None = None
    ed_note: str | None = None
    links: tuple[Link, ...] = ()
    subjects: tuple[Subject, ...] = ()
    source_format: str
    # What the steps add.
    regions: tuple[Region, ...] = ()
    actors: tuple[Actor, ...] = ()
    dictionary_version: str | None = None
    matches: tuple[Match, ...] = ()
    chain: str | None = None
    fingerprint: str | None = None
    cluster: str | None = None
    """The id of the copy of this text that came in first, from another provider."""
    rules: str | msgspec.UnsetType = msgspec.UNSET
    """Which rules were in force when it was matched: the same for the same versions of all. Unset where one failed."""
    undecided: tuple[Match, ...] | msgspec.UnsetType = msgspec.UNSET
    """Matches of earlier revisions whose alerts stand although this one does not repeat them: nobody could decide."""

    @property
    def id(self) -> str:
        """The story's identity over all its revisions, short enough for any index: 32 hexadecimal digits."""
        return story_id(self.provider, self.uri)

    @property
    def revision(self) -> int:
        """The order of this revision among its story's: rank times 4 plus the status.

        The rank is ``version`` where that is a whole number, else ``version_created``, else ``received``, both in
        milliseconds, so that a kill outranks the text of the same version and never the next version.
        """
        return self._rank() * 4 + _STATUS_ORDER[self.status]

    @property
    def time(self) -> datetime | None:
        """When this revision was made, as far as anybody knows."""
        return self.version_created or self.first_created or self.received

    @property
    def says_nothing(self) -> bool:
        """Whether there is nothing to tag or match, nor anything to take back."""
        return self.headline is None and self.body is None and self.status is Status.USABLE

    @property
    def replaces(self) -> bool:
        """Whether this revision says that it takes the place of an earlier one."""
        if self.signal in REPLACING_SIGNALS or any(link.rel in REPLACING_LINKS for link in self.links):
            return True
        return self.version is not None and self.version.isdecimal() and 1 < self._rank() < _COUNTED

    def _rank(self) -> int:
        if self.version is not None and self.version.isascii() and self.version.isdecimal() and len(self.version) < 18:
            return int(self.version)
        moment = self.version_created or self.received
        return max(0, int(moment.timestamp() * 1000)) if moment else 0


_STATUS_ORDER = {Status.USABLE: 0, Status.WITHHELD: 1, Status.CANCELED: 2}

_COUNTED = 1000
"""A version below this counts revisions; one above is a date or a time, and names no predecessor."""

REPLACING_SIGNALS = frozenset({"correction", "update", "refile", "writethru", "replacement"})
REPLACING_LINKS = frozenset({"evolvedfrom", "previousversion"})
TAKE_OF = "takeof"
"""The relation to what wires without identifiers tell their takes and kills apart by: a slug and its day."""

PARSED = (
    *(
        "uri",
        "provider",
        "version",
        "version_created",
        "first_created",
        "status",
        "signal",
        "embargoed_until",
    ),
    *(
        "urgency",
        "headline",
        "slugline",
        "byline",
        "dateline",
        "body",
        "language",
        "ed_note",
        "links",
        "subjects",
    ),
    "source_format",
)
TAGGED = (*PARSED, "regions", "actors", "dictionary_version")
MATCHED = (*TAGGED, "matches")

_NEWSML_URN = re.compile(r"(urn:newsml:[^:]+:\d{8}[^:]*:[^:]+):\d{1,17}[A-Z]?", re.IGNORECASE)
_json = msgspec.json.Encoder()


@lru_cache(maxsize=1024)
def story_id(provider: str, uri: str) -> str:
    """Return the identity of the story that ``provider`` names ``uri``."""
    return sha256(story_key(provider, uri)).hexdigest()[:32]


def story_key(provider: str, uri: str) -> bytes:
    """Return what tells stories apart, and as the key of their messages keeps the revisions of one in order."""
    return f"{provider}\0{item_uri(uri)}".encode("utf-8", "surrogatepass")


def item_uri(uri: str) -> str:
    """Return the uri that all revisions of an item share: in a NewsML URN (RFC 3085) the revision stands last."""
    found = _NEWSML_URN.fullmatch(uri)
    return found[1] if found else uri


def story_json(story: Story, fields: tuple[str, ...] = MATCHED) -> bytes:
    """Return the story as one line of JSON with exactly ``fields``: PARSED, TAGGED or MATCHED."""
    return _json.encode({name: getattr(story, name) for name in fields})


def encode(value: Any) -> bytes:
    """Return any struct as JSON, all its fields included: what goes to topics and stores."""
    return _json.encode(value)


def utc(moment: datetime) -> datetime | None:
    """Return ``moment`` in UTC; None where it has no zone or does not fit."""
    try:
        return moment.astimezone(UTC) if moment.tzinfo is not None else None
    except (OverflowError, ValueError):
        return None
