"""A progress bar on a terminal, and nothing where there is none."""

from __future__ import annotations

import sys
from time import monotonic

EVERY = 0.2
"""Seconds between two pictures."""

WIDTH = 24


class Progress:
    """Shows how much of ``total`` is done, how fast, and how long it will take."""

    def __init__(self, total: int) -> None:
        self.total = total
        self.first: int | None = None
        self.began = self.shown = monotonic()
        self.drawn = False

    def show(self, done: int) -> None:
        """Draw it anew, now and then."""
        if self.first is None:
            self.first = done
        if sys.stderr.isatty() and monotonic() - self.shown > EVERY:
            self.shown = monotonic()
            self.drawn = True
            print(f"\r\x1b[K{self.text(done)}", end="", file=sys.stderr, flush=True)

    def text(self, done: int) -> str:
        """Return the bar."""
        full = WIDTH * done // max(1, self.total)
        rate = (done - (self.first or 0)) / max(1e-9, monotonic() - self.began)
        left = f"{(self.total - done) / rate:.0f} s left" if rate > 0 else ""
        bar = "█" * full + "░" * (WIDTH - full)
        return f"{bar} {100 * done // max(1, self.total):3d} %  {done:,} of {self.total:,}, {rate:.0f} a second, {left}"

    def end(self, done: int) -> None:
        """Leave the line."""
        if self.drawn:
            print(f"\r\x1b[K{self.text(done)}", file=sys.stderr)
