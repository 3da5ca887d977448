"""What the release worker makes of stories that are due, over a broker that notes and may refuse."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from pipeline.adapters.kafka import topics
from pipeline.adapters.kafka.records import Message
from pipeline.core.flow import Desk, Parsed
from pipeline.core.payload import Payload
from pipeline.core.story import Story
from pipeline.runners.liveness import Liveness
from pipeline.runners.release import ReleaseWorker
from tests.runners.test_desk import KAFKA, Broker, Matcher, Tagger
from tests.runners.test_held_notes import Group

NOON = datetime(2026, 6, 15, 12, tzinfo=UTC)


def parse(_payload: Payload) -> Parsed:
    return Parsed([])


def held(number: int, headline: str = "aid") -> Story:
    return Story(
        uri=f"u:{number}", provider="p", version="1", embargoed_until=NOON, source_format="x", headline=headline
    )


async def begun(broker: Any, clock: Callable[[], datetime]) -> ReleaseWorker:
    """Return a worker at the beginning of its turn; ``clock`` is that of its steps, it is noon to the worker itself."""
    desk = Desk(parse=parse, tagger=Tagger(), matcher=Matcher(), clock=clock)
    worker = ReleaseWorker(desk, KAFKA, broker, lambda: NOON, liveness=Liveness("release"))
    group: Any = Group()
    await worker.notes.begin(group)
    return worker


def topics_of(broker: Broker) -> list[tuple[str, bool]]:
    """Return to which topic each message went, and whether it said something."""
    return [(message.topic, message.value is not None) for call in broker.calls for message in call]


def test_a_story_that_kafka_will_not_take_is_a_dead_letter_before_it_leaves_the_topic() -> None:
    def refuses(message: Message) -> bool:
        return message.topic == topics.STORIES and b"u:1" in (message.value or b"")

    async def test() -> None:
        broker = Broker(refuses)
        worker = await begun(broker, lambda: NOON)
        worker.book.hold(held(1))
        worker.book.hold(held(2))
        await worker.release_due()
        [letter] = broker.letters()
        assert (letter.step, letter.reason) == ("release", "too large")
        assert b'"u:1"' in letter.payload
        kinds = topics_of(broker)
        assert kinds.index((topics.DEAD, True)) < kinds.index((topics.HELD, False))
        assert kinds.count((topics.HELD, False)) == 2
        assert len(worker.book) == 0

    asyncio.run(test())


def test_a_dead_letter_that_is_too_large_is_cut_before_the_story_leaves_the_topic() -> None:
    def refuses(message: Message) -> bool:
        return message.topic == topics.STORIES or (message.topic == topics.DEAD and message.size > 4_000)

    async def test() -> None:
        broker = Broker(refuses)
        worker = await begun(broker, lambda: NOON)
        worker.book.hold(held(1, "aid " * 1_500))
        await worker.release_due()
        kinds = topics_of(broker)
        assert kinds.count((topics.DEAD, True)) > 1
        assert kinds[-1] == (topics.HELD, False)
        assert len(broker.letters()[-1].payload) < 4_000

    asyncio.run(test())


def test_a_story_whose_time_has_not_come_after_all_stays() -> None:
    async def test() -> None:
        broker = Broker()
        times = [NOON - timedelta(milliseconds=10)]  # the clock was set back since the worker looked
        worker = await begun(broker, lambda: times[0])
        worker.book.hold(held(1))
        await worker.release_due()
        assert topics_of(broker) == []
        times[0] = NOON
        await worker.release_due()
        assert topics_of(broker)[-1] == (topics.HELD, False)
        assert (topics.STORIES, True) in topics_of(broker)

    asyncio.run(test())
