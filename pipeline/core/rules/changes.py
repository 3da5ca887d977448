"""How rules change while workers run: a log of keys with values, of which the last value of each key counts.

The topic ``rules`` is that log in the distributed pipeline, a table of the database in the embedded one. A key is

- the id of a rule: what it says, and whether a file or a command brought it (``Stored``);
- ``$name``: a query that the files name (``Named``);
- ``!id``: why a rule is out, until it says something else or is enabled again (``Failure``);
- ``.files``: the rule files have been published (``Published``): since then what is published stands for the files of
  each worker.

No value takes a key out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from enum import StrEnum
from typing import Protocol

import msgspec

from pipeline.core.rules.definition import RuleDefinition

Change = tuple[str, bytes | None]

FILES = ".files"


class Origin(StrEnum):
    """Who owns a rule."""

    FILE = "file"
    API = "api"


class Stored(msgspec.Struct, frozen=True, omit_defaults=True):
    """A rule as the log has it; ``place`` is where its file has it."""

    origin: Origin
    rule: RuleDefinition
    place: str | None = None


class Named(msgspec.Struct, frozen=True):
    """A named query."""

    query: str


class Failure(msgspec.Struct, frozen=True):
    """A version of a rule that failed on a story; it is out on every worker."""

    version: str
    reason: str
    worker: str
    time: datetime


class Published(msgspec.Struct, frozen=True):
    """So many rules of files were published then."""

    rules: int
    time: datetime


Value = Stored | Named | Failure | Published


class RuleLog(Protocol):
    """The log. All methods raise UnreachableError where the store is away."""

    def changes(self) -> Sequence[Change]:
        """Return every key with its last value, oldest first."""
        ...

    def edit(self) -> AbstractContextManager[Callable[[Iterable[Change]], None]]:
        """Return a context in which nobody else changes the log; it gives the function that writes.

        What it has written is confirmed at its end, all of it or nothing.
        """
        ...

    def close(self) -> None:
        """Let go of the connection."""
        ...


def encoded(value: Value) -> bytes:
    """Return a value as the log holds it."""
    return msgspec.json.encode(value)


def decoded(key: str, value: bytes) -> Value:
    """Return what a record says; raises ValueError, msgspec's errors among them, where it is no record of ours."""
    kinds: dict[str, type[Named | Failure | Published]] = {"$": Named, "!": Failure, ".": Published}
    kind = kinds.get(key[:1])
    if kind is not None:
        return msgspec.json.decode(value, type=kind)
    stored = msgspec.json.decode(value, type=Stored)
    if stored.rule.id != key:
        raise ValueError(f"it is of the rule {stored.rule.id}")
    return stored
