"""The language sentence by sentence: what matches and what does not, where a reader of the contract may wonder."""

from __future__ import annotations

import pytest

from pipeline.core.rules import QueryError, parse
from pipeline.core.story import Region, Role, Story


def matches(query: str, body: str, **more: object) -> bool:
    story = Story(uri="x", provider="p", source_format="t", body=body, **more)  # type: ignore[arg-type]
    return parse(query).matches(story) is not None


YES = {
    "precedence": [
        ("a OR b c", "b c"),
        ("a OR b c", "a"),
        ("a b OR c", "c"),
        ("NOT a b", "b"),
        ("a AND NOT b OR c", "c b"),
        ("a NOT b NEAR/3 c", "a b x x x x c"),
        ("headline:x OR a b", "a b"),
    ],
    "distance": [
        ("a NEAR/1 b", "b a"),
        ("a NEAR/2 b", "a x b"),
        ('"a b" NEAR/1 c', "a b c"),
        ('"a b" NEAR/2 "c d"', "c d x a b"),
        ("(a OR b) NEAR/2 (c OR d)", "b x d"),
        ("a NEAR/3 a", "a x a"),
        ("a BEFORE/2 b", "b a x b"),
        ('a NEAR/1 "b c"~1', "a c x b"),
        ('"a b"~0', "b a"),
        ('"a b c"~1', "c x a b"),
        ('"a a"~1', "a x a"),
        ("forms:attack NEAR/2 post*", "attacked a postman"),
    ],
    "at least": [
        ("ATLEAST/2 (tank missile drone)", "a drone, a tank"),
        ('ATLEAST/2 ("a b" c d)', "a b d"),
        ("ATLEAST/2 ((a OR b) c d)", "b c"),
        ("ATLEAST/1 (a b)", "b"),
    ],
    "words": [
        ("u.s.", "the U.S. team"),
        ("u.s", "the U.S. team"),
        ("o'brien", "O’Brien"),
        ("o`brien", "O'BRIEN's car"),
        ("boss", "the boss's car"),
        ("boss's", "the boss’s car"),
        ("9/11", "on 9/11"),
        ("9/11", "9 11"),
        ("mutual-aid", "mutual aid"),
        ("café", "CAFE"),
        ("lodz", "Łódź"),
        ("straße", "STRASSE"),
        ("истанбул", "ИСТАНБУЛ"),
        ("at&t", "AT&T"),
    ],
    "case": [
        ("=UN", "The UN met"),
        ("=U.S.", "the U.S. army"),
        ('="The UN"', "then The UN met"),
        ("headline:(=UN OR envoy)", ""),
    ],
    "scripts without spaces": [
        ("北京", "在北京大学"),
        ("北", "北京大学"),
        ("学", "北京大学"),
        ("京大", "北京大学"),
        ("北京大学", "在北京大学里"),
        ("北京 NEAR/1 大学", "北京大学"),
        ("北京 NEAR/2 大学", "北京的大学"),
        ("東京タワー", "東京タワーは高い"),
        ("ไทย", "ประเทศไทย"),
        ("ทำ", "การทำงาน"),
        ("ำ", "การทำงาน"),
        ("ໜັງ", "ຮູບໜັງ"),
    ],
    "patterns": [
        ("attack*", "attackers"),
        ("organi?ation", "organisation"),
        ("zelensky~1", "zelenskyy"),
        ("zelensky~1", "zelenksy"),
        ("zelensky~1", "zelensk"),
        ("zelensky~1", "zelenski"),
        ('"mutu* aid"', "mutual aid"),
    ],
    "lead": [("lead:a", "a\n\nb"), ("lead:(a OR b) x", "b\n\nx"), ("body:a lead:b", "b\n\na")],
}
NO = {
    "precedence": [
        ("a OR b c", "b"),
        ("NOT a AND b", "b a"),
        ("NOT b NEAR/1 c a", "a b c"),
        ("headline:a b", "a b"),
        ("headline:(a OR b)", "a b"),
    ],
    "distance": [
        ("a NEAR/1 b", "a x b"),
        ('"a b" NEAR/1 "b c"', "a b c"),
        ('"a b" NEAR/1 c', "a b x c"),
        ("a NEAR/3 a", "a x"),
        ("a BEFORE/2 b", "b a"),
        ('"a b"~0', "a x b"),
        ('"a b c"~1', "c x a y b"),
        ('"a a"~1', "a"),
        ("headline:a NEAR/5 b", "a b"),
    ],
    "at least": [
        ("ATLEAST/2 (tank missile drone)", "tank tank tank"),
        ("ATLEAST/2 (tank missile tank)", "tank"),
        ("ATLEAST/2 ((a OR b) c d)", "a b"),
    ],
    "words": [
        ("u.s.", "they told us"),
        ("us", "the U.S. team"),
        ("u.s", "the U.S.A. team"),
        ("obrien", "O'Brien"),
        ("brien", "O'Brien"),
        ("9/11", "9 x 11"),
        ("9/11", "11/9"),
    ],
    "case": [
        ("=UN", "THE UN MET AT NOON"),
        ("=UN", "une un"),
        ("=un", "The UN met"),
        ("=U.S.", "the U.S army"),
        ('="The UN"', "then the UN met"),
    ],
    "scripts without spaces": [
        ("北大", "北京大学"),
        ("北京 NEAR/1 大学", "北京的大学"),
        ("大学 BEFORE/5 北京", "北京大学"),
        ("京都", "東京 都"),
    ],
    "patterns": [
        ("attack?", "attack"),
        ("zelensky~1", "zelenskiyy"),
        ("forms:attack", "attackers"),
        ("att?ck", "attaack"),
    ],
    "lead": [("lead:b", "a\n\nb"), ("lead:b", "a\nb")],
}


