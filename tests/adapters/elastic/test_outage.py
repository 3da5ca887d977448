"""The bulk loop and the reads while an Elasticsearch of the test's own is killed, paused, full, or asks for a key."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterator

import pytest
from elasticsearch import AsyncElasticsearch
from elasticsearch import Elasticsearch as Client

from pipeline.adapters.elastic.bulk import Action, Bulk, Refused
from pipeline.adapters.elastic.patience import Patience
from tests.conftest import no_server
from tests.servers.elastic import Elasticsearch as Node
from tests.servers.process import ServerError

pytestmark = pytest.mark.servers

ROUNDS, SIZE = 12, 50


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    node = Node(tmp_path_factory.mktemp("outage") / "elasticsearch")
    try:
        node.start()
    except ServerError as error:
        no_server(error)
    yield node
    node.stop()


async def steadily(url: str, index: str, trouble: Callable[[], Awaitable[None]]) -> list[Refused]:
    """Write revision after revision of the same documents, with ``trouble`` in the middle."""
    refused = []
    async with AsyncElasticsearch(url, max_retries=0, request_timeout=1) as client, asyncio.timeout(100):
        bulk = Bulk(client, Patience("test", 0.05, 0.5))
        for number in range(ROUNDS):
            document = json.dumps({"number": number}).encode()
            actions = [Action(index, f"{id_}", document, number) for id_ in range(SIZE)]
            actions += [Action(index, f"{number}-{id_}", document) for id_ in range(SIZE)]
            writing = asyncio.ensure_future(bulk.write(actions))
            if number == ROUNDS // 2:
                await trouble()
            refused += await writing
    return refused


def everything(node: Node, index: str) -> bool:
    """Whether each document stands there once, at its last revision."""
    with Client(node.url) as client:
        client.indices.refresh(index=index)
        hits = client.search(index=index, size=10_000)["hits"]["hits"]
    numbers = {hit["_id"]: hit["_source"]["number"] for hit in hits}
    once = {f"{number}-{id_}": number for number in range(ROUNDS) for id_ in range(SIZE)}
    return numbers == {**dict.fromkeys(map(str, range(SIZE)), ROUNDS - 1), **once}


def test_nothing_is_lost_or_stale_when_elasticsearch_is_killed(node: Node) -> None:
    async def trouble() -> None:
        node.kill()
        await asyncio.to_thread(node.start)

    assert asyncio.run(steadily(node.url, "killed", trouble)) == []
    assert everything(node, "killed")


def test_nothing_is_lost_or_stale_when_elasticsearch_hangs(node: Node) -> None:
    async def trouble() -> None:
        node.pause()
        await asyncio.sleep(3)
        node.resume()

    assert asyncio.run(steadily(node.url, "hung", trouble)) == []
    assert everything(node, "hung")


def test_nothing_is_lost_or_refused_while_a_full_disk_blocks_the_index(node: Node) -> None:
    async def trouble() -> None:
        with Client(node.url) as client:
            client.indices.put_settings(index="full", settings={"blocks.read_only_allow_delete": True})
            await asyncio.sleep(2)
            client.indices.put_settings(index="full", settings={"blocks.read_only_allow_delete": None})

    assert asyncio.run(steadily(node.url, "full", trouble)) == []
    assert everything(node, "full")
