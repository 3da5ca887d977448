"""What the stages make of payloads, without any server: what the distributed pipeline must come to."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

import msgspec
import pytest

from pipeline import wiring
from pipeline.config import Config
from pipeline.core.alerts import Alert
from pipeline.core.flow import work
from pipeline.core.payload import Payload


class Expected(msgspec.Struct):
    """The newest revision of each story, the alerts that desk raises, by id, and how many payloads are dead."""

    revisions: dict[str, int]
    alerts: dict[str, Alert]
    dead: int


def expected(config: Config, payloads: Iterable[Payload]) -> Expected:
    """Take every payload through the flow, in any order."""
    desk, _rules = wiring.desk(config, "oracle", lambda: datetime.now(UTC), lambda problem: pytest.fail(str(problem)))
    found = Expected({}, {}, 0)
    for payload in payloads:
        outcome = work(desk, payload)
        found.dead += len(outcome.dead)
        for story in outcome.stories:
            found.revisions[story.id] = max(story.revision, found.revisions.get(story.id, 0))
        found.alerts.update((alert.id, alert) for alert in outcome.alerts)
    return found
