"""The indices: their names, settings and mappings, and how ``wirewatch init`` puts them in place.

Stories and alerts lie in an index for each month, under the aliases ``stories`` and ``alerts``; old revisions and
stories under embargo lie apart, and ``story-places`` has the month of each story and the notes of kills. Mappings are
strict: a field that nobody declared is an error that we see.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import msgspec
from elasticsearch import Elasticsearch

from pipeline.adapters.elastic.connect import reaching
from pipeline.config import Elasticsearch as Settings
from pipeline.core.errors import UnreachableError
from pipeline.core.words import APOSTROPHES, fold

STORIES = "stories"
ALERTS = "alerts"
HELD = "stories-held"
REVISIONS = "story-revisions"
PLACES = "story-places"

VERSION = 1
"""Of the mappings, stored with the templates; a worker does not write to older ones."""

LONGEST = 8191
"""Characters of a keyword; Lucene refuses the document where a longer one has over 32,766 bytes."""

_KEYWORD = {"type": "keyword", "ignore_above": LONGEST}
_DATE = {"type": "date"}
_TEXT = {"type": "text", "analyzer": "words"}
_SHOWN = {"type": "text", "index": False}
_STORED = {"type": "keyword", "index": False, "doc_values": False}
_DOCUMENT = {"type": "object", "enabled": False}

STORY: dict[str, Any] = {
    **dict.fromkeys(("id", "uri", "provider", "version", "status", "signal", "language"), _KEYWORD),
    **dict.fromkeys(("regions", "focus", "actors", "actor_ids", "kinds", "sectors", "subjects"), _KEYWORD),
    **dict.fromkeys(("matches", "topics", "severities", "chain", "fingerprint", "cluster"), _KEYWORD),
    **dict.fromkeys(("slugline", "byline", "dateline", "source_format", "dictionary_version"), _KEYWORD),
    "revision": {"type": "long"},
    "urgency": {"type": "byte"},
    **dict.fromkeys(("time", "received", "version_created", "first_created", "embargoed_until"), _DATE),
    "headline": _TEXT,
    # Found by their tokens; the analyzer of queries is slow, and a whole body is much for it.
    **dict.fromkeys(("body", "ed_note"), _SHOWN),
    # Our own words, one value for each field: a phrase does not reach from one field into the next.
    "tokens": {
        "type": "text",
        "analyzer": "whitespace",
        "search_analyzer": "words",
        "position_increment_gap": 100,
        "norms": False,
    },
    "tags": {"type": "keyword", "doc_values": False, "ignore_above": LONGEST},
    "document": _DOCUMENT,
}

ALERT: dict[str, Any] = {
    **dict.fromkeys(("id", "type", "rule", "rule_version", "topic", "severity", "reason", "story"), _KEYWORD),
    **dict.fromkeys(("uri", "provider", "version", "status"), _KEYWORD),
    **dict.fromkeys(("regions", "focus", "actors", "actor_ids", "kinds", "sectors"), _KEYWORD),
    "revision": {"type": "long"},
    "urgency": {"type": "byte"},
    **dict.fromkeys(("time", "raised", "received", "version_created"), _DATE),
    "headline": _TEXT,
    "document": _DOCUMENT,
}

PLACE: dict[str, Any] = {
    **dict.fromkeys(("month", "chain"), _STORED),
    "kill": _DOCUMENT,
}

# The words of ``core/words.py`` as near as an analyzer comes to them, for what people type into Kibana. A run of a
# script without spaces gives every second pair here, so that all pairs asked for are pairs of the story.
_PAIRED = r"\p{IsHan}\p{IsHiragana}\p{IsKatakana}\p{IsThai}\p{IsLao}\p{IsKhmer}\p{IsMyanmar}"
_ONE = rf"[\p{{L}}\p{{M}}\p{{N}}&&[^{_PAIRED}]]"
_WORD = "|".join(
    (
        rf"[{_PAIRED}]{{1,2}}",
        rf"\p{{L}}(?:\.\p{{L}})+\.?(?!{_ONE})",
        rf"{_ONE}+(?:(?<=\p{{L}})'(?!s(?!{_ONE}|'\p{{L}})){_ONE}+)*",
        rf"(?<={_ONE})'s(?!{_ONE}|'\p{{L}})",
    )
)


def _folds() -> list[str]:
    """Return how letters and accents beyond Latin are folded, which the filters of Elasticsearch do not do as we do."""
    letters = (chr(code) for code in range(0x300, 0x700))
    pairs = ((letter, fold(f"a{letter}").removeprefix("a")) for letter in letters)
    return [f"{letter} => {folded}" for letter, folded in pairs if folded != letter.lower()]


_ANALYSIS = {
    "char_filter": {
        "folds": {"type": "mapping", "mappings": _folds()},
        "apostrophes": {"type": "mapping", "mappings": [f"{mark} => '" for mark in APOSTROPHES if mark != "'"]},
    },
    "tokenizer": {"words": {"type": "pattern", "pattern": _WORD, "group": 0, "flags": "CASE_INSENSITIVE|UNICODE_CASE"}},
    "filter": {
        "initials": {"type": "pattern_replace", "pattern": r"^((?:\p{L}\.)+\p{L})$", "replacement": "$1."},
    },
    "analyzer": {
        "words": {
            "type": "custom",
            "char_filter": ["apostrophes", "folds"],
            "tokenizer": "words",
            "filter": ["lowercase", "asciifolding", "initials"],
        }
    },
}


def month(moment: datetime) -> str:
    """Return the month of a moment (UTC) as the names of indices have it."""
    moment = moment.astimezone(UTC)
    return f"{moment.year:04}.{moment.month:02}"


class Names(msgspec.Struct, frozen=True):
    """The names in the cluster, ``prefix`` included."""

    prefix: str

    def of(self, name: str) -> str:
        """Return the full name of an alias or an index that is one."""
        return self.prefix + name

    def month(self, name: str, moment: datetime) -> str:
        """Return the index of ``name`` for the month of ``moment`` (UTC)."""
        return self.of_month(name, month(moment))

    def of_month(self, name: str, month: str) -> str:
        """Return the index of ``name`` for a month such as ``2026.11``."""
        return f"{self.prefix}{name}-{month}"


class Template(msgspec.Struct, frozen=True):
    """An index template; ``monthly`` ones are found under an alias."""

    name: str
    properties: dict[str, Any]
    monthly: bool

    def body(self, settings: Settings) -> dict[str, Any]:
        """Return the template in the words of Elasticsearch."""
        full = settings.prefix + self.name
        return {
            "index_patterns": [f"{full}-*.*" if self.monthly else full],
            "priority": 500,
            "_meta": {"version": VERSION},
            "template": {
                "settings": {
                    "number_of_shards": settings.shards,
                    "analysis": _ANALYSIS,
                    **_dynamic(settings),
                    **({"query.default_field": ["tokens"]} if "tokens" in self.properties else {}),
                },
                "mappings": {"dynamic": "strict", "_meta": {"version": VERSION}, "properties": self.properties},
                "aliases": {full: {}} if self.monthly else {},
            },
        }


TEMPLATES = (
    Template(STORIES, STORY, monthly=True),
    Template(ALERTS, ALERT, monthly=True),
    Template(HELD, STORY, monthly=False),
    Template(REVISIONS, STORY, monthly=False),
    Template(PLACES, PLACE, monthly=False),
)


def put(settings: Settings, elasticsearch: Elasticsearch, say: Callable[[str], None]) -> None:
    """Put the templates in place, for indices that are made from now on. Raises UnreachableError."""
    for template in TEMPLATES:
        full = settings.prefix + template.name
        with reaching(settings):
            elasticsearch.indices.put_index_template(name=full, body=template.body(settings))
        say(f"put template {full}")


def init(settings: Settings, elasticsearch: Elasticsearch, now: datetime, say: Callable[[str], None]) -> None:
    """Put the templates in place, make the indices of this month and bring existing ones up to date; safe to repeat.

    ``say`` gets a line for each thing done. Raises UnreachableError, also for an index whose mapping is another.
    """
    names = Names(settings.prefix)
    put(settings, elasticsearch, say)
    for template in TEMPLATES:
        full = names.of(template.name)
        index = names.month(template.name, now) if template.monthly else full
        with reaching(settings):
            if not elasticsearch.indices.exists(index=index):
                elasticsearch.indices.create(index=index)
                say(f"made index {index}")
            existing = list(elasticsearch.indices.get(index=full, expand_wildcards="open", features="settings"))
        for name in existing:
            _bring_up_to_date(settings, elasticsearch, name, template)


def check(settings: Settings, elasticsearch: Elasticsearch) -> None:
    """Raise UnreachableError where ``wirewatch init`` has not been run, or by an older wirewatch."""
    names = [settings.prefix + template.name for template in TEMPLATES]
    with reaching(settings):
        found = elasticsearch.indices.get_index_template(name=f"{settings.prefix}*").body["index_templates"]
    versions = {entry["name"]: entry["index_template"].get("_meta", {}).get("version", 0) for entry in found}
    old = [name for name in names if versions.get(name, 0) < VERSION]
    if old:
        raise UnreachableError(
            f"Elasticsearch at {settings.url} has no index template {', '.join(old)} of version {VERSION}: "
            "run `wirewatch init` first"
        )
    with reaching(settings):
        every = elasticsearch.options(ignore_status=404).indices.get_mapping(index=names, expand_wildcards="open").body
    other = [name for name, found in every.items() if "mappings" in found and _version(found["mappings"]) < VERSION]
    if other:
        raise UnreachableError(
            f"index {', '.join(sorted(other))} at {settings.url} has another mapping than version {VERSION}: "
            "run `wirewatch init` first"
        )


def _version(mappings: dict[str, Any]) -> int:
    version = mappings.get("_meta", {}).get("version", 0)
    return version if isinstance(version, int) else 0


def _bring_up_to_date(settings: Settings, elasticsearch: Elasticsearch, index: str, template: Template) -> None:
    with reaching(settings):
        elasticsearch.indices.put_settings(index=index, settings=_dynamic(settings))
        answer = elasticsearch.options(ignore_status=400).indices.put_mapping(
            index=index, properties=template.properties, dynamic="strict", meta={"version": VERSION}
        )
    if answer.meta.status == 400:
        reason = answer.body.get("error", {}).get("reason", "no reason given")
        raise UnreachableError(
            f"index {index} at {settings.url} has another mapping: {reason}; "
            "`wirewatch reindex` makes one of ours anew, else remove it, or set elasticsearch.prefix"
        )


def _dynamic(settings: Settings) -> dict[str, Any]:
    return {"number_of_replicas": settings.replicas, "refresh_interval": settings.refresh}
