"""A new index takes the place of an old one while documents are written and searched."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest
from elasticsearch import AsyncElasticsearch, ConnectionTimeout
from elasticsearch import Elasticsearch as Client

from pipeline.adapters.elastic import reindex, templates
from pipeline.adapters.elastic.bulk import Bulk
from pipeline.adapters.elastic.documents import story_document
from pipeline.adapters.elastic.patience import Patience
from pipeline.adapters.elastic.shelf import Shelf
from pipeline.config import Elasticsearch
from pipeline.core.errors import WirewatchError
from pipeline.core.story import Story

from .conftest import NOW

pytestmark = pytest.mark.servers
MONTH = "2026.06"


def story(number: int, version: int = 1) -> Story:
    moment = NOW + timedelta(seconds=number)
    return Story(
        uri=f"u:{number}", provider="p", source_format="ninjs", version=str(version), headline=f"Story {number}",
        received=moment, version_created=moment, body=f"Revision {version}.",
    )  # fmt: skip


async def moved(settings: Elasticsearch, client: AsyncElasticsearch) -> None:
    bulk = Bulk(client, Patience("test", 0.01, 0.05))
    for move in await reindex.moves(settings, client):
        await reindex.move(settings, client, bulk, move, lambda _count: None)


def test_nothing_is_lost_stale_or_away_while_an_index_is_made_anew(settings: Elasticsearch, client: Client) -> None:
    alias, index = f"{settings.prefix}stories", f"{settings.prefix}stories-{MONTH}"
    client.indices.delete(index=index)
    client.indices.create(index=index, mappings={"properties": {"urgency": {"type": "keyword"}}})  # as it once was
    seen: list[int] = []
    done = asyncio.Event()

    async def writes(elastic: AsyncElasticsearch) -> int:
        bulk = Bulk(elastic, Patience("test", 0.01, 0.05))
        shelf = Shelf(elastic, settings.prefix, Patience("test"), lambda: NOW)
        number = 400
        while not done.is_set():
            batch = [story(number + more) for more in range(20)] + [story(number - 200 + more, 2) for more in range(20)]
            assert await bulk.write([shelf.store(one, MONTH) for one in batch]) == []
            number += 20
            await asyncio.sleep(0.01)
        return number

    async def searches(elastic: AsyncElasticsearch) -> None:
        while not done.is_set():
            answer = await elastic.search(index=alias, query={"range": {"revision": {"gte": 0}}}, size=0)
            seen.append(answer.body["hits"]["total"]["value"])

    async def moves(elastic: AsyncElasticsearch) -> None:
        try:
            await moved(settings, elastic)
        finally:
            done.set()

    async def everything() -> int:
        async with AsyncElasticsearch(settings.url, request_timeout=30) as elastic:
            shelf = Shelf(elastic, settings.prefix, Patience("test"), lambda: NOW)
            bulk = Bulk(elastic, Patience("test", 0.01, 0.05))
            first = [story(number) for number in range(400)]
            await bulk.write([shelf.store(one, MONTH) for one in first])
            await bulk.write([shelf.place(one, MONTH) for one in first])
            await elastic.indices.refresh(index=alias)
            last, _, _ = await asyncio.gather(writes(elastic), searches(elastic), moves(elastic))
            stands = await shelf.find([story(number).id for number in range(last)], ())
            assert stands.keys() == {story(number).id for number in range(400)}, "places came along"
            return last

    last = asyncio.run(everything())
    assert min(seen) >= 400
    assert list(client.indices.get(index=alias)) == [f"{settings.prefix}stories_r1-{MONTH}"]
    [mapping] = client.indices.get_mapping(index=index).values()
    assert mapping["mappings"]["properties"]["urgency"] == {"type": "byte"}
    client.indices.refresh(index=alias)
    hits = client.search(index=alias, size=10_000)["hits"]["hits"]
    found = {hit["_id"]: hit["_source"]["revision"] for hit in hits}
    assert len(found) == len(hits)
    should = {story(n).id: story(n).revision for n in range(last)}
    should |= {story(n).id: story(n, 2).revision for n in range(200, last - 200)}
    assert found == should
    templates.init(settings, client, NOW, lambda _line: None)


def test_what_was_made_anew_once_can_be_again_and_a_broken_off_move_begun_again(
    settings: Elasticsearch, client: Client
) -> None:
    client.index(index=f"{settings.prefix}stories-{MONTH}", id="x", document=document(), refresh=True)
    client.indices.create(index=f"{settings.prefix}stories_r1-{MONTH}")  # that of a move that was broken off

    async def twice() -> None:
        async with AsyncElasticsearch(settings.url) as elastic:
            await moved(settings, elastic)
            await moved(settings, elastic)

    asyncio.run(twice())
    assert list(client.indices.get(index=f"{settings.prefix}stories")) == [f"{settings.prefix}stories_r2-{MONTH}"]
    assert client.get(index=f"{settings.prefix}stories-{MONTH}", id="x")["_source"]["uri"] == "u:1"


def test_a_document_of_others_leaves_everything_as_it_was(settings: Elasticsearch, client: Client) -> None:
    index = f"{settings.prefix}stories-{MONTH}"
    client.index(index=index, id="x", document={"uri": "u"}, refresh=True)

    async def once() -> None:
        async with AsyncElasticsearch(settings.url) as elastic:
            await moved(settings, elastic)

    with pytest.raises(WirewatchError, match="has a document that is none of ours, x"):
        asyncio.run(once())
    assert index in client.indices.get(index=f"{settings.prefix}stories")
    client.index(index=index, id="y", document={"uri": "u"})


def document() -> dict[str, object]:
    found: dict[str, object] = msgspec.json.decode(story_document(story(1)))
    return found


class Late(SimpleNamespace):
    """An Elasticsearch that blocks an index and says so too late, and is away when the block is to be lifted."""

    def __init__(self, away: int) -> None:
        super().__init__(blocked=False, away=away, indices=self)

    def options(self, **_: Any) -> Late:
        return self

    async def exists(self, **_: Any) -> bool:
        return True

    async def refresh(self, **_: Any) -> None:
        pass

    async def stats(self, index: str, **_: Any) -> Any:
        shards = {"0": [{"seq_no": {"local_checkpoint": 1}}]}
        return SimpleNamespace(body={"indices": {index: {"shards": shards}}})

    async def open_point_in_time(self, **_: Any) -> Any:
        return SimpleNamespace(body={"id": "p"})

    async def search(self, **_: Any) -> Any:
        return SimpleNamespace(body={"pit_id": "p", "hits": {"hits": []}})

    async def close_point_in_time(self, **_: Any) -> None:
        pass

    async def add_block(self, **_: Any) -> None:
        self.blocked = True
        raise ConnectionTimeout("late")

    async def put_settings(self, **_: Any) -> None:
        self.away -= 1
        if self.away >= 0:
            raise ConnectionTimeout("away")
        self.blocked = False


@pytest.mark.parametrize(("away", "error"), [(0, ConnectionTimeout), (3, ConnectionTimeout), (10_000, WirewatchError)])
def test_a_block_of_which_the_answer_is_lost_is_lifted(
    monkeypatch: pytest.MonkeyPatch, away: int, error: type[BaseException]
) -> None:
    monkeypatch.setattr(reindex, "UNBLOCK", 1.0)
    client: Any = Late(away)
    bulk = Bulk(client, Patience("test", 0.01, 0.05))
    places = next(template for template in templates.TEMPLATES if template.name == templates.PLACES)
    move = reindex.Move(places, "story-places", "story-places", "story-places_r1", None)
    with pytest.raises(error):
        asyncio.run(reindex.move(Elasticsearch(), client, bulk, move, lambda _count: None))
    assert client.blocked is (error is WirewatchError)
