"""Write wirewatch.ndjson, what Kibana imports: ``python deploy/kibana/build.py``.

Two data views, saved searches, charts of Lens and one dashboard of them. The objects are of the versions that the
first Kibana 9 wrote; a later one brings them up to date when it imports them. Queries are Lucene's, which Kibana hands
to Elasticsearch as they stand; words without a field look into ``tokens``, the words that the rules see.
"""

# ruff: noqa: INP001  a script beside the file that it writes, no module

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

OUTPUT = Path(__file__).parent / "wirewatch.ndjson"
VERSIONS = {"index-pattern": "8.0.0", "search": "10.5.0", "lens": "8.9.0", "dashboard": "10.2.0"}
STORIES = "wirewatch-stories"
ALERTS = "wirewatch-alerts"
INDEX = "kibanaSavedObjectMeta.searchSourceJSON.index"
LAYER = "layer"

MUTUAL_AID = '"mutual aid" OR "mutual assistance" OR "mutual defence" OR "mutual defense"'
ATTACKS = "attack OR attacks OR attacked OR attacking OR attacker OR attackers"

Saved = dict[str, Any]


def saved(kind: str, name: str, attributes: Saved, references: list[Saved]) -> Saved:
    """Return a saved object; its id keeps its place through every import."""
    return {
        "type": kind,
        "id": name,
        "attributes": attributes,
        "references": references,
        "coreMigrationVersion": "8.8.0",
        "typeMigrationVersion": VERSIONS[kind],
        "managed": False,
    }


def view(name: str, alias: str, title: str, hidden: list[str]) -> Saved:
    """Return the data view of an alias; Discover does not fetch the ``hidden`` fields."""
    attributes = {
        "title": alias,
        "name": title,
        "timeFieldName": "time",
        "fields": "[]",
        "runtimeFieldMap": "{}",
        "sourceFilters": json.dumps([{"value": field} for field in hidden]),
        "allowNoIndex": True,
    }
    return saved("index-pattern", name, attributes, [])


def search(
    name: str, title: str, about: str, source: str, *, columns: list[str], query: str = "", by: str = ""
) -> Saved:
    """Return a saved search, newest first; ``by`` is the field that splits its histogram."""
    attributes = {
        "title": title,
        "description": about,
        "columns": columns,
        "sort": [["time", "desc"]],
        "grid": {},
        "hideChart": False,
        "isTextBasedQuery": False,
        "timeRestore": False,
        "kibanaSavedObjectMeta": {"searchSourceJSON": json.dumps({**_query(query), "indexRefName": INDEX})},
        **({"breakdownField": by} if by else {}),
    }
    return saved("search", name, attributes, [{"type": "index-pattern", "id": source, "name": INDEX}])


def chart(
    name: str, title: str, source: str, kind: str, *, columns: dict[str, Saved], look: Saved, query: str = ""
) -> Saved:
    """Return a chart of Lens with one layer; ``look`` says which column goes where."""
    layers = {LAYER: {"columns": columns, "columnOrder": list(columns), "incompleteColumns": {}, "sampling": 1}}
    searched = _query(query)
    state = {
        "visualization": look,
        "query": searched["query"],
        "filters": searched["filter"],
        "datasourceStates": {"formBased": {"layers": layers}, "textBased": {"layers": {}}},
        "internalReferences": [],
        "adHocDataViews": {},
    }
    reference = {"type": "index-pattern", "id": source, "name": f"indexpattern-datasource-layer-{LAYER}"}
    return saved("lens", name, {"title": title, "visualizationType": kind, "state": state}, [reference])


def bars(name: str, title: str, source: str, field: str, *, count: str = "Stories", size: int = 15) -> Saved:
    """Return horizontal bars: the most frequent values of a field."""
    columns = {"value": _terms(field, size), "count": _count(count)}
    return chart(name, title, source, "lnsXY", columns=columns, look=_xy("bar_horizontal", "value"))


def over_time(name: str, title: str, source: str, field: str, *, count: str, query: str = "") -> Saved:
    """Return bars over time, stacked by the values of a field."""
    columns = {"part": _terms(field, 10), "time": _TIME, "count": _count(count)}
    return chart(name, title, source, "lnsXY", columns=columns, look=_xy("bar_stacked", "time", "part"), query=query)


def metric(name: str, title: str, source: str) -> Saved:
    """Return one number: how many documents."""
    look = {"layerId": LAYER, "layerType": "data", "metricAccessor": "count"}
    return chart(name, title, source, "lnsMetric", columns={"count": _count(title)}, look=look)


