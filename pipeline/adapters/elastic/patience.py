"""Waiting for Elasticsearch: how long, how it is told, and which failures are worth it."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from elasticsearch import ApiError, AuthenticationException, AuthorizationException

from pipeline import metrics
from pipeline.adapters.elastic.connect import FAILURES, describe

log = logging.getLogger(__name__)

T = TypeVar("T")
FIRST, LONGEST = 0.1, 10.0
"""Seconds of the first pause and of the longest; each is twice the one before, less up to half at random."""


class Patience:
    """The pauses of one worker; they begin anew after a success."""

    def __init__(
        self,
        worker: str,
        first: float = FIRST,
        longest: float = LONGEST,
        *,
        answered: Callable[[], None] = lambda: None,
    ) -> None:
        self.worker = worker
        self.answered = answered
        """Is called where Elasticsearch has answered: one that is slow is no worker that stands still."""
        self.first = first
        self.longest = longest
        self._pause = first
        self._told = ""

    async def pause(self, reason: str, *, alarm: bool = False) -> None:
        """Wait; ``alarm`` is for what only a person can mend, such as a wrong key: no use in asking often."""
        metrics.BLOCKED.labels(self.worker, "elasticsearch").set(1)
        if reason != self._told:  # an outage of an hour is one line, not one for each attempt
            log.log(logging.ERROR if alarm else logging.WARNING, "Elasticsearch: %s; trying again", reason)
            self._told = reason
        length = self.longest if alarm else self._pause
        self._pause = min(2 * self._pause, self.longest)
        await asyncio.sleep(length * random.uniform(0.5, 1))  # noqa: S311  jitter

    def success(self) -> None:
        """Note that Elasticsearch works."""
        if self._told:
            log.warning("Elasticsearch works again")
            self._told = ""
        self._pause = self.first
        self.answered()
        metrics.BLOCKED.labels(self.worker, "elasticsearch").set(0)

    async def until_done(self, call: Callable[[], Awaitable[T]]) -> T:
        """Return what ``call`` returns, however often it must be tried; a request that is wrong is raised."""
        while True:
            try:
                result = await call()
            except FAILURES as error:
                if is_wrong(error):
                    raise
                await self.pause(describe(error), alarm=is_forbidden(error))
            else:
                self.success()
                return result


def is_forbidden(error: BaseException) -> bool:
    """Whether Elasticsearch does not let us in, or not do this."""
    return isinstance(error, AuthenticationException | AuthorizationException)


PASSING = frozenset({"cluster_block_exception", "index_not_found_exception", "index_closed_exception"})
"""Errors about the index, not about the request: a full disk, a missing or closed index, which somebody mends."""


def is_wrong(error: BaseException) -> bool:
    """Whether the request can never succeed: 4xx, except where it is about who we are, size, pace or the index."""
    return isinstance(error, ApiError) and error.status_code == 400 and PASSING.isdisjoint(_types(error.body))


def _types(body: Any) -> set[str]:
    """Return the types of the errors that an answer names."""
    error = body.get("error") if isinstance(body, dict) else None
    if not isinstance(error, dict):
        return set()
    return {str(one.get("type")) for one in (error, *error.get("root_cause", ())) if isinstance(one, dict)}


def status_of(error: BaseException) -> int:
    """Return the HTTP status of a failure; 0 where there was no answer."""
    status: Any = error.status_code if isinstance(error, ApiError) else 0
    return int(status)
