"""What the shipped dictionaries must hold."""

from __future__ import annotations

from datetime import date

from pipeline.core.tag import Dictionary
from pipeline.core.tag.lint import coverage, lint
from tests.core.tag.conftest import SHIPPED


def test_the_linter_is_silent(dictionary: Dictionary) -> None:
    assert [str(problem) for problem in lint(dictionary)] == []


def test_every_table_names_its_source() -> None:
    tables = sorted(SHIPPED.glob("*.tsv"))
    heads = [path.read_text(encoding="utf-8").splitlines()[:4] for path in tables]
    assert len(tables) > 15
    assert all(any(line.startswith("# source: ") for line in head) for head in heads)


def test_every_member_of_the_united_nations_is_there(dictionary: Dictionary) -> None:
    assert coverage(dictionary, date(2026, 11, 1)).un_members == 193


def test_every_former_state_has_its_dates(dictionary: Dictionary) -> None:
    former = [entry for entry in dictionary.regions.values() if len(entry.code) == 4]
    assert {"SUHH", "YUCS", "CSHH", "DDDE", "YDYE", "ANHH"} <= {entry.code for entry in former}
    assert all(entry.since and entry.until for entry in former)


def test_every_capital_is_an_alias_of_its_country_in_all_fifteen_languages_that_have_it(dictionary: Dictionary) -> None:
    languages = {
        alias.language for alias in dictionary.aliases if any(sense.use == "capital" for sense in alias.senses)
    }
    assert {"ar", "de", "es", "fr", "hi", "id", "it", "ja", "ko", "nl", "pt", "ru", "tr", "uk", "zh"} <= languages


def test_a_group_has_the_members_of_the_day(dictionary: Dictionary) -> None:
    assert "GB" in dictionary.below("EU", date(2010, 1, 1))
    assert "GB" not in dictionary.below("EU")
    assert "FI" not in dictionary.below("NATO", date(2020, 1, 1))
    assert {"KE", "FR"}.isdisjoint(dictionary.below("Sahel"))
    assert {"DE", "FR"} <= dictionary.below("Western Europe")
    assert dictionary.below("Nowhere") == frozenset()
