"""What desk makes of a fetch, and in which order, over a broker that is played: one that notes and may refuse."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import msgspec
import pytest
from aiokafka import TopicPartition

from pipeline.adapters.kafka import records, topics
from pipeline.adapters.kafka.records import Message
from pipeline.adapters.kafka.send import Refused
from pipeline.config import Kafka
from pipeline.core.errors import InputError
from pipeline.core.flow import Desk, MatchResult, Parsed, Tags
from pipeline.core.payload import DeadLetter, Payload
from pipeline.core.story import Match, Story
from pipeline.runners.desk import DeskWorker
from tests.runners.plain import complete

NOON = datetime(2026, 6, 15, 12, tzinfo=UTC)
KAFKA = Kafka(max_message_bytes=10_000)


class Record(NamedTuple):
    """A record of ``wire.incoming``."""

    value: bytes
    offset: int = 0
    headers: tuple[tuple[str, bytes], ...] = ()
    key: bytes | None = None
    timestamp: int = 1_781_524_800_000
    topic: str = topics.INCOMING
    partition: int = 0


class Tagger:
    """Finds nothing."""

    version = "1"

    def tag(self, story: Story) -> Tags:
        if story.headline == "fault":
            raise RuntimeError("a fault of ours")
        return Tags((), ())


class Matcher:
    """Matches every story that is about aid."""

    def match(self, story: Story) -> MatchResult:
        return MatchResult((Match("aid", "security", ()),) if "aid" in (story.headline or "") else ())


class Broker:
    """Notes what is sent, call by call; refuses what ``refuses`` says."""

    def __init__(self, refuses: Callable[[Message], bool] = lambda _message: False) -> None:
        self.refuses = refuses
        self.calls: list[list[Message]] = []

    async def send(self, messages: Sequence[Message]) -> list[Refused]:
        self.calls.append(list(messages))
        return [Refused(message, "too large") for message in messages if self.refuses(message)]

    def letters(self) -> list[DeadLetter]:
        return [
            msgspec.json.decode(message.value or b"", type=DeadLetter)
            for call in self.calls
            for message in call
            if message.topic == topics.DEAD
        ]


def parse(payload: Payload) -> Parsed:
    headline = payload.data.decode()
    if headline == "bad":
        raise InputError("is bad")
    embargo = NOON + timedelta(hours=1) if headline == "held" else None
    uri = "\ud800" if headline == "unwritable" else headline
    return Parsed(
        [
            Story(
                uri=uri,
                provider="p",
                headline=headline,
                embargoed_until=embargo,
                source_format="x",
                received=payload.received,
            )
        ]
    )


def run(broker: Broker, *read: Record) -> Broker:
    desk = Desk(parse=parse, tagger=Tagger(), matcher=Matcher(), clock=lambda: NOON)
    sender: Any = broker
    worker = DeskWorker(desk, KAFKA, sender)
    numbered = [record._replace(offset=offset) for offset, record in enumerate(read)]
    asyncio.run(complete(worker, {TopicPartition(topics.INCOMING, 0): numbered}))
    return broker


def test_alerts_are_confirmed_before_stories_are_sent() -> None:
    first, then = run(Broker(), Record(b"aid one"), Record(b"other"), Record(b"aid two")).calls
    assert [message.topic for message in first] == ["wire.alerts", "alerts.security"] * 2
    assert [message.key for message in then] == [b"p\0aid one", b"p\0other", b"p\0aid two"]
    assert {message.topic for message in then} == {"wire.stories"}


def test_a_replay_writes_stories_that_say_so_and_no_alerts() -> None:
    first, then = run(Broker(), Record(b"aid", headers=(records.REPLAY,))).calls
    assert first == []
    assert [records.REPLAY in message.headers for message in then] == [True]


def test_a_story_under_embargo_is_held_and_raises_nothing() -> None:
    first, then = run(Broker(), Record(b"held")).calls
    assert (first, [message.topic for message in then]) == ([], ["wire.held"])


@pytest.mark.parametrize(
    ("headline", "step", "reason"),
    [
        (b"bad", "parse", "is bad"),
        (b"fault", "tag", "RuntimeError: a fault of ours"),
        (b"unwritable", "send", "UnicodeEncodeError"),
    ],
)
def test_whatever_is_wrong_with_one_payload_is_a_dead_letter_and_the_rest_goes_on(
    headline: bytes, step: str, reason: str
) -> None:
    broker = run(Broker(), Record(b"one"), Record(headline, headers=(("attempts", b"2"),)), Record(b"two"))
    [letter] = broker.letters()
    assert (letter.step, letter.payload, letter.origin) == (step, headline, "wire.incoming/0/1")
    assert letter.reason.startswith(reason)
    assert letter.attempts == 3
    assert letter.received == NOON
    stories = [message.key for call in broker.calls for message in call if message.topic == topics.STORIES]
    assert stories == [b"p\0one", b"p\0two"]


def test_a_story_that_kafka_refuses_is_a_dead_letter_of_its_payload() -> None:
    broker = run(Broker(lambda message: message.key == b"p\0large"), Record(b"one"), Record(b"large"))
    [letter] = broker.letters()
    assert (letter.step, letter.payload, letter.reason) == ("send", b"large", "too large")


def test_a_dead_letter_that_kafka_refuses_is_cut_until_it_is_taken() -> None:
    payload = b"bad"
    reason = "x" * 6_000

    def refuses(message: Message) -> bool:
        return message.topic == topics.DEAD and message.size > 4_000

    desk = Desk(parse=raising(reason), tagger=Tagger(), matcher=Matcher(), clock=lambda: NOON)
    broker = Broker(refuses)
    sender: Any = broker
    asyncio.run(complete(DeskWorker(desk, KAFKA, sender), {TopicPartition(topics.INCOMING, 0): [Record(payload)]}))
    assert not refuses(broker.calls[-1][0])
    assert "cut to" in broker.letters()[-1].reason


def test_a_broker_that_takes_no_letter_at_all_ends_the_worker() -> None:
    with pytest.raises(RuntimeError, match="no dead letter can be kept"):
        run(Broker(lambda message: message.topic == topics.DEAD), Record(b"bad"))


def raising(reason: str) -> Callable[[Payload], Parsed]:
    def parse(_payload: Payload) -> Parsed:
        raise InputError(reason)

    return parse
