"""The table that ``make faults`` writes into docs/reliability.md."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from tests.faults.ledger import Findings

PAGE = Path(__file__).parents[2] / "docs" / "reliability.md"
BEGIN, END = "<!-- faults -->", "<!-- /faults -->"
CONFIDENCE = 0.95

HEAD = (
    "| test | faults | stories | lost, twice, stale | alerts missing, strange | dead letters wrong | "
    "repeated stories (of one fault) | repeated alerts | longest to an alert | longest standstill | "
    "at most so many faults do harm | run |"
)


class Row(msgspec.Struct):
    """What one test found over so many faults."""

    test: str
    faults: int
    found: Findings
    run: str

    def __str__(self) -> str:
        """Return the line of the table."""
        f = self.found
        each = f.repeated / self.faults if self.faults else 0.0
        cells = (
            self.test,
            str(self.faults),
            f"{f.stories:,}",
            f"{len(f.lost)}, {f.double}, {f.stale}",
            f"{f.missing}, {f.strange}",
            str(f.poison_wrong),
            f"{f.repeated} ({each:.1f})",
            str(f.again),
            f"{f.delay:.1f} s",
            f"{f.standstill:.0f} s",
            f"{harm(self.faults):.0%}" if f.harmless else "harm was done",
            self.run,
        )
        return f"| {' | '.join(cells)} |"


def harm(faults: int) -> float:
    """Return the share of faults that may do harm after so many that did none, at the confidence of the report.

    From 0 of n: the p for which (1 - p)^n = 1 - confidence.
    """
    return 1 - (1 - CONFIDENCE) ** (1 / faults) if faults else 1.0


class Report:
    """The rows of a run, at so many stories a second; written to ``page`` where there is one."""

    def __init__(self, rate: int, page: Path | None) -> None:
        self.rate = rate
        self.page = page

    def add(self, test: str, faults: int, found: Findings) -> None:
        """Say what a test found, and add it in the place of what it found before."""
        row = Row(test, faults, found, f"{datetime.now(UTC):%Y-%m-%d}, {self.rate}/s, {os.cpu_count()} cores")
        print(row)  # noqa: T201  what a small run says of itself: pytest shows it where a test fails, or with -rP
        if self.page is None:
            return
        text = self.page.read_text(encoding="utf-8")
        before, _, rest = text.partition(BEGIN)
        table, _, after = rest.partition(END)
        others = [line for line in table.splitlines()[3:] if not line.startswith(f"| {test} |")]
        lines = [BEGIN, HEAD, "|" + " --- |" * (HEAD.count("|") - 1), *others, str(row), END]
        self.page.write_text(before + "\n".join(lines) + after, encoding="utf-8")
