"""Where stories stand, on the real Elasticsearch: read in real time, over months, through trouble."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import TypeVar

import msgspec
import pytest
from elasticsearch import AsyncElasticsearch
from elasticsearch import Elasticsearch as Client

from pipeline.adapters.elastic import connect, templates
from pipeline.adapters.elastic.bulk import Action, Bulk
from pipeline.adapters.elastic.patience import Patience
from pipeline.adapters.elastic.shelf import READ, Shelf, Stand
from pipeline.config import Elasticsearch
from pipeline.core.alerts import raise_alerts
from pipeline.core.story import Match, Status, Story
from tests.adapters.archive_contract import STORIES, make_story

from .conftest import NOW
from .proxy import Proxy, answers, failing_reads

pytestmark = pytest.mark.servers

T = TypeVar("T")


def on(settings: Elasticsearch, work: Callable[[Shelf, Bulk], Awaitable[T]], url: str | None = None) -> T:
    async def run() -> T:
        async with AsyncElasticsearch(url or settings.url, max_retries=0) as client:
            patience = Patience("test", 0.01, 0.05)
            return await work(Shelf(client, settings.prefix, patience, lambda: NOW), Bulk(client, patience))

    return asyncio.run(run())


def write(settings: Elasticsearch, make: Callable[[Shelf], Sequence[Action]]) -> None:
    async def work(shelf: Shelf, bulk: Bulk) -> None:
        assert await bulk.write(make(shelf)) == []

    on(settings, work)


def find(settings: Elasticsearch, *ids: str, url: str | None = None) -> dict[str, Stand]:
    async def work(shelf: Shelf, _bulk: Bulk) -> dict[str, Stand]:
        return await shelf.find(ids)

    return on(settings, work, url)


def test_what_was_just_written_is_found_at_once_and_exactly(settings: Elasticsearch) -> None:
    write(settings, lambda shelf: [action for one in STORIES for action in shelved(shelf, one, "2026.01")])
    found = find(settings, *(story.id for story in STORIES), "f" * 32)
    assert found == {story.id: Stand("2026.01", story.id, story) for story in STORIES}


def test_a_story_is_one_document_across_the_end_of_its_month_and_after_a_kill_without_dates(
    settings: Elasticsearch, client: Client, refresh: Callable[[], None]
) -> None:
    december = msgspec.structs.replace(make_story("a", "Late"), received=datetime(2025, 12, 31, 23, 59, tzinfo=UTC))
    write(settings, lambda shelf: shelved(shelf, december, shelf.month(december)))
    january = make_story("a", "Later", version="2")
    kill = Story(uri=january.uri, provider=january.provider, version="3", status=Status.CANCELED, source_format="ninjs")
    for revision in (january, kill):
        month = find(settings, revision.id)[revision.id].month
        write(settings, lambda shelf, revision=revision, month=month: [shelf.store(revision, month)])  # type: ignore[misc]
    refresh()
    hits = client.search(index=settings.prefix + templates.STORIES)["hits"]["hits"]
    assert [(hit["_index"], hit["_source"]["status"]) for hit in hits] == [
        (f"{settings.prefix}stories-2025.12", "canceled")
    ]


def test_old_revisions_are_known_by_their_number_and_found_by_their_story(settings: Elasticsearch) -> None:
    first, second, other = make_story("a", "One"), make_story("a", "Two", version="2"), make_story("b", "Else")
    first = msgspec.structs.replace(first, matches=(Match("r", "t", ()),))
    write(settings, lambda shelf: [shelf.keep(first)])

    async def known(shelf: Shelf, _bulk: Bulk) -> dict[tuple[str, int], frozenset[str]]:
        return await shelf.known([first, second])

    async def history(shelf: Shelf, bulk: Bulk) -> dict[str, list[Story]]:
        await bulk.write([shelf.keep(second), shelf.keep(other)])
        return await shelf.history([first.id, "unknown"])

    assert on(settings, known) == {(first.id, first.revision): frozenset({"r"})}
    assert on(settings, history) == {first.id: [first, second], "unknown": []}


def test_a_history_of_many_pages_is_whole(settings: Elasticsearch) -> None:
    revisions = [make_story("a", "One", version=str(number)) for number in range(1, READ + 3)]

    async def history(shelf: Shelf, bulk: Bulk) -> dict[str, list[Story]]:
        await bulk.write([shelf.keep(one) for one in revisions])
        return await shelf.history([revisions[0].id])

    assert on(settings, history) == {revisions[0].id: revisions}


def test_a_month_that_was_removed_is_no_obstacle(settings: Elasticsearch, client: Client) -> None:
    story = STORIES[0]
    write(settings, lambda shelf: shelved(shelf, story, "2020.01"))
    client.indices.delete(index=f"{settings.prefix}stories-2020.01")
    assert find(settings, story.id) == {story.id: Stand("2020.01", story.id)}


def test_reads_wait_for_what_is_not_available(settings: Elasticsearch) -> None:
    write(settings, lambda shelf: shelved(shelf, STORIES[0], "2026.06"))
    script = [answers(503), answers(401, "security_exception"), failing_reads("no_shard_available_action_exception")]

    async def through() -> dict[str, Stand]:
        async with Proxy(settings.url, script) as proxy, AsyncElasticsearch(proxy.url, max_retries=0) as client:
            return await Shelf(client, settings.prefix, Patience("test", 0.01, 0.05), lambda: NOW).find([STORIES[0].id])

    assert asyncio.run(through()) == {STORIES[0].id: Stand("2026.06", STORIES[0].id, STORIES[0])}
    assert script


def test_reads_without_the_index_of_places_wait_for_init(settings: Elasticsearch, client: Client) -> None:
    client.indices.delete(index=settings.prefix + templates.PLACES)

    async def waiting(shelf: Shelf, _bulk: Bulk) -> dict[str, Stand]:
        reading = asyncio.ensure_future(shelf.find([STORIES[0].id]))
        await asyncio.sleep(0.3)
        assert not reading.done()
        await asyncio.to_thread(templates.init, settings, client, NOW, lambda _line: None)
        async with asyncio.timeout(20):
            return await reading

    assert on(settings, waiting) == {}


def test_an_alert_is_stored_once_as_it_was_first_raised(
    settings: Elasticsearch, client: Client, refresh: Callable[[], None]
) -> None:
    (alert,) = raise_alerts(STORIES[-1])
    for minute in (1, 2):
        raised = datetime(2026, 6, 15, 12, minute, tzinfo=UTC)
        write(settings, lambda shelf, raised=raised: [shelf.alert(alert, raised)])  # type: ignore[misc]
    refresh()
    hits = client.search(index=settings.prefix + templates.ALERTS)["hits"]["hits"]
    assert [hit["_source"]["raised"] for hit in hits] == ["2026-06-15T12:01:00Z"]


def shelved(shelf: Shelf, story: Story, month: str) -> list[Action]:
    return [shelf.store(story, month), shelf.place(story, month)]


def test_a_closed_month_is_waited_for_and_ends_no_worker(settings: Elasticsearch, client: Client) -> None:
    index = f"{settings.prefix}stories-2026.05"
    client.indices.create(index=index, settings={"number_of_replicas": 0})
    client.indices.close(index=index)

    async def test() -> None:
        async with connect.async_client(settings) as elastic:
            shelf = Shelf(elastic, settings.prefix, Patience("closed", 0.01, 0.05), lambda: NOW)
            since, until = NOW - timedelta(days=1), NOW
            looking = asyncio.ensure_future(shelf.sharing(["band"], since, until))
            members = asyncio.ensure_future(shelf.members(["a"]))
            await asyncio.sleep(0.5)
            assert not looking.done()
            assert not members.done()
            await asyncio.to_thread(client.indices.open, index=index)
            assert await asyncio.wait_for(looking, 20) == []
            assert await asyncio.wait_for(members, 20) == set()

    asyncio.run(test())
