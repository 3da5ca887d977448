"""The tables, and how a connection to them is opened."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from pipeline.core.errors import UnreachableError

VERSION = 1
"""Stored in ``user_version``; a file of another version is refused rather than misread."""

# `stories` points at the newest revision; `words` has the matcher's own tokens, and region and actor tags as words
# with a colon, which no word of a text can hold. FTS5 must not cut them again: every character but space belongs.
SCHEMA = """
CREATE TABLE stories (
    number INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    revision INTEGER NOT NULL,
    status TEXT NOT NULL,
    time INTEGER,
    chain TEXT NOT NULL
);
CREATE INDEX stories_time ON stories (time);
CREATE INDEX stories_chain ON stories (chain);
CREATE TABLE kills (id TEXT PRIMARY KEY, kill TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE revisions (
    id TEXT NOT NULL,
    revision INTEGER NOT NULL,
    uri TEXT NOT NULL,
    document BLOB NOT NULL,
    PRIMARY KEY (id, revision)
) WITHOUT ROWID;
CREATE INDEX revisions_uri ON revisions (uri);
CREATE VIRTUAL TABLE words USING fts5 (
    keys, detail = none, columnsize = 0,
    tokenize = "unicode61 remove_diacritics 0 categories 'L* N* M* P* S* Co'"
);
CREATE TABLE bands (
    band INTEGER NOT NULL,
    time INTEGER NOT NULL,
    number INTEGER NOT NULL,
    revision INTEGER NOT NULL,
    provider TEXT NOT NULL,
    PRIMARY KEY (band, time, number, revision)
) WITHOUT ROWID;
CREATE TABLE copies (number INTEGER PRIMARY KEY, cluster TEXT NOT NULL);
CREATE INDEX copies_cluster ON copies (cluster);
CREATE TABLE alerts (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    raised INTEGER NOT NULL,
    document BLOB NOT NULL
);
CREATE TABLE held (id TEXT PRIMARY KEY, revision INTEGER NOT NULL, until INTEGER NOT NULL, document BLOB NOT NULL);
CREATE INDEX held_until ON held (until);
CREATE TABLE dead (id TEXT PRIMARY KEY, time INTEGER, document BLOB NOT NULL);
CREATE TABLE marks (source TEXT PRIMARY KEY, position TEXT NOT NULL);
CREATE TABLE cursors (name TEXT PRIMARY KEY, number INTEGER NOT NULL);
"""


def connect(path: Path, *, create: bool) -> sqlite3.Connection:
    """Return a connection in autocommit mode; raises UnreachableError where the file is absent or not ours."""
    if not create and not path.exists():
        raise UnreachableError(f"{path}: no such database; `wirewatch run` makes it")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=30)
        version = connection.execute("PRAGMA user_version").fetchone()[0]
        if version == 0 and create:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.executescript(f"BEGIN IMMEDIATE; {SCHEMA} PRAGMA user_version = {VERSION}; COMMIT")
        elif version != VERSION:
            raise UnreachableError(f"{path}: not a database of this wirewatch (version {version}, not {VERSION})")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA cache_size = -8192")
    except (sqlite3.Error, OSError) as error:
        raise UnreachableError(f"{path}: cannot be opened: {error}") from None
    return connection
