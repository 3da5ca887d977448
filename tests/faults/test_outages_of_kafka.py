"""The whole pipeline while a Kafka of its own is killed and started again."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from tests.e2e.stage import staged
from tests.faults.crew import Crew
from tests.faults.ledger import sending, through
from tests.faults.report import Report
from tests.faults.size import Size
from tests.servers.kafka import Kafka, cluster, start_together

pytestmark = pytest.mark.servers

AWAY = 12.0
"""Seconds of every third outage: a worker's session of ten has run out before the broker comes back."""


def test_broker_that_is_killed_and_comes_back_costs_nothing(
    tmp_path: Path, elasticsearch_url: str, size: Size, report: Report, runner: str
) -> None:
    node = Kafka(tmp_path / "kafka")
    node.start()
    try:
        with staged(tmp_path, node.address, elasticsearch_url, partitions=6) as stage:
            crew = Crew(stage, ["desk", "index"], runner)
            ledger = sending(stage, size)
            through(ledger, size, lambda number: bounce(node, crew, AWAY if number % 3 == 1 else 0))
            found = crew.finish(ledger)
    finally:
        node.kill()
    report.add("broker: SIGKILL and restart", size.faults, found)
    assert found.harmless, found


def test_cluster_whose_leader_is_killed_costs_nothing(
    tmp_path: Path, elasticsearch_url: str, size: Size, report: Report, runner: str
) -> None:
    nodes = cluster(tmp_path)
    try:
        start_together(nodes)
        addresses = "', '".join(node.address for node in nodes)
        with staged(tmp_path, addresses, elasticsearch_url, partitions=6, replication=3) as stage:
            crew = Crew(stage, ["desk", "index"], runner)
            ledger = sending(stage, size)
            through(ledger, size, lambda number: bounce(nodes[stage.leader(number % 6) - 1], crew))
            found = crew.finish(ledger)
    finally:
        for node in nodes:
            node.kill()
    report.add("broker: leader of three SIGKILL", size.faults, found)
    assert found.harmless, found


def bounce(node: Kafka, crew: Crew, away: float = 0.0) -> None:
    """Kill a broker and start it again; workers that end of it are started again, too."""
    node.kill()
    time.sleep(away)
    crew.look_after()
    node.start()
    crew.look_after()
