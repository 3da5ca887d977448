"""The table that ``make faults`` writes into docs/reliability.md."""

from __future__ import annotations

import os
import platform
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from tests.faults.ledger import Findings

PAGE = Path(__file__).parents[2] / "docs" / "reliability.md"
BEGIN, END = "<!-- faults -->", "<!-- /faults -->"
CONFIDENCE = 0.95

HEAD = (
    "| test | faults | stories | lost, twice, stale | alerts missing, strange | dead letters wrong | repeated stories "
    "(of one fault) | repeated alerts | longest to an alert | longest standstill | at most so many faults do harm |"
)


class Row(msgspec.Struct):
    """What one test found over so many faults."""

    test: str
    faults: int
    found: Findings

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
        )
        return f"| {' | '.join(cells)} |"


def harm(faults: int) -> float:
    """Return the share of faults that may do harm after so many that did none, at the confidence of the report.

    From 0 of n: the p for which (1 - p)^n = 1 - confidence.
    """
    return 1 - (1 - CONFIDENCE) ** (1 / faults) if faults else 1.0


class Report:
    """The rows of one run, at so many stories a second; written to ``page`` where there is one."""

    def __init__(self, rate: int, page: Path | None) -> None:
        self.rate = rate
        self.page = page
        self.rows: list[Row] = []

    def add(self, test: str, faults: int, found: Findings) -> None:
        """Add what a test found."""
        self.rows.append(Row(test, faults, found))
        if self.page is not None:
            self.write(self.page)

    def text(self) -> str:
        """Return the table, with when and where it was made."""
        machine = (
            f"{os.cpu_count()} cores, {platform.system()} {platform.machine()}, Python {platform.python_version()}"
        )
        lines = [
            f"Run on {datetime.now(UTC):%Y-%m-%d} at {self.rate} stories a second on {machine}.",
            "",
            HEAD,
            "|" + " --- |" * HEAD.count(" |"),
            *map(str, self.rows),
        ]
        return "\n".join(lines)

    def write(self, page: Path) -> None:
        """Put the table in its place on the page."""
        text = page.read_text(encoding="utf-8")
        before, _, rest = text.partition(BEGIN)
        _, _, after = rest.partition(END)
        page.write_text(f"{before}{BEGIN}\n{self.text()}\n{END}{after}", encoding="utf-8")
