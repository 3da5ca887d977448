"""Copies of one text on the real Elasticsearch: found by search, by memory before it, and after a restart."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

import msgspec
import pytest
from elasticsearch import AsyncElasticsearch

from pipeline.adapters.elastic.archive import ElasticArchive
from pipeline.adapters.elastic.bulk import Bulk
from pipeline.adapters.elastic.patience import Patience
from pipeline.adapters.elastic.shelf import Shelf
from pipeline.config import Elasticsearch
from pipeline.core.story import Story
from pipeline.runners.copies import Copies
from tests.core.cluster.made import FERRY, MARKET, MARKET_NEXT_DAY, sent

from .conftest import NOW

pytestmark = pytest.mark.servers

FIRST, SECOND, THIRD = sent("alder", FERRY), sent("birch", FERRY.upper(), 1), sent("cedar", FERRY[:300], 2)


def take(settings: Elasticsearch, *fetches: Sequence[Story], stored: Sequence[Story] = ()) -> list[Story]:
    """Gather and store fetches as one worker that has just started; return the last one."""

    async def run() -> list[Story]:
        async with AsyncElasticsearch(settings.url) as client:
            patience = Patience("test", 0.01, 0.05)
            shelf, bulk = Shelf(client, settings.prefix, patience, lambda: NOW), Bulk(client, patience)
            copies, gathered = Copies(shelf), list[Story]()
            for fetch in fetches:
                gathered = await copies.gather(fetch, {story.id: story for story in stored})
                assert await bulk.write([shelf.store(story, "2026.06") for story in gathered]) == []
            return gathered

    return asyncio.run(run())


def test_copies_are_found_by_search_after_a_restart(settings: Elasticsearch, refresh: Callable[[], None]) -> None:
    take(settings, [FIRST, sent("elm", MARKET)])
    refresh()
    found = take(settings, [SECOND, sent("dogwood", MARKET_NEXT_DAY, 3)])
    assert [story.cluster for story in found] == [FIRST.id, None]
    refresh()
    assert [story.cluster for story in take(settings, [THIRD])] == [FIRST.id]


def test_copies_are_found_before_a_search_shows_them(settings: Elasticsearch) -> None:
    assert [story.cluster for story in take(settings, [FIRST], [SECOND, THIRD])] == [FIRST.id, FIRST.id]


def test_a_replay_changes_no_cluster(settings: Elasticsearch, refresh: Callable[[], None]) -> None:
    once = take(settings, [FIRST, SECOND, THIRD])
    refresh()
    assert take(settings, [THIRD, SECOND, FIRST], stored=once) == once[::-1]


def test_the_archive_returns_a_whole_cluster(settings: Elasticsearch, refresh: Callable[[], None]) -> None:
    once = take(settings, [FIRST, SECOND, THIRD, sent("elm", MARKET)])
    refresh()
    archive = ElasticArchive(settings)
    by_id = {story.id: story for story in archive.copies(FIRST.id)}
    archive.close()
    assert by_id == {story.id: story for story in once[:3]}
    assert all(msgspec.structs.replace(story, cluster=None) in (FIRST, SECOND, THIRD) for story in by_id.values())
