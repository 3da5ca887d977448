"""Kibana's saved objects: sound as a set, and each query and chart answered by a real Elasticsearch.

Kibana itself cannot be run here: ``request`` says what it asks Elasticsearch for a saved search or a chart of Lens.
"""

from __future__ import annotations

import json
import os
import runpy
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from elasticsearch import Elasticsearch

from pipeline import config, wiring
from pipeline.adapters import files
from pipeline.adapters.elastic import connect, templates
from pipeline.adapters.elastic.documents import alert_document, story_document
from pipeline.core.flow import work
from tests.deploy.expressions import DEPLOY

OBJECTS: list[dict[str, Any]] = [
    json.loads(line) for line in (DEPLOY / "kibana" / "wirewatch.ndjson").read_text(encoding="utf-8").splitlines()
]
FIELDS = {"wirewatch-stories": templates.STORY, "wirewatch-alerts": templates.ALERT}
NOON = datetime(2026, 6, 15, 12, tzinfo=UTC)
"""When the stories of the sample wire reached us, for those that do not say when they were made."""

AFTER_THE_DAY = datetime(2030, 1, 1, tzinfo=UTC)


def of(kind: str) -> list[dict[str, Any]]:
    return [entry for entry in OBJECTS if entry["type"] == kind]


def name(entry: dict[str, Any]) -> str:
    return str(entry["id"])


def source(entry: dict[str, Any]) -> str:
    """Return the id of the data view that an object is over."""
    (view,) = {reference["id"] for reference in entry["references"] if reference["type"] == "index-pattern"}
    return str(view)


def layer(entry: dict[str, Any]) -> dict[str, Any]:
    """Return the one layer of a chart."""
    (found,) = entry["attributes"]["state"]["datasourceStates"]["formBased"]["layers"].values()
    return dict(found)


def search_source(entry: dict[str, Any]) -> dict[str, Any]:
    return dict(json.loads(entry["attributes"]["kibanaSavedObjectMeta"]["searchSourceJSON"]))


def request(entry: dict[str, Any]) -> dict[str, Any]:
    """Return what Kibana asks: hits for a saved search, counts for a chart, nested in the order of its columns."""
    if entry["type"] == "search":
        asked = search_source(entry)["query"]
        attributes = entry["attributes"]
        aggregations = {"split": _terms(attributes["breakdownField"], 3)} if "breakdownField" in attributes else {}
        sort = [{field: order} for field, order in attributes["sort"]]
        return {"query": _query(asked), "sort": sort, "size": 500, "aggs": aggregations}
    columns = layer(entry)["columns"]
    nested: dict[str, Any] = {}
    for key in reversed(layer(entry)["columnOrder"]):
        column = columns[key]
        if column["operationType"] == "terms":
            assert column["params"]["orderBy"] == {"type": "column", "columnId": "count"}
            nested = {key: {**_terms(column["sourceField"], column["params"]["size"]), "aggs": nested}}
        elif column["operationType"] == "date_histogram":
            histogram = {"field": column["sourceField"], "fixed_interval": "30m", "min_doc_count": 1}
            nested = {key: {"date_histogram": histogram, "aggs": nested}}
        else:
            assert column["operationType"] == "count"
    return {"query": _query(entry["attributes"]["state"]["query"]), "size": 0, "track_total_hits": True, "aggs": nested}


def _terms(field: str, size: int) -> dict[str, Any]:
    return {"terms": {"field": field, "size": size, "order": {"_count": "desc"}}}


def _query(asked: dict[str, str]) -> dict[str, Any]:
    assert asked["language"] == "lucene"
    if not asked["query"]:
        return {"match_all": {}}
    return {"query_string": {"query": asked["query"], "analyze_wildcard": True}}


@pytest.fixture(scope="module")
def cluster(elasticsearch_url: str) -> Iterator[tuple[Elasticsearch, dict[str, str]]]:
    """Return a real Elasticsearch with the sample wire in it, and the alias of each data view."""
    settings = config.Elasticsearch(url=elasticsearch_url, prefix=f"kibana-{os.getpid()}-")
    names = templates.Names(settings.prefix)
    with connect.client(settings) as client:
        try:
            templates.init(settings, client, AFTER_THE_DAY, lambda _line: None)
            actions = sample_wire(names)
            answer = client.bulk(operations=actions, refresh=True)
            assert not answer["errors"], [item for item in answer["items"] if "error" in item["index"]][:1]
            yield client, {view["id"]: names.of(view["attributes"]["title"]) for view in of("index-pattern")}
        finally:
            client.indices.delete(index=list(client.indices.get(index=f"{settings.prefix}*")))
            client.indices.delete_index_template(name=f"{settings.prefix}*")


def sample_wire(names: templates.Names) -> list[Any]:
    """Return the actions that index the shipped stories and the alerts that the shipped rules raise on them."""
    settings = config.load(str(DEPLOY.parent / "config" / "wirewatch.yaml"))
    desk, _rules = wiring.desk(settings, "desk", lambda: AFTER_THE_DAY, lambda problem: pytest.fail(str(problem)))
    actions: list[Any] = []
    for payload in files.payloads(
        [str(DEPLOY.parent / "config" / "samples")], lambda *refused: pytest.fail(str(refused))
    ):
        outcome = work(desk, msgspec.structs.replace(payload, received=NOON))
        for story in outcome.stories:
            assert story.time is not None
            actions += [
                {"index": {"_index": names.month("stories", story.time), "_id": story.id}},
                story_document(story),
            ]
        for alert in outcome.alerts:
            index = names.month("alerts", alert.story.version_created or NOON)
            actions += [{"index": {"_index": index, "_id": alert.id}}, alert_document(alert, AFTER_THE_DAY)]
    return actions


