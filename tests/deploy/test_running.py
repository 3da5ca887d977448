"""The dashboard over pipelines that run: Prometheus scrapes ``wirewatch run``, and the workers of the distributed one.

What a sound pipeline does not show, a failing rule and a worker that waits, ``test_grafana.py`` shows with an exporter.
"""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
import yaml

from tests.deploy import expressions, prometheus
from tests.deploy.test_grafana import ALL_PANELS, scrape
from tests.e2e.stage import staged

ROOT = expressions.DEPLOY.parent
SAMPLES = ROOT / "config" / "samples"
TROUBLE = {"wirewatch_rule_failures_total", "wirewatch_blocked"}
"""Metrics of what does not happen in a sound pipeline."""

OF_SERVERS = {"wirewatch_lag", "wirewatch_index_actions_total", "wirewatch_release_delay_seconds_bucket"}
"""Metrics that the workers of the distributed pipeline have alone."""

OF_SOURCES = {"wirewatch_fetches_total", "wirewatch_sources", "wirewatch_ingested_total"}
"""Metrics of where stories come from, which the workers do not know."""

SECRET = "whsec_" + "A" * 44

EMBARGOED = {
    "uri": "urn:test:embargoed",
    "type": "text",
    "headline": "To be published later",
    "body_text": "Not before the day has come.",
    "versioncreated": "2026-06-15T08:00:00Z",
    "embargoed": "2099-01-01T00:00:00Z",
}


def settings(folder: Path, **given: Any) -> Path:
    """Write a configuration over the shipped rules and topics; return the file."""
    shipped = yaml.safe_load((ROOT / "config" / "wirewatch.yaml").read_text(encoding="utf-8"))
    file = folder / "wirewatch.yaml"
    rules = {"rules": [str(ROOT / "config" / "rules")], "topics": shipped["topics"]}
    file.write_text(yaml.safe_dump({**rules, **given}), encoding="utf-8")
    return file


@contextmanager
def wirewatch(log: Path, *words: str) -> Iterator[subprocess.Popen[bytes]]:
    """Run a command of wirewatch until the block ends, then stop it as a supervisor would."""
    command = [sys.executable, "-m", "pipeline", *words]
    with log.open("w") as stream, subprocess.Popen(command, cwd=ROOT, stdout=stream, stderr=stream) as process:
        try:
            yield process
            assert process.poll() is None, log.read_text()
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(40)


@pytest.fixture
def incoming(tmp_path: Path) -> Path:
    """Return a folder with the sample wire, a story under embargo and a file that is no story."""
    folder = tmp_path / "incoming"
    shutil.copytree(SAMPLES, folder)
    (folder / "embargoed.json").write_text(json.dumps(EMBARGOED), encoding="utf-8")
    (folder / "broken.json").write_text('{"headline": ', encoding="utf-8")
    return folder


@pytest.fixture
def feed() -> Iterator[str]:
    """Return the address of a feed of the sample wire."""

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(SAMPLES)))
    Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    first = next(path for path in sorted(SAMPLES.rglob("*.xml")))
    yield f"http://127.0.0.1:{server.server_port}/{first.relative_to(SAMPLES)}"
    server.shutdown()
    server.server_close()


def unanswered(server: prometheus.Server, missing: set[str], processes: Sequence[subprocess.Popen[bytes]]) -> list[str]:
    """Return the expressions of the dashboard without an answer, but for those of metrics that cannot be there.

    They have a minute while all processes run: workers join their group, and a rate needs two scrapes.
    """
    recorded = {rule["record"]: expressions.names(rule["expr"]) for rule in expressions.rules() if "record" in rule}
    missing = missing | {name for name, needs in recorded.items() if needs & missing}
    left = [expression for expression in ALL_PANELS if not expressions.names(expression) & missing]
    until = time.monotonic() + 60
    while left and time.monotonic() < until and all(process.poll() is None for process in processes):
        left = [expression for expression in left if not server.series(expression.replace("$__rate_interval", "1m"))]
        time.sleep(0.3)
    return left


def test_prometheus_answers_the_dashboard_over_the_embedded_pipeline(tmp_path: Path, incoming: Path, feed: str) -> None:
    port, pushed = prometheus.free_port(), prometheus.free_port()
    file = settings(
        tmp_path,
        mode="embedded",
        database="wire.db",
        source_state="sources.db",
        sources=[{"folder": str(incoming)}, {"feed": feed, "every": 1}],
        fetching={"allow_private": ["127.0.0.1"]},
        ingest={"port": pushed, "senders": [{"provider": "pusher", "secrets": [SECRET]}]},
        metrics={"host": "127.0.0.1", "port": port},
    )
    with (
        wirewatch(tmp_path / "run.log", "run", "--config", str(file)) as process,
        prometheus.serve(scrape([f"127.0.0.1:{port}"], tmp_path), tmp_path) as server,
    ):
        push_unsigned(f"http://127.0.0.1:{pushed}/ingest", process)
        assert unanswered(server, TROUBLE | OF_SERVERS, [process]) == [], (tmp_path / "run.log").read_text()


def push_unsigned(url: str, process: subprocess.Popen[bytes]) -> None:
    """Push a story that is refused, as soon as somebody listens: it is counted like any other."""
    while process.poll() is None:
        try:
            urllib.request.urlopen(url, data=b"{}", timeout=10)  # noqa: S310  our own
        except urllib.error.HTTPError as error:
            assert error.code == 401  # noqa: PT017  the answer is the point
            return
        except OSError:
            time.sleep(0.2)


@pytest.mark.servers
def test_prometheus_answers_the_dashboard_over_the_workers(
    tmp_path: Path, incoming: Path, kafka_address: str, elasticsearch_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with staged(tmp_path, kafka_address, elasticsearch_url, partitions=2) as stage:
        with stage.file.open("a", encoding="utf-8") as file:
            file.write("metrics: {host: 127.0.0.1, port: ${WIREWATCH_METRICS_PORT:-0}}\n")
        targets = []
        for worker in ("desk", "release", "index"):
            port = prometheus.free_port()
            monkeypatch.setenv("WIREWATCH_METRICS_PORT", str(port))
            stage.start(worker)
            targets.append(f"127.0.0.1:{port}")
        monkeypatch.delenv("WIREWATCH_METRICS_PORT")
        with prometheus.serve(scrape(targets, tmp_path), tmp_path) as server:
            stage.run("produce", str(incoming))
            soon = (datetime.now(UTC) + timedelta(seconds=20)).isoformat()
            later = tmp_path / "soon.json"
            later.write_text(json.dumps({**EMBARGOED, "uri": "urn:test:soon", "embargoed": soon}), encoding="utf-8")
            stage.run("produce", str(later))
            assert unanswered(server, TROUBLE | OF_SOURCES, stage.workers) == [], stage.log.read_text()
