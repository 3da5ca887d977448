"""The words of status, urgency and signal in every dialect, read into the words of ``Story``."""

from __future__ import annotations

import re
from collections.abc import Iterable

from pipeline.core.story import Status

_STATUS = {
    **dict.fromkeys(("usable", "use", "usage", "published", "publish", "released", "embargoed"), Status.USABLE),
    **dict.fromkeys(("withheld", "withhold", "hold", "onhold", "held", "notforpublication"), Status.WITHHELD),
    **dict.fromkeys(
        (
            *("canceled", "cancelled", "cancel", "kill", "killed", "withdrawn", "withdraw", "withdrawal"),
            *("deleted", "delete", "retracted", "recalled", "recall", "spiked", "unpublished", "takedown"),
        ),
        Status.CANCELED,
    ),
}

_URGENCY = {
    # The letters of ANPA 1312, as data/wire settles the first three.
    "f": 1,
    "u": 2,
    "b": 3,
    "r": 4,
    "d": 5,
    "a": 6,
    "w": 6,
    "s": 6,
    "flash": 1,
    "urgent": 2,
    "bulletin": 3,
    "alert": 2,
    "rush": 3,
    "regular": 4,
    "routine": 5,
    "deferred": 5,
}

_SIGNALS = {
    **dict.fromkeys(
        ("correction", "corrected", "corrective", "correct", "corrects", "rectify", "rectified"), "correction"
    ),
    **dict.fromkeys(("update", "updated", "updates", "updateinternal", "lead", "wrapup"), "update"),
    **dict.fromkeys(("refile", "refiled", "refiles"), "refile"),
    **dict.fromkeys(("writethru", "writethrough"), "writethru"),
    **dict.fromkeys(("replacement", "replace", "replaces", "substitute", "sub"), "replacement"),
    **dict.fromkeys(("repeat", "rpt", "repeats", "repeating", "resend"), "repeat"),
    **dict.fromkeys(("advisory", "advis"), "advisory"),
    **dict.fromkeys(("kill", "killed", "withdrawal", "withdrawn", "cancel", "canceled", "cancelled"), "kill"),
    "retraction": "retraction",
    **dict.fromkeys(("clarification", "clarified"), "clarification"),
    "newsalert": "alert",
    "alert": "alert",
}

MEANT = frozenset(("correction", "update", "refile", "writethru", "replacement", "repeat", "advisory", "kill"))
"""The signals that the steps understand; a code of a dialect that is none of them gives way to a label."""

_MINOR = (
    *("sub", "short", "alt", "kicker", "dach", "over", "teaser", "seo", "web", "social", "push", "mobile"),
    *("strap", "deck"),
)
"""What the role of a line beside the headline has in it."""

_SCHEME = re.compile(r".*[:/#]", re.DOTALL)
_NOT_WORD = re.compile(r"[^a-z]+")


def code(value: str) -> str:
    """Return a code without its scheme: ``stat:usable`` and ``http://…/pubstatusg2/usable`` are ``usable``."""
    return _SCHEME.sub("", value.strip()).strip()


def status_of(value: object) -> Status | None:
    """Return the status that a word or code of any dialect names; None for a word that names none."""
    return _STATUS.get(_NOT_WORD.sub("", code(value).lower())) if isinstance(value, str) else None


def embargo_of(until: str | None, status: object) -> str | None:
    """Return the end of an embargo as written; for a status that lays one without an end, words that are no date."""
    if until or not isinstance(status, str) or _NOT_WORD.sub("", code(status).lower()) != "embargoed":
        return until
    return "no date set"


def urgency_of(value: object) -> int | None:
    """Return the urgency, 1 (flash) to 9, of a number, a letter or a word; None where it is none of these."""
    if isinstance(value, bool):
        return None
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, str):
        value = value.strip().lower()
        if not (value.isascii() and value.isdigit() and len(value) < 3):
            return _URGENCY.get(value)
        value = int(value)
    return value if isinstance(value, int) and 1 <= value <= 9 else None


def headline_rank(role: object, tongue: object, wanted: object) -> tuple[bool, bool, int]:
    """Return what sorts the headlines of an item, by their roles in any dialect and their languages.

    Lines beside the headline come last, those in another language than is wanted before them; otherwise the main one
    comes before one without a role, and that before one whose role says nothing.
    """
    if not isinstance(role, str) or not role.strip():
        return False, differs(tongue, wanted), 1
    name = code(role).lower()
    minor = any(part in name for part in _MINOR)
    return minor, differs(tongue, wanted), 0 if name in ("main", "headline", "title", "hl1") else 2


def differs(one: object, other: object) -> bool:
    """Whether two language tags name different languages; one that is missing differs from none."""
    if not isinstance(one, str) or not isinstance(other, str) or not one or not other:
        return False
    return re.split("[-_]", one.lower(), maxsplit=1)[0] != re.split("[-_]", other.lower(), maxsplit=1)[0]


def signal_of(values: Iterable[str]) -> str | None:
    """Return the first signal with a meaning of its own, else the first code as it stands, in lower case."""
    codes = [found for value in values if (found := code(value).lower())]
    for found in codes:
        if known := _SIGNALS.get(_NOT_WORD.sub("", found)):
            return known
    return codes[0] if codes else None
