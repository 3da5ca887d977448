"""The bulk loop against the real Elasticsearch, through a proxy that does what a cluster in trouble does."""

from __future__ import annotations

import asyncio
import json
import logging
import uuid
from collections import deque
from collections.abc import Awaitable, Iterator, Sequence

import pytest
from elasticsearch import AsyncElasticsearch
from elasticsearch import Elasticsearch as Client

from pipeline import metrics
from pipeline.adapters.elastic import bulk as module
from pipeline.adapters.elastic.bulk import Action, Bulk, Refused, Result, meaning
from pipeline.adapters.elastic.patience import Patience
from pipeline.adapters.elastic.templates import PLACE
from pipeline.config import Elasticsearch

from .proxy import Fault, Proxy, answers, cuts, fails, loses, truncates


@pytest.fixture(scope="module")
def settings(elasticsearch_url: str) -> Elasticsearch:
    return Elasticsearch(url=elasticsearch_url)


@pytest.fixture
def index(client: Client) -> Iterator[str]:
    name = f"test-bulk-{uuid.uuid4().hex[:8]}"
    client.indices.create(index=name, mappings={"dynamic": "strict", "properties": PLACE}, settings=SETTINGS)
    yield name
    client.indices.delete(index=name)


SETTINGS = {"number_of_shards": 1, "number_of_replicas": 0, "refresh_interval": -1}


def actions(index: str, count: int, revision: int | None = 4, text: str = "2026.06") -> list[Action]:
    document = json.dumps({"month": text}).encode()
    return [Action(index, f"{number:03}", document, revision) for number in range(count)]


async def run(url: str, written: Sequence[Action], longest: float = 0.05) -> list[Refused]:
    async with AsyncElasticsearch(url, max_retries=0, request_timeout=5) as client:
        loop = Bulk(client, Patience("test", 0.01, longest))
        async with asyncio.timeout(60):
            return await loop.write(written)


async def through(proxy: Proxy, written: Sequence[Action]) -> list[Refused]:
    async with proxy:
        return await run(proxy.url, written)


def stored(client: Client, index: str) -> dict[str, str]:
    client.indices.refresh(index=index)
    hits = client.search(index=index, size=1000)["hits"]["hits"]
    return {hit["_id"]: hit["_source"]["month"] for hit in hits}


def counted(result: Result) -> float:
    return float(metrics.INDEX_ACTIONS.labels(result)._value.get())


@pytest.mark.servers
@pytest.mark.parametrize(
    "script",
    [
        pytest.param([fails(5, 429, "es_rejected_execution_exception")] * 2, id="429 on a fifth of the items"),
        pytest.param([fails(2, 503, "unavailable_shards_exception")], id="503 on half of the items"),
        pytest.param([fails(1, 403, "cluster_block_exception")], id="read-only block after a full disk"),
        pytest.param([answers(503), answers(502), answers(429)], id="503, 502 and 429 for the whole request"),
        pytest.param([loses, loses], id="answer lost after the write"),
        pytest.param([cuts], id="answer cut off"),
        pytest.param([truncates(7), truncates(0)], id="fewer answers than documents"),
        pytest.param([answers(413)], id="request too large"),
        pytest.param([answers(404)], id="something else answers there"),
        pytest.param([fails(3, 404, "index_not_found_exception")], id="an index that is not there yet"),
    ],
)
def test_every_document_is_written_once_whatever_fails_for_a_while(
    settings: Elasticsearch, client: Client, index: str, script: list[Fault]
) -> None:
    proxy = Proxy(settings.url, script)
    assert asyncio.run(through(proxy, actions(index, 40))) == []
    assert stored(client, index) == {f"{number:03}": "2026.06" for number in range(40)}
    assert not proxy.script
    assert metrics.BLOCKED.labels("test", "elasticsearch")._value.get() == 0


@pytest.mark.servers
def test_only_what_failed_is_sent_again_in_smaller_requests(settings: Elasticsearch, index: str) -> None:
    proxy = Proxy(settings.url, [fails(4, 429, "es_rejected_execution_exception"), answers(503)])
    asyncio.run(through(proxy, actions(index, 40)))
    assert proxy.seen == [40, 10, 5, 5]


@pytest.mark.servers
def test_a_request_that_is_too_large_is_split_and_a_document_that_is_alone_refused(
    settings: Elasticsearch, client: Client, index: str
) -> None:
    proxy = Proxy(settings.url, [answers(413)] * 3)
    refused = asyncio.run(through(proxy, actions(index, 3)))
    assert [refusal.action.id for refusal in refused] == ["000"]
    assert refused[0].reason.startswith("Elasticsearch takes no document of ")
    assert sorted(stored(client, index)) == ["001", "002"]


