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
    release = stage.start("release")
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
    stage.start("release")

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
    release, ends = stage.start("release", module=hooked), 0
    while not stage.dead():
        assert ends < 6
        if release.poll() is not None:
            release, ends = stage.start("release", module=hooked), ends + 1
    stage.until(lambda: len(stage.alerts()) == 2, "the others are released")
    [letter] = stage.dead()
    assert (letter.step, letter.attempts) == ("release", ends)
    assert msgspec.json.decode(letter.payload, type=Story).uri == "urn:held:deadly-11"
    assert letter.reason == f"ended {letter.attempts} processes that worked on it"
    stage.kill(release)

    stage.start("release")
    stage.run("dead", "retry", letter.id)
    stage.until(lambda: len(stage.alerts()) == 3, "the retry releases it")
    assert not stage.dead()
