"""Where stories stand, and what is to be written so that each stands once.

A story stays in the index of the month in which it first came in, whenever its corrections and its kill come. The
month is kept by id in ``story-places``, which is read in real time: docs/decisions/0011-story-places.md.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Any

import msgspec
from elasticsearch import AsyncElasticsearch

from pipeline.adapters.elastic import templates
from pipeline.adapters.elastic.bulk import Action
from pipeline.adapters.elastic.documents import alert_document, story_document, story_of
from pipeline.adapters.elastic.patience import Patience
from pipeline.core import chain
from pipeline.core.alerts import Alert
from pipeline.core.story import Story, encode

READ = 500
"""Documents in one request."""

ANSWERED = ("docs.found", "docs._source", "docs.error")
"""What is wanted of an answer: without the names of index and document it is a fifth as long."""

SHARING = 1000
"""Stories at most that are looked at for the copies of a fetch."""

KILLED = "-killed"
"""What follows the id of a story or chain in that of the note of its kill."""

MEMBERS = 1000
"""Stories of a chain at most that a kill reaches."""


class Stand(msgspec.Struct, frozen=True):
    """The month and chain of a story, and its newest revision; none where that is not stored yet, or was not asked."""

    month: str
    chain: str
    story: Story | None = None


class Shelf:
    """Reads what is stored and makes the actions that store more."""

    def __init__(
        self, client: AsyncElasticsearch, prefix: str, patience: Patience, clock: Callable[[], datetime]
    ) -> None:
        self.client = client
        self.names = templates.Names(prefix)
        self.patience = patience
        self.clock = clock

    async def find(self, ids: Sequence[str], places: Sequence[str] = ()) -> dict[str, Stand]:
        """Return where these stories stand, for ``places`` without the story; those that are new are missing."""
        index = self.names.of(templates.PLACES)
        found = await self._read([(index, id_) for id_ in dict.fromkeys((*ids, *places))])
        stands = {id_: Stand(source["month"], source.get("chain", id_)) for (_, id_), source in found.items()}
        wanted = {(self.names.of_month(templates.STORIES, stands[id_].month), id_) for id_ in ids if id_ in stands}
        for (_, id_), source in (await self._read(list(wanted))).items():
            stands[id_] = msgspec.structs.replace(stands[id_], story=story_of(source))
        return stands

    async def known(self, stories: Iterable[Story]) -> dict[tuple[str, int], frozenset[str]]:
        """Return the (id, revision) of those that are among the old revisions, with the rules that these matched."""
        index = self.names.of(templates.REVISIONS)
        keys = {revision_id(story): (story.id, story.revision) for story in stories}
        found = await self._read([(index, name) for name in keys], source="matches")
        return {keys[name]: frozenset(source.get("matches", ())) for (_, name), source in found.items()}

    async def kills(self, ids: Iterable[str]) -> dict[str, Story]:
        """Return the kills, under another uri, that are noted for these stories or chains."""
        index = self.names.of(templates.PLACES)
        found = await self._read([(index, f"{id_}{KILLED}") for id_ in dict.fromkeys(ids)])
        return {id_.partition("-")[0]: msgspec.convert(source["kill"], Story) for (_, id_), source in found.items()}

    async def members(self, chains: Sequence[str]) -> set[str]:
        """Return the ids of the stories that are in these chains, those written a moment ago included."""
        alias = self.names.of(templates.STORIES)

        await self._refresh(alias)
        answer = await self.patience.until_done(
            lambda: self.client.search(
                index=alias,
                query={"terms": {"chain": list(chains)}},
                size=MEMBERS,
                allow_partial_search_results=False,
            )
        )
        return {hit["_id"] for hit in answer.body["hits"]["hits"]}

    async def history(self, ids: Sequence[str]) -> dict[str, list[Story]]:
        """Return the old revisions of each of these stories, those kept a moment ago included."""
        found: dict[str, list[Story]] = {id_: [] for id_ in ids}
        index = self.names.of(templates.REVISIONS)
        after: list[Any] | None = None

        async def page() -> list[dict[str, Any]]:
            answer = await self.client.search(
                index=index,
                query={"terms": {"id": list(ids)}},
                sort=[{"id": "asc"}, {"revision": "asc"}],
                size=READ,
                search_after=after,
                source_includes=["document", "body"],
                track_total_hits=False,
                allow_partial_search_results=False,
            )
            return list(answer.body["hits"]["hits"])

        await self._refresh(index)
        while True:
            hits = await self.patience.until_done(page)
            for hit in hits:
                story = story_of(hit["_source"])
                found[story.id].append(story)
            if len(hits) < READ:
                return found
            after = hits[-1]["sort"]

    async def sharing(self, bands: Iterable[str], since: datetime, until: datetime) -> list[Story]:
        """Return the refreshed stories of these times with one of these bands, the latest first."""
        terms = {"terms": {"fingerprint": sorted(bands)}}
        times = {"range": {"time": {"gte": since.isoformat(), "lte": until.isoformat()}}}
        answer = await self.patience.until_done(
            lambda: self.client.search(
                index=self.names.of(templates.STORIES),
                query={"bool": {"filter": [terms, times]}},
                sort=[{"time": "desc"}, {"id": "asc"}],
                size=SHARING,
                source_includes=["document", "body"],
                track_total_hits=False,
                allow_partial_search_results=False,
            )
        )
        return [story_of(hit["_source"]) for hit in answer.body["hits"]["hits"]]

    async def _refresh(self, index: str) -> None:
        """Return when searches find all that was written before."""
        while True:
            answer = await self.patience.until_done(lambda: self.client.indices.refresh(index=index))
            failed = answer.body["_shards"]["failed"]
            if not failed:
                return
            await self.patience.pause(f"{failed} shards of {index} do not show what was written")

    def month(self, story: Story) -> str:
        """Return the month of a story that is new: that of its arrival, which a replay does not change."""
        now = self.clock()
        return templates.month(min(story.received or story.first_created or story.version_created or now, now))

    def store(self, story: Story, month: str) -> Action:
        """Return the action that makes this the newest revision."""
        index = self.names.of_month(templates.STORIES, month)
        return Action(index, story.id, story_document(story), story.revision)

    def place(self, story: Story, month: str) -> Action:
        """Return the action that writes down where a new story stands."""
        place = {"month": month, **({"chain": story.chain} if story.chain and story.chain != story.id else {})}
        return Action(self.names.of(templates.PLACES), story.id, msgspec.json.encode(place))

    def note_kill(self, id_: str, kill: Story) -> Action:
        """Return the action that notes that ``kill`` is about a story or chain, whether it has come or not.

        Of several, the one that reaches furthest stays.
        """
        document = encode({"kill": msgspec.structs.replace(kill, body=None)})
        return Action(self.names.of(templates.PLACES), f"{id_}{KILLED}", document, chain.reach(kill))

    def keep(self, story: Story) -> Action:
        """Return the action that keeps an old revision."""
        return Action(self.names.of(templates.REVISIONS), revision_id(story), story_document(story), story.revision)

    def hold(self, story: Story) -> Action:
        """Return the action that shows a story under embargo to those who may see it."""
        return Action(self.names.of(templates.HELD), revision_id(story), story_document(story))

    def unhold(self, id_: str, revision: int) -> Action:
        """Return the action that takes a held revision away."""
        return Action(self.names.of(templates.HELD), f"{id_}-{revision}", None)

    def alert(self, alert: Alert, raised: datetime) -> Action:
        """Return the action that stores an alert, once: a repeat changes neither it nor when it was raised."""
        moment = min(alert.story.received or alert.story.version_created or raised, self.clock())
        return Action(self.names.month(templates.ALERTS, moment), alert.id, alert_document(alert, raised))

    async def _read(self, keys: Sequence[tuple[str, str]], *, source: bool | str = True) -> dict[tuple[str, str], Any]:
        """Return the sources of those (index, id) that exist; waits for an index that is not available."""
        found: dict[tuple[str, str], Any] = {}
        for start in range(0, len(keys), READ):
            found |= await self._get(keys[start : start + READ], source=source)
        return found

    async def _get(self, keys: Sequence[tuple[str, str]], *, source: bool | str) -> dict[tuple[str, str], Any]:
        indices = {index for index, _ in keys}
        asked: dict[str, Any] = {"docs": [{"_index": index, "_id": id_} for index, id_ in keys]}
        if len(indices) == 1:
            asked = {"index": indices.pop(), "ids": [id_ for _, id_ in keys]}
        while True:
            answer = await self.patience.until_done(
                lambda: self.client.mget(**asked, source=source, filter_path=ANSWERED)
            )
            items = answer.body.get("docs", [])
            pairs = list(zip(keys, items, strict=False))
            failed = next((reason for (index, _), item in pairs if (reason := self._failure(index, item))), None)
            if failed is None and len(items) == len(keys):
                return {key: item.get("_source", {}) for key, item in pairs if item.get("found")}
            await self.patience.pause(failed or f"{len(items)} answers to {len(keys)} documents")

    def _failure(self, index: str, item: dict[str, Any]) -> str | None:
        error = item.get("error")
        if error is None:
            return None
        if error.get("type") == "index_not_found_exception":
            monthly = index.startswith(self.names.of(templates.STORIES) + "-")
            return None if monthly else f"there is no index {index}: run `wirewatch init`"
        return f"{error.get('type')}: {str(error.get('reason'))[:300]}"


def revision_id(story: Story) -> str:
    """Return the identity of one revision."""
    return f"{story.id}-{story.revision}"
