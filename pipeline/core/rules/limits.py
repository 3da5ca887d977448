"""What one rule may cost: numbers that the configuration may change, checked when a rule is saved or loaded."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta

Number = Annotated[int, Meta(ge=1)]


class Limits(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The limits of one query; a rule beyond one of them is refused with the number that it reaches."""

    characters: Number = 50_000
    clauses: Number = 2_000
    """Terms, those of named queries included."""
    depth: Number = 40
    """Parentheses inside parentheses."""
    distances: Number = 200
    """NEAR, BEFORE and `"…"~n`, each counted for every pair of its two sides."""
    patterns: Number = 200
    """Wildcards, `~1` and `forms:`."""
    cost: Number = 5_000
    """Look-ups that an average story is estimated to cost: terms, distances and patterns × 10, by how many stories have
    what the rule is indexed by."""
