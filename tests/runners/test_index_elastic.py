"""The index worker on the real Elasticsearch: corrections, kills and held stories end as documents."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator
from datetime import timedelta

import msgspec
import pytest

from pipeline.adapters.elastic import ElasticArchive, connect
from pipeline.adapters.elastic.bulk import Bulk
from pipeline.adapters.elastic.patience import Patience
from pipeline.adapters.elastic.shelf import Shelf
from pipeline.adapters.kafka import records
from pipeline.config import Elasticsearch, Kafka
from pipeline.core.alerts import raise_alerts
from pipeline.core.archive import AlertFilter
from pipeline.core.need import ANYTHING
from pipeline.core.payload import Payload
from pipeline.core.story import Status
from pipeline.runners.index import IndexWorker
from tests.adapters.elastic.conftest import prepared

from .test_index import NOW, RULES, MemorySender, Read, World, read, retracted, story
from .test_index_kills import CHAIN, linked

pytestmark = pytest.mark.servers


@pytest.fixture
def settings(elasticsearch_url: str) -> Iterator[Elasticsearch]:
    with prepared(elasticsearch_url) as settings:
        yield settings


def take(settings: Elasticsearch, world: World, *fetches: Iterable[Read]) -> None:
    async def work() -> None:
        async with connect.async_client(settings) as client:
            patience = Patience("test", 0.01, 0.1)
            bulks = [Bulk(client, patience) for _ in range(2)]
            shelf = Shelf(client, settings.prefix, patience, lambda: NOW)
            worker = IndexWorker(shelf, bulks, MemorySender(world), Kafka(), RULES)
            for fetch in fetches:
                await worker({"one": list(fetch)})
            await client.indices.refresh(index=f"{settings.prefix}*")

    asyncio.run(work())


def test_a_correction_takes_back_and_leaves_its_predecessor_in_the_history(settings: Elasticsearch) -> None:
    world = World()
    take(settings, world, [read(story(1, "ab")), read(story(7, uri="urn:two"))], [read(story(2, "b"))])
    archive = ElasticArchive(settings)
    assert [(found.uri, found.version) for found in archive.stories(ANYTHING)] == [("urn:two", "7"), ("urn:one", "2")]
    assert [found.version for found in archive.history("urn:one")] == ["1", "2"]
    assert [(alert.type, alert.rule) for alert in retracted(world)] == [("retracted", "a")]
    archive.close()


def test_a_text_that_comes_back_is_found_among_the_revisions_of_a_moment_ago(settings: Elasticsearch) -> None:
    def item(rules: str, minute: int) -> Read:
        base = story(1, rules)
        received = NOW + timedelta(minutes=minute)
        return read(msgspec.structs.replace(base, version=None, version_created=NOW, received=received))

    world = World()
    texts = [item("a", 0), item("b", 1), item("a", 2), item("b", 3), item("ab", 4), item("b", 5)]
    take(settings, world, *([one] for one in texts))
    archive = ElasticArchive(settings)
    assert [[match.rule for match in found.matches] for found in archive.history("urn:one")] == [
        ["a"],
        ["b"],
        ["a", "b"],
    ]
    assert [(alert.type, alert.rule) for alert in retracted(world)] == [
        ("retracted", "a"),
        ("updated", "b"),
        ("updated", "a"),
        ("updated", "b"),
    ]
    archive.close()


def test_a_kill_of_another_uri_leaves_tombstones_of_the_whole_chain(settings: Elasticsearch) -> None:
    world = World()
    kill = linked("k", 5, "b", Status.CANCELED)
    take(settings, world, map(read, CHAIN[1:3]), [read(kill)], map(read, [CHAIN[0], CHAIN[3]]))
    archive = ElasticArchive(settings)
    assert [found.uri for found in archive.stories(ANYTHING)] == ["d"]
    for name in "abc":
        newest = [found for found in archive.history(name) if found.uri == name][-1]
        assert (newest.status, newest.links[-1].uri) == (Status.CANCELED, "k")
    assert sorted((alert.story.uri, str(alert.rule)) for alert in retracted(world)) == [
        (name, rule) for name in "abc" for rule in "ab"
    ]
    archive.close()


def test_what_is_held_is_apart_and_alerts_are_found_again(settings: Elasticsearch) -> None:
    (alert,) = raise_alerts(story(1, "a"))
    event = records.alert_messages(alert)[0].value
    held = msgspec.structs.replace(story(1), embargoed_until=NOW)
    message, null = records.held_message(held, Payload(data=b"", origin="o")), records.held_null(held)
    take(settings, World(), [Read("wire.held", message.value, key=message.key), Read("wire.alerts", event)])
    archive = ElasticArchive(settings)
    assert list(archive.stories(ANYTHING)) == []
    assert list(archive.alerts(AlertFilter())) == [alert]
    with connect.client(settings) as client:
        assert client.count(index=f"{settings.prefix}stories-held")["count"] == 1
        take(settings, World(), [Read("wire.held", None, key=null.key)])
        assert client.count(index=f"{settings.prefix}stories-held")["count"] == 0
    archive.close()
