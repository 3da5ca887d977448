"""The runner under kills, stops and rebalances, with a ledger as the oracle; the plain runner is the control."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from tests.faults.fleet import fleet

pytestmark = [pytest.mark.servers, pytest.mark.timeout(180)]

RUNNERS = pytest.mark.parametrize("runner", ["faust", "plain"])
FETCH = 200


@RUNNERS
def test_killed_workers_lose_nothing_and_repeat_at_most_their_last_fetch(
    runner: str, kafka_address: str, tmp_path: Path
) -> None:
    with fleet(kafka_address, tmp_path, runner) as ships:
        for _ in range(3):
            worker = ships.start("member")
            ships.wait_begun(worker)
            time.sleep(0.3)
            ships.kill(worker)
        ships.start()  # without the name: it has to wait until the group gives up the last one
        count = ships.finish()
    assert count.lost == 0
    in_flight_and_uncommitted = 1 + 100 // 15  # a fetch, and what is done in 0.1 s, between two commits
    assert count.repeated <= 3 * in_flight_and_uncommitted * FETCH


@RUNNERS
def test_stopped_workers_lose_and_repeat_nothing(runner: str, kafka_address: str, tmp_path: Path) -> None:
    with fleet(kafka_address, tmp_path, runner) as ships:
        for _ in range(3):
            worker = ships.start()
            ships.wait_begun(worker)
            time.sleep(0.3)
            assert ships.stop(worker) < 15
            assert worker.returncode == 0
        ships.start()
        count = ships.finish()
    assert (count.lost, count.repeated) == (0, 0)


@RUNNERS
def test_joining_and_leaving_workers_lose_and_repeat_nothing(runner: str, kafka_address: str, tmp_path: Path) -> None:
    with fleet(kafka_address, tmp_path, runner, records=24_000, work=120) as ships:
        first = ships.start()
        ships.wait_begun(first)
        for times in (1, 2):  # on a slow machine the records may be worked off before the second
            other = ships.start()
            ships.wait_shared(times)
            time.sleep(0.5)
            ships.stop(other)
            time.sleep(0.5)
        count = ships.finish()
    assert (count.lost, count.repeated) == (0, 0)


@RUNNERS
def test_a_worker_whose_effect_hangs_blocks_neither_a_rebalance_nor_its_own_stop(
    runner: str, kafka_address: str, tmp_path: Path
) -> None:
    with fleet(kafka_address, tmp_path, runner) as ships:
        ships.block.touch()
        first = ships.start()
        ships.wait_begun(first)
        assert ships.wait_begun(ships.start()) < 25
        assert ships.stop(first) < 25
        assert first.returncode == 0
        ships.block.unlink()
        assert ships.finish().lost == 0


@RUNNERS
def test_an_effect_that_raises_ends_the_worker_and_nothing_is_lost(
    runner: str, kafka_address: str, tmp_path: Path
) -> None:
    with fleet(kafka_address, tmp_path, runner) as ships:
        worker = ships.start()
        ships.wait_begun(worker)
        ships.fail.touch()
        assert worker.wait(20) == 1
        ships.start()
        assert ships.finish().lost == 0


@RUNNERS
@pytest.mark.timeout(300)
def test_records_that_end_their_process_in_any_way_are_found_and_buried_and_cost_no_other(
    runner: str, kafka_address: str, tmp_path: Path
) -> None:
    with fleet(kafka_address, tmp_path, runner, records=1_000, partitions=4) as ships:
        ships.deadly.write_text("0 30 segfault\n1 201 killed\n")
        ended = ships.keep(2, 280)
        ships.end()
        assert ships.confirmed("D") == {(0, 30): 1, (1, 201): 1}
        assert len(ships.confirmed()) == 1_000 - 2
    assert ended <= 2 * 5


def test_the_oracle_sees_that_stock_faust_loses_what_an_effect_has_failed_on(
    kafka_address: str, tmp_path: Path
) -> None:
    with fleet(kafka_address, tmp_path, "stock") as ships:
        worker = ships.start()
        ships.wait_begun(worker)
        ships.fail.touch()
        assert ships.finish(60).lost > 0
        assert not ships.fail.exists()
