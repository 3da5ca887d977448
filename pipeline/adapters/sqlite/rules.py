"""The rules that commands change while the embedded pipeline runs: a table of its database, read by number."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from pipeline.adapters.sqlite.schema import connect
from pipeline.core.errors import UnreachableError
from pipeline.core.rules.changes import Change

# A key that is written again gets a higher number: whoever has read up to a number reads what is above it. What is
# taken out stays as a null, for those that have not read it yet.
SCHEMA = """
CREATE TABLE IF NOT EXISTS rules (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    key TEXT NOT NULL UNIQUE ON CONFLICT REPLACE,
    value BLOB
);
"""


class SqliteRules:
    """``core/rules/changes.py`` over the file of the embedded pipeline, which is made where there is none."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.connection = connect(path, create=True)
        try:
            self.connection.execute(SCHEMA)
        except sqlite3.Error as error:
            raise UnreachableError(f"{path}: cannot be written: {error}") from None

    def changes(self) -> list[Change]:
        """Return every key with its last value, oldest first."""
        return [change for change in self.after(0)[0] if change[1] is not None]

    def after(self, number: int) -> tuple[list[Change], int]:
        """Return what has been written since ``number``, and the number to ask with the next time."""
        rows = self.connection.execute(
            "SELECT number, key, value FROM rules WHERE number > ? ORDER BY number", (number,)
        )
        found = rows.fetchall()
        return [(key, value) for _number, key, value in found], found[-1][0] if found else number

    @contextmanager
    def edit(self) -> Iterator[Callable[[Iterable[Change]], None]]:
        """Keep others from changing the log meanwhile; what is written is committed at the end."""
        try:
            self.connection.execute("BEGIN IMMEDIATE")
        except sqlite3.Error as error:
            raise UnreachableError(f"{self.path}: cannot be written: {error}") from None
        try:
            yield self._write
        except BaseException:
            self.connection.execute("ROLLBACK")
            raise
        self.connection.execute("COMMIT")

    def _write(self, changes: Iterable[Change]) -> None:
        self.connection.executemany("INSERT INTO rules (key, value) VALUES (?, ?)", changes)

    def close(self) -> None:
        """Close the file."""
        self.connection.close()