@pytest.mark.servers
@pytest.mark.parametrize("status", [401, 403])
def test_a_wrong_key_is_an_alarm_and_a_pause_never_a_refusal(
    settings: Elasticsearch, client: Client, index: str, status: int, caplog: pytest.LogCaptureFixture
) -> None:
    proxy = Proxy(settings.url, [answers(status, "security_exception", "no such key")] * 2)
    assert asyncio.run(through(proxy, actions(index, 3))) == []
    assert len(stored(client, index)) == 3
    alarms = [record.getMessage() for record in caplog.records if record.levelno == logging.ERROR]
    assert alarms == [f"Elasticsearch: {status} security_exception: no such key; trying again"]


@pytest.mark.servers
def test_what_can_never_be_indexed_is_refused_and_costs_the_others_nothing(
    settings: Elasticsearch, client: Client, index: str
) -> None:
    written = actions(index, 5)
    written[2] = Action(index, "odd", b'{"month": "2026.06", "undeclared": 1}', 4)
    written[3] = Action(index, "broken", b'{"month": ', 4)
    refused = asyncio.run(run(settings.url, written))
    assert [refusal.action.id for refusal in refused] == ["odd", "broken"]
    assert "strict_dynamic_mapping_exception" in refused[0].reason
    assert "undeclared" in refused[0].reason
    assert sorted(stored(client, index)) == ["000", "001", "004"]


@pytest.mark.servers
def test_an_older_revision_never_takes_the_place_of_a_newer_one(
    settings: Elasticsearch, client: Client, index: str
) -> None:
    stale = counted(Result.STALE)
    asyncio.run(run(settings.url, actions(index, 1, 8, "new")))
    asyncio.run(run(settings.url, actions(index, 1, 4, "old")))
    assert stored(client, index) == {"000": "new"}
    assert counted(Result.STALE) == stale + 1
    asyncio.run(run(settings.url, actions(index, 1, 8, "same revision")))
    assert stored(client, index) == {"000": "same revision"}


@pytest.mark.servers
def test_what_is_made_once_keeps_its_first_form(settings: Elasticsearch, client: Client, index: str) -> None:
    for text in ("first", "second"):
        assert asyncio.run(run(settings.url, actions(index, 2, None, text))) == []
    assert stored(client, index) == {"000": "first", "001": "first"}


@pytest.mark.servers
def test_what_is_removed_is_gone_and_what_was_never_there_is_no_fault(
    settings: Elasticsearch, client: Client, index: str
) -> None:
    asyncio.run(run(settings.url, actions(index, 2, None)))
    removals = [Action(index, "000", None), Action(index, "never", None)]
    assert asyncio.run(run(settings.url, removals)) == []
    assert list(stored(client, index)) == ["001"]


@pytest.mark.servers
def test_a_server_that_is_away_is_waited_for(settings: Elasticsearch, client: Client, index: str) -> None:
    async def late() -> list[Refused]:
        proxy = Proxy(settings.url)
        async with proxy:
            address = proxy.url
        port = int(address.rpartition(":")[2])
        writing: Awaitable[list[Refused]] = asyncio.ensure_future(run(address, actions(index, 3)))
        await asyncio.sleep(0.3)
        async with Proxy(settings.url, port=port):
            return await writing

    assert asyncio.run(late()) == []
    assert len(stored(client, index)) == 3


def test_a_request_has_at_least_one_document_and_no_more_bytes_than_allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "BYTES", 30)
    waiting = deque(Action("i", str(number), b"x" * size) for number, size in enumerate((50, 10, 20, 1, 1)))
    requests = []
    while waiting:
        requests.append([action.id for action in module._take(waiting, 3)])
    assert requests == [["0"], ["1", "2"], ["3", "4"]]


@pytest.mark.parametrize(
    ("status", "type_", "result"),
    [
        (201, None, Result.DONE),
        (409, "version_conflict_engine_exception", Result.STALE),
        (429, "circuit_breaking_exception", Result.AGAIN),
        (500, "anything", Result.AGAIN),
        (403, "cluster_block_exception", Result.AGAIN),
        (403, "security_exception", Result.FORBIDDEN),
        (400, "document_parsing_exception", Result.REFUSED),
        (404, "index_not_found_exception", Result.AGAIN),
    ],
)
def test_each_answer_has_one_meaning(status: int, type_: str | None, result: Result) -> None:
    error = {"type": type_, "reason": "why", "caused_by": {"reason": "deeper"}} if type_ else None
    answer = meaning(module._Item(status, error))
    assert answer.result is result
    assert answer.reason == (
        f"{status} {type_}: why: deeper" if result in (Result.AGAIN, Result.FORBIDDEN, Result.REFUSED) else ""
    )


def test_a_month_for_which_the_cluster_has_no_shard_left_is_waited_for_and_costs_no_document() -> None:
    reason = (
        "Validation Failed: 1: this action would add [2] shards, but this cluster currently has [1000]/[1000] maximum "
        "normal shards open;"
    )
    for type_ in ("validation_exception", "illegal_argument_exception"):
        assert meaning(module._Item(400, {"type": type_, "reason": reason})).result is Result.AGAIN
