"""What one rule may cost: numbers that the configuration may change, checked when a rule is saved."""

from __future__ import annotations

import msgspec


class Limits(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The limits of one query; a rule beyond one of them is refused with the number that it reaches."""

    characters: int = 50_000
    clauses: int = 2_000
    """Terms, those of named queries included."""
    depth: int = 40
    """Parentheses inside parentheses."""
    distances: int = 200
    """NEAR, BEFORE and ``"…"~n``, each counted for every pair of its two sides."""
    patterns: int = 200
    """Wildcards, ``~1`` and ``forms:``."""
