"""The cache of compiled rules: what comes out of it is what would have been compiled, whatever has changed."""

from __future__ import annotations

import gc
import json
from datetime import date
from pathlib import Path

import pytest

from pipeline import config, wiring
from pipeline.adapters import rulecache
from pipeline.adapters.rulefiles import load
from pipeline.core.rules import Limits, RuleDefinition, RuleSet
from pipeline.core.rules import book as book_module
from pipeline.core.rules import definition as definitions
from pipeline.core.rules.changes import Origin, Stored, encoded
from pipeline.core.rules.definition import Rule
from pipeline.core.rules.parser import Parser
from pipeline.core.story import Region, Role, Story

QUERIES = (
    *("aid AND pact NOT fund", '"mutual aid"', "attack* OR zelensky~1", "aid NEAR/3 treaty", "forms:attack"),
    *("headline:aid", "region:KP", "(a1 OR b1) AND ATLEAST/2 (x y z)", "=UN", "lead:aid", "urgency:1..3"),
)
STORY = Story(
    uri="x",
    provider="p",
    source_format="t",
    headline="Mutual aid pact of the UN",
    body="They attacked; a treaty on aid. x y b1",
    urgency=2,
    regions=(Region("KP", "North Korea", Role.FOCUS, 1.0, 1),),
)


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(rulecache, "WORTH", 1)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "rules.jsonl"
    write(path, QUERIES)
    return path


def write(path: Path, queries: tuple[str, ...], **more: object) -> None:
    path.write_text(
        "".join(json.dumps({"id": f"r{n}", "query": query, **more}) + "\n" for n, query in enumerate(queries))
    )


def caches(tmp_path: Path) -> list[Path]:
    return list((tmp_path / "cache" / "wirewatch").glob("rules-*"))


def test_rules_from_the_cache_match_like_those_compiled(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    compiled, _problems = load([str(file)])
    assert len(caches(tmp_path)) == 1
    monkeypatch.setattr(definitions, "version", None)  # nothing is compiled any more
    cached, problems = load([str(file)])
    assert not problems
    assert list(cached) == list(compiled)
    assert cached.versions == compiled.versions
    assert cached.match(STORY) == compiled.match(STORY)
    assert len(cached.match(STORY).matches) == len(QUERIES)


def test_rules_from_the_cache_change_like_others(file: Path) -> None:
    load([str(file)])
    rules, _problems = load([str(file)])
    assert rules.remove("r1")
    rule = rules.get("r0")
    assert rule is not None
    rules.add(rule)
    assert rules.match(STORY) == rules.match_unfiltered(STORY)
    assert "r1" not in [match.rule for match in rules.match(STORY).matches]


def test_what_rules_follow_from_makes_another_cache(file: Path, tmp_path: Path) -> None:
    load([str(file)])
    load([str(file)], limits=Limits(clauses=5))
    load([str(file)], topics=["general"], today=date(2026, 1, 1))
    assert len(caches(tmp_path)) == 2  # the newest ones stay
    write(file, ("pact", "treaty"))
    rules, _problems = load([str(file)])
    assert [rule.query for rule in rules] == ["pact", "treaty"]


def test_a_rule_that_expires_is_out_the_day_after(file: Path) -> None:
    write(file, ("aid",), expires="2026-01-31")
    assert len(load([str(file)], today=date(2026, 1, 31))[0]) == 1
    assert len(load([str(file)], today=date(2026, 2, 1))[0]) == 0
    assert len(load([str(file)], today=date(2026, 1, 31))[0]) == 1


def test_what_is_refused_is_refused_again(file: Path) -> None:
    write(file, ("aid", "aid AND", "pact"))
    first, again = load([str(file)]), load([str(file)])
    assert [str(problem) for problem in first[1]] == [str(problem) for problem in again[1]]
    assert len(again[1]) == 1
    assert [rule.id for rule in again[0]] == ["r0", "r2"]


def test_a_book_begins_with_the_rules_of_the_cache_and_tells_and_does_the_same(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = config.Config(mode="embedded", rules=(str(file),))
    names, day = wiring.dictionary(settings), date(2026, 1, 31)
    write(file, (*QUERIES, "aid AND", "$nothing", "pact"))
    told: list[list[str]] = [[], []]
    looked_at: list[str] = []
    frozen = gc.get_freeze_count()

    def compiled_anew(definition: RuleDefinition, parser: Parser) -> Rule:
        looked_at.append(definition.id)
        return definitions.compiled(definition, parser)

    first = wiring.rule_book(settings, names, day, lambda problem: told[0].append(str(problem)))
    monkeypatch.setattr(book_module, "compiled", compiled_anew)
    again = wiring.rule_book(settings, names, day, lambda problem: told[1].append(str(problem)))
    assert len(caches(tmp_path)) == 1
    assert told[0] == told[1] != []
    assert looked_at == [f"r{len(QUERIES)}", f"r{len(QUERIES) + 1}"], "only what is refused is looked at again"
    assert gc.get_freeze_count() > frozen
    compiled, cached = first.rules, again.rules
    assert list(cached) == list(compiled)
    assert (cached.state, cached.match(STORY)) == (compiled.state, compiled.match(STORY))
    assert gc.isenabled()
    for book in (first, again):
        changed = RuleDefinition(id="r0", query="treaty")
        book.take([("r0", encoded(Stored(Origin.API, changed))), ("r1", encoded(Stored(Origin.API, changed)))])
        book.settle()
    assert [rule.id for rule in cached] == [rule.id for rule in compiled]
    assert (cached.state, cached.match(STORY)) == (compiled.state, compiled.match(STORY))


@pytest.mark.parametrize("data", [b"", b"\x93", b"\x95\x90\x80\x80\xc4\x01x\xc4\x00"])
def test_a_broken_cache_costs_time_only(file: Path, tmp_path: Path, data: bytes) -> None:
    load([str(file)])
    for cache in caches(tmp_path):
        cache.write_bytes(data)
    rules: RuleSet = load([str(file)])[0]
    assert len(rules) == len(QUERIES)


def test_a_cache_that_cannot_be_written_costs_time_only(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "taken").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "taken"))
    assert len(load([str(file)])[0]) == len(QUERIES)
