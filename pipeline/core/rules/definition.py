"""A rule: as it stands in a file, and ready to be matched."""

from __future__ import annotations

from datetime import date
from hashlib import sha256
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from pipeline.core.errors import Problem
from pipeline.core.rules.errors import QueryError
from pipeline.core.rules.parser import Parser
from pipeline.core.rules.query import Node

RuleId = Annotated[str, Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.:-]{0,127}$")]
TopicName = Annotated[str, Meta(pattern="^[a-z0-9-]{1,64}$")]
Severity = Literal["low", "medium", "high", "critical"]

GENERAL = "general"
"""The topic of a rule that names none."""


class RuleTest(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A text, or a whole story by its fields, that the rule must match or must not match."""

    match: str | dict[str, Any] | None = None
    no_match: str | dict[str, Any] | None = msgspec.field(default=None, name="no match")

    def __post_init__(self) -> None:
        if (self.match is None) == (self.no_match is None):
            raise ValueError("a test has either `match` or `no match`")


class RuleDefinition(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """A rule as a person writes it."""

    id: RuleId
    query: str
    topic: TopicName | None = None
    severity: Severity | None = None
    description: str | None = None
    owner: str | None = None
    source: str | None = None
    expires: date | None = None
    """The last day on which the rule is in force."""
    enabled: bool = True
    tests: tuple[RuleTest, ...] = ()


class Place(msgspec.Struct, frozen=True, gc=False):
    """Where a definition stands: its file and line, and where its query begins in the file."""

    file: str
    line: int | None = None
    column: int | None = None
    style: str | None = None
    """How YAML writes the query: quotation marks, which ``column`` is behind; ``|`` or ``>``, below its key."""

    @property
    def where(self) -> str:
        """The place as people write it."""
        return self.file if self.line is None else f"{self.file}:{self.line}"

    def problem(self, message: str, hint: str | None = None) -> Problem:
        """Return a problem with the rule as a whole."""
        return Problem(self.file, message, self.line, self.column, hint)

    def query_problem(self, rule: str, error: QueryError) -> Problem:
        """Return the problem with the query, at its own place in the file."""
        block = self.style in ("|", ">")
        line = None if self.line is None else self.line + (error.line or 1) - (0 if block else 1)
        column = None
        if self.column is not None and not block and error.line == 1:
            column = self.column + error.column - 1
        return Problem(self.file, f"rule {rule}: {error.reason}", line, column, error.hint)


class Rule(msgspec.Struct, frozen=True, gc=False):
    """A rule that can be matched."""

    id: str
    topic: str
    severity: str | None
    version: str
    query: str
    node: Node


def compiled(definition: RuleDefinition, parser: Parser) -> Rule:
    """Return the rule; raises QueryError."""
    node = parser.parse(definition.query)
    topic = definition.topic or GENERAL
    return Rule(
        definition.id, topic, definition.severity, version(node, topic, definition.severity), definition.query, node
    )


def version(node: Node, topic: str, severity: str | None) -> str:
    """Return a short hash of what the rule says: named queries and names looked up, spaces and comments left out."""
    return sha256(_encoder.encode((node, topic, severity))).hexdigest()[:12]


_encoder = msgspec.msgpack.Encoder()


def in_force(definition: RuleDefinition, today: date | None) -> bool:
    """Return whether a rule is enabled and has not expired."""
    return definition.enabled and (today is None or definition.expires is None or definition.expires >= today)
