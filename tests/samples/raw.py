"""The entries of the sample wire, read by json and lxml alone, in one shape for all formats."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

import msgspec
from lxml import etree

ATOM = "{http://www.w3.org/2005/Atom}"
TOMBSTONE = "{http://purl.org/atompub/tombstones/1.0}deleted-entry"
LANGUAGE = "{http://www.w3.org/XML/1998/namespace}lang"
CONTENT = "{http://purl.org/rss/1.0/modules/content/}encoded"


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One revision as a file holds it; ``file`` is relative to the samples, ``version`` None in feeds."""

    file: str
    uri: str
    version: int | None
    created: datetime
    status: str
    headline: str
    text: str
    language: str | None
    topics: tuple[str, ...]
    embargo: datetime | None = None
    urgency: int | None = None

    @property
    def revision(self) -> tuple[str, datetime]:
        """What makes a revision one: a feed shows the same one in several documents."""
        return self.uri, self.created


def entries(folder: Path) -> list[Entry]:
    """Return every entry of every file, a feed's repeated ones included."""
    found: list[Entry] = []
    for file in sorted(folder.rglob("*.*")):
        name = str(file.relative_to(folder))
        found.extend(_ninjs(file, name) if file.suffix == ".jsonl" else _feed(etree.parse(file).getroot(), name))
    return found


def documents(file: Path) -> list[dict[str, Any]]:
    """Return the objects of a JSON Lines file."""
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]


def _ninjs(file: Path, name: str) -> Iterator[Entry]:
    for item in documents(file):
        item = {key.lower(): value for key, value in item.items()}  # noqa: PLW2901  ninjs 2 and 3 differ in case alone
        embargo = item.get("embargoed") or item.get("embargoeduntil")
        yield Entry(
            file=name,
            uri=item["uri"],
            version=int(item["version"]),
            created=datetime.fromisoformat(item["versioncreated"]),
            status=item["pubstatus"],
            headline=item["headline"] if "headline" in item else item["headlines"][0]["value"],
            text=item["body_text"] if "body_text" in item else item["bodies"][0]["value"],
            language=item["language"],
            topics=tuple(_code(one) for one in item.get("subject", item.get("subjects", ()))),
            embargo=datetime.fromisoformat(embargo) if embargo else None,
            urgency=item["urgency"],
        )


def _code(subject: dict[str, str]) -> str:
    return subject["code"].removeprefix("medtop:") if "code" in subject else subject["uri"].rpartition("/")[2]


def _feed(root: etree._Element, name: str) -> Iterator[Entry]:
    for item in root.iter("item"):
        yield Entry(
            file=name,
            uri=item.findtext("guid", ""),
            version=None,
            created=parsedate_to_datetime(item.findtext("pubDate", "")),
            status="usable",
            headline=item.findtext("title", ""),
            text=item.findtext(CONTENT, ""),
            language=root.findtext("channel/language"),
            topics=tuple((one.text or "").removeprefix("medtop:") for one in item.iter("category")),
        )
    for item in root.iter(f"{ATOM}entry"):
        yield Entry(
            file=name,
            uri=item.findtext(f"{ATOM}id", ""),
            version=None,
            created=datetime.fromisoformat(item.findtext(f"{ATOM}updated", "")),
            status="usable",
            headline=item.findtext(f"{ATOM}title", ""),
            text=item.findtext(f"{ATOM}content", ""),
            language=item.get(LANGUAGE),
            topics=tuple(one.get("term", "").removeprefix("medtop:") for one in item.iter(f"{ATOM}category")),
        )
    for item in root.iter(TOMBSTONE):
        yield Entry(
            file=name,
            uri=item.get("ref", ""),
            version=None,
            created=datetime.fromisoformat(item.get("when", "")),
            status="canceled",
            headline="",
            text="",
            language=None,
            topics=(),
        )
