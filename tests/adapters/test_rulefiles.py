"""Rule files: what is sound is loaded, and every fault is named with its place."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest

from pipeline.adapters.rulefiles import load, read
from pipeline.core.story import Story


def problems(path: Path, topics: tuple[str, ...] = ("security",)) -> list[str]:
    _rules, found = load([str(path)], topics=topics)
    return [str(problem).replace(str(path.parent) + "/", "") for problem in found]


def write(folder: Path, text: str, name: str = "rules.yaml") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


GOOD = """
topic: security
severity: high
owner: desk
define:
  war: attack OR invasion
rules:
  - id: one
    query: $war AND border
  - id: two
    query: "mutual aid"
    severity: low
"""


def test_a_file_gives_its_rules_with_what_its_head_says(tmp_path: Path) -> None:
    rules, found = load([str(write(tmp_path, GOOD))], topics=["security"])
    assert found == []
    assert [(rule.id, rule.topic, rule.severity) for rule in rules] == [
        ("one", "security", "high"),
        ("two", "security", "low"),
    ]
    story = Story(uri="x", provider="p", source_format="t", body="Invasion at the border")
    assert [match.rule for match in rules.match(story).matches] == ["one"]


def test_a_folder_is_read_whole_and_json_lines_beside_yaml(tmp_path: Path) -> None:
    (tmp_path / "more").mkdir()
    write(tmp_path, GOOD)
    write(tmp_path / "more", json.dumps({"id": "three", "query": "$war"}) + "\n\n", "many.jsonl")
    write(tmp_path, "not a rule file", "README.md")
    rules, found = load([str(tmp_path)])
    assert found == []
    assert sorted(rule.id for rule in rules) == ["one", "three", "two"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("- a\n- b", ["rules.yaml:1:1: a rule file must be a mapping (topic: …, rules: [{id: …, query: …}])"]),
        ("topic: security", ["rules.yaml:1:1: rules is missing (rules: [{id: …, query: …}])"]),
        ("rules: " + "[" * 10_000, ["rules.yaml:1:57: not valid here: nested more than 50 deep"]),
        ("rules: &a [*a]", ["rules.yaml:1:12: not valid here: an alias (*name) is not read"]),
        (
            "a: \0",
            ["rules.yaml:1:4: not valid YAML: unacceptable character #x0000: control characters are not allowed"],
        ),
        ("rules: x", ["rules.yaml:1:1: rules must be a list"]),
        (
            "rules:\n  - id: a\n    qurey: x",
            [
                "rules.yaml:3:5: unknown key rules[0].qurey (did you mean query?)",
                "rules.yaml:2:5: rules[0].query is missing",
            ],
        ),
        ("rules:\n  - id: a\n    query: aid AND", ["rules.yaml:3:16: rule a: something is missing after AND"]),
        ("rules:\n  - id: a\n    query: 'aid AND'", ["rules.yaml:3:17: rule a: something is missing after AND"]),
        ("rules:\n  - id: a\n    query: |\n      aid OR\n      (b", ["rules.yaml:5:7: rule a: this ( is never closed"]),
        (
            "rules:\n  - {id: a, query: x1}\n  - {id: a, query: x2}",
            ["rules.yaml:3:20: rule a is given twice (first in rules.yaml:2)"],
        ),
        (
            "topic: sport\nrules:\n  - {id: a, query: x1}",
            ["rules.yaml:3:20: rule a: the topic sport is not declared (declared are security)"],
        ),
        (
            "define: {a: $b, b: $a}\nrules:\n  - {id: a, query: $a}",
            [
                "rules.yaml:1:13: $a: $b, column 1: $a is defined by itself: $a → $b → $a",
                "rules.yaml:1:20: $b: $a, column 1: $b is defined by itself: $b → $a → $b",
                "rules.yaml:3:20: rule a: $a, column 1: $b, column 1: $a is defined by itself: $a → $b → $a",
            ],
        ),
        ("define: {a: (x1}\nrules: []", ["rules.yaml:1:13: $a: this ( is never closed"]),
        ("define: {a: NOT x1}\nrules: []", []),
        (
            "rules:\n  - id: a\n    query: x1\n    tests: [{match: a, no match: b}]",
            ["rules.yaml:4:13: rules[0].tests[0]: a test has either `match` or `no match`"],
        ),
    ],
)
def test_a_fault_of_a_yaml_file_is_named_with_its_place(tmp_path: Path, text: str, expected: list[str]) -> None:
    assert problems(write(tmp_path, text)) == expected


def test_a_rule_with_any_fault_is_not_loaded(tmp_path: Path) -> None:
    path = write(tmp_path, "rules:\n  - {id: a, query: x1, expires: tomorrow}\n  - {id: b, query: x1}\n")
    rules, found = load([str(path)])
    assert [rule.id for rule in rules] == ["b"]
    assert "rules[0].expires" in found[0].message


def test_one_bad_rule_costs_no_other(tmp_path: Path) -> None:
    rules, found = load([str(write(tmp_path, GOOD + "  - id: three\n    query: (\n  - id: four\n    query: x1\n"))])
    assert [rule.id for rule in rules] == ["one", "two", "four"]
    assert len(found) == 1


def test_a_bad_line_of_json_is_named_by_its_number(tmp_path: Path) -> None:
    lines = ['{"id": "a", "query": "x1"}', "{", '{"id": "b"}', '{"id": "c", "query": 3}', '{"id": "d", "query": "x2"}']
    path = write(tmp_path, "\n".join(lines), "many.jsonl")
    rules, found = load([str(path)])
    assert [rule.id for rule in rules] == ["a", "d"]
    assert [problem.line for problem in found] == [2, 3, 4]


@pytest.mark.parametrize(
    ("written", "place"),
    [
        ("aid OR ((b)", "1:19"),
        ("aid OR\n      ((b)", "2:7"),
        ("'it''s OR \"x\" ((b)'", "1:26"),
        ("'it''s OR\n\n      \"x\" ((b)'", "3:11"),
        ('"\\"a b\\" OR\\t\\u0061 ((b)"', "1:32"),
        ('"a\\\n      b ((b)"', "2:9"),
        ("|\n      aid OR\n        ((b)", "3:9"),
        (">-  # folded\n\n      aid OR\n      ((b)\n\n", "4:7"),
        ("|\n      aid OR (b) OR", "2:18"),
    ],
)
def test_a_wrong_query_has_its_line_and_column_however_it_is_written(tmp_path: Path, written: str, place: str) -> None:
    """The whole place of the problem: lines count from the query's own."""
    (found,) = problems(write(tmp_path, f"rules:\n  - id: a\n    query: {written}\n"))
    line, column = place.split(":")
    assert found.startswith(f"rules.yaml:{int(line) + 2}:{column}: rule a: ")


