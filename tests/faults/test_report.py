"""The table of the report: one row a test, that of its last run, and the bound that its column says."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.faults.ledger import Findings
from tests.faults.report import BEGIN, END, Report, harm


def found(stale: int = 0) -> Findings:
    return Findings(
        stories=1_000,
        lost=[],
        double=0,
        stale=stale,
        missing=0,
        strange=0,
        poison_wrong=0,
        repeated=12,
        again=3,
        delay=4.25,
        standstill=5.0,
    )


def test_a_row_takes_the_place_of_the_last_run_of_its_test_and_leaves_the_others(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(f"before\n{BEGIN}\n{END}\nafter\n")
    report = Report(300, page)
    report.add("one", 30, found())
    report.add("two", 30, found())
    report.add("one", 6, found(stale=1))
    lines = page.read_text().splitlines()
    assert (lines[0], lines[-1]) == ("before", "after")
    rows = [line for line in lines if line.startswith(("| one", "| two"))]
    assert [row.split(" | ")[0] for row in rows] == ["| two", "| one"]
    assert "| 12 (0.4) | 3 | 4.2 s | 5 s | 10% |" in rows[0]
    assert "| 0, 0, 1 |" in rows[1]
    assert "| harm was done |" in rows[1]


def test_the_bound_is_that_of_none_in_so_many() -> None:
    assert harm(30) == pytest.approx(0.095, abs=0.001)
    assert (1 - harm(30)) ** 30 == pytest.approx(0.05)
