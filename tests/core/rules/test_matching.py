"""One answer everywhere: index, evaluation, need and formatter against a plain second reading of the language."""

from __future__ import annotations

import gc

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pipeline.core.need import AllOf, AnyOf, Need, Prefix, Tagged
from pipeline.core.need import Word as NeedWord
from pipeline.core.rules import QueryError, RuleSet, evaluate, index, rows, ruleset, shown
from pipeline.core.rules import view as view_module
from pipeline.core.rules.definition import Rule
from pipeline.core.rules.evaluate import holds
from pipeline.core.rules.explain import explain
from pipeline.core.rules.format import format_query
from pipeline.core.rules.needs import need
from pipeline.core.rules.parser import Parser
from pipeline.core.rules.query import SEARCHED, And, AtLeast, Near, Node, Phrase, Tag, Wild, Word
from pipeline.core.rules.shown import spans
from pipeline.core.rules.view import View
from pipeline.core.searched import FIELDS
from pipeline.core.story import Story
from pipeline.core.words import words
from tests.core.rules.generated import LOOSE, PLAIN, QUERIES, Oracle, stories

DENSE = st.lists(
    st.sampled_from(("aid", "pact", "UN", "pactaid", "-", "x", "aid's", "aid'pact", "pact.", "s", "..", "Aid,UN")),
    max_size=10,
).map(" ".join)
COUNTS = (
    *((module, "FEW") for module in (index, view_module, rows, evaluate, shown)),
    *((view_module, "FEW_PLACES"), (ruleset, "MANY"), (rows, "MANY"), (shown, "MANY"), (index, "SMALL")),
)
"""From how many on another way pays; each is as right as the other."""


def rule(number: int, node: Node) -> Rule:
    return Rule(f"r{number}", "security", None, "v", "", node)


@given(QUERIES, stories())
@settings(max_examples=400, deadline=None)
def test_evaluation_agrees_with_the_plain_reading(node: Node, story: Story) -> None:
    assert holds(node, View(story)) == Oracle(story).holds(node)


@given(LOOSE, DENSE)
@example(Near((Phrase((Word("aid"), Word("pact")), (0, 1), 1),), (Word("un"),), 1, ordered=False), "pact aid aid un")
@example(Near((Word("un"),), (Phrase((Word("aid"), Word("pact")), (0, 1), 1),), 1, ordered=True), "un aid aid pact")
@settings(max_examples=400, deadline=None)
@pytest.mark.parametrize("few", [0, 16])
def test_a_longer_window_may_be_the_nearer_one(few: int, node: Near, text: str) -> None:
    story = Story(uri="x", provider="p", source_format="test", headline=text)
    oracle = Oracle(story)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(evaluate, "FEW", few)
        assert holds(node, View(story)) == oracle.holds(node)
        assert not holds(node, View(story)) or set(spans(node, View(story))) == oracle.spans(node)


@given(st.lists(QUERIES, min_size=1, max_size=6), st.lists(stories(), min_size=1, max_size=3))
@settings(max_examples=100, deadline=None)
def test_the_index_loses_no_match_and_adds_none(nodes: list[Node], some: list[Story]) -> None:
    rules = RuleSet(rule(number, node) for number, node in enumerate(nodes))
    for story in some:
        assert rules.match(story) == rules.match_unfiltered(story)


@given(st.lists(QUERIES, min_size=3, max_size=6), stories())
@settings(max_examples=100, deadline=None)
def test_rules_changed_and_removed_match_like_rules_loaded_so(nodes: list[Node], story: Story) -> None:
    changed = RuleSet(rule(number, node) for number, node in enumerate(nodes))
    changed.add(rule(0, nodes[-1]))
    assert changed.remove("r1")
    fresh = RuleSet([rule(0, nodes[-1]), *(rule(n, nodes[n]) for n in range(2, len(nodes)))])
    assert changed.match(story) == fresh.match(story)
    assert changed.versions == fresh.versions
    before = RuleSet(rule(number, node) for number, node in enumerate(nodes))
    assert (changed.state == fresh.state, changed.state == before.state) == (True, False)


