"""What the embedded pipeline writes: all of a batch in one transaction, so that a kill leaves all of it or nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from math import ceil
from pathlib import Path

import msgspec

from pipeline.adapters.sqlite import copies
from pipeline.adapters.sqlite.schema import connect
from pipeline.core import chain
from pipeline.core.alerts import Alert
from pipeline.core.payload import DeadLetter
from pipeline.core.searched import keys
from pipeline.core.story import Status, Story, encode

story_of = msgspec.json.Decoder(Story).decode
alert_of = msgspec.json.Decoder(Alert).decode


class SqliteStore:
    """The writing side; one process at a time. Methods that write are called inside ``transaction``."""

    def __init__(self, path: Path) -> None:
        self.connection = connect(path, create=True)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Commit everything done inside, or nothing."""
        self.connection.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self.connection.execute("ROLLBACK")
            raise
        self.connection.execute("COMMIT")

    def newest(self, id_: str) -> Story | None:
        """Return the newest stored revision of a story."""
        row = self.connection.execute(
            "SELECT document FROM stories JOIN revisions USING (id, revision) WHERE id = ?", (id_,)
        ).fetchone()
        return story_of(row[0]) if row else None

    def revisions(self, id_: str) -> list[Story]:
        """Return every stored revision of a story, newest first."""
        rows = self.connection.execute("SELECT document FROM revisions WHERE id = ? ORDER BY revision DESC", (id_,))
        return [story_of(document) for (document,) in rows]

    def has(self, story: Story) -> bool:
        """Return whether this revision is stored."""
        found = self.connection.execute(
            "SELECT 1 FROM revisions WHERE id = ? AND revision = ?", (story.id, story.revision)
        )
        return found.fetchone() is not None

    def put(self, story: Story, *, newest: bool) -> None:
        """Store a revision; ``newest`` makes it the one that searches find."""
        self.connection.execute(
            "INSERT OR REPLACE INTO revisions VALUES (?, ?, ?, ?)",
            (story.id, story.revision, story.uri, encode(story)),
        )
        if not newest:
            return
        row = self.connection.execute("SELECT number FROM stories WHERE id = ?", (story.id,)).fetchone()
        number = row[0] if row else None
        values = (story.revision, story.status, milliseconds(story.time), story.chain or story.id)
        # No REPLACE here: it opens a savepoint, at which FTS5 writes out what it has gathered, story by story.
        if number is None:
            insert = "INSERT INTO stories (revision, status, time, chain, id) VALUES (?, ?, ?, ?, ?)"
            number = self.connection.execute(insert, (*values, story.id)).lastrowid
        else:
            update = "UPDATE stories SET revision = ?, status = ?, time = ?, chain = ? WHERE number = ?"
            self.connection.execute("DELETE FROM words WHERE rowid = ?", (number,))
            self.connection.execute(update, (*values, number))
        if story.status is Status.USABLE:
            self.connection.execute("INSERT INTO words (rowid, keys) VALUES (?, ?)", (number, " ".join(keys(story))))
        copies.keep(self.connection, number, story)

    def candidates(self, story: Story) -> list[Story]:
        """Return the stories that may be copies of this one's text."""
        return copies.candidates(self.connection, story)

    def copies(self, cluster: str) -> list[Story]:
        """Return the stories of a cluster, its first among them."""
        return copies.copies(self.connection, cluster)

    def chain_of(self, story: Story) -> str:
        """Return the chain that a story belongs to: its first known predecessor's, else what it was stored with."""
        for id_ in chain.predecessors(story):
            row = self.connection.execute("SELECT chain FROM stories WHERE id = ?", (id_,)).fetchone()
            return row[0] if row else id_
        row = self.connection.execute("SELECT chain FROM stories WHERE id = ?", (story.id,)).fetchone()
        return row[0] if row else story.id

    def join(self, story: Story, name: str) -> None:
        """Give the chain that was named after ``story``, before it came, the name of the chain that it belongs to."""
        if name != story.id:
            self.connection.execute("UPDATE stories SET chain = ? WHERE chain = ?", (name, story.id))

    def members(self, name: str) -> list[Story]:
        """Return the stories of a chain at their newest revision."""
        rows = self.connection.execute(
            "SELECT document FROM stories JOIN revisions USING (id, revision) WHERE chain = ? ORDER BY number", (name,)
        )
        return [story_of(document) for (document,) in rows]

    def note_kill(self, ids: Iterable[str], kill: Story) -> None:
        """Remember that ``kill`` is about these stories, whether they have come or not.

        Of several, the one that reaches furthest stays.
        """
        for id_ in ids:
            known = next(self.kills_of([id_]), None)
            if known is None or chain.reach(kill) >= chain.reach(known):
                self.connection.execute("INSERT OR REPLACE INTO kills VALUES (?, ?)", (id_, kill.id))

    def kills_of(self, ids: Iterable[str]) -> Iterator[Story]:
        """Yield the kills, under another uri, that name these stories."""
        for id_ in ids:
            row = self.connection.execute("SELECT kill FROM kills WHERE id = ?", (id_,)).fetchone()
            kill = self.newest(row[0]) if row else None
            if kill is not None:
                yield kill

    def record(self, alert: Alert, raised: datetime) -> bool:
        """Store an alert; return False for one that is known: it has been raised before."""
        done = self.connection.execute(
            "INSERT OR IGNORE INTO alerts (id, raised, document) VALUES (?, ?, ?)",
            (alert.id, milliseconds(raised), encode(alert)),
        )
        return done.rowcount == 1

    def hold(self, story: Story) -> None:
        """Keep a story under embargo; a later revision takes the place of an earlier one."""
        self.connection.execute(
            "INSERT INTO held VALUES (?1, ?2, ?3, ?4) ON CONFLICT (id) DO UPDATE "
            "SET revision = ?2, until = ?3, document = ?4 WHERE revision <= ?2",
            (story.id, story.revision, milliseconds(story.embargoed_until, up=True), encode(story)),
        )

    def unhold(self, story: Story) -> None:
        """Forget the held revisions that this one replaces: it was released, lifted or killed."""
        self.connection.execute("DELETE FROM held WHERE id = ? AND revision <= ?", (story.id, story.revision))

    def due(self, now: datetime) -> list[Story]:
        """Return the held stories whose embargo has ended, in the order of their time."""
        rows = self.connection.execute(
            "SELECT document FROM held WHERE until <= ? ORDER BY until, id", (milliseconds(now),)
        )
        return [story_of(document) for (document,) in rows]

    def next_due(self) -> datetime | None:
        """Return when the next embargo ends."""
        (until,) = self.connection.execute("SELECT min(until) FROM held").fetchone()
        return None if until is None else datetime.fromtimestamp(until / 1000, UTC)

    def bury(self, letter: DeadLetter) -> None:
        """Store a dead letter; one that comes again counts as a further attempt."""
        row = self.connection.execute("SELECT document FROM dead WHERE id = ?", (letter.id,)).fetchone()
        if row:
            before = msgspec.json.decode(row[0], type=DeadLetter)
            letter = msgspec.structs.replace(letter, attempts=before.attempts + 1)
        self.connection.execute(
            "INSERT OR REPLACE INTO dead VALUES (?, ?, ?)", (letter.id, milliseconds(letter.time), encode(letter))
        )

    def unbury(self, id_: str) -> None:
        """Let a dead letter go."""
        self.connection.execute("DELETE FROM dead WHERE id = ?", (id_,))

    def mark(self, source: str, position: str) -> None:
        """Remember how far a source has been taken in."""
        self.connection.execute("INSERT OR REPLACE INTO marks VALUES (?, ?)", (source, position))

    def marks(self) -> dict[str, str]:
        """Return how far each source has been taken in."""
        return dict(self.connection.execute("SELECT source, position FROM marks"))

    def unannounced(self) -> list[tuple[int, Alert]]:
        """Return the alerts that have been committed and not yet announced, with their numbers."""
        rows = self.connection.execute(
            "SELECT number, document FROM alerts WHERE number > "
            "coalesce((SELECT number FROM cursors WHERE name = 'announced'), 0) ORDER BY number"
        )
        return [(number, alert_of(document)) for number, document in rows]

    def announced(self, number: int) -> None:
        """Remember that every alert up to this number has been announced."""
        self.connection.execute("INSERT OR REPLACE INTO cursors VALUES ('announced', ?)", (number,))

    def close(self) -> None:
        """Close the file."""
        self.connection.close()


def milliseconds(moment: datetime | None, *, up: bool = False) -> int | None:
    """Return a time as the database holds it; ``up``: none that is earlier, as an embargo wants it."""
    if moment is None:
        return None
    found = moment.timestamp() * 1000
    return ceil(found) if up else int(found)
