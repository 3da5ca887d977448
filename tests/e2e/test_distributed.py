"""The distributed pipeline, whole: the sample wire through Kafka, desk, index and Elasticsearch, with a kill."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from pipeline.adapters import files
from pipeline.adapters.kafka import topics
from pipeline.core.payload import Payload
from tests.e2e.oracle import expected
from tests.e2e.stage import ROOT, Stage, staged

pytestmark = [pytest.mark.servers, pytest.mark.timeout(180)]
SAMPLES = sorted(
    str(path)
    for path in (ROOT / "config" / "samples").iterdir()
    if path.is_dir() or (path.suffix == ".jsonl" and path.stem != "expected")
)


@pytest.fixture
def stage(tmp_path: Path, kafka_address: str, elasticsearch_url: str) -> Iterator[Stage]:
    """Make a pipeline of this test's own."""
    with staged(tmp_path, kafka_address, elasticsearch_url) as stage:
        yield stage


def samples() -> list[Payload]:
    def refuse(origin: str, reason: str) -> None:
        pytest.fail(f"{origin}: {reason}")

    return list(files.payloads(SAMPLES, refuse))


def test_a_killed_desk_loses_no_story_and_no_alert_and_leaves_nothing_twice_in_the_index(stage: Stage) -> None:
    should = expected(stage.config, samples())
    stage.start("index")
    desk = stage.start("desk", "--instance", "desk-0")
    stage.wait_reading()
    producer = stage.popen("produce", *SAMPLES, "--rate", "25")
    stage.until(lambda: stage.written(topics.STORIES) > 20, "the first stories are tagged")
    stage.kill(desk)
    assert producer.poll() is None  # in the middle of the wire
    time.sleep(1)
    stage.start("desk", "--instance", "desk-0")
    assert producer.wait(60) == 0
    stage.wait_drained()

    found = stage.indexed()
    assert len(found) == len({story.id for story in found})
    assert {story.id: story.revision for story in found} == should.revisions
    raised = stage.alerts()
    assert should.alerts.keys() <= raised.keys()
    for topic in stage.config.topics:
        of_topic = {alert.id for alert in should.alerts.values() if alert.topic == topic}
        assert of_topic <= stage.alerts(topics.alert_topic(topic)).keys()
    assert len(stage.dead()) == should.dead


def test_what_is_shifted_to_now_is_found_by_age_and_subscribed_to(stage: Stage) -> None:
    desk, index = stage.start("desk"), stage.start("index")
    produced = stage.run("produce", *SAMPLES, "--shift-to", "now")
    assert "payloads confirmed by" in produced.stderr
    stage.wait_drained()
    told = stage.run("subscribe", "mutual-aid", "--since", "1h", "--once", "--format", "json")
    events = [msgspec.json.decode(line) for line in told.stdout.splitlines()]
    of_rule = [event for event in events if event.get("subject") == "mutual-aid"]
    assert any("mutual aid" in event["data"]["story"]["headline"].lower() for event in of_rule)
    assert stage.stop(desk) < 30
    assert stage.stop(index) < 30


def test_what_cannot_be_parsed_is_a_dead_letter_and_the_rest_goes_on(stage: Stage, tmp_path: Path) -> None:
    good = (
        '{"uri": "urn:x:1", "headline": "Troops attacked", "body_text": "Troops attacked a village.", "type": "text"}'
    )
    wire = tmp_path / "wire.jsonl"
    wire.write_text(f'{good}\n{{"no": "story"}}\nnot json at all\n{good.replace("x:1", "x:2")}\n')
    stage.start("index")
    stage.start("desk")
    stage.run("produce", str(wire), "--provider", "test.example")
    stage.wait_drained()
    assert len(stage.indexed()) == 2
    letters = {letter.payload: letter for letter in stage.dead()}
    assert set(letters) == {b'{"no": "story"}', b"not json at all"}
    assert all(letter.step == "parse" and letter.reason and letter.origin for letter in letters.values())


def test_an_unreachable_broker_is_one_line_and_status_4(tmp_path: Path) -> None:
    stage = Stage(tmp_path, "127.0.0.1:1", "http://127.0.0.1:1", partitions=1)
    for command in (["init"], ["produce", SAMPLES[0]], ["subscribe"]):
        done = stage.run(*command, status=4)
        assert "Kafka at 127.0.0.1:1 cannot be reached" in done.stderr
        assert "Traceback" not in done.stderr


def test_workers_wait_for_their_topics_and_say_so(tmp_path: Path, kafka_address: str, elasticsearch_url: str) -> None:
    stage = Stage(tmp_path, kafka_address, elasticsearch_url, partitions=2)
    try:
        stage.start("desk")
        stage.until(lambda: "for topics" in stage.log.read_text(), "the worker waits")
        stage.run("init")
        stage.run("produce", SAMPLES[0])
        stage.until(lambda: stage.drained("desk", topics.INCOMING), "desk has drained")
    finally:
        stage.end()