@given(st.lists(PLAIN, min_size=1, max_size=12), st.lists(DENSE, min_size=2, max_size=2))
@settings(max_examples=100, deadline=None)
@pytest.mark.parametrize("few", [0, 3, 16])
def test_the_commonest_rules_match_where_the_plain_reading_says(few: int, nodes: list[Node], texts: list[str]) -> None:
    story = Story(uri="x", provider="p", source_format="test", headline=texts[0], body=texts[1])
    rules = RuleSet(rule(number, node) for number, node in enumerate(nodes))
    with pytest.MonkeyPatch.context() as patch:
        for module, name in COUNTS:
            patch.setattr(module, name, few)
        found = rules.match(story)
    oracle = Oracle(story)
    expected = {f"r{number}": oracle.spans(node) for number, node in enumerate(nodes) if oracle.holds(node)}
    assert {match.rule: set(match.spans) for match in found.matches} == expected
    assert all(len(set(match.spans)) == len(match.spans) for match in found.matches)


@pytest.mark.parametrize("small", [0, 4_000])
@pytest.mark.parametrize(
    ("query", "held", "missed"),
    [
        ("attak~1", "An attack.", "A tack."),
        ("aid AND attak~1", "Aid, attack", "Aid, tack"),
        ("att* AND paci*", "Attack pacified", "Attack, pact"),
        ('"peace pact" AND "aid plan"', "Peace pact; aid plan", "Peace pact; plan of aid"),
        ('att* AND "peace pact"', "A peace pact attacked", "Peace attacked, pact"),
        ("aid NOT pac*", "Aid", "Aid pact"),
        ('aid NOT "peace pact"', "Aid, pact, peace", "Aid: peace pact"),
        ("aid NOT headline:pact", "Aid", "Pact on aid"),
        ("headline:aid AND att*", "Aid attack", "Aid"),
    ],
)
def test_each_sort_of_key_is_asked_for(query: str, held: str, missed: str, small: int) -> None:
    parser = Parser()
    rules = RuleSet([rule(0, parser.parse("peace"))])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(index, "SMALL", small)
        for text, number in ((held, 1), (missed, 0)):
            story = Story(uri="x", provider="p", source_format="test", headline=text)
            before = len(rules.match(story).matches)
            rules.add(rule(1, parser.parse(query)))
            assert len(rules.match(story).matches) == before + number
            assert rules.remove("r1")
            assert len(rules.match(story).matches) == before


@pytest.mark.parametrize("many", [0, 32])
def test_nothing_reaches_from_one_field_into_another(many: int) -> None:
    one, two = Word("aid"), Word("pact")
    nodes: list[Node] = [
        Near((one,), (two,), 9, ordered=False),
        Near((one,), (two,), 9, ordered=True),
        Phrase((one, two), (0, 1)),
    ]
    rules = RuleSet(rule(number, node) for number, node in enumerate(nodes))
    story = Story(uri="x", provider="p", source_format="test", headline="The aid", body="Pact signed.")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(shown, "MANY", many)
        assert not rules.match(story).matches
        assert not rules.match_unfiltered(story).matches


def test_a_story_leaves_nothing_that_only_the_collector_finds() -> None:
    rules = RuleSet([rule(0, Near((Word("aid"),), (Word("pact"),), 3, ordered=False)), rule(1, Wild("pac*"))])
    story = Story(uri="x", provider="p", source_format="test", headline="Aid pact", body="A pact on aid. " * 20)
    gc.collect()
    gc.disable()
    try:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(ruleset, "MANY", 0)
            assert len(rules.match(story).matches) == 2
        assert gc.collect() == 0
    finally:
        gc.enable()


@given(st.lists(QUERIES, min_size=1, max_size=6), stories())
@settings(max_examples=100, deadline=None)
@pytest.mark.parametrize("few", [0, 3])
def test_what_pays_for_many_changes_no_match(few: int, nodes: list[Node], story: Story) -> None:
    rules = RuleSet(rule(number, node) for number, node in enumerate(nodes))
    expected = rules.match(story)
    with pytest.MonkeyPatch.context() as patch:
        for module, name in COUNTS:
            patch.setattr(module, name, few)
        assert rules.match(story) == expected


