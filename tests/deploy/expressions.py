"""The PromQL of the Grafana dashboard and of the alerting rules, and the metrics that it names."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import yaml
from prometheus_client import Counter, Gauge, Histogram

from pipeline import metrics

DEPLOY = Path(__file__).parents[2] / "deploy"
DASHBOARD = DEPLOY / "grafana" / "dashboards" / "wirewatch.json"
RULES = DEPLOY / "prometheus" / "rules.yml"
NOT_OURS = {"up", "ALERTS"}
"""Series that Prometheus itself makes."""

_WORDS = {"and", "or", "unless", "offset", "bool"}
_GROUPING = re.compile(r"\b(?:by|without|on|ignoring|group_left|group_right)\s*\([^)]*\)")
_QUOTED = re.compile(r'"[^"]*"|\{[^}]*\}|\[[^\]]*\]')
_NAME = re.compile(r"(?<![\w.:])[a-zA-Z_:][\w:]*+(?!\s*\()")


def panels() -> dict[str, list[str]]:
    """Return the expressions of the dashboard by the title of their panel."""
    board = json.loads(DASHBOARD.read_text(encoding="utf-8"))
    return {panel["title"]: [query["expr"] for query in panel.get("targets", [])] for panel in board["panels"]}


def rules() -> list[dict[str, Any]]:
    """Return the recording and alerting rules."""
    return [rule for group in yaml.safe_load(RULES.read_text(encoding="utf-8"))["groups"] for rule in group["rules"]]


def names(expression: str) -> set[str]:
    """Return the metrics that an expression selects."""
    bare = _GROUPING.sub("", _QUOTED.sub("", expression))
    return set(_NAME.findall(bare)) - _WORDS


def declared() -> set[str]:
    """Return the names of all series that the metrics of ``pipeline/metrics.py`` give."""
    endings = {Counter: ("_total",), Gauge: ("",), Histogram: ("_bucket", "_count", "_sum")}
    found = [metric for metric in vars(metrics).values() if isinstance(metric, Counter | Gauge | Histogram)]
    return {f"{metric._name}{ending}" for metric in found for ending in endings[type(metric)]}
