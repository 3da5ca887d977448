"""Benchmarks: ``bench_*.py`` each have ``run() -> Iterator[Figure]``; ``python -m tests.bench [NAME…]`` runs them.

They are never part of the tests: machines are shared and noisy, so a figure is compared with a peer of the same run.
"""

from __future__ import annotations

import msgspec


class Figure(msgspec.Struct, frozen=True, kw_only=True):
    """One measured figure; ``goal`` says what it should reach, in words, and ``peer`` what the peer did in this run."""

    name: str
    value: float
    unit: str
    goal: str | None = None
    peer: str | None = None
    met: bool | None = None