@given(QUERIES, stories())
@example(
    Phrase((Word("aid"), Word("pact")), (0, 1), 1),
    Story(uri="x", provider="p", source_format="test", headline="Pact aid aid"),  # the shortest from each place on
)
@example(
    And((Word("aid"), AtLeast(1, (Word("aid"), Word("pact"))))),
    Story(uri="x", provider="p", source_format="test", headline="Aid l’attaque"),  # a term at two depths
)
@settings(max_examples=400, deadline=None)
def test_every_positive_term_has_its_spans(node: Node, story: Story) -> None:
    view = View(story)
    if holds(node, view):
        found = spans(node, view)
        assert set(found) == Oracle(story).spans(node)
        assert len(set(found)) == len(found)
        fields = [field for field in SEARCHED if getattr(story, field)]  # a tag may name a field that has no text
        order = [(fields.index(field), start) for field, start, _end in found if field in fields]
        assert isinstance(node, Tag) or order == sorted(order)


@given(QUERIES, stories())
@settings(max_examples=100, deadline=None)
def test_explaining_never_fails_and_says_what_matching_says(node: Node, story: Story) -> None:
    clauses = list(explain(node, View(story)))
    assert clauses[0].holds == holds(node, View(story))


@given(QUERIES, stories())
@settings(max_examples=400, deadline=None)
def test_every_story_that_matches_satisfies_the_need(node: Node, story: Story) -> None:
    if holds(node, View(story)):
        assert satisfies(story, need(node))


def satisfies(story: Story, what: Need) -> bool:
    held = {word for field in FIELDS for word, _start, _end in words(getattr(story, field) or "")}
    match what:
        case NeedWord():
            return what.word in held
        case Prefix():
            return any(word.startswith(what.start) for word in held)
        case Tagged(field="region"):
            return any(region.code in what.values for region in story.regions)
        case Tagged():
            return any(actor.id in what.values for actor in story.actors)
        case AllOf():
            return all(satisfies(story, one) for one in what.of)
        case AnyOf():
            return any(satisfies(story, one) for one in what.of)


class Anything:
    """Knows every name as the two codes of the generated tags."""

    version = ""

    def region_codes(self, name: str) -> frozenset[str]:
        return frozenset(name.split(","))

    def actor_ids(self, name: str) -> frozenset[str]:
        return frozenset({name})


@given(QUERIES)
@settings(max_examples=400, deadline=None)
def test_a_formatted_query_parses_into_the_same_tree(node: Node) -> None:
    try:
        again = Parser(Anything()).parse(format_query(node))
    except QueryError as error:
        assert "can never match" in error.reason  # noqa: PT017  generated queries may contradict themselves
        return
    assert again == node


ODD = "aAnsSlZß½²③㈠⑴⒈ŀŉſśŚẞﬁǆÅªº🄀Ⅷ㊀漢字ดู้่ำกຳໜゟヿﾊﾟ゙कव\u093e\u094d\u0301\u0308\u0338\u20e3\u0345İıΐΣςاً\u0654٠2３'"
ODD += "’ʼ`´.·⁄-_/#&*?"
"""Letters that fold into several, marks with and without a letter before them, and what separates words or does not."""
TEXTS = st.text(st.one_of(st.sampled_from(ODD), st.characters(exclude_categories=["Cs"])), max_size=6)


@given(st.lists(TEXTS, min_size=1, max_size=3), st.sampled_from(['"%s"', "%s", '="%s"', "forms:%s", '"%s aid"~3']))
@settings(max_examples=500, deadline=None)
def test_whatever_letters_a_query_has_it_parses_into_the_same_tree_when_formatted(texts: list[str], kind: str) -> None:
    try:
        node = Parser(Anything()).parse(kind % " ".join(texts))
    except QueryError:
        return
    assert Parser(Anything()).parse(format_query(node)) == node, format_query(node)
