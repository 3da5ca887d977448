"""The whole pipeline while an Elasticsearch of its own is killed, paused and started again."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from tests.e2e.stage import staged
from tests.faults.crew import Crew
from tests.faults.ledger import sending, through
from tests.faults.report import Report
from tests.faults.size import Size
from tests.servers.elastic import Elasticsearch

pytestmark = pytest.mark.servers


def test_index_that_is_killed_or_hangs_costs_nothing_and_delays_no_alert(
    tmp_path: Path, kafka_address: str, size: Size, report: Report, runner: str
) -> None:
    node = Elasticsearch(tmp_path / "elasticsearch")
    node.start()
    try:
        with staged(tmp_path, kafka_address, node.url, partitions=6) as stage:
            crew = Crew(stage, ["desk", "index"], runner)
            ledger = sending(stage, size)

            def fault(number: int) -> None:
                if number % 2:
                    node.pause()
                    time.sleep(60 if size.faults > 3 and number == 1 else 8)
                    node.resume()
                else:
                    node.kill()
                    node.start()

            through(ledger, size, fault)
            found = crew.finish(ledger)
    finally:
        node.kill()
    report.add("index: Elasticsearch SIGKILL, SIGSTOP", size.faults, found)
    assert found.harmless, found
    assert found.delay < crew.again_within, found
