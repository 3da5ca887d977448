"""The tests that rules carry: each text or story run through the rule alone, by the matcher that answers live."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from pipeline.core.rules.definition import Rule, RuleDefinition, RuleTest
from pipeline.core.rules.evaluate import holds
from pipeline.core.rules.explain import Clause, explain
from pipeline.core.rules.view import View
from pipeline.core.story import Story

Tagging = Callable[[Story], Story]


class Failure(msgspec.Struct, frozen=True):
    """A test that did not come out as it says; ``clauses`` tell why."""

    rule: str
    wanted: str
    text: str
    clauses: tuple[Clause, ...] = ()
    reason: str | None = None


def run_tests(definition: RuleDefinition, rule: Rule, tag: Tagging) -> list[Failure]:
    """Return the tests of a rule that fail; ``tag`` adds regions and actors to a story that has none."""
    return [failure for test in definition.tests if (failure := _run(test, rule, tag)) is not None]


def _run(test: RuleTest, rule: Rule, tag: Tagging) -> Failure | None:
    wanted = "match" if test.match is not None else "no match"
    given = test.match if test.match is not None else test.no_match
    shown = (
        given if isinstance(given, str) else str((given or {}).get("headline") or (given or {}).get("body") or given)
    )
    try:
        story = story_of(given or "")
    except msgspec.ValidationError as error:
        return Failure(rule.id, wanted, shown, reason=f"the story cannot be read: {error}")
    if not story.regions and not story.actors:
        story = tag(story)
    view = View(story)
    if holds(rule.node, view) == (wanted == "match"):
        return None
    return Failure(rule.id, wanted, shown, tuple(explain(rule.node, view)))


def story_of(given: str | dict[str, Any]) -> Story:
    """Return the story that a test means: a text says the same in headline and body.

    Raises msgspec.ValidationError where a whole story has fields that no story has, or of a wrong type.
    """
    if isinstance(given, str):
        given = {"headline": given, "body": given}
    unknown = sorted(given.keys() - set(Story.__struct_fields__))
    if unknown:
        raise msgspec.ValidationError(f"a story has no field {unknown[0]!r}")
    return msgspec.convert({"uri": "test", "provider": "test", "source_format": "test", **given}, Story)
