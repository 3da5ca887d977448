"""The index worker without Kafka before it: stories of 1.5 KB into a real Elasticsearch of one node.

The peer is a bare bulk loader over the same documents: the client's own ``helpers.bulk``, which reads nothing, makes no
words and keeps no places.
"""

from __future__ import annotations

import asyncio
import gc
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
from pipeline.cli.worker import BULKS
from pipeline.config import Elasticsearch, Kafka
from pipeline.core.rules import RuleSet
from pipeline.core.story import Actor, Kind, Match, Region, Role, Story, encode
from pipeline.runners.index import WORKER, IndexWorker
from tests.bench import Figure
from tests.bench.bench_embedded import vocabulary
from tests.bench.bench_streaming import servers

STORIES, ROUNDS = 6_000, 7
FETCH = Kafka().fetch_records
CHUNK = 500
"""Documents in a request of the bare loader: what its client does by itself."""
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
    new, revised = Rates(), Rates()
    with tempfile.TemporaryDirectory() as name, servers(Path(name)) as (_kafka, url):
        for number in range(ROUNDS):
            stories = [_story(words, chance, number * STORIES + place) for place in range(STORIES)]
            second = [msgspec.structs.replace(story, version="2", signal="update") for story in stories]
            gc.collect()
            gc.freeze()  # as a worker does before its first story; none of what waits here would be in its memory
            with _indices(url) as settings:
                new.bare.append(_load(settings, stories))
                revised.bare.append(_load(settings, second))
            with _indices(url) as settings:
                began = process_time()
                new.ours.append(asyncio.run(_index(settings, stories)))
                new.used += process_time() - began
                revised.ours.append(asyncio.run(_index(settings, second)))
            gc.unfreeze()
    yield Figure(
        name=f"index worker, fetches of {FETCH}, {BULKS} parts at a time",
        value=statistics.median(new.ours),
        unit="stories/s",
        peer=f"helpers.bulk {statistics.median(new.bare):,.0f}, {new.share:.2f} of it",
        goal="90 % of a bare bulk loader",
        met=new.share >= 0.9,
    )
    yield Figure(name="its own processor time", value=new.used / STORIES / ROUNDS * 1e6, unit="µs/story")
    yield Figure(
        name="revisions of these: the stored ones read and kept apart",
        value=statistics.median(revised.ours),
        unit="stories/s",
        peer=f"helpers.bulk, which overwrites, {statistics.median(revised.bare):,.0f}, {revised.share:.2f} of it",
    )


class Rates(msgspec.Struct):
    """Stories a second in each round, and the seconds of processor time of ours."""

    ours: list[float] = []
    bare: list[float] = []
    used: float = 0.0

    @property
    def share(self) -> float:
        """The median of the rounds, each of which had one machine."""
        return statistics.median([one / other for one, other in zip(self.ours, self.bare, strict=True)])


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
        helpers.bulk(client, actions, chunk_size=CHUNK)
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