def dashboard(name: str, title: str, about: str, panels: list[tuple[Saved, int, int]]) -> Saved:
    """Return the dashboard; ``panels`` are (object, width, height), set from left to right on 48 columns."""
    placed, references = [], []
    x = y = tallest = 0
    for panel, width, height in panels:
        if x + width > 48:
            x, y, tallest = 0, y + tallest, 0
        key, reference = panel["id"], f"panel_{panel['id']}"
        grid = {"x": x, "y": y, "w": width, "h": height, "i": key}
        entry = {"type": panel["type"], "panelIndex": key, "gridData": grid}
        placed.append({**entry, "embeddableConfig": {"enhancements": {}}, "panelRefName": reference})
        references.append({"type": panel["type"], "id": key, "name": f"{key}:{reference}"})
        x, tallest = x + width, max(tallest, height)
    attributes = {
        "title": title,
        "description": about,
        "panelsJSON": json.dumps(placed),
        "optionsJSON": json.dumps(
            {"useMargins": True, "syncColors": True, "syncCursor": True, "hidePanelTitles": False}
        ),
        "timeRestore": True,
        "timeFrom": "now-24h",
        "timeTo": "now",
        "refreshInterval": {"pause": False, "value": 60000},
        "kibanaSavedObjectMeta": {"searchSourceJSON": json.dumps(_query(""))},
    }
    return saved("dashboard", name, attributes, references)


def _query(query: str) -> Saved:
    return {"query": {"query": query, "language": "lucene"}, "filter": []}


def _terms(field: str, size: int) -> Saved:
    params = {
        "size": size,
        "orderBy": {"type": "column", "columnId": "count"},
        "orderDirection": "desc",
        "otherBucket": False,
        "missingBucket": False,
        "parentFormat": {"id": "terms"},
    }
    column = {"label": field, "dataType": "string", "operationType": "terms", "sourceField": field}
    return {**column, "isBucketed": True, "scale": "ordinal", "customLabel": True, "params": params}


def _count(label: str) -> Saved:
    column = {"label": label, "dataType": "number", "operationType": "count", "sourceField": "___records___"}
    return {**column, "isBucketed": False, "scale": "ratio", "customLabel": True, "params": {"emptyAsNull": False}}


_TIME: Saved = {
    "label": "time",
    "dataType": "date",
    "operationType": "date_histogram",
    "sourceField": "time",
    "isBucketed": True,
    "scale": "interval",
    "params": {"interval": "auto", "includeEmptyRows": True, "dropPartials": False},
}


def _xy(series: str, across: str, split: str | None = None) -> Saved:
    layer = {"layerId": LAYER, "layerType": "data", "seriesType": series, "xAccessor": across, "accessors": ["count"]}
    return {
        "layers": [{**layer, **({"splitAccessor": split} if split else {})}],
        "preferredSeriesType": series,
        "legend": {"isVisible": split is not None, "position": "right"},
        "valueLabels": "hide",
        "fittingFunction": "None",
        "axisTitlesVisibilitySettings": {"x": False, "yLeft": False, "yRight": False},
    }


def build() -> str:
    """Return all objects, one a line, those first that others refer to."""
    story = ["headline", "focus", "actors", "provider", "urgency", "matches"]
    alert = ["type", "rule", "severity", "headline", "focus", "provider"]
    mutual_aid = search(
        "wirewatch-mutual-aid",
        "Mutual aid",
        "Stories about pacts of mutual aid",
        STORIES,
        columns=story,
        query=MUTUAL_AID,
    )
    attacks = search(
        "wirewatch-attacks",
        "Attacks by region",
        "Stories about attacks",
        STORIES,
        columns=story,
        query=ATTACKS,
        by="focus",
    )
    newest = search("wirewatch-newest-alerts", "Newest alerts", "Alerts as they were raised", ALERTS, columns=alert)
    panels = [
        (metric("wirewatch-count-stories", "Stories", STORIES), 8, 7),
        (metric("wirewatch-count-alerts", "Alerts", ALERTS), 8, 7),
        (over_time("wirewatch-providers", "Stories by provider", STORIES, "provider", count="Stories"), 32, 7),
        (over_time("wirewatch-alerts-by-topic", "Alerts by topic", ALERTS, "topic", count="Alerts"), 24, 12),
        (bars("wirewatch-rules", "Rules that match most", ALERTS, "rule", count="Alerts"), 24, 12),
        (bars("wirewatch-regions", "Stories by region", STORIES, "focus"), 16, 14),
        (bars("wirewatch-actors", "Top actors", STORIES, "actors"), 16, 14),
        (
            over_time(
                "wirewatch-attacks-by-region", "Attacks by region", STORIES, "focus", count="Stories", query=ATTACKS
            ),
            16,
            14,
        ),
        (newest, 48, 16),
    ]
    views = [
        view(STORIES, "stories", "Stories", ["document", "tokens", "tags"]),
        view(ALERTS, "alerts", "Alerts", ["document"]),
    ]
    about = "What the wires say, and which of your rules it matches"
    board = dashboard("wirewatch", "Wires", about, panels)
    objects = [*views, mutual_aid, attacks, newest, *(panel for panel, _, _ in panels if panel is not newest), board]
    return "".join(json.dumps(entry, sort_keys=True) + "\n" for entry in objects)


if __name__ == "__main__":
    OUTPUT.write_text(build(), encoding="utf-8")
