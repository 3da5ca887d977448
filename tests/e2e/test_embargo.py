"""Embargoes in the distributed pipeline: in no search and no alert before their time, on time, across a restart."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest

from pipeline.adapters.kafka import read, records, topics
from pipeline.core.story import Story
from tests.e2e.stage import LONG_AGO, Stage, staged

pytestmark = [pytest.mark.servers, pytest.mark.timeout(180)]


@pytest.fixture
def stage(tmp_path: Path, kafka_address: str, elasticsearch_url: str) -> Iterator[Stage]:
    """Make a pipeline of this test's own."""
    with staged(tmp_path, kafka_address, elasticsearch_url) as stage:
        yield stage


def line(name: str, version: int, **more: str) -> str:
    story = {
        "uri": f"urn:held:{name}",
        "version": str(version),
        "versioncreated": datetime.now(UTC).isoformat(),
        "headline": f"Troops attacked {name}",
        "body_text": "Nothing more is known.",
        "provider": "test.example",
    }
    return json.dumps({**story, **more}) + "\n"


def test_a_held_story_is_released_on_time_also_after_a_kill_and_a_lifted_one_is_not(
    stage: Stage, tmp_path: Path
) -> None:
    stage.start("desk")
    stage.start("index")
    stage.wait_reading()
    release = stage.start("release", "--instance", "one")
    until = datetime.now(UTC) + timedelta(seconds=40)
    held = {"embargoed": until.isoformat()}
    wire = tmp_path / "wire.jsonl"
    wire.write_text(line("kept", 1, **held) + line("changed", 1, **held) + line("lifted", 1, **held))
    stage.run("produce", str(wire))
    stage.until(lambda: stage.written(topics.HELD) == 3, "three stories are held")
    stage.kill(release)
    later = {"embargoed": (until + timedelta(hours=1)).isoformat()}
    wire.write_text(line("changed", 2, **later) + line("lifted", 2))
    stage.run("produce", str(wire))
    stage.wait_drained()
    assert {story.revision for story in stage.indexed()} == {8}, "only version 2 of the lifted one is indexed"
    assert datetime.now(UTC) < until
    stage.start("release", "--instance", "one")

    stage.until(lambda: len(stage.alerts()) >= 2, "the kept story is released")
    found = list(read.records(stage.config.kafka, [topics.ALERTS], LONG_AGO, follow=False))
    by_uri = {records.alert_of(record).story.uri: record.timestamp / 1000 for record in found}
    assert set(by_uri) == {"urn:held:lifted", "urn:held:kept"}
    assert 0 <= by_uri["urn:held:kept"] - until.timestamp() < 1
    stage.wait_drained()
    assert sorted(story.revision for story in stage.indexed()) == [4, 8]
    left = read.whole(stage.config.kafka, topics.HELD)
    assert sum(records.held_of(key) is not None for key in left) == 1, "the changed one is still held"


def test_a_held_story_that_ends_its_process_is_buried_and_released_by_a_retry(stage: Stage, tmp_path: Path) -> None:
    stage.start("desk")
    hooked = ("tests.faults.hooked", "ours", str(tmp_path))
    until = datetime.now(UTC) + timedelta(seconds=12)
    held = {"embargoed": until.isoformat()}
    wire = tmp_path / "wire.jsonl"
    wire.write_text("".join(line(name, 1, **held) for name in ("one", "deadly-11", "three")))
    stage.run("produce", str(wire))
    stage.until(lambda: stage.written(topics.HELD) == 3, "three stories are held")
    assert datetime.now(UTC) < until
    named = ("release", "--instance", "one")
    release, ends = stage.start(*named, module=hooked), 0
    while not stage.dead():
        assert ends < 6
        if release.poll() is not None:
            release, ends = stage.start(*named, module=hooked), ends + 1
    stage.until(lambda: len(stage.alerts()) == 2, "the others are released")
    [letter] = stage.dead()
    assert (letter.step, letter.attempts) == ("release", ends)
    assert msgspec.json.decode(letter.payload, type=Story).uri == "urn:held:deadly-11"
    assert letter.reason == f"ended {letter.attempts} processes that worked on it"
    stage.kill(release)

    stage.start(*named)
    stage.run("dead", "retry", letter.id)
    stage.until(lambda: len(stage.alerts()) == 3, "the retry releases it")
    assert not stage.dead()


def test_of_two_release_workers_each_is_a_spare_and_neither_blames_the_innocent(stage: Stage, tmp_path: Path) -> None:
    stage.start("desk")
    hooked = ("tests.faults.hooked", "ours", str(tmp_path))
    until = datetime.now(UTC) + timedelta(seconds=15)
    held = {"embargoed": until.isoformat()}
    innocent = [f"innocent-{number}" for number in range(40)]
    wire = tmp_path / "wire.jsonl"
    wire.write_text("".join(line(name, 1, **held) for name in (*innocent, "deadly-11")))
    stage.run("produce", str(wire))
    stage.until(lambda: stage.written(topics.HELD) == 41, "all stories are held")
    assert datetime.now(UTC) < until
    names = ("one", "two")
    workers = {name: stage.start("release", "--instance", name, module=hooked) for name in names}
    ends = 0

    def released() -> bool:
        nonlocal ends
        for name, worker in workers.items():
            if worker.poll() is not None:
                ends += 1
                workers[name] = stage.start("release", "--instance", name, module=hooked)
        return len(stage.alerts()) >= len(innocent) and bool(stage.dead())

    stage.until(released, "the innocent are released, and the one that ends its process is dead")
    assert ends <= 4
    [letter] = stage.dead()
    assert msgspec.json.decode(letter.payload, type=Story).uri == "urn:held:deadly-11"
    assert set(stage.alerts().values()) == {1}, "both have released the same"
    left = read.whole(stage.config.kafka, topics.HELD)
    assert not [key for key in left if records.held_of(key) is not None]


def test_a_spare_releases_what_is_due_when_the_one_that_had_the_turn_is_killed(stage: Stage, tmp_path: Path) -> None:
    stage.start("desk")
    logs = {name: tmp_path / f"{name}.log" for name in ("one", "two")}
    workers = {name: stage.start("release", "--instance", name, log=log) for name, log in logs.items()}
    said = {"follows": "release follows", "stands by": "release stands by"}
    for what, words in said.items():
        stage.until(lambda w=words: any(w in log.read_text() for log in logs.values()), f"a worker {what}")  # type: ignore[misc]
    until = datetime.now(UTC) + timedelta(seconds=6)
    wire = tmp_path / "wire.jsonl"
    wire.write_text(line("kept", 1, embargoed=until.isoformat()))
    stage.run("produce", str(wire))
    stage.until(lambda: stage.written(topics.HELD) == 1, "it is held")
    [turn] = [name for name, log in logs.items() if log.read_text().splitlines()[-1].startswith("wirewatch: release f")]
    stage.kill(workers[turn])
    stage.until(lambda: bool(stage.alerts()), "the spare releases it", 20)
    assert set(stage.alerts().values()) == {1}