def test_the_objects_are_what_their_script_writes() -> None:
    script = runpy.run_path(str(DEPLOY / "kibana" / "build.py"))
    written = (DEPLOY / "kibana" / "wirewatch.ndjson").read_text(encoding="utf-8")
    assert script["build"]() == written, "run: python deploy/kibana/build.py"


def test_there_are_the_views_and_searches_that_the_readme_names() -> None:
    assert {view["attributes"]["title"] for view in of("index-pattern")} == {"stories", "alerts"}
    assert {"Mutual aid", "Attacks by region"} <= {entry["attributes"]["title"] for entry in of("search")}
    assert [board["attributes"]["title"] for board in of("dashboard")] == ["Wires"]


def test_an_object_refers_only_to_objects_before_it_so_that_the_import_finds_them() -> None:
    seen: set[tuple[str, str]] = set()
    for entry in OBJECTS:
        assert {(reference["type"], reference["id"]) for reference in entry["references"]} <= seen
        seen.add((entry["type"], entry["id"]))
    assert len(seen) == len(OBJECTS)


def test_the_dashboard_shows_every_chart_and_no_panel_covers_another() -> None:
    (board,) = of("dashboard")
    references = {reference["name"]: reference for reference in board["references"]}
    taken: set[tuple[int, int]] = set()
    for panel in json.loads(board["attributes"]["panelsJSON"]):
        reference = references.pop(f"{panel['panelIndex']}:{panel['panelRefName']}")
        assert reference["type"] == panel["type"]
        grid = panel["gridData"]
        cells = {
            (x, y) for x in range(grid["x"], grid["x"] + grid["w"]) for y in range(grid["y"], grid["y"] + grid["h"])
        }
        assert not cells & taken
        assert all(0 <= x < 48 for x, _ in cells)
        taken |= cells
    assert not references
    assert {entry["id"] for entry in of("lens")} <= {reference["id"] for reference in board["references"]}


@pytest.mark.parametrize("view", of("index-pattern"), ids=name)
def test_a_data_view_has_the_time_and_the_hidden_fields_of_the_mapping(view: dict[str, Any]) -> None:
    fields = FIELDS[view["id"]]
    assert fields[view["attributes"]["timeFieldName"]] == {"type": "date"}
    assert {entry["value"] for entry in json.loads(view["attributes"]["sourceFilters"])} <= set(fields)


@pytest.mark.parametrize("entry", of("search"), ids=name)
def test_a_saved_search_shows_and_sorts_by_fields_of_the_mapping(entry: dict[str, Any]) -> None:
    attributes, fields = entry["attributes"], FIELDS[source(entry)]
    assert set(attributes["columns"]) <= set(fields)
    assert {fields[field]["type"] for field, _ in attributes["sort"]} == {"date"}
    assert fields[attributes.get("breakdownField", "provider")]["type"] == "keyword"


@pytest.mark.parametrize("entry", of("lens"), ids=name)
def test_a_chart_draws_columns_that_it_has_of_fields_that_can_be_counted_by(entry: dict[str, Any]) -> None:
    columns, look = layer(entry)["columns"], entry["attributes"]["state"]["visualization"]
    assert sorted(columns) == sorted(layer(entry)["columnOrder"])
    drawn = look.get("layers", [look])[0]
    used = {drawn.get(key) for key in ("xAccessor", "splitAccessor", "metricAccessor")} | set(
        drawn.get("accessors", [])
    )
    assert used - {None} == set(columns)
    types = {"terms": "keyword", "date_histogram": "date"}
    for column in columns.values():
        if column["operationType"] in types:
            assert FIELDS[source(entry)][column["sourceField"]]["type"] == types[column["operationType"]]


@pytest.mark.servers
@pytest.mark.parametrize("entry", of("search") + of("lens"), ids=name)
def test_elasticsearch_answers_with_something(
    cluster: tuple[Elasticsearch, dict[str, str]], entry: dict[str, Any]
) -> None:
    client, alias = cluster
    answer = client.search(index=alias[source(entry)], **request(entry)).body
    assert answer["hits"]["total"]["value"] > 0
    assert answer["_shards"]["failed"] == 0
    found = answer.get("aggregations", {})
    while found:
        (level,) = found.values()
        assert level["buckets"]
        found = {key: value for key, value in level["buckets"][0].items() if isinstance(value, dict)}
    for field in entry["attributes"].get("columns", []):
        assert any(field in hit["_source"] for hit in answer["hits"]["hits"]), field


@pytest.mark.servers
def test_the_search_for_mutual_aid_finds_the_pact_of_the_sample_wire(
    cluster: tuple[Elasticsearch, dict[str, str]],
) -> None:
    client, alias = cluster
    (entry,) = [entry for entry in of("search") if entry["attributes"]["title"] == "Mutual aid"]
    hits = client.search(index=alias[source(entry)], **request(entry)).body["hits"]["hits"]
    focus = [set(hit["_source"].get("focus", [])) for hit in hits]
    assert any({"RU", "KP"} <= regions for regions in focus)


@pytest.mark.servers
def test_every_document_has_the_time_of_its_data_view(cluster: tuple[Elasticsearch, dict[str, str]]) -> None:
    client, alias = cluster
    for view in of("index-pattern"):
        missing = {"bool": {"must_not": {"exists": {"field": view["attributes"]["timeFieldName"]}}}}
        assert client.count(index=alias[view["id"]], query=missing)["count"] == 0
