"""The language: what a query means, and what is refused with which sentence."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.core.rules import Limits, QueryError, parse
from pipeline.core.rules.format import format_query
from pipeline.core.rules.parser import Parser
from pipeline.core.rules.query import Node
from pipeline.core.story import Region, Role, Story, Subject

STORY = Story(
    uri="x",
    provider="reuters-en",
    source_format="test",
    headline="Russia and North Korea pledge mutual aid if either is attacked",
    body="PYONGYANG. The U.S. told the UN's council of 北京大学.\n\nThe boss' car; a treaty followed. O’Brien agreed.",
    slugline="KOREA-PACT",
    language="en-US",
    urgency=2,
    signal="correction",
    subjects=(Subject(code="medtop:20000056", name="armed conflict"),),
    regions=(
        Region("KP", "North Korea", Role.FOCUS, 1.0, 1, (("headline", 11, 22),)),
        Region("US", "United States", Role.MENTION, 0.2, 1, (("body", 15, 19),)),
    ),
)


def found(query: str, story: Story = STORY) -> list[str] | None:
    """Return the marked words, None for no match."""
    spans = parse(query).matches(story)
    if spans is None:
        return None
    return [getattr(story, field)[start:end] for field, start, end in spans]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("russia", ["Russia"]),
        ("RUSSIA korea", ["Russia", "Korea", "KOREA"]),
        ('"mutual aid"', ["mutual aid"]),
        ("mutual-aid", ["mutual aid"]),
        ('"aid pledge"~1', ["pledge mutual aid"]),
        ("aid NEAR/5 attacked", ["aid", "attacked"]),
        ("(pledge OR promise) BEFORE/2 aid", ["pledge", "aid"]),
        ('"mutual aid" NEAR/4 (attacked OR invaded)', ["mutual aid", "attacked"]),
        ("forms:attack", ["attacked"]),
        ("attack*", ["attacked"]),
        ("atta?ked", ["attacked"]),
        ("atacked~1", ["attacked"]),
        ("=UN", ["UN"]),
        ("u.s.", ["U.S."]),
        ("ATLEAST/2 (russia korea zzz)", ["Russia", "Korea", "KOREA"]),
        ("headline:korea", ["Korea"]),
        ("slugline:korea", ["KOREA"]),
        ("lead:council", ["council"]),
        ("headline:(russia AND forms:attack)", ["Russia", "attacked"]),
        ("region:KP", ["North Korea"]),
        ("focus:KP AND russia", ["Russia", "North Korea"]),
        ("urgency:1..3 AND russia", ["Russia"]),
        ("signal:correction AND status:usable AND treaty", ["treaty"]),
        ("provider:reuters AND russia", ["Russia", "reuters"]),
        ("language:en AND subject:medtop:20000056 AND treaty", ["treaty", "en"]),
        ('subject:"armed conflict" AND treaty', ["treaty"]),
        ('subject:="armed conflict" AND provider:=reuters AND treaty', ["treaty", "reuters"]),
        ("russia NOT treatment", ["Russia"]),
        ("o'brien", ["O’Brien"]),
        ("boss", ["boss"]),
        ("大", ["大"]),
        ("北京大学", ["北京大学"]),
        ("北京 BEFORE/1 大学", ["北京", "大学"]),
        ("a OR b AND c OR russia", ["Russia", "a"]),
    ],
)
def test_a_query_marks_what_it_finds(query: str, expected: list[str]) -> None:
    assert found(query, STORY) is not None
    spans = parse(query).matches(STORY) or ()
    assert [getattr(STORY, field)[start:end] for field, start, end in spans] == expected


@pytest.mark.parametrize(
    "query",
    [
        "attack",
        "=un",
        "us",
        "aid BEFORE/5 pledge",
        "aid NEAR/3 attacked",
        '"aid mutual"',
        '"aid pledge"~0',
        "lead:treaty",
        "headline:treaty",
        "focus:US",
        "region:JP",
        "urgency:5",
        "korea NEAR/9 pyongyang",
        "russia NOT korea",
        "language:fr",
        "status:canceled",
        "京学",
        "reuters",
    ],
)
def test_a_query_does_not_match_what_only_looks_like_it(query: str) -> None:
    assert found(query) is None


def test_a_headline_in_capitals_does_not_defeat_an_exact_word_in_the_body() -> None:
    story = Story(
        uri="x", provider="p", source_format="t", headline="US AND UN AGREE", body="The US told us. A UN envoy."
    )
    assert parse("=US").matches(story) == (("body", 4, 6),)
    assert parse("=us").matches(story) == (("body", 12, 14),)


def test_inflections_go_by_the_language_of_the_story() -> None:
    french = Story(uri="x", provider="p", source_format="t", body="Les attaques continuent", language="fr")
    assert parse("forms:attaque").matches(french) == (("body", 4, 12),)
    assert parse("forms:attack").matches(french) is None


@pytest.mark.parametrize(
    ("query", "column", "reason"),
    [
        ("", 1, "the query is empty"),
        ("   ", 1, "the query is empty"),
        ('"mutual aid', 1, "this quotation mark is never closed"),
        ("(a OR b", 1, "this ( is never closed"),
        ("a OR b)", 7, "this ) closes nothing"),
        ("a AND ()", 8, "something is missing after (, before )"),
        ("a AND", 3, "something is missing after AND"),
        ("OR a", 1, "something is missing before OR"),
        ("NOT a", 1, "the query has no positive word, tag or field"),
        ("a OR NOT b", 6, "a OR NOT b matches nearly every story"),
        ("x AND (NOT a OR b)", 8, "NOT a OR b matches nearly every story"),
        ("a NEAR b", 3, "NEAR needs a number"),
        ("a NAER/5 b", 3, "NAER/5 is no operator"),
        ("a near/5 b", 3, "near/5 is no operator"),
        ("a NEAR/0 b", 3, "NEAR takes a number from 1 to 1000"),
        ("(a AND b) NEAR/5 c", 1, "AND cannot stand inside NEAR/5"),
        ("region:KP NEAR/5 c", 1, "region: cannot stand inside NEAR/5"),
        ("NOT a NEAR/5 (NOT b)", 14, "NOT cannot stand inside NEAR/5"),
        ("a NEAR/5 b NEAR/5 c", 12, "NEAR/5 has two sides only"),
        ("*", 1, "*: a wildcard needs at least 3 letters before it"),
        ("at*", 1, "at*: a wildcard needs at least 3 letters before it"),
        ("北*", 1, "北*: scripts without spaces take no wildcards"),
        ("zelensky~2", 1, "zelensky~2: ~1 goes with a single word"),
        ("heading:x", 1, "unknown field heading:"),
        ("headline: AND b", 1, "headline: needs a term right after it"),
        ("headline:(body:x)", 11, "body: inside headline: can never match"),
        ("headline:a NEAR/5 body:b", 1, "this can never match: the sides of NEAR/5 look into different fields"),
        ("a AND NOT a", 1, "this can never match: what NOT excludes is needed too"),
        ('"a b" NOT b', 1, "this can never match: what NOT excludes is needed too"),
        ("urgency:5..3", 9, "urgency:5..3 can never match"),
        ("urgency:0", 9, "urgency:0 can never match"),
        ("status:dead", 8, "status:dead can never match"),
        ("status:usable AND status:canceled", 1, "this can never match: no status is all of that"),
        ("kind:robot", 6, "no kind of actor is called 'robot'"),
        ("region:Atlantis", 8, "no region is called 'Atlantis'"),
        ("ATLEAST/3 (a b)", 1, "this can never match: ATLEAST/3 has 2 distinct items"),
        ("ATLEAST/2 a b", 11, "ATLEAST/2 needs a list"),
        ("ATLEAST/2 (a OR b c)", 14, "OR cannot stand in the list of ATLEAST/2"),
        ("$conflict", 1, "$conflict is not defined"),
        ("-war", 1, "- before a word means nothing here"),
        ("…", 1, "there is no word in '…'"),
        ("a\0b", 2, "a query holds no null bytes"),
        ("forms:region:KP", 7, "region: has no forms"),
        ("a NEAR/x b", 3, "NEAR takes a number from 1 to 1000"),
        ("a NEAR/5, b", 3, "NEAR takes a number from 1 to 1000"),
        ("a W/5 b", 3, "W/5 is no operator"),
        ("a PRE/5 b", 3, "PRE/5 is no operator"),
        ("=headline:UN", 1, "= stands right before a word, not before headline:"),
        ("=forms:go", 1, "= stands right before a word, not before forms:"),
        ("forms:=go", 7, "= and forms: exclude each other"),
        ("a = UN", 3, "= stands right before a word"),
    ],
)
def test_a_bad_query_is_refused_with_place_and_reason(query: str, column: int, reason: str) -> None:
    with pytest.raises(QueryError) as caught:
        parse(query)
    assert (caught.value.column, caught.value.reason) == (column, reason)
    assert caught.value.picture().splitlines()[-1].strip() == "^"


def test_the_hint_names_what_was_meant() -> None:
    with pytest.raises(QueryError, match=r"did you mean NEAR/5\?"):
        parse("aid NAER/5 treaty")
    with pytest.raises(QueryError, match=r"did you mean NEAR/3\?"):
        parse("aid W/3 treaty")
    with pytest.raises(QueryError, match="did you mean headline:"):
        parse("headlin:aid")


def test_the_line_counts_in_a_query_of_several() -> None:
    with pytest.raises(QueryError) as caught:
        parse("a OR\n  (b AND")
    assert (caught.value.line, caught.value.column) == (2, 6)


def test_named_queries_stand_for_their_text_under_any_prefix() -> None:
    define = {"war": "attack OR invasion", "bad": "headline:$war"}
    assert format_query(parse("$bad AND x", define=define).node) == "(headline:attack OR headline:invasion) AND x"
    assert format_query(parse("$war NEAR/3 x", define=define).node) == "(attack OR invasion) NEAR/3 x"


def test_a_circle_of_named_queries_is_refused() -> None:
    with pytest.raises(QueryError, match=r"\$a is defined by itself: \$a → \$b → \$a"):
        parse("x OR $a", define={"a": "$b", "b": "$a"})


@pytest.mark.parametrize(
    ("query", "reason"),
    [
        ("a " * 30, "the query has 60 characters, 50 are allowed"),
        ("(((((x)))))", "more than 4 parentheses inside each other"),
        ("a b c d e f g h i j k", "the query has 11 terms, 10 are allowed"),
        ("(a OR b) NEAR/3 (c OR d)", "the query has 4 distances (each pair of the sides of NEAR), 3 are allowed"),
        ("abc* abd* abe*", "the query has 3 wildcards, ~1 and forms:, 2 are allowed"),
        ("the NEAR/1 of OR the NEAR/2 of", "an average story costs 24 look-ups, 15 are allowed"),
    ],
)
def test_a_query_beyond_a_limit_is_refused_with_the_number(query: str, reason: str) -> None:
    limits = Limits(characters=50, clauses=10, depth=4, distances=3, patterns=2, cost=15)
    with pytest.raises(QueryError) as caught:
        parse(query, limits=limits)
    assert caught.value.reason == reason


@pytest.mark.parametrize(
    "query", ["½", 'provider:="UN aid"', "1½ AND x", "a NEAR/2 ⅞kg", "=U.S. forms:go", 'sector:"NEAR/"']
)
def test_odd_signs_survive_the_formatter(query: str) -> None:
    node = parse(query).node
    assert parse(format_query(node)).node == node


def test_the_plain_form_writes_every_operator() -> None:
    assert format_query(parse("a (b or  c)NOT “d e”").node) == 'a AND b AND or AND c AND NOT "d e"'


@given(
    st.lists(
        st.tuples(
            st.sampled_from(("", " ", " AND ", " OR ", " AND NOT ", " NOT ")),
            st.sampled_from(("aid", "pact", "UN", "b2", "and", "near5", "9/11", "(", ")", "forms:aid", "=UN", "$war")),
        ),
        max_size=6,
    )
)
@settings(max_examples=500, deadline=None)
def test_what_has_been_read_before_is_read_alike(parts: list[tuple[str, str]]) -> None:
    text = "".join(f"{joint}{word}" for joint, word in parts)

    def read(parser: Parser) -> Node | str:
        try:
            return parser.parse(text)
        except QueryError as error:
            return str(error)

    used = Parser(define={"war": "attack OR war"})
    for word in ("aid", "pact", "UN", "b2", "and"):
        used.parse(word)
    assert read(used) == read(Parser(define={"war": "attack OR war"}))


def test_what_a_query_costs_goes_by_the_stories_that_it_is_looked_at_for() -> None:
    limits = Limits(cost=15)
    parse("pyongyang AND (the NEAR/1 of OR the NEAR/2 of)", limits=limits)
    with pytest.raises(QueryError, match="look-ups, 15 are allowed"):
        parse("the NEAR/1 of OR the NEAR/2 of", limits=limits)


PIECES = (
    *(
        '"',
        "“",
        "(",
        ")",
        " ",
        "\n",
        "AND",
        "OR",
        "NOT",
        "NEAR/5",
        "BEFORE/",
        "ATLEAST/2",
        "near",
        "W/3",
        "~",
        "~1",
        "*",
        "?",
    ),
    *(
        "=",
        "headline:",
        "lead:",
        "forms:",
        "region:",
        "urgency:",
        "status:",
        "provider:",
        "KP",
        "1..3",
        "canceled",
        "$war",
    ),
    *(
        "aid",
        "UN",
        "att*",
        "u.s.",
        "o'brien",
        "’s",
        "9/11",
        "北京",
        "ไทย",
        "é",
        "\u0301",
        "\ud800",
        "\x0b",
        "½",
        "ß",
        "-",
        "&&",
    ),
)


@given(st.lists(st.sampled_from(PIECES), max_size=10).map("".join))
@settings(max_examples=1000, deadline=None)
def test_whatever_is_written_is_a_query_or_refused_at_a_place(text: str) -> None:
    refused: QueryError | None = None
    try:
        format_query(parse(text, define={"war": "attack OR invasion"}).node)
    except QueryError as error:
        refused = error
    if refused is not None:
        assert refused.reason
        assert 1 <= refused.column <= len(text) + 1
        assert refused.picture().splitlines()[-1].strip() == "^"
