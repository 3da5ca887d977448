"""Explaining says for each tag why, and for each refused alias why not."""

from __future__ import annotations

from pipeline.core.tag import Dictionary, Tagger
from pipeline.core.tag.explain import explain, explain_alias, explain_text
from tests.core.tag.conftest import story


def test_a_refused_alias_has_its_reason(tagger: Tagger) -> None:
    readings = explain(tagger, story(body="Sarah Jordan met Vladimir Putin in Moscow, Idaho.")).readings
    by_alias = {reading.alias: reading for reading in readings}
    assert (by_alias["Jordan"].accepted, by_alias["Jordan"].reason) == (False, "after the given name Sarah")
    assert by_alias["Vladimir Putin"].target == "Q7747"
    assert (by_alias["Moscow"].target, by_alias["Moscow"].reason) == ("US", "followed by Idaho")


def test_every_reading_names_the_row_it_comes_from(tagger: Tagger) -> None:
    (reading,) = explain(tagger, story(body="Peru voted.")).readings
    assert reading.origin.startswith("dictionaries/")
    assert reading.origin.rpartition(":")[2].isdecimal()


def test_the_lines_show_place_class_evidence_and_weight(tagger: Tagger) -> None:
    told = story("Talks in Tbilisi", "Georgia will sign.", dateline="PARIS")
    lines = list(explain_text(tagger, told))
    assert lines[0] == "prior: dateline FR"
    assert lines[1].startswith("headline:9-16 'Tbilisi' → GE (strong capital; strong alias; +2.40)")
    assert lines[2].startswith("body:0-7 'Georgia' → GE (weak name; 1 strong mention of GE; +2.00)")


def test_a_role_noun_shows_whose_it_is(tagger: Tagger) -> None:
    readings = explain(tagger, story(body="The Turkish army advanced.")).readings
    assert [reading.target for reading in readings] == ["TR", "TR MIL"]


def test_an_alias_shows_each_of_its_senses(dictionary: Dictionary) -> None:
    lines = [line for line in explain_alias(dictionary, "georgia") if " only" not in line]
    assert [line.partition(" [")[0] for line in lines] == [
        "'Georgia' → GE Georgia: name, weak: needs evidence in the story",
        "'Georgia' → US United States: division, weak: needs evidence in the story",
    ]
    assert next(explain_alias(dictionary, "persian gulf")).startswith("'Persian Gulf' → nothing: trap, absorbs")


def test_a_role_noun_and_a_surname_say_what_they_need(dictionary: Dictionary) -> None:
    assert next(explain_alias(dictionary, "soldiers")).startswith(
        "'soldiers' → MIL: role noun, counts beside a country"
    )
    assert any("surname, counts with the full name or a title" in line for line in explain_alias(dictionary, "Bush"))


def test_a_town_shows_its_prior_and_english_comes_first(dictionary: Dictionary) -> None:
    lines = list(explain_alias(dictionary, "Lebanon"))
    assert any(", prior 0.03 [" in line for line in lines)
    assert " only" in lines[-1]


def test_a_refused_role_noun_says_whose_it_is(tagger: Tagger) -> None:
    lines = list(explain_text(tagger, story(body="Hamas fighters met near Moscow, Idaho.")))
    assert "body:6-14 'fighters' → not taken (role noun): belongs to Hamas" in lines
    assert any("'Moscow' → US (weak city; prior " in line for line in lines)