def test_a_wrong_query_of_json_lines_has_its_column(tmp_path: Path) -> None:
    lines = ['{"id": "a", "query": "\\"a b\\" (c"}', '{"query" : "é ) ", "id": "query"}', '{"id": "b", "qurey": "x"}']
    path = write(tmp_path, "\n".join(lines), "many.jsonl")
    assert problems(path) == [
        "many.jsonl:3:1: object contains unknown field `qurey`",
        "many.jsonl:1:31: rule a: this ( is never closed",
        "many.jsonl:2:15: rule query: this ) closes nothing",
    ]


def test_a_name_defined_in_two_files_is_refused(tmp_path: Path) -> None:
    write(tmp_path, "define: {war: a1}\nrules: []", "a.yaml")
    write(tmp_path, "define: {war: b1}\nrules: []", "b.yaml")
    assert "$war is defined twice" in str(read([str(tmp_path)]).problems[0])


def test_expired_and_disabled_rules_are_not_in_force(tmp_path: Path) -> None:
    text = "rules:\n  - {id: a, query: x1, expires: 2026-01-31}\n  - {id: b, query: x1, enabled: false}\n"
    path = write(tmp_path, text)
    assert [rule.id for rule in load([str(path)], today=date(2026, 1, 31))[0]] == ["a"]
    assert len(load([str(path)], today=date(2026, 2, 1))[0]) == 0


def test_a_file_that_cannot_be_read_is_a_problem_not_an_exception(tmp_path: Path) -> None:
    (tmp_path / "bad.yaml").write_bytes(b"\xff\xfe\x00")
    assert problems(tmp_path / "bad.yaml") == ["bad.yaml: cannot be read: is not UTF-8"]
    assert problems(tmp_path / "none.yaml") == ["none.yaml: no such file or folder"]


def test_a_rule_keeps_its_version_while_it_says_the_same(tmp_path: Path) -> None:
    texts = ["aid OR pact", "aid   OR (pact)", "aid OR pacts"]
    versions = []
    for number, text in enumerate(texts):
        rules, _found = load([str(write(tmp_path, f"rules:\n  - id: a\n    query: {text}", f"{number}.yaml"))])
        versions.append(rules.versions["a"])
    assert versions[0] == versions[1] != versions[2]
