"""Messages that no producer of ours sends: each is indexed or a dead letter, and no worker ends or stands still."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from kafka import KafkaAdminClient, KafkaProducer
from kafka.admin import ConfigResource, ConfigResourceType

from pipeline.adapters.elastic import ElasticArchive
from pipeline.adapters.kafka import topics
from pipeline.core.need import ANYTHING
from pipeline.core.payload import DeadLetter
from tests.e2e.stage import Stage, staged

pytestmark = [pytest.mark.servers, pytest.mark.timeout(300)]
MEGABYTE = 1024 * 1024


@pytest.fixture
def stage(tmp_path: Path, kafka_address: str, elasticsearch_url: str) -> Iterator[Stage]:
    """Make a pipeline of this test's own."""
    with staged(tmp_path, kafka_address, elasticsearch_url, partitions=2) as stage:
        yield stage


def story(name: str, **more: Any) -> bytes:
    found = {"uri": f"urn:odd:{name}", "type": "text", "headline": f"Odd {name}", "provider": "odd.example", **more}
    return json.dumps(found).encode()


def limit(stage: Stage, topic: str, most: int) -> None:
    """Let the broker take messages of another size than we think."""
    name = topics.full_name(stage.config.kafka, topic)
    settings = {
        "max.message.bytes": str(most),
        "message.timestamp.after.max.ms": str(20 * 365 * 86_400_000),
        "cleanup.policy": "compact,delete" if topic == topics.DEAD else "delete",
    }
    with KafkaAdminClient(bootstrap_servers=list(stage.config.kafka.brokers)) as admin:
        admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, name, configs=settings)])


def indexed(stage: Stage) -> set[str]:
    stage.indexed()  # makes what is written searchable
    archive = ElasticArchive(stage.config.elasticsearch)
    found = {found.uri.removeprefix("urn:odd:") for found in archive.stories(ANYTHING)}
    archive.close()
    return found


def letters(stage: Stage) -> dict[bytes, DeadLetter]:
    return {letter.payload[:40]: letter for letter in stage.dead()}


def test_every_odd_message_is_indexed_or_a_dead_letter_and_the_others_go_on(stage: Stage) -> None:
    limit(stage, topics.INCOMING, 25 * MEGABYTE)
    workers = [stage.start("desk"), stage.start("index")]
    incoming = topics.full_name(stage.config.kafka, topics.INCOMING)
    later = int(time.time() * 1000) + 10 * 365 * 86_400_000
    long = story("long", body_text="word " * (4 * MEGABYTE))
    broad = story("broad", body_text="word " * (MEGABYTE // 2))
    named = story("named")
    with KafkaProducer(bootstrap_servers=stage.config.kafka.brokers[0], max_request_size=30 * MEGABYTE) as producer:
        for partition in (0, 1):  # each odd one has others behind it
            for value, more in (
                (story(f"bare-{partition}"), {}),
                (None, {"key": b"nothing-%d" % partition}),
                (story(f"future-{partition}", versioncreated="2036-01-01T00:00:00Z"), {"timestamp_ms": later}),
                (story(f"headers-{partition}"), {"headers": [("received", b"\xff"), ("attempts", b"many"), ("", b"")]}),
                (long, {}),
                (broad, {}),
                (named, {"headers": [("provider", b"p" * 900_000), ("content-type", b"x" * 900_000)]}),
                (story(f"last-{partition}"), {}),
            ):
                producer.send(incoming, value, partition=partition, **more).get(60)
    stage.wait_drained(200)
    dead = letters(stage)
    ends = {f"{name}-{partition}" for name in ("bare", "future", "headers", "last") for partition in (0, 1)}
    assert ends <= indexed(stage)
    assert b"" in dead
    assert dead[long[:40]].size == len(long)
    assert "bytes are more than a story or feed may have" in dead[long[:40]].reason
    assert "bytes are too many for wire.stories" in dead[broad[:40]].reason
    assert ("named" in indexed(stage)) != (named[:40] in dead)

    limit(stage, topics.STORIES, 3_000)
    limit(stage, topics.DEAD, 5_000)
    wide, poison = story("wide", body_text="word " * 2_000), b"poison " * 10_000
    with KafkaProducer(bootstrap_servers=stage.config.kafka.brokers[0]) as producer:
        for value in (wide, poison, story("after")):
            producer.send(incoming, value, partition=0).get(30)
    stage.wait_drained(100)
    dead = letters(stage)
    assert dead[wide[:40]].step == "send"
    assert "wire.stories takes no message of" in dead[wide[:40]].reason
    assert dead[poison[:40]].size == len(poison)
    assert "after" in indexed(stage)
    assert [worker.poll() for worker in workers] == [None, None], stage.log.read_text()
