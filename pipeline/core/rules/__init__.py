"""Alert rules: from the text of a query to the matches of a story, with one answer wherever it is asked.

::

    lexer → terms → parser → checks     text to tree (``query.py``), or one QueryError
    keys → index (few) → candidates     which rules a story may match
    view → evaluate (windows, forms)    whether it does, and where
    ruleset                             the rules in force: ``core.flow.Matcher``
    needs                               what SQLite and Elasticsearch can answer of a query
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from pipeline.core.need import Need
from pipeline.core.rules.definition import Rule, RuleDefinition
from pipeline.core.rules.errors import QueryError
from pipeline.core.rules.evaluate import holds
from pipeline.core.rules.limits import Limits
from pipeline.core.rules.names import Names
from pipeline.core.rules.needs import need
from pipeline.core.rules.parser import Parser
from pipeline.core.rules.query import Node
from pipeline.core.rules.ruleset import RuleSet
from pipeline.core.rules.shown import spans
from pipeline.core.rules.view import View
from pipeline.core.story import Span, Story

__all__ = ["Limits", "Names", "Query", "QueryError", "Rule", "RuleDefinition", "RuleSet", "parse"]


class Query(msgspec.Struct, frozen=True):
    """A query that can be asked of a store and of a story."""

    text: str
    node: Node

    def need(self) -> Need:
        """Return what a story must hold for this to have a chance."""
        return need(self.node)

    def matches(self, story: Story) -> tuple[Span, ...] | None:
        """Return where the story matches, in the order of fields and places; None where it does not."""
        view = View(story)
        return spans(self.node, view) if holds(self.node, view) else None


def parse(
    text: str, *, names: Names | None = None, define: Mapping[str, str] | None = None, limits: Limits | None = None
) -> Query:
    """Return the query; raises QueryError with line, column and, where we know it, what to write instead."""
    return Query(text, Parser(names, define, limits).parse(text))
