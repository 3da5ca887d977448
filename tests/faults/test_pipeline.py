"""The whole pipeline under faults: what was acknowledged to the producer against what is there at the end."""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterator
from random import Random

import msgspec
import pytest

from pipeline.adapters.kafka.produce import Producer
from pipeline.core.formats.key import cheap_key
from pipeline.core.payload import Payload
from tests.adapters.elastic.proxy import passes
from tests.e2e.stage import staged
from tests.faults import fuzz, trouble, wire
from tests.faults.crew import Crew
from tests.faults.killing import KINDS, holds, kill_workers
from tests.faults.ledger import sending, through
from tests.faults.report import Report
from tests.faults.size import Size
from tests.faults.trouble import Trouble

pytestmark = pytest.mark.servers

STANDSTILL = 60.0


@pytest.fixture(scope="module")
def hindered(elasticsearch_url: str) -> Iterator[Trouble]:
    """Put a proxy before the real Elasticsearch."""
    with trouble.troubled(elasticsearch_url) as proxy:
        yield proxy


@pytest.fixture(scope="module")
def crew(
    tmp_path_factory: pytest.TempPathFactory, kafka_address: str, hindered: Trouble, runner: str
) -> Iterator[Crew]:
    """Start three desks and an index over twelve partitions, which the tests of this module share."""
    folder = tmp_path_factory.mktemp("stage")
    with staged(folder, kafka_address, hindered.url, partitions=12, direct=hindered.target) as stage:
        yield Crew(stage, KINDS, runner)


def test_worker_killed_and_failing_workers_cost_nothing_and_alert_again_at_once(
    crew: Crew, size: Size, report: Report
) -> None:
    found = kill_workers(crew, size)
    report.add("worker: SIGKILL, unforeseen errors", size.faults, found)
    assert holds(found, size, crew.again_within), found


def test_deploy_a_rolling_restart_costs_nothing_and_repeats_next_to_nothing(
    crew: Crew, size: Size, report: Report
) -> None:
    ledger = sending(crew.stage, size)
    stops = max(size.faults, len(crew.kinds))
    for number in range(stops):
        time.sleep(1)
        assert crew.restart(number % len(crew.kinds)) < 30
    found = ledger.compare()
    report.add("deploy: SIGTERM in turn", stops, found)
    assert found.harmless, found
    assert found.again <= 0.001 * len(ledger.payloads), found


def test_index_answers_that_fail_or_are_lost_cost_nothing_and_delay_no_alert(
    crew: Crew, hindered: Trouble, size: Size, report: Report
) -> None:
    ledger = sending(crew.stage, size)
    faults = trouble.kinds(Random(3))
    every = size.stories / size.rate / (len(faults) + 2)
    for name, fault in faults.items():
        hindered.begin(fault)
        time.sleep(every)
        crew.stage.until(lambda: hindered.met > 0, f"a request meets {name}")
    hindered.now = passes
    with crew.stage.blocked():
        time.sleep(every)
    found = ledger.compare()
    report.add("index: 429, 503, lost, cut off and short answers, read-only block", hindered.counted, found)
    assert found.harmless, found
    assert found.delay < crew.again_within, found


def test_rebalance_workers_that_come_and_go_while_the_index_is_slow_cost_nothing(
    crew: Crew, hindered: Trouble, size: Size, report: Report
) -> None:
    hindered.now = trouble.slow(0.5)
    ledger = sending(crew.stage, size)
    guests = itertools.cycle(["index", "desk"])
    through(ledger, size, lambda _: crew.visit(next(guests)), pause=2 if size.faults < 10 else 10)
    hindered.now = passes
    found = ledger.compare()
    report.add("rebalance: join and leave, slow index", 2 * size.faults, found)
    assert found.harmless, found
    assert found.standstill < STANDSTILL, found


def test_fuzz_whatever_comes_in_ends_as_exactly_one_of_indexed_and_dead(crew: Crew, size: Size) -> None:
    inputs = fuzz.inputs(size.stories // 5, Random(5))
    fuzz.send(crew.stage.config, inputs)
    crew.stage.wait_drained(240)
    dead = {letter.payload for letter in crew.stage.dead()}
    indexed = {story.id for story in crew.stage.indexed()}
    for data, ids in fuzz.outcomes(crew.stage.config, inputs).items():
        assert (data in dead) != bool(ids), data
        assert ids <= indexed, data


def test_worker_a_story_that_ends_its_process_is_found_and_buried_and_the_others_go_on(crew: Crew, size: Size) -> None:
    ledger = sending(crew.stage, msgspec.structs.replace(size, stories=min(size.stories, 1_000)))
    deadly = wire.story("deadly-11 9999:1", 1, "Troops attacked")
    producer = Producer(crew.stage.config.kafka, cheap_key, lambda _origin, _reason: None)
    producer.send(Payload(data=deadly, origin="made"))
    producer.finish()
    crew.keep(ledger)
    assert ledger.compare().harmless
    [letter] = [letter for letter in crew.stage.dead() if letter.payload == deadly]
    assert letter.step == "desk"
    assert letter.attempts >= 3
    assert letter.reason == f"ended {letter.attempts} processes that worked on it"
