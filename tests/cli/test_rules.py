"""``wirewatch rules`` and ``wirewatch explain`` as people call them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pipeline.cli import main

RULES = """
topic: security
rules:
  - id: aid
    query: aid NEAR/3 treaty
    tests:
      - match: An aid treaty
      - no match: Aid came, and nobody had signed the treaty
  - id: korea
    query: region:KP AND missile
"""


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    path = tmp_path / "rules.yaml"
    path.write_text(RULES)
    return path


@pytest.fixture
def story(tmp_path: Path) -> Path:
    path = tmp_path / "story.jsonl"
    body = "The aid that was given since then needs no treaty. Pyongyang tested a missile."
    path.write_text(json.dumps({"uri": "x", "type": "text", "headline": "North Korea", "body_text": body}) + "\n")
    return path


def test_the_shipped_rules_are_sound_and_pass_their_tests(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["rules", "test"]) == 0
    assert capsys.readouterr().out.endswith(", no failures\n")
    assert main(["rules", "check", "--no-advice"]) == 0


def test_check_shows_every_problem_with_a_caret(rules: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rules.write_text(RULES + "  - id: bad\n    query: (x OR y\n  - id: aid\n    query: x1\n")
    assert main(["rules", "check", str(rules)]) == 3
    printed = capsys.readouterr()
    assert printed.out == "2 rules, 2 problems\n"
    assert f"{rules}:12:12: rule bad: this ( is never closed\n      query: (x OR y\n             ^\n" in printed.err
    assert "rule aid is given twice" in printed.err
    assert "advice korea: `missile` takes that form alone" in printed.err


def test_a_failing_test_is_shown_with_its_reason(rules: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rules.write_text(RULES.replace("An aid treaty", "Aid came"))
    assert main(["rules", "test", str(rules)]) == 1
    assert capsys.readouterr().out.splitlines()[:5] == [
        "aid",
        "  Aid came",
        "  - match",
        "  + no match",
        "      - aid NEAR/3 treaty: no treaty",
    ]


def test_list_show_and_format(rules: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["rules", "list", str(rules)]) == 0
    assert (
        capsys.readouterr().out.splitlines()[0]
        == "aid    file  in force  security    -         -         aid NEAR/3 treaty"
    )
    assert main(["rules", "list", "--json", str(rules)]) == 0
    assert [json.loads(line)["id"] for line in capsys.readouterr().out.splitlines()] == ["aid", "korea"]
    assert main(["rules", "show", "korea", "--rules", str(rules)]) == 0
    assert f"from      {rules}:10" in capsys.readouterr().out
    assert main(["rules", "format", str(rules)]) == 0
    assert capsys.readouterr().out == "aid: aid NEAR/3 treaty\nkorea: region:KP AND missile\n"


def test_a_rule_that_does_not_exist_is_named(rules: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["rules", "show", "none", "--rules", str(rules)]) == 1
    assert "no rule is called 'none'" in capsys.readouterr().err


def test_explain_marks_matches_and_names_near_misses(
    rules: Path, story: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["explain", "--rules", str(rules), str(story)]) == 0
    printed = capsys.readouterr().out
    assert "korea matches" in printed
    assert "Pyongyang tested a [missile]." in printed
    assert "aid does not match" in printed
    assert "aid and treaty are 8 words apart; NEAR/3" in printed


def test_backtest_counts_by_day_and_compares(tmp_path: Path, rules: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = tmp_path / "wirewatch.yaml"
    config.write_text(f"database: {tmp_path / 'w.db'}\nrules: [{rules}]\ntopics: [security]\n")
    lines = [
        {"uri": "a", "versioncreated": "2026-06-14T08:00:00Z", "headline": "An aid treaty"},
        {"uri": "b", "versioncreated": "2026-06-15T08:00:00Z", "headline": "A treaty"},
    ]
    wire = tmp_path / "wire.jsonl"
    wire.write_text("".join(json.dumps({"type": "text", "body_text": ".", **line}) + "\n" for line in lines))
    assert main(["run", "--config", str(config), "--once", str(wire)]) == 0
    capsys.readouterr()
    arguments = ["rules", "backtest", "aid", "--config", str(config), "--since", "2026-06-13", "--json"]
    assert main(arguments) == 0
    assert json.loads(capsys.readouterr().out)["days"] == {"2026-06-14": 1}
    assert main([*arguments, "--query", "treaty"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert (report["matched"], report["gained"], report["lost"]) == (2, 1, 0)
    assert main([*arguments[:-1], "--query", "treaty"]) == 0
    printed = capsys.readouterr().out
    assert "2026-06-15       1  ████" in printed
    assert "gained against the present version: 1" in printed
