"""What rules tell people: explanations with near misses, advice, tests of rules, backtests, the described language."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from pipeline.core.need import AnyOf
from pipeline.core.need import Word as NeedWord
from pipeline.core.rules import RuleDefinition, RuleSet, parse
from pipeline.core.rules.advice import advice
from pipeline.core.rules.backtest import backtest, backtest_need
from pipeline.core.rules.definition import RuleTest, compiled
from pipeline.core.rules.explain import explain
from pipeline.core.rules.forms import english
from pipeline.core.rules.grammar import LANGUAGE, Construct
from pipeline.core.rules.parser import Parser
from pipeline.core.rules.query import TextField
from pipeline.core.rules.selftest import run_tests, story_of
from pipeline.core.rules.view import View
from pipeline.core.story import Story


def told(query: str, text: str) -> list[str]:
    story = Story(uri="x", provider="p", source_format="t", body=text)
    return [str(clause) for clause in explain(parse(query).node, View(story))]


@pytest.mark.parametrize(
    ("query", "text", "expected"),
    [
        (
            "aid NEAR/5 treaty",
            "aid a b c d e f g h treaty",
            "- aid NEAR/5 treaty: aid and treaty are 9 words apart; NEAR/5",
        ),
        ("aid BEFORE/5 treaty", "treaty aid", "- aid BEFORE/5 treaty: aid does not come before treaty"),
        ("aid NEAR/5 treaty", "aid", "- aid NEAR/5 treaty: no treaty"),
        ("attack", "he attacked", "- attack: the story has attacked; forms:attack would take it"),
        ("forms:attack", "peace", "- forms:attack: forms:attack takes attack, attacked, attacking, attacks"),
        (
            "forms:attack",
            "an attacked post",
            "+ forms:attack: body 3–11 “attacked”; forms:attack takes attack, attacked, attacking, attacks",
        ),
        (
            "forms:aid NEAR/3 pact",
            "aided a b c d pact",
            (
                "- forms:aid NEAR/3 pact: forms:aid and pact are 5 words apart; NEAR/3; "
                "forms:aid takes aid, aided, aiding, aids"
            ),
        ),
        ('"aid pact"~1 NEAR/1 un', "pact aid aid un", '+ "aid pact"~1 NEAR/1 un: 1 apart'),
        ("=UN", "un deux", "- =UN: written otherwise: un"),
        ("headline:aid", "aid", "- headline:aid: it stands in body only"),
        ('"mutual aid"', "mutual and other aid", '- "mutual aid": its words are there with 2 others between'),
        ('"mutual aid"', "aid mutual", '- "mutual aid": its words stand together in another order'),
        ('"mutual aid"', "aid", '- "mutual aid": no mutual'),
        ("region:KP", "aid", "- region:KP: the story has no such tag"),
        ("urgency:1", "aid", "- urgency:1: the story has none"),
        ("aid", "Aid came", "+ aid: body 0–3 “Aid”"),
    ],
)
def test_an_explanation_names_the_near_miss(query: str, text: str, expected: str) -> None:
    assert told(query, text) == [expected]


def test_a_compound_is_explained_clause_by_clause() -> None:
    assert told("aid AND (pact OR treaty) NOT fund", "aid treaty") == [
        "+ all of",
        "  + aid: body 0–3 “aid”",
        "  + any of",
        "    - pact",
        "    + treaty: body 4–10 “treaty”",
        "  + not",
        "    - fund",
    ]


def test_advice_names_the_forms_that_a_word_leaves_out() -> None:
    query = "missile and attack* OR forms:launch OR Moscow OR derailment OR shooters"
    assert advice(parse(query).node, query) == [
        "`and` in lower case is a word to look for; the operator is AND",
        "`derailment` takes that form alone; forms:derailment takes derailments too",
        "`missile` takes that form alone; forms:missile takes missiled, missiles, missiling too",
    ]


@pytest.mark.parametrize(
    ("word", "forms"),
    [
        ("attack", "attack attacked attacking attacks"),
        ("seize", "seize seized seizes seizing"),
        ("crisis", "crisis crises"),
        ("city", "city cities citied citying"),
        ("went", "went go goes going gone"),
        ("invaded", "invaded invade invades invading"),
        ("stop", "stop stoped stoping stopped stopping stops"),
        ("news", "news"),
        ("women", "women woman"),
        ("aid", "aid aids aided aiding"),
        ("hoped", "hope hopes hoped hoping"),
        ("created", "create creates created creating creat creats"),
        ("freed", "free frees freed freeing"),
        ("agreeing", "agree agrees agreed agreeing agreeings"),
        ("focused", "focus focuses focused focusing focussed focussing"),
        ("lives", "life lives live lived living"),
        ("exchanged", "exchange exchanges exchanged exchanging exchang exchangs"),
        ("fuel", "fuel fuels fueled fueling fuelled fuelling"),
        ("crises", "crisis crises crise crised crising"),
    ],
)
def test_english_inflections(word: str, forms: str) -> None:
    assert set(english(word)) == set(forms.split())
    assert english(word)[0] == word


@pytest.mark.parametrize("row", LANGUAGE, ids=lambda row: row.syntax)
def test_the_described_language_is_the_spoken_one(row: Construct) -> None:
    query = parse(row.example)
    assert query.matches(story_of(row.match)) is not None
    assert query.matches(story_of(row.no_match)) is None


def test_tests_of_a_rule_fail_with_the_reason() -> None:
    definition = RuleDefinition(
        id="aid",
        query="aid",
        tests=(
            RuleTest(match="Aid came"),
            RuleTest(match="Help came"),
            RuleTest(no_match={"headline": "Aid", "urgency": 3}),
            RuleTest(match={"headlin": "Aid"}),
        ),
    )
    failures = run_tests(definition, compiled(definition, Parser()), lambda story: story)
    assert [(failure.wanted, failure.text) for failure in failures] == [
        ("match", "Help came"),
        ("no match", "Aid"),
        ("match", "{'headlin': 'Aid'}"),
    ]
    assert str(failures[0].clauses[0]) == "- aid"
    assert failures[2].reason == "the story cannot be read: a story has no field 'headlin'"


def dated(day: int, text: str) -> Story:
    moment = datetime(2026, 6, day, tzinfo=UTC)
    return Story(uri=str(day), provider="p", source_format="t", body=text, version_created=moment)


def test_a_backtest_counts_by_day_and_compares_with_the_present_version() -> None:
    stories = [dated(3, "aid treaty"), dated(3, "aid"), dated(1, "treaty"), dated(2, "none")]
    found = backtest(stories, parse("treaty").node, parse("aid").node)
    assert (found.read, found.matched, found.gained_count, found.lost_count) == (4, 2, 1, 1)
    assert {str(day): count for day, count in found.days.items()} == {"2026-06-03": 1, "2026-06-01": 1}
    assert [story.uri for story in (*found.gained, *found.lost)] == ["1", "3"]
    assert backtest_need(parse("treaty").node, parse("aid").node) == AnyOf((NeedWord("treaty"), NeedWord("aid")))


def test_a_rule_that_fails_costs_no_other_its_match_and_is_out(monkeypatch: pytest.MonkeyPatch) -> None:
    queries = {"bad": "lead:aid", "good": "aid"}
    rules = RuleSet(compiled(RuleDefinition(id=id_, query=query), Parser()) for id_, query in queries.items())
    story = Story(uri="x", provider="p", source_format="t", body="aid")
    ranges = View.ranges

    def fail(view: View, field: TextField | None) -> list[tuple[int, int]] | None:
        return [(1 // 0, 0)] if field == "lead" else ranges(view, field)

    monkeypatch.setattr(View, "ranges", fail)
    result = rules.match(story)
    assert [match.rule for match in result.matches] == ["good"]
    assert [rule for rule, _reason in result.errors] == ["bad"]
    assert rules.match(story).errors == ()
    assert "ZeroDivisionError" in rules.failed["bad"]
    rules.add(compiled(RuleDefinition(id="bad", query="aid"), Parser()))
    assert [match.rule for match in rules.match(story).matches] == ["bad", "good"]


def test_inflections_of_another_language_are_told_by_their_stem() -> None:
    story = Story(uri="x", provider="p", source_format="t", body="Les attaques", language="fr")
    (clause,) = explain(parse("forms:attaque").node, View(story))
    assert str(clause) == "+ forms:attaque: body 4–12 “attaques”; forms:attaque takes what has the French stem attaqu"