def _cases(table: dict[str, list[tuple[str, str]]]) -> list[object]:
    return [
        pytest.param(*case, id=f"{group}: {case[0]} | {case[1]}") for group, cases in table.items() for case in cases
    ]


@pytest.mark.parametrize(("query", "body"), _cases(YES))
def test_a_story_matches(query: str, body: str) -> None:
    assert matches(query, body, headline="x envoy of 12 or 13 people")


@pytest.mark.parametrize(("query", "body"), _cases(NO))
def test_a_story_does_not_match(query: str, body: str) -> None:
    assert not matches(query, body, headline="12 or 13 people")


def test_capitals_count_as_case_up_to_four_fifths_of_the_letters() -> None:
    assert matches("=UN", "UN ABCDE xx")  # 7 of 9
    assert matches("=UN", "UN ABCDEF xx")  # 8 of 10: not over
    assert not matches("=UN", "UN ABCDEFG xx")  # 9 of 11
    assert matches("=UN", "A UN envoy", headline="UN MEETS")


def test_an_urgency_is_a_number_or_a_range_with_both_ends() -> None:
    for query, found in (
        ("urgency:1..3", [1, 2, 3]),
        ("urgency:4", [4]),
        ("urgency:..2", [1, 2]),
        ("urgency:8..", [8, 9]),
    ):
        assert [number for number in range(1, 10) if matches(query, "x", urgency=number)] == found
        assert not matches(query, "x")


def test_a_region_takes_in_those_below_it_and_mentions_a_focus_only_what_the_story_is_about() -> None:
    class Names:
        version = "1"

        def region_codes(self, name: str) -> frozenset[str] | None:
            return {"Middle East": frozenset({"IR", "IQ"}), "IQ": frozenset({"IQ"})}.get(name)

        def actor_ids(self, name: str) -> frozenset[str] | None:
            return frozenset({"Q1"}) if name == "Kim Jong-un" else None

    iraq = Region("IQ", "Iraq", Role.MENTION, 0.2, 1, ())
    story = Story(uri="x", provider="p", source_format="t", body="x", regions=(iraq,))
    for query, found in (
        ('region:"Middle East"', True),
        ("region:IQ", True),
        ('focus:"Middle East"', False),
        ("focus:IQ OR x", True),
        ('x NOT region:"Middle East"', False),
    ):
        assert (parse(query, names=Names()).matches(story) is not None) is found, query
    with pytest.raises(QueryError, match="no region is called 'Middle Earth'"):
        parse('region:"Middle Earth"', names=Names())
