"""YAML that people write: every problem at once, with its place and a hint, and the sound rest kept."""

from __future__ import annotations

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from pipeline.core.documents import read


class Inner(msgspec.Struct, frozen=True):
    port: int = 0
    name: str | None = None


class Outer(msgspec.Struct):
    title: str
    inner: Inner = Inner()
    many: tuple[Inner, ...] = ()
    named: dict[str, Inner] = {}
    words: list[str] = []


def problems(text: str) -> list[str]:
    return [str(problem) for problem in read(text, Outer, "f.yaml")[1]]


def test_a_sound_file_has_no_problem() -> None:
    text = "title: T\ninner: {port: 3}\nmany: [{name: a}, {name: b}]\nnamed: {x: {port: 1}}\nwords: [a, b]\n"
    value, found = read(text, Outer, "f.yaml")
    assert found == []
    assert value == Outer("T", Inner(3), (Inner(0, "a"), Inner(0, "b")), {"x": Inner(1)}, ["a", "b"])


def test_every_problem_is_reported_at_once_with_its_place() -> None:
    text = "titel: T\ninner:\n  prot: 3\nmany: 7\nwords: [a, {b: c}]\n"
    assert problems(text) == [
        "f.yaml:1:1: unknown key titel (did you mean title?)",
        "f.yaml:3:3: unknown key inner.prot (did you mean port?)",
        "f.yaml:4:7: many must be a list, not '7'",
        "f.yaml:5:12: words[1]: expected `str`, got `object`",
        "f.yaml:1:1: title is missing",
    ]


def test_a_wrong_value_keeps_the_sound_rest() -> None:
    value, found = read("title: T\ninner: {port: x, name: n}\n", Outer, "f.yaml")
    assert value == Outer("T", Inner(0, "n"))
    assert [str(problem) for problem in found] == ["f.yaml:2:15: inner.port: expected `int`, got `str`"]


def test_a_key_given_twice_is_refused() -> None:
    assert problems("title: a\ntitle: b\n") == ["f.yaml:2:1: title is given twice"]


def test_a_syntax_error_names_its_place() -> None:
    (message,) = problems("title: [a\n")
    assert message.startswith("f.yaml:2:1: not valid YAML: ")


@given(st.text(max_size=200))
def test_no_text_raises(text: str) -> None:
    read(text, Outer, "f.yaml")
