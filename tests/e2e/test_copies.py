"""Copies of one text through Kafka, desk, index and Elasticsearch: one story in a search, "also from"."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from pipeline.adapters.elastic import ElasticArchive
from pipeline.core.need import ANYTHING
from pipeline.core.story import Story
from tests.core.cluster.made import FERRY, NOON
from tests.e2e.stage import Stage, staged

pytestmark = [pytest.mark.servers, pytest.mark.timeout(180)]


@pytest.fixture
def stage(tmp_path: Path, kafka_address: str, elasticsearch_url: str) -> Iterator[Stage]:
    """Make a pipeline of this test's own."""
    with staged(tmp_path, kafka_address, elasticsearch_url) as stage:
        yield stage


def line(provider: str, body: str, hours: float) -> str:
    story = {
        "uri": f"urn:{provider}:ferry",
        "version": "1",
        "versioncreated": (NOON + timedelta(hours=hours)).isoformat(),
        "headline": "Ferry runs aground off Velmar",
        "body_text": body,
        "provider": provider,
    }
    return json.dumps(story) + "\n"


def stored(stage: Stage) -> dict[str, Story]:
    archive = ElasticArchive(stage.config.elasticsearch)
    found = {story.provider: story for story in archive.stories(ANYTHING)}
    archive.close()
    return found


def test_copies_of_two_fetches_are_one_story_in_a_search_also_after_a_replay(stage: Stage, tmp_path: Path) -> None:
    stage.start("desk")
    stage.start("index")
    stage.wait_reading()
    wire = tmp_path / "wire.jsonl"
    for lines in (line("alder", FERRY, 0), line("birch", FERRY.upper(), 1) + line("cedar", FERRY[:300], 2)) * 2:
        wire.write_text(lines)
        stage.run("produce", str(wire))
        stage.wait_drained()
    stage.until(lambda: len(stored(stage)) == 3, "the copies are found by a search")
    found = stored(stage)
    assert {name: story.cluster for name, story in found.items()} == {
        "alder": None,
        "birch": found["alder"].id,
        "cedar": found["alder"].id,
    }
    shown = stage.run("search", "ferry").stdout
    assert shown.count("Ferry runs aground") == 1
    assert "also from alder, birch · first alder urn:alder:ferry" in shown
