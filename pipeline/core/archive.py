"""The port to what is stored, which SQLite and Elasticsearch both implement: tests/adapters/archive_contract.py."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Protocol

import msgspec

from pipeline.core.alerts import Alert
from pipeline.core.need import Need
from pipeline.core.story import Story


class AlertFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Which alerts: those of any of these topics or rules (none given: all), raised at or after ``since``."""

    topics: frozenset[str] = frozenset()
    rules: frozenset[str] = frozenset()
    since: datetime | None = None

    def admits(self, alert: Alert) -> bool:
        """Return whether the alert is of one of the topics or rules; a withdrawal concerns everybody."""
        if not self.topics and not self.rules:
            return True
        return alert.rule is None or alert.topic in self.topics or alert.rule in self.rules


class Archive(Protocol):
    """Stories at their newest revision, and alerts. All methods raise UnreachableError when the store is away."""

    def stories(self, need: Need, since: datetime | None = None, until: datetime | None = None) -> Iterator[Story]:
        """Yield the stories that may satisfy ``need`` (a superset), newest first by ``Story.time``; no killed ones.

        ``since`` and ``until`` bound ``Story.time``, both inclusive; a story without any time is bound by neither.
        """
        ...

    def killed(self, since: datetime | None = None, until: datetime | None = None) -> Iterator[Story]:
        """Yield the killed stories, for auditors: as ``stories`` does the others, with the text that they last had."""
        ...

    def history(self, uri: str) -> list[Story]:
        """Return every stored revision of the chains that the stories with this uri, of any provider, belong to.

        In the order in which they were made: ``core/chain.in_order``.
        """
        ...

    def copies(self, cluster: str) -> list[Story]:
        """Return the stories of a cluster (``Story.cluster``, or the id of its first) at their newest revision."""
        ...

    def alerts(self, wanted: AlertFilter) -> Iterator[Alert]:
        """Yield the alerts that the filter admits, in the order in which they were raised."""
        ...

    def close(self) -> None:
        """Let go of the connection."""
        ...
