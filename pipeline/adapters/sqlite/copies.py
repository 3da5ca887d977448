"""Copies of one text in the database: which stories may be one, and which were found to be.

The table ``bands`` has the fingerprints of revisions, replaced ones included: another provider may still send what this
one has rewritten since. ``copies`` has the stories of a cluster but for its first, after which it is named.
"""

from __future__ import annotations

import sqlite3

import msgspec

from pipeline.core.cluster import CANDIDATES, SHARED, WINDOW, bands
from pipeline.core.story import Story

_story_of = msgspec.json.Decoder(Story).decode
SCANNED = 5000
"""Bands looked at for one story: a feed that repeats one text without end must not hold up the others."""

_WINDOW = int(WINDOW.total_seconds() * 1000)


def keep(connection: sqlite3.Connection, number: int | None, story: Story) -> None:
    """Store the bands and the cluster of the story that was stored under ``number``."""
    if story.time is not None and story.fingerprint is not None:
        row = (_milliseconds(story), number, story.revision, story.provider)
        rows = ((int(band, 16), *row) for band in bands(story.fingerprint))
        connection.executemany("INSERT OR REPLACE INTO bands VALUES (?, ?, ?, ?, ?)", rows)
    if story.cluster is None:
        connection.execute("DELETE FROM copies WHERE number = ?", (number,))
    else:
        connection.execute("INSERT OR REPLACE INTO copies VALUES (?, ?)", (number, story.cluster))


def candidates(connection: sqlite3.Connection, story: Story) -> list[Story]:
    """Return the revisions of other providers with enough bands in common, the most first; of no killed story."""
    found = bands(story.fingerprint)
    if not found or story.time is None:
        return []
    moment, marks = _milliseconds(story), ", ".join("?" * len(found))
    rows = connection.execute(
        f"""SELECT document, cluster FROM (
            SELECT number, revision, count(*) AS shared FROM (
                SELECT number, revision FROM bands
                WHERE band IN ({marks}) AND time BETWEEN ? AND ? AND provider != ? LIMIT {SCANNED}
            ) GROUP BY number, revision HAVING shared >= ? ORDER BY shared DESC, number, revision LIMIT ?
        ) AS found JOIN stories USING (number) JOIN revisions ON revisions.id = stories.id
            AND revisions.revision = found.revision LEFT JOIN copies USING (number)
        WHERE stories.status = 'usable' ORDER BY shared DESC, number, found.revision""",  # noqa: S608  question marks only
        (*(int(band, 16) for band in found), moment - _WINDOW, moment + _WINDOW, story.provider, SHARED, CANDIDATES),
    )
    return [msgspec.structs.replace(_story_of(document), cluster=cluster) for document, cluster in rows]


def copies(connection: sqlite3.Connection, cluster: str) -> list[Story]:
    """Return the stories of a cluster at their newest revision, its first among them."""
    rows = connection.execute(
        "SELECT document FROM stories JOIN revisions USING (id, revision) "
        "WHERE stories.id = ?1 OR number IN (SELECT number FROM copies WHERE cluster = ?1)",
        (cluster,),
    )
    return [_story_of(document) for (document,) in rows]


def _milliseconds(story: Story) -> int:
    return int(story.time.timestamp() * 1000) if story.time else 0
