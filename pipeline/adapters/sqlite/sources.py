"""How the sources fare, and for producers how far each has been read: a small file beside the database."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from pathlib import Path
from typing import Self

import msgspec

from pipeline.core.errors import UnreachableError
from pipeline.core.polling import Health

SCHEMA = """
CREATE TABLE IF NOT EXISTS health (source TEXT PRIMARY KEY, health BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS marks (source TEXT PRIMARY KEY, position TEXT NOT NULL) WITHOUT ROWID;
"""


class SourceState:
    """One connection, opened for each use and never for long: commands look in while a pipeline runs."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __enter__(self) -> Self:
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self.connection = sqlite3.connect(self.path, isolation_level=None, check_same_thread=False, timeout=10)
            self.connection.execute("PRAGMA journal_mode = WAL")
            self.connection.execute("PRAGMA synchronous = NORMAL")
            self.connection.executescript(SCHEMA)
        except (sqlite3.Error, OSError) as error:
            raise UnreachableError(f"{self.path}: cannot be opened: {error}") from None
        return self

    def __exit__(self, *_error: object) -> None:
        self.connection.close()

    def health(self) -> dict[str, Health]:
        """Return how each source fares; an entry that cannot be read is left out, and made anew by the next look."""
        found = {}
        for source, text in self.connection.execute("SELECT source, health FROM health"):
            try:
                found[source] = msgspec.json.decode(text, type=Health)
            except msgspec.DecodeError:
                continue
        return found

    def marks(self) -> dict[str, str]:
        """Return how far each source has been read."""
        return dict(self.connection.execute("SELECT source, position FROM marks"))

    def save(self, health: Mapping[str, Health], marks: Mapping[str, str]) -> None:
        """Store both in one transaction."""
        self.connection.execute("BEGIN IMMEDIATE")
        rows = [(source, msgspec.json.encode(one)) for source, one in health.items()]
        self.connection.executemany("INSERT OR REPLACE INTO health VALUES (?, ?)", rows)
        self.connection.executemany("INSERT OR REPLACE INTO marks VALUES (?, ?)", marks.items())
        self.connection.execute("COMMIT")
