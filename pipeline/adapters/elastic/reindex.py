"""A new index in the place of an old one, with today's mapping and today's documents, while searches and workers go on.

Everybody calls an index by its name, ``stories-2026.11``; which index that is, an alias may say. A new one is filled
beside it, made from the stories and alerts that the old documents hold. Then the old one is blocked for writing, which
workers wait for; what was written meanwhile is copied; and in one step the name, and with it ``stories``, goes over to
the new one, and the old one is deleted. Until that step nothing has changed for anybody; broken off, it may be begun
again.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Callable
from typing import Any

import msgspec
from elasticsearch import AsyncElasticsearch

from pipeline.adapters.elastic import templates
from pipeline.adapters.elastic.bulk import Action, Bulk
from pipeline.adapters.elastic.connect import FAILURES
from pipeline.adapters.elastic.documents import alert_document, alert_of, story_document, story_of
from pipeline.adapters.elastic.shelf import KILLED
from pipeline.adapters.elastic.templates import TEMPLATES, Template
from pipeline.config import Elasticsearch as Settings
from pipeline.core import chain
from pipeline.core.errors import WirewatchError
from pipeline.core.story import Story

PAGE = 500
UNBLOCK = 60.0
"""Seconds for which an Elasticsearch that is away is asked to lift a block."""

KEEP = "5m"
"""How long Elasticsearch keeps the state of a copy between two pages."""

Pace = Callable[[int], object]
"""Is told of so many documents copied, and may wait."""


class Move(msgspec.Struct, frozen=True):
    """From an index to the one that takes its place under ``name``; ``alias`` is that over the months, if any."""

    template: Template
    name: str
    source: str
    target: str
    alias: str | None


async def moves(settings: Settings, client: AsyncElasticsearch) -> list[Move]:
    """Return what there is to move: every index of the pipeline, in the order of their names."""
    found = []
    for template in TEMPLATES:
        full = settings.prefix + template.name
        pattern = re.compile(rf"{re.escape(full)}(?:_r(\d+))?(-\d{{4}}\.\d{{2}})?")
        for source in sorted(await client.indices.get(index=full, features="settings")):
            if match := pattern.fullmatch(source):
                month = match[2] or ""
                target = f"{full}_r{int(match[1] or 0) + 1}{month}"
                found.append(Move(template, full + month, source, target, full if template.monthly else None))
    return found


async def documents(client: AsyncElasticsearch, index: str) -> int:
    """Return how many documents an index has."""
    await client.indices.refresh(index=index)
    return int((await client.count(index=index)).body["count"])


async def move(settings: Settings, client: AsyncElasticsearch, bulk: Bulk, move: Move, pace: Pace) -> None:
    """Fill the new index and let it take the place of the old one.

    Raises WirewatchError, and leaves everything as it was, where a document is not taken.
    """
    if move.template.name == templates.HELD:  # what is left of one that was broken off holds what has been released
        await client.options(ignore_status=404).indices.delete(index=move.target)
    if not await client.indices.exists(index=move.target):
        body = move.template.body(settings)["template"]
        await client.indices.create(index=move.target, settings=body["settings"], mappings=body["mappings"])
    mark = await _written(client, move.source)
    if move.template.name != templates.HELD:  # of which documents are removed: it is copied whole while it stands still
        await _copy(client, bulk, move, {"match_all": {}}, pace)
    try:
        # Unlike the setting, a block waits for writes under way.
        await client.indices.add_block(index=move.source, block="write")
        since = {"match_all": {}} if move.template.name == templates.HELD else {"range": {"_seq_no": {"gt": mark}}}
        await _copy(client, bulk, move, since, pace)
        await _compare(client, move)
        over: list[dict[str, Any]] = [{"add": {"index": move.target, "alias": move.name}}]
        if move.alias:
            over.append({"add": {"index": move.target, "alias": move.alias}})
        await client.indices.update_aliases(actions=[{"remove_index": {"index": move.source}}, *over])
    except BaseException as error:
        await _unblock(client, bulk, move.source, error)
        raise


async def _unblock(client: AsyncElasticsearch, bulk: Bulk, index: str, because: BaseException) -> None:
    """Let an index be written to again; raises WirewatchError where that cannot be had: workers wait for it."""
    lift = client.options(ignore_status=404).indices.put_settings
    try:
        async with asyncio.timeout(UNBLOCK):
            await bulk.patience.until_done(lambda: lift(index=index, settings={"blocks.write": None}))
    except (*FAILURES, TimeoutError):
        raise WirewatchError(
            f"{index} may still be blocked for writing, and workers wait for it: run `wirewatch reindex` again "
            f"({type(because).__name__}: {because})"
        ) from because


async def _compare(client: AsyncElasticsearch, move: Move) -> None:
    """Raise where the new index has another number of documents than the old one."""
    there, here = await documents(client, move.source), await documents(client, move.target)
    if there != here:
        raise WirewatchError(f"{move.target} has {here} documents, {move.source} {there}: nothing is changed")


async def _copy(client: AsyncElasticsearch, bulk: Bulk, move: Move, wanted: dict[str, Any], pace: Pace) -> None:
    await client.indices.refresh(index=move.source)
    async for hits in _pages(client, move.source, wanted):
        refused = await bulk.write([_again(move, hit) for hit in hits])
        if refused:
            one = refused[0]
            raise WirewatchError(
                f"{move.target} does not take {len(refused)} documents, as {one.action.id}: {one.reason}"
            )
        pace(len(hits))


def _again(move: Move, hit: dict[str, Any]) -> Action:
    """Return what makes the document anew, as the pipeline would today; raises WirewatchError on one of others."""
    try:
        return _made(move, hit["_source"], hit["_id"])
    except (msgspec.MsgspecError, ValueError) as error:
        raise WirewatchError(f"{move.source} has a document that is none of ours, {hit['_id']}: {error}") from None


def _made(move: Move, source: dict[str, Any], id_: str) -> Action:
    if move.template.name == templates.PLACES:
        kill = msgspec.convert(source["kill"], Story) if id_.endswith(KILLED) else None
        return Action(move.target, id_, msgspec.json.encode(source), None if kill is None else chain.reach(kill))
    if move.template.name == templates.ALERTS:
        return Action(move.target, id_, alert_document(alert_of(source), source.get("raised")))
    story = story_of(source)
    revision = None if move.template.name == templates.HELD else story.revision
    return Action(move.target, id_, story_document(story), revision)


async def _pages(client: AsyncElasticsearch, index: str, wanted: dict[str, Any]) -> AsyncIterator[list[dict[str, Any]]]:
    pit = (await client.open_point_in_time(index=index, keep_alive=KEEP)).body["id"]
    after: list[Any] | None = None
    try:
        while True:
            answer = await client.search(
                pit={"id": pit, "keep_alive": KEEP},
                query=wanted,
                sort=["_shard_doc"],
                size=PAGE,
                search_after=after,
                track_total_hits=False,
                allow_partial_search_results=False,
            )
            pit, hits = answer.body["pit_id"], answer.body["hits"]["hits"]
            if hits:
                yield hits
            if len(hits) < PAGE:
                return
            after = hits[-1]["sort"]
    finally:
        await client.options(ignore_status=404).close_point_in_time(id=pit)


async def _written(client: AsyncElasticsearch, index: str) -> int:
    """Return a number of Elasticsearch's own count of writes up to which every shard has done them all."""
    answer = await client.indices.stats(index=index, level="shards")
    copies = [copy for shard in answer.body["indices"][index]["shards"].values() for copy in shard]
    return min(int(copy["seq_no"]["local_checkpoint"]) for copy in copies)
