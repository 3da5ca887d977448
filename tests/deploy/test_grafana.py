"""The Grafana dashboard: generated, on declared metrics alone, each expression answered by a real Prometheus."""

from __future__ import annotations

import math
import runpy
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.deploy import expressions, prometheus
from tests.deploy.expressions import DASHBOARD, DEPLOY, NOT_OURS

ROOT = DEPLOY.parent
ALL_PANELS = sorted({expression for found in expressions.panels().values() for expression in found})
ALL_RULES = [str(rule["expr"]) for rule in expressions.rules()]


def test_the_dashboard_is_what_its_script_writes() -> None:
    script = runpy.run_path(str(DEPLOY / "grafana" / "build.py"))
    assert script["build"]() == DASHBOARD.read_text(encoding="utf-8"), "run: python deploy/grafana/build.py"


@pytest.mark.parametrize("expression", ALL_PANELS + ALL_RULES)
def test_an_expression_uses_only_metrics_that_are_declared(expression: str) -> None:
    recorded = {rule["record"] for rule in expressions.rules() if "record" in rule}
    assert expressions.names(expression) <= expressions.declared() | recorded | NOT_OURS
    assert expressions.names(expression)


def test_every_declared_metric_is_shown_or_alerted_on() -> None:
    used = set().union(*(expressions.names(expression) for expression in ALL_PANELS + ALL_RULES))
    histograms = {name.removesuffix("_bucket") for name in expressions.declared() if name.endswith("_bucket")}
    plain = {name for name in expressions.declared() if not name.startswith(tuple(histograms))}
    unused = (plain | {f"{name}_bucket" for name in histograms}) - used
    assert not unused, "give each a panel in deploy/grafana/build.py"


def scrape(targets: list[str], folder: Path) -> Path:
    """Write the shipped configuration with fixed targets in place of the service names; return the file."""
    config: dict[str, Any] = yaml.safe_load((DEPLOY / "prometheus" / "prometheus.yml").read_text(encoding="utf-8"))
    config["global"] = {"scrape_interval": "300ms", "scrape_timeout": "300ms", "evaluation_interval": "300ms"}
    config["rule_files"] = [str(expressions.RULES)]
    config["scrape_configs"] = [{"job_name": "wirewatch", "static_configs": [{"targets": targets}]}]
    file = folder / "prometheus.yml"
    file.write_text(yaml.safe_dump(config), encoding="utf-8")
    return file


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[prometheus.Server]:
    """Return a Prometheus that scrapes a process with every metric of the pipeline."""
    folder = tmp_path_factory.mktemp("prometheus")
    command = [sys.executable, "-m", "tests.deploy.exporter"]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as exporter:
        assert exporter.stdout is not None
        port = int(exporter.stdout.readline())
        with prometheus.serve(scrape([f"127.0.0.1:{port}"], folder), folder) as running:
            yield running
        exporter.communicate(timeout=10)


def answered(server: prometheus.Server, expression: str) -> list[float]:
    """Return the values of an expression as soon as there are any, all of them numbers: a rate needs two scrapes."""
    until = time.monotonic() + 20
    while time.monotonic() < until:
        values = [float(series["value"][1]) for series in server.series(expression)]
        if values and not any(math.isnan(value) for value in values):
            return values
        time.sleep(0.3)
    return []


@pytest.mark.parametrize("expression", ALL_PANELS)
def test_prometheus_answers_every_expression_of_the_dashboard(server: prometheus.Server, expression: str) -> None:
    assert answered(server, expression.replace("$__rate_interval", "1m"))


@pytest.mark.parametrize("expression", ALL_RULES)
def test_prometheus_has_a_series_for_every_metric_of_the_rules(server: prometheus.Server, expression: str) -> None:
    for name in expressions.names(expression) - {"ALERTS"}:
        assert answered(server, name), name


def test_prometheus_evaluates_the_rules_without_an_error(server: prometheus.Server) -> None:
    assert answered(server, "worker_topic:wirewatch_lag:sum")
    rules = [rule for group in server.get("rules")["groups"] for rule in group["rules"]]
    assert {rule["health"] for rule in rules} == {"ok"}
