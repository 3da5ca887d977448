"""The language described: one table, from which the reference is written and whose examples the tests run."""

from __future__ import annotations

import inspect

import msgspec

from pipeline.core.rules import parser
from pipeline.core.rules.lexer import FIELDS, MAX_DISTANCE
from pipeline.core.rules.limits import Limits
from pipeline.core.rules.query import SEARCHED
from pipeline.core.rules.terms import LEAST_LETTERS


class Construct(msgspec.Struct, frozen=True):
    """One row: how it is written, what it means, a text that matches and one that does not."""

    syntax: str
    meaning: str
    example: str
    match: str
    no_match: str


LANGUAGE = (
    Construct("attack", "a word; case and accents do not count", "attack", "Attack at dawn", "They were attacked"),
    Construct("=UN", "the word as it is written; a field in capitals says nothing of case", "=UN", "A UN envoy", "une"),
    Construct("forms:attack", "the word and its inflections", "forms:attack", "They were attacked", "An attacker"),
    Construct('"mutual aid"', "a phrase", '"mutual aid"', "A mutual-aid pact", "Aid was mutual"),
    Construct(
        '"aid pact"~3',
        "these words in any order, with at most 3 others between",
        '"aid pact"~3',
        "A pact on mutual aid",
        "A pact that all of them read as aid",
    ),
    Construct(
        "a NEAR/5 b",
        f"nearest edges within 5 words (1 to {MAX_DISTANCE}), in either order; sides are words, phrases, (x OR y)",
        "aid NEAR/3 (treaty OR pact)",
        "A treaty of mutual aid",
        "Aid came. Nobody had ever read that treaty",
    ),
    Construct("a BEFORE/5 b", "the same, in this order", "aid BEFORE/3 treaty", "An aid treaty", "A treaty on aid"),
    Construct("a b · a AND b", "both", "aid treaty", "A treaty on aid", "A treaty"),
    Construct("a OR b", "either", "aid OR help", "Help came", "Nobody came"),
    Construct("a NOT b · a AND NOT b", "the first without the second", "aid NOT fund", "Aid came", "An aid fund"),
    Construct("( )", "groups; NOT binds tightest, then AND, then OR", "(a1 OR b1) c1", "b1 c1", "b1"),
    Construct(
        "attack* · organi?ation",
        f"`*` any letters, `?` one; after at least {LEAST_LETTERS} letters",
        "organi?ation*",
        "Organizations met",
        "An organ",
    ),
    Construct("zelensky~1", "one edit: a letter more, less or other, two swapped", "zelensky~1", "Zelenskyy", "Zelen"),
    Construct(
        "ATLEAST/2 (tank missile drone)",
        "at least two of the items, which stand side by side",
        "ATLEAST/2 (tank missile drone)",
        "A drone hit a tank",
        "A tank, and another tank",
    ),
    Construct("headline:aid · headline:(a OR b)", "only there", "headline:aid", "Aid came", "Nobody came"),
    Construct("$name", "a named query, defined once under `define:`", "aid", "Aid came", "Nobody came"),
)

_TAGS = (
    ('region:KP · region:"Middle East"', "the region or one below it, mentioned or in focus"),
    ("focus:RU", "a region that the story is about"),
    ('actor:Q7747 · actor:"Kim Jong-un"', "an actor, by id or name"),
    ("kind:person · sector:GOV", "an actor of this kind or sector"),
    ("urgency:1..3 · status:canceled · signal:correction", "data of the story"),
    ('provider:reuters · language:en · subject:"armed conflict"', "words of these fields"),
)


def page() -> str:
    """Return the reference of the language in Markdown."""
    lines = ["# Query language\n", "| write | means | matches | does not |", "|---|---|---|---|"]
    lines += [f"| {_code(row.syntax)} | {row.meaning} | {row.match} | {row.no_match} |" for row in LANGUAGE]
    lines += ["\n| tags and data | means |", "|---|---|"]
    lines += [f"| {_code(syntax)} | {meaning} |" for syntax, meaning in _TAGS]
    lines += [
        f"\nFields: {', '.join(f'`{field}:`' for field in FIELDS)}, and `forms:`. A prefix governs one term or one"
    ]
    lines += [f"parenthesis. A term without a prefix looks in {', '.join(SEARCHED)}.\n", "## Grammar\n"]
    grammar = inspect.cleandoc(parser.__doc__ or "").split("::\n\n", 1)[1]
    lines += ["```text", inspect.cleandoc(grammar), "```\n", "## Limits of one rule\n", "| | |", "|---|---|"]
    lines += [f"| {field.name} | {field.default:,} |" for field in msgspec.structs.fields(Limits)]
    return "\n".join(lines) + "\n"


def _code(syntax: str) -> str:
    return " · ".join(f"`{part}`" for part in syntax.split(" · "))
