"""What searches, backtests and audits read: ``core/archive.py`` over Elasticsearch."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from elasticsearch import Elasticsearch

from pipeline.adapters.elastic import templates
from pipeline.adapters.elastic.connect import client, reaching
from pipeline.adapters.elastic.documents import alert_of, story_of, token
from pipeline.config import Elasticsearch as Settings
from pipeline.core import chain
from pipeline.core.alerts import Alert
from pipeline.core.archive import AlertFilter
from pipeline.core.need import AllOf, AnyOf, Need, Prefix, Tagged, Word
from pipeline.core.story import Story

PAGE = 500
KEEP = "2m"
"""How long Elasticsearch keeps the state of a search between two pages."""

DEEPEST = 20
"""Elasticsearch refuses queries nested over 30 deep; what lies deeper than this is left to the matcher."""

LONGEST_CHAIN = 1_000
"""Stories of a chain at most that a history follows."""

USABLE: dict[str, Any] = {"term": {"status": "usable"}}
KILLED: dict[str, Any] = {"term": {"status": "canceled"}}
NEWEST_FIRST: list[dict[str, Any]] = [{"time": {"order": "desc", "missing": "_last"}}, {"id": "asc"}]
OLDEST_FIRST: list[dict[str, Any]] = [{"revision": "asc"}, {"id": "asc"}]
NOTHING: dict[str, Any] = {"match_none": {}}
ALL: dict[str, Any] = {"match_all": {}}


class ElasticArchive:
    """Searches see what was indexed up to ``elasticsearch.refresh`` ago."""

    def __init__(self, settings: Settings, elasticsearch: Elasticsearch | None = None) -> None:
        self.settings = settings
        self.names = templates.Names(settings.prefix)
        self.client = elasticsearch or client(settings)

    def stories(self, need: Need, since: datetime | None = None, until: datetime | None = None) -> Iterator[Story]:
        """Yield the stories that may satisfy ``need``, newest first."""
        found = {"bool": {"filter": [query(need), USABLE, *_bounds(since, until)]}}
        for source in self._search([templates.STORIES], found, NEWEST_FIRST):
            yield story_of(source)

    def killed(self, since: datetime | None = None, until: datetime | None = None) -> Iterator[Story]:
        """Yield the killed stories with the text that they last had, newest first."""
        found = {"bool": {"filter": [KILLED, *_bounds(since, until)]}}
        for source in self._search([templates.STORIES], found, NEWEST_FIRST):
            story = story_of(source)
            before = self._search([templates.REVISIONS], {"term": {"id": story.id}}, OLDEST_FIRST)
            yield chain.as_it_was([*map(story_of, before), story])

    def history(self, uri: str) -> list[Story]:
        """Return every stored revision of the chains that the stories with this uri belong to."""
        found: dict[tuple[str, int], Story] = {}
        known: set[str] = set()
        wanted: dict[str, Any] = {"term": {"uri": uri}}
        while wanted:
            stories = list(map(story_of, self._search([templates.REVISIONS, templates.STORIES], wanted, OLDEST_FIRST)))
            found |= {(story.id, story.revision): story for story in stories}
            fresh = {name for story in stories for name in chain.names(story)} - known
            known |= fresh
            named = [{"terms": {field: sorted(fresh)}} for field in ("id", "chain")]
            wanted = {"bool": {"should": named}} if fresh and len(known) < LONGEST_CHAIN else {}
        return chain.in_order(found.values())

    def copies(self, cluster: str) -> list[Story]:
        """Return the stories of a cluster at their newest revision."""
        return [story_of(source) for source in self._search([templates.STORIES], members(cluster), [{"id": "asc"}])]

    def alerts(self, wanted: AlertFilter) -> Iterator[Alert]:
        """Yield the alerts that the filter admits, in the order in which they were raised."""
        filters: list[dict[str, Any]] = []
        if wanted.since:
            filters.append({"range": {"raised": {"gte": wanted.since.isoformat()}}})
        if wanted.topics or wanted.rules:
            whole = {"bool": {"must_not": {"exists": {"field": "rule"}}}}
            named = [{"terms": {"topic": sorted(wanted.topics)}}, {"terms": {"rule": sorted(wanted.rules)}}]
            filters.append({"bool": {"should": [*named, whole]}})
        order = [{"raised": "asc"}, {"id": "asc"}]
        for source in self._search([templates.ALERTS], {"bool": {"filter": filters}}, order):
            yield alert_of(source)

    def close(self) -> None:
        """Close the connections."""
        self.client.close()

    def _search(
        self, names: Sequence[str], wanted: dict[str, Any], order: Sequence[dict[str, Any]]
    ) -> Iterator[dict[str, Any]]:
        """Yield the sources of all hits, page by page, as of the moment of the search."""
        index = ",".join(self.names.of(name) for name in names)
        with reaching(self.settings):
            pit = self.client.open_point_in_time(index=index, keep_alive=KEEP).body["id"]
        after: Sequence[Any] | None = None
        try:
            while True:
                with reaching(self.settings):
                    answer = self.client.search(
                        pit={"id": pit, "keep_alive": KEEP},
                        query=wanted,
                        sort=order,
                        size=PAGE,
                        search_after=after,
                        track_total_hits=False,
                        source_includes=["document", "body"],
                        allow_partial_search_results=False,
                    )
                pit, hits = answer.body["pit_id"], answer.body["hits"]["hits"]
                yield from (hit["_source"] for hit in hits)
                if len(hits) < PAGE:
                    return
                after = hits[-1]["sort"]
        finally:
            with reaching(self.settings):
                self.client.options(ignore_status=404).close_point_in_time(id=pit)


def _bounds(since: datetime | None, until: datetime | None) -> list[dict[str, Any]]:
    """Return a filter of what lies in these bounds or has no time; none where nothing is bounded."""
    bounds = {name: moment.isoformat() for name, moment in (("gte", since), ("lte", until)) if moment}
    if not bounds:
        return []
    undated = {"bool": {"must_not": {"exists": {"field": "time"}}}}
    return [{"bool": {"should": [{"range": {"time": bounds}}, undated]}}]


def members(cluster: str) -> dict[str, Any]:
    """Return a query for the stories of a cluster: those that name it, and the one that it is named after."""
    return {"bool": {"should": [{"term": {"cluster": cluster}}, {"term": {"id": cluster}}]}}


def query(need: Need, depth: int = 0) -> dict[str, Any]:
    """Return a query that selects at least the stories which the need does."""
    match need:
        case Word(word):
            return {"term": {"tokens": token(word)}}
        case Prefix(start):
            return {"prefix": {"tokens": {"value": token(start)}}}
        case Tagged(field, values):
            return {"terms": {"tags": [f"{field}:{value}".lower() for value in values]}}
        case _ if depth > DEEPEST:
            return ALL
        case AllOf(of):
            return {"bool": {"filter": [query(part, depth + 1) for part in of]}} if of else ALL
        case AnyOf(of):
            words = [token(part.word) for part in of if isinstance(part, Word)]
            rest = [query(part, depth + 1) for part in of if not isinstance(part, Word)]
            choices = ([{"terms": {"tokens": words}}] if words else []) + rest
            return {"bool": {"should": choices, "minimum_should_match": 1}} if choices else NOTHING
