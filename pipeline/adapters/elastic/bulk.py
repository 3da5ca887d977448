"""The bulk loop: documents go in until Elasticsearch has answered for each one.

The client's own helpers lose the retry of single items and let timeouts escape. Here each answer has one meaning:

======================================= ================================================================
2xx, nothing there to remove            done
409                                     done: the same or a newer revision stands there already
429, 5xx, timeout, refused, cut off,    that document again, after a pause, in smaller requests
read-only block, no such index, no shard left
413                                     two requests instead of one; a single document is refused
401, 403                                a long pause and an alarm; never a refusal
other 4xx                               the document is refused: a dead letter
fewer answers than documents            all of the request again
======================================= ================================================================

What is sent twice does no harm: documents carry their revision (``external_gte``) or are made once (``create``).
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterator, Sequence
from enum import StrEnum
from typing import Any

import msgspec
from elasticsearch import AsyncElasticsearch

from pipeline import metrics
from pipeline.adapters.elastic.connect import FAILURES, describe
from pipeline.adapters.elastic.patience import PASSING, Patience, is_forbidden, status_of

DOCUMENTS = 1000
BYTES = 4 * 1024 * 1024
"""The largest request, in documents and in bytes; a failure halves the first, a success doubles it again."""

HEADERS = {
    "accept": "application/vnd.elasticsearch+json; compatible-with=9",
    "content-type": "application/vnd.elasticsearch+x-ndjson; compatible-with=9",
}
PARAMETERS = {
    "filter_path": "error,items.*.status,items.*.error.type,items.*.error.reason,items.*.error.caused_by.reason"
}


class Action(msgspec.Struct, frozen=True):
    """One document on its way: with a ``revision`` it takes the place of older ones, without is made once.

    Without ``document``, what stands there is removed.
    """

    index: str
    id: str
    document: bytes | None
    revision: int | None = None

    @property
    def lines(self) -> bytes:
        """The lines of the request."""
        target: dict[str, Any] = {"_index": self.index, "_id": self.id}
        if self.document is None:
            return msgspec.json.encode({"delete": target}) + b"\n"
        if self.revision is None:
            head: dict[str, Any] = {"create": target}
        else:
            head = {"index": {**target, "version": self.revision, "version_type": "external_gte"}}
        return msgspec.json.encode(head) + b"\n" + self.document + b"\n"


class Refused(msgspec.Struct, frozen=True):
    """A document that Elasticsearch will never take, and why."""

    action: Action
    reason: str


class Result(StrEnum):
    """What an answer to one document means; the label of the metric."""

    DONE = "done"
    STALE = "stale"
    AGAIN = "again"
    FORBIDDEN = "forbidden"
    REFUSED = "refused"


class Answer(msgspec.Struct, frozen=True):
    """The meaning of an answer, and its reason."""

    result: Result
    reason: str = ""


class _Item(msgspec.Struct):
    status: int
    error: dict[str, Any] | None = None


class Bulk:
    """Writes actions, of which no two are about the same document; one call at a time."""

    def __init__(self, client: AsyncElasticsearch, patience: Patience) -> None:
        self.client = client
        self.patience = patience
        self._most = DOCUMENTS

    async def write(self, actions: Sequence[Action]) -> list[Refused]:
        """Return when each action is answered for, with those that are refused; waits for however long it takes."""
        refused: list[Refused] = []
        waiting = deque(actions)
        while waiting:
            batch = list(_take(waiting, self._most))
            answers = await self._ask(batch)
            if answers is None:  # too large for one request
                self._most = max(1, len(batch) // 2)
                waiting.extendleft(reversed(batch))
                continue
            for result, count in Counter(answer.result for answer in answers).items():
                metrics.INDEX_ACTIONS.labels(result).inc(count)
            pairs = list(zip(batch, answers, strict=True))
            refused += [Refused(action, answer.reason) for action, answer in pairs if answer.result is Result.REFUSED]
            left = [(action, answer) for action, answer in pairs if answer.result in (Result.AGAIN, Result.FORBIDDEN)]
            if not left:
                self._most = min(2 * self._most, DOCUMENTS)
                self.patience.success()
                continue
            waiting.extendleft(action for action, _answer in reversed(left))
            self._most = max(1, min(self._most, len(batch)) // 2)
            worst = next((answer for _, answer in left if answer.result is Result.FORBIDDEN), left[0][1])
            await self.patience.pause(worst.reason, alarm=worst.result is Result.FORBIDDEN)
        return refused

    async def _ask(self, batch: list[Action]) -> list[Answer] | None:
        """Send one request and return an answer for each of its documents; None where it must be split."""
        body = b"".join([action.lines for action in batch])
        try:
            answer = await self.client.perform_request("POST", "/_bulk", params=PARAMETERS, headers=HEADERS, body=body)
            items = [_item(item) for item in answer.body.get("items", ())]
        except FAILURES as error:
            return self._failed(batch, error, len(body))
        except (AttributeError, TypeError, msgspec.ValidationError):
            items = []
        if len(items) != len(batch):
            reason = f"{len(items)} answers to {len(batch)} documents"
            return [Answer(Result.AGAIN, reason)] * len(batch)
        return [meaning(item) for item in items]

    def _failed(self, batch: list[Action], error: Exception, size: int) -> list[Answer] | None:
        """Return what a failure of the whole request means for each of its documents."""
        status = status_of(error)
        if status in (400, 413) and len(batch) > 1:
            return None
        if status == 413:
            return [Answer(Result.REFUSED, f"Elasticsearch takes no document of {size} bytes")]
        if status == 400:
            return [Answer(Result.REFUSED, describe(error))]
        result = Result.FORBIDDEN if is_forbidden(error) else Result.AGAIN
        return [Answer(result, describe(error))] * len(batch)


def meaning(item: _Item) -> Answer:
    """Return what the answer to one document means."""
    if item.status < 300 or (item.status == 404 and item.error is None):
        return Answer(Result.DONE)
    if item.status == 409:
        return Answer(Result.STALE)
    error = item.error or {}
    causes = [error.get("reason"), (error.get("caused_by") or {}).get("reason")]
    reason = f"{item.status} {error.get('type')}: " + ": ".join(str(cause)[:300] for cause in causes if cause)
    passing = error.get("type") in PASSING or NO_SHARD in str(error.get("reason"))
    if item.status == 429 or item.status >= 500 or passing:
        return Answer(Result.AGAIN, reason)
    if item.status in (401, 403):
        return Answer(Result.FORBIDDEN, reason)
    return Answer(Result.REFUSED, reason)


NO_SHARD = "shards open"
"""What the reason says where a new month would make more shards than the cluster may have: 400, as for a document."""


def _item(item: dict[str, Any]) -> _Item:
    return msgspec.convert(next(iter(item.values())), _Item)


def _take(waiting: deque[Action], most: int) -> Iterator[Action]:
    """Yield what goes into one request: at least one document."""
    size = count = 0
    while waiting and count < most:
        size += len(waiting[0].document or b"")
        if count and size > BYTES:
            return
        yield waiting.popleft()
        count += 1
