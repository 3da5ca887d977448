"""The runner while every connection to its broker ends at once, again and again, and the broker stays."""

from __future__ import annotations

import time
from pathlib import Path
from random import Random

import pytest

from tests.faults import cuts
from tests.faults.fleet import fleet
from tests.servers.kafka import Kafka
from tests.servers.process import free_port

CUTS = 40
WORKERS = 4


@pytest.mark.servers
def test_connections_that_end_all_at_once_end_no_worker_and_let_none_stand_still(tmp_path: Path) -> None:
    chance, front, port = Random(76), free_port(), free_port()
    there = {"advertised.listeners": f"PLAINTEXT://127.0.0.1:{front}"}  # who asks the broker is sent to the cuts
    node = Kafka(tmp_path / "kafka", port, there)
    try:
        with cuts.before(front, port, chance) as connections:
            node.start()
            with fleet(f"127.0.0.1:{front}", tmp_path, "faust", records=40_000, work=600) as ships:
                workers = [ships.start(f"member-{place}") for place in range(WORKERS)]
                for worker in workers:
                    ships.wait_begun(worker)
                for _ in range(CUTS):
                    connections.cut(chance.choice((0.0, 0.05, 0.3)))
                    time.sleep(chance.uniform(0.2, 0.8))
                count = ships.finish(50)
    finally:
        node.kill()
    log = ships.log.read_text()
    assert "RuntimeError" not in log
    assert [worker.returncode for worker in workers] == [-9] * WORKERS, log[-3000:]  # until the test has ended them
    assert count.lost == 0, log[-3000:]
