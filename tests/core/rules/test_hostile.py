"""No rule and no story makes matching slow: the work is counted, not timed."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

import pipeline.core
from pipeline.core.rules import Limits, QueryError, RuleSet
from pipeline.core.rules.parser import Parser
from tests.core.rules.hostile import QUERIES, TEXTS, rules, story

CORE = str(Path(pipeline.core.__file__).parent)
MOST = 500_000
"""Lines that one story may run for one rule: some 30 ms."""


def lines(call: Callable[[], object]) -> int:
    """Return how many lines of the core a call runs, each turn of a loop counted."""
    count = 0

    def trace(frame: FrameType, event: str, _argument: Any) -> Any:
        nonlocal count
        if not frame.f_code.co_filename.startswith(CORE):
            return None
        count += event == "line"
        return trace

    sys.settrace(trace)
    try:
        call()
    finally:
        sys.settrace(None)
    return count


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_no_rule_makes_a_story_costly_and_no_story_a_rule(text: str) -> None:
    for rule in rules():
        alone = RuleSet([rule])
        work = lines(lambda alone=alone: alone.match(story(text)))  # type: ignore[misc]
        assert work < MOST, rule.id


def test_what_is_far_beyond_the_limits_is_refused() -> None:
    refused = []
    for name, query in QUERIES.items():
        try:
            Parser(limits=Limits()).parse(query)
        except QueryError:
            refused.append(name)
    assert len(refused) == len(QUERIES) - 7
