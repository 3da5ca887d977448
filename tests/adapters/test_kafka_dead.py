"""Which message brings a dead letter back to the step that failed."""

from __future__ import annotations

from datetime import UTC, datetime

from pipeline.adapters.kafka import records, topics
from pipeline.adapters.kafka.dead import KafkaDeadLetters
from pipeline.config import Kafka
from pipeline.core.payload import DeadLetter
from pipeline.core.story import Story, encode, story_key

NOON = datetime(2026, 6, 15, 12, tzinfo=UTC)


def test_a_held_story_comes_back_under_the_key_that_its_release_takes_away() -> None:
    story = Story(uri="u:1", provider="p", version="3", source_format="x")
    letters = KafkaDeadLetters(Kafka(), lambda _payload: b"")
    for topic, key in ((topics.HELD, records.held_key(story)), (topics.STORIES, story_key("p", "u:1"))):
        letter = DeadLetter(id="x", payload=encode(story), origin=f"{topic}/0/1", step="index", reason="r", time=NOON)
        again = letters._again(letter)
        assert (again["topic"], again["key"]) == (topic, key)
