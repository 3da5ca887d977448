"""What the rules ask of the tagger's dictionary: which codes a region's name means, which ids an actor's."""

from __future__ import annotations

import re
from typing import Protocol


class Names(Protocol):
    """Resolves the names in ``region:``, ``focus:`` and ``actor:``; None for a name that nobody knows."""

    @property
    def version(self) -> str:
        """The version of the dictionaries; compiled rules are kept by it."""
        ...

    def region_codes(self, name: str) -> frozenset[str] | None:
        """Return the country codes of a name, a code, an M49 region or a group, and of all regions below it."""
        ...

    def actor_ids(self, name: str) -> frozenset[str] | None:
        """Return the ids of every actor of this name, or the id itself where it is one."""
        ...


class Codes:
    """Takes codes and ids for themselves: for rules that name none, and where there is no dictionary."""

    version = ""

    def region_codes(self, name: str) -> frozenset[str] | None:
        """Return the code where ``name`` has the shape of one."""
        return frozenset({name.upper()}) if re.fullmatch(r"[A-Za-z]{2}|[A-Za-z]{4}", name) else None

    def actor_ids(self, name: str) -> frozenset[str] | None:
        """Return the id where ``name`` has the shape of one."""
        return frozenset({name}) if re.fullmatch(r"Q\d+|[\w.:-]*[:_.\d][\w.:-]*", name) else None
