"""Who acts: the countries and sectors of one-sentence stories, as a coder of events would note them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.core.tag.conftest import Tag

LIST = Path(__file__).with_name("events.tsv")
EVENTS = [line.split("\t") for line in LIST.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]


def _pairs(tag: Tag, text: str) -> set[tuple[str, str]]:
    return {(actor.country or "", actor.sector or "") for actor in tag(body=text).actors if actor.country}


def _f1(right: int, found: int, wanted: int) -> float:
    return 2 * right / (found + wanted)


def test_the_countries_and_sectors_of_events(tag: Tag) -> None:
    """The figures are those of the list as a whole; precision of sectors is that of the countries that have one."""
    countries, sectors = [0, 0, 0], [0, 0, 0]
    for text, marks in EVENTS:
        wanted = {(mark.partition(":")[0], mark.partition(":")[2]) for mark in marks.split()}
        found = _pairs(tag, text)
        codes, named = {code for code, _ in wanted}, {code for code, _ in found}
        for counts, right, all_, gold in (
            (countries, len(codes & named), len(named), len(codes)),
            (
                sectors,
                len({pair for pair in wanted if pair[1]} & found),
                len({pair for pair in found if pair[1] and pair[0] in {code for code, sector in wanted if sector}}),
                len({pair for pair in wanted if pair[1]}),
            ),
        ):
            counts[0] += right
            counts[1] += all_
            counts[2] += gold
    assert len(EVENTS) > 160
    assert _f1(*countries) > 0.965
    assert _f1(*sectors) > 0.91


@pytest.mark.parametrize(
    ("text", "pairs"),
    [
        ("Hamas fighters shelled a village.", {("PS", "REB")}),
        ("Egyptian government troops advanced.", {("EG", "MIL")}),
        ("A Kenyan opposition leader spoke.", {("KE", "OPP")}),
        ("An Iranian-backed militia met Kuwaiti officials.", {("KW", "GOV")}),
        ("Police arrested two Russians in Madrid.", {("ES", "COP"), ("RU", "GOV")}),
        ("Israel's Labour Party met.", {("IL", "PTY")}),
        ("The Ecuadorean Congress met.", {("EC", "LEG")}),
        ("Guatemalan Indians met.", {("GT", "GOV")}),
        ("Police in the southern Iraqi city of Basra fired.", {("IQ", "COP")}),
    ],
)
def test_a_role_noun_goes_to_whom_it_belongs(tag: Tag, text: str, pairs: set[tuple[str, str]]) -> None:
    assert {pair for pair in _pairs(tag, text) if pair[1]} == pairs


def test_a_person_is_what_the_story_calls_it(tag: Tag) -> None:
    actors = tag(body="The opposition leader Anwar Ibrahim was freed.").actors
    assert next(actor.sector for actor in actors if actor.name == "Anwar Ibrahim") == "OPP"


def test_where_two_states_act_a_third_is_only_the_place(tag: Tag) -> None:
    tags = tag(body="Chile and Peru signed a treaty in Geneva.")
    assert {actor.country for actor in tags.actors} == {"CL", "PE"}
    assert "CH" in {region.code for region in tags.regions}
    assert {actor.country for actor in tag(body="A bomb killed three people in Geneva.").actors} == {"CH"}


def test_an_object_of_a_government_is_its_state(tag: Tag) -> None:
    assert _pairs(tag, "Chile sold arms to Taiwan.") == {("CL", "GOV"), ("TW", "GOV")}


def test_a_word_in_small_letters_is_no_town_of_that_name(tag: Tag) -> None:
    assert ("DZ", "LAB") in _pairs(tag, "A leading Algerian union called a strike.")
