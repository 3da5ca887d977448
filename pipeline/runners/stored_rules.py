"""The rules of the embedded pipeline kept up to date: its files, and the table that commands write to."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from time import monotonic

from pipeline import metrics
from pipeline.adapters import rulefiles
from pipeline.adapters.sqlite.rules import SqliteRules
from pipeline.core.errors import Problem
from pipeline.core.rules.book import RuleBook

LOOK = 1.0
"""Seconds between two looks at the rule files."""

Signature = tuple[tuple[str, int, int], ...]


class StoredRules:
    """Brings ``book`` up to date whenever it is called, between two batches."""

    def __init__(
        self,
        book: RuleBook,
        log: SqliteRules,
        *,
        paths: Sequence[str],
        read: Callable[[], rulefiles.RuleFiles],
        refuse: Callable[[Problem], None],
        now: Callable[[], datetime],
        worker: str,
    ) -> None:
        self.book, self.log, self.worker = book, log, worker
        self._paths, self._read, self._refuse, self._now = paths, read, refuse, now
        self._number = 0
        self._looked = monotonic()
        self._signature = signature(paths)
        self()

    def __call__(self) -> None:
        """Take in what has been changed since the last call, and write down which rules have failed."""
        if monotonic() - self._looked > LOOK:
            self._looked = monotonic()
            self._look()
        if self.book.unwritten:
            with self.log.edit() as write:
                write(self.book.unwritten)
            self.book.unwritten.clear()
        changes, self._number = self.log.after(self._number)
        self.book.take(changes)
        self.book.turn(self._now().date())
        self.book.settle()
        metrics.RULES.labels(self.worker).set(len(self.book.rules))
        metrics.RULES_REFUSED.labels(self.worker).set(len(self.book.problems))

    def _look(self) -> None:
        """Read the files again where one has changed; with a problem in them, what they lack stays in force."""
        found = signature(self._paths)
        if found == self._signature:
            return
        self._signature = found
        files = self._read()
        self.book.read(files.entries(), files.define, whole=not files.problems)
        for problem in files.problems:
            self._refuse(problem)


def signature(paths: Sequence[str]) -> Signature:
    """Return what tells that a rule file was changed, added or removed."""

    def each() -> Iterator[tuple[str, int, int]]:
        for path in rulefiles.located(paths, []):
            try:
                about = path.stat()
            except OSError:  # taken away in between
                continue
            yield str(path), about.st_mtime_ns, about.st_size

    return tuple(each())
