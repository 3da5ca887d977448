"""An outage of Kafka as a worker tells it: each reason once, a refused login by its name, and when it is over."""

from __future__ import annotations

import asyncio
import logging

from pipeline import metrics
from pipeline.adapters.kafka.connect import client_settings
from pipeline.config import Kafka
from pipeline.core.errors import UnreachableError

log = logging.getLogger(__name__)


class Outage:
    """What of ``worker`` stands still, such as "Kafka takes no messages"; sets the metric of being blocked."""

    def __init__(self, kafka: Kafka, worker: str, what: str) -> None:
        self.kafka = kafka
        self.worker = worker
        self.what = what
        self._told: str | None = None

    async def tell(self, error: BaseException) -> None:
        """Note that an attempt has failed, and say why where that is new."""
        metrics.BLOCKED.labels(self.worker, "kafka").set(1)
        reason = await self.reason() or f"{type(error).__name__}: {error}"
        if reason != self._told:  # an outage of an hour is one line, not one for each attempt
            log.warning("%s: %s; trying again", self.what, reason)
            self._told = reason

    async def reason(self) -> str | None:
        """Return why no broker can be used now; None where one lets us in. Takes seconds at most."""
        return await asyncio.to_thread(_reason, self.kafka)

    def lets_in(self) -> None:
        """Note that a broker lets us in again: the worker waits for Kafka no more, and what does not answer is ours."""
        metrics.BLOCKED.labels(self.worker, "kafka").set(0)

    def over(self) -> None:
        """Note that it works."""
        if self._told is not None:
            log.warning("%s no longer: it works again", self.what)
            self._told = None
            self.lets_in()


def _reason(kafka: Kafka) -> str | None:
    try:
        client_settings(kafka)
    except UnreachableError as error:
        return str(error)
    return None
