"""What the shipped dictionaries must hold."""

from __future__ import annotations

from datetime import date

from pipeline.core.tag import Dictionary
from pipeline.core.tag.coverage import coverage
from pipeline.core.tag.lint import lint
from tests.core.tag.conftest import SHIPPED

DAY = date(2026, 11, 1)
LATIN = frozenset({"de", "es", "fr", "id", "it", "nl", "pt", "tr"})
OTHERS = LATIN | {"ar", "hi", "ja", "ko", "ru", "uk", "zh"}


def test_the_linter_is_silent(dictionary: Dictionary) -> None:
    assert [str(problem) for problem in lint(dictionary)] == []


def test_every_table_names_its_source() -> None:
    tables = sorted(SHIPPED.glob("*.tsv"))
    heads = [path.read_text(encoding="utf-8").splitlines()[:4] for path in tables]
    assert len(tables) > 15
    assert all(any(line.startswith("# source: ") for line in head) for head in heads)


def test_every_member_of_the_united_nations_is_there(dictionary: Dictionary) -> None:
    assert coverage(dictionary, DAY).un_members == 193


def test_every_former_state_has_its_dates(dictionary: Dictionary) -> None:
    former = [entry for entry in dictionary.regions.values() if len(entry.code) == 4]
    assert {"SUHH", "YUCS", "CSHH", "DDDE", "YDYE", "ANHH"} <= {entry.code for entry in former}
    assert all(entry.since and entry.until for entry in former)


def test_fifteen_languages_name_every_member_of_the_united_nations(dictionary: Dictionary) -> None:
    spoken = {found.language: found for found in coverage(dictionary, DAY).languages}
    assert set(spoken) == {"en", *OTHERS}
    assert {found.names for found in spoken.values()} == {193}
    english = spoken["en"]
    assert english.demonyms == english.capitals == 193
    # Written in other letters, a capital is spelled out; in ours most are called as in English.
    assert all(spoken[language].capitals >= 185 for language in OTHERS - LATIN)
    assert all(spoken[language].demonyms >= 110 for language in ("de", "es", "fr", "it", "nl", "pt", "ru", "uk"))


def test_the_bodies_that_a_desk_asks_for_are_there(dictionary: Dictionary) -> None:
    found = coverage(dictionary, DAY)
    assert found.actors["igo"] >= 300
    assert found.actors["company"] >= 500
    assert found.actors["armed_group"] >= 150
    assert found.holders - found.unverified >= 350


def test_the_heads_of_all_but_a_few_states_are_known(dictionary: Dictionary) -> None:
    assert len(coverage(dictionary, DAY).headless) <= 5


def test_a_group_has_the_members_of_the_day(dictionary: Dictionary) -> None:
    assert "GB" in dictionary.below("EU", date(2010, 1, 1))
    assert "GB" not in dictionary.below("EU")
    assert "FI" not in dictionary.below("NATO", date(2020, 1, 1))
    assert {"KE", "FR"}.isdisjoint(dictionary.below("Sahel"))
    assert {"DE", "FR"} <= dictionary.below("Western Europe")
    assert "RU" in dictionary.below("G8", date(2010, 1, 1))
    assert "RU" not in dictionary.below("G8")
    assert "BG" not in dictionary.below("Eurozone", date(2025, 6, 1))
    assert "QA" not in dictionary.below("OPEC+", date(2020, 1, 1))
    assert len(dictionary.below("OECD")) == 38
    assert len(dictionary.below("OIC")) == 57
    assert len(dictionary.below("Commonwealth")) == 56
    assert dictionary.below("European Union") == dictionary.below("EU")
    assert {"ID", "VN"} <= dictionary.below("southeast asia")
    assert dictionary.below("Nowhere") == frozenset()
