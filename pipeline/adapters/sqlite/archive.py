"""What searches, backtests and subscribers read, beside a pipeline that is writing."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import msgspec

from pipeline.adapters.sqlite import copies
from pipeline.adapters.sqlite.schema import connect
from pipeline.adapters.sqlite.store import alert_of, milliseconds, story_of
from pipeline.core import chain
from pipeline.core.alerts import Alert
from pipeline.core.archive import AlertFilter
from pipeline.core.need import AllOf, AnyOf, Need, Prefix, Tagged, Word
from pipeline.core.payload import DeadLetter
from pipeline.core.story import Story

POLL = 0.2
"""Seconds between two looks for new alerts."""


class SqliteArchive:
    """``core/archive.py`` over the file of the embedded pipeline."""

    def __init__(self, path: Path) -> None:
        self.connection = connect(path, create=False)

    def stories(self, need: Need, since: datetime | None = None, until: datetime | None = None) -> Iterator[Story]:
        """Yield the stories that may satisfy ``need``, newest first."""
        where, values = ["status = 'usable'"], list[object]()
        expression = fts(need)
        if expression is not None:
            where.append("number IN (SELECT rowid FROM words WHERE words MATCH ?)")
            values.append(expression)
        for bound, sign in ((since, ">="), (until, "<=")):
            if bound is not None:
                where.append(f"(time IS NULL OR time {sign} ?)")
                values.append(milliseconds(bound))
        if expression == "":
            return
        rows = self.connection.execute(
            "SELECT document FROM stories JOIN revisions USING (id, revision) "  # noqa: S608  fixed words only
            f"WHERE {' AND '.join(where)} ORDER BY time DESC, number DESC",
            values,
        )
        for (document,) in rows:
            yield story_of(document)

    def killed(self, since: datetime | None = None, until: datetime | None = None) -> Iterator[Story]:
        """Yield the killed stories with the text that they last had, newest first."""
        rows = self.connection.execute(
            "SELECT id FROM stories WHERE status = 'canceled' AND (time IS NULL OR (?1 IS NULL OR time >= ?1) "
            "AND (?2 IS NULL OR time <= ?2)) ORDER BY time DESC, number DESC",
            (milliseconds(since), milliseconds(until)),
        )
        for (id_,) in rows.fetchall():
            yield chain.as_it_was(self._revisions("id = ?", id_))

    def history(self, uri: str) -> list[Story]:
        """Return every stored revision of the chains that the stories with this uri belong to."""
        chains = (
            "id IN (SELECT id FROM stories WHERE chain IN "
            "(SELECT chain FROM stories WHERE id IN (SELECT id FROM revisions WHERE uri = ?1))) OR uri = ?1"
        )
        return chain.in_order(self._revisions(chains, uri))

    def _revisions(self, where: str, value: str) -> list[Story]:
        rows = self.connection.execute(
            f"SELECT document FROM revisions WHERE {where} ORDER BY revision",  # noqa: S608  fixed words only
            (value,),
        )
        return [story_of(document) for (document,) in rows]

    def copies(self, cluster: str) -> list[Story]:
        """Return the stories of a cluster at their newest revision."""
        return copies.copies(self.connection, cluster)

    def alerts(self, wanted: AlertFilter) -> Iterator[Alert]:
        """Yield the alerts that the filter admits, in the order in which they were raised."""
        yield from (alert for _number, alert in self._after(0, wanted) if wanted.admits(alert))

    def follow(self, wanted: AlertFilter) -> Iterator[Alert]:
        """Yield the same, then for ever the alerts that are raised from now on."""
        number = 0
        while True:
            fresh = list(self._after(number, wanted))
            yield from (alert for _number, alert in fresh if wanted.admits(alert))
            if fresh:
                number = fresh[-1][0]
            else:
                time.sleep(POLL)

    def dead(self) -> list[DeadLetter]:
        """Return the dead letters, oldest first."""
        rows = self.connection.execute("SELECT document FROM dead ORDER BY time, id")
        return [msgspec.json.decode(document, type=DeadLetter) for (document,) in rows]

    def _after(self, number: int, wanted: AlertFilter) -> Iterator[tuple[int, Alert]]:
        rows = self.connection.execute(
            "SELECT number, document FROM alerts WHERE number > ?1 AND (?2 IS NULL OR raised >= ?2) ORDER BY number",
            (number, milliseconds(wanted.since)),
        )
        return ((found, alert_of(document)) for found, document in rows)

    def close(self) -> None:
        """Close the file."""
        self.connection.close()


def fts(need: Need) -> str | None:  # noqa: PLR0911  one for each kind of need
    """Return the FTS5 expression of a need; None restricts nothing, an empty one selects nothing."""
    match need:
        case Word(word):
            return _quote(word)
        case Prefix(start):
            return f"{_quote(start)}*"
        case Tagged(field, values):
            return _join([_quote(f"{field}:{value}".lower()) for value in values], " OR ")
        case AllOf(of):
            parts = [part for part in map(fts, of) if part is not None]
            if not parts:
                return None
            return "" if "" in parts else _join(parts, " AND ")
        case AnyOf(of):
            choices = [fts(part) for part in of]
            if None in choices:
                return None
            return _join([choice for choice in choices if choice], " OR ")


def _quote(word: str) -> str:
    return '"' + word.replace('"', '""') + '"'


def _join(parts: list[str], operator: str) -> str:
    return parts[0] if len(parts) == 1 else f"({operator.join(parts)})" if parts else ""
