"""``wirewatch dictionary`` as people call it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pipeline.cli import main


def test_lint_prints_the_coverage_and_nothing_else(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["dictionary", "lint"]) == 0
    out, err = capsys.readouterr()
    assert "members of the United Nations" in out
    assert "language  aliases  names  peoples  capitals  actors" in out
    assert err == ""


def test_lint_is_3_on_a_bad_file_of_the_desk(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "own").mkdir()
    table = tmp_path / "own" / "watch.tsv"
    table.write_text("# table: aliases\nalias\tuse\tregion\nAtlantis\tname\tXX\n", encoding="utf-8")
    (tmp_path / "wirewatch.yaml").write_text("dictionaries: [own]\n", encoding="utf-8")
    assert main(["dictionary", "lint", "--config", str(tmp_path / "wirewatch.yaml")]) == 3
    assert f"{table}:3: unknown region 'XX'" in capsys.readouterr().err


def test_show_prints_the_members_of_a_group(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["dictionary", "show", "Baltic", "States"]) == 0
    assert [line[:2] for line in capsys.readouterr().out.splitlines()] == ["EE", "LT", "LV"]


def test_show_prints_an_office_and_its_holders(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["dictionary", "show", "fed-chair"]) == 0
    out = capsys.readouterr().out
    assert "fed-chair Chair of the Federal Reserve: office US GOV" in out
    assert "paul-volcker 1979-08-06–1987-08-11 (unverified)" in out


def test_show_prints_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["dictionary", "show", "--json", "Q7747"]) == 0
    assert json.loads(capsys.readouterr().out)["actors"][0]["name"] == "Vladimir Putin"


def test_explain_prints_every_sense_of_an_alias(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["dictionary", "explain", "persian", "gulf"]) == 0
    assert "'Persian Gulf' → nothing: trap" in capsys.readouterr().out


def test_an_unknown_name_is_1(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["dictionary", "explain", "Zembla"]) == 1
    assert capsys.readouterr().err == "wirewatch: the dictionaries hold nothing called 'Zembla'\n"
    assert main(["dictionary", "show", "Zembla"]) == 1


def test_a_name_is_needed(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as error:
        main(["dictionary", "show"])
    assert error.value.code == 2
    assert "the following arguments are required: NAME" in capsys.readouterr().err
