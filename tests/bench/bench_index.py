"""The index worker without Kafka before it: stories of 1.5 KB into a real Elasticsearch of one node.

The peer is a bare bulk loader over the same documents: the client's own ``helpers.bulk``, which reads nothing, makes no
words and keeps no places.
"""

from __future__ import annotations

import asyncio
import statistics
import tempfile
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from time import perf_counter, process_time
from typing import Any

import msgspec
from elasticsearch import helpers

from pipeline.adapters.elastic import connect, templates
from pipeline.adapters.elastic.bulk import Bulk
from pipeline.adapters.elastic.documents import story_document
from pipeline.adapters.elastic.patience import Patience
from pipeline.adapters.elastic.shelf import Shelf
from pipeline.adapters.kafka.records import Message
from pipeline.adapters.kafka.send import Refused
from pipeline.config import Elasticsearch, Kafka
from pipeline.core.rules import RuleSet
from pipeline.core.story import Actor, Kind, Match, Region, Role, Story, encode
from pipeline.runners.index import WORKER, IndexWorker
from tests.bench import Figure
from tests.bench.bench_embedded import vocabulary
from tests.bench.bench_streaming import servers

STORIES, FETCH, ROUNDS, BULKS = 5000, 500, 5, 2
NOW = datetime(2026, 6, 15, 12, tzinfo=UTC)


class Record(msgspec.Struct):
    """What a fetch of ``wire.stories`` has."""

    value: bytes
    topic: str = "wire.stories"
    partition: int = 0
    offset: int = 0
    timestamp: int = 0
    key: bytes | None = None
    headers: Sequence[tuple[str, bytes]] = ()


class Silence:
    """Stands for Kafka: new stories retract nothing, and nothing is sent."""

    async def send(self, _messages: Sequence[Message]) -> list[Refused]:
        return []


def run() -> Iterator[Figure]:
    """Yield stories a second of the worker, beside those of the bare loader in the same rounds."""
    words, chance = vocabulary(), Random(1)
    with tempfile.TemporaryDirectory() as name, servers(Path(name)) as (_kafka, url):
        ours: list[float] = []
        bare: list[float] = []
        used = 0.0
        for number in range(ROUNDS):
            stories = [_story(words, chance, number * STORIES + place) for place in range(STORIES)]
            with _indices(url) as settings:
                bare.append(_load(settings, stories))
            with _indices(url) as settings:
                began = process_time()
                ours.append(asyncio.run(_index(settings, stories)))
                used += process_time() - began
    rate, peer = statistics.median(ours), statistics.median(bare)
    share = statistics.median([one / other for one, other in zip(ours, bare, strict=True)])  # each pair had one machine
    yield Figure(
        name=f"index worker, fetches of {FETCH}, {BULKS} requests at a time",
        value=rate,
        unit="stories/s",
        peer=f"helpers.bulk {peer:,.0f}, {share:.2f} of it",
        goal="90 % of a bare bulk loader",
        met=share >= 0.9,
    )
    yield Figure(name="its own processor time", value=used / STORIES / ROUNDS * 1e6, unit="µs/story")


@contextmanager
def _indices(url: str) -> Iterator[Elasticsearch]:
    settings = Elasticsearch(url=url, prefix=f"bench-{uuid.uuid4().hex[:8]}-")
    with connect.client(settings) as client:
        templates.init(settings, client, NOW, lambda _line: None)
        yield settings
        names = list(client.indices.get(index=f"{settings.prefix}*", features="settings"))
        client.indices.delete(index=",".join(names))
        for template in templates.TEMPLATES:
            client.indices.delete_index_template(name=settings.prefix + template.name)


def _load(settings: Elasticsearch, stories: Sequence[Story]) -> float:
    """Return documents a second of the bare loader; the documents are made before the clock runs."""
    index = templates.Names(settings.prefix).month(templates.STORIES, NOW)
    actions: list[dict[str, Any]] = [
        {"_index": index, "_id": story.id, "_source": msgspec.json.decode(story_document(story))} for story in stories
    ]
    with connect.client(settings) as client:
        began = perf_counter()
        helpers.bulk(client, actions, chunk_size=FETCH)
        return len(stories) / (perf_counter() - began)


async def _index(settings: Elasticsearch, stories: Sequence[Story]) -> float:
    """Return stories a second of the worker, from the records of Kafka to the confirmed documents."""
    records = [Record(encode(story)) for story in stories]
    client, patience = connect.async_client(settings), Patience(WORKER)
    shelf = Shelf(client, settings.prefix, patience, lambda: NOW)
    worker = IndexWorker(shelf, [Bulk(client, patience) for _ in range(BULKS)], Silence(), Kafka(), RuleSet())
    began = perf_counter()
    for start in range(0, len(records), FETCH):
        await worker({"one": records[start : start + FETCH]})
    spent = perf_counter() - began
    await client.close()
    return len(records) / spent


def _story(words: Sequence[str], chance: Random, number: int) -> Story:
    region = Region("FR", "France", Role.FOCUS, 0.9, 2, (("headline", 0, 5), ("body", 20, 25)))
    actor = Actor("Q1", "Somebody", Kind.PERSON, "FR", "GOV", Role.MENTION, 0.5, 1, (("body", 40, 50),))
    body = "\n\n".join(" ".join(chance.choices(words, k=50)).capitalize() + "." for _ in range(5))
    return Story(
        uri=f"urn:bench:{number}",
        provider="bench",
        version="1",
        version_created=NOW + timedelta(seconds=number),
        received=NOW,
        headline=" ".join(chance.choices(words, k=9)).capitalize(),
        body=body,
        language="en",
        source_format="ninjs",
        regions=(region, region, region),
        actors=(actor, actor),
        matches=(Match("rule", "topic", (("body", 20, 25),), "1"),),
    )
