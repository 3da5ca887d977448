"""The rules of workers, followed on the real Kafka: whole before the first story, every change within two seconds."""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, date, datetime

import pytest
from kafka import KafkaAdminClient, KafkaProducer

from pipeline.adapters.kafka import topics
from pipeline.adapters.kafka.rules import KafkaRules
from pipeline.config import Config, Kafka
from pipeline.core.errors import Problem
from pipeline.core.rules import Limits, RuleDefinition
from pipeline.core.rules.book import RuleBook, State
from pipeline.core.rules.changes import FILES, Change, Named, Origin, Published, Stored, encoded
from pipeline.runners.followed_rules import FollowedRules

pytestmark = pytest.mark.servers

WITHIN = 2.0
MANY = 5_000
NOON = datetime(2026, 6, 15, 12, tzinfo=UTC)


class Follower(FollowedRules):
    """Follows for a worker of its own, and notes what it is told."""

    def __init__(self, kafka: Kafka) -> None:
        self.told: list[str] = []
        refuse: Callable[[Problem], None] = lambda problem: self.told.append(str(problem))  # noqa: E731  a short ear
        book = RuleBook(None, Limits(), None, refuse, date(2026, 6, 15))
        super().__init__(book, kafka, 1, "desk", lambda: NOON)

    async def until(self, reached: Callable[[], bool]) -> float:
        """Wait, but not for longer than a change may take; return the seconds."""
        began = time.monotonic()
        while not reached():
            assert time.monotonic() < began + WITHIN, self.told
            await asyncio.sleep(0.01)
        return time.monotonic() - began


@pytest.fixture
def log(kafka_address: str) -> Iterator[KafkaRules]:
    kafka = Kafka(brokers=(kafka_address,), prefix=f"rules-{uuid.uuid4().hex[:8]}.")
    config = Config(mode="distributed", kafka=kafka)
    topics.create(config, lambda _line: None)
    yield KafkaRules(kafka)
    with KafkaAdminClient(bootstrap_servers=list(kafka.brokers)) as admin:
        admin.delete_topics([topic.name for topic in topics.declared(config)])


def rule(id_: str, query: str, origin: Origin = Origin.API) -> Change:
    return id_, encoded(Stored(origin, RuleDefinition(id=id_, query=query)))


def put(log: KafkaRules, *changes: Change) -> None:
    with log.edit() as write:
        write(changes)


def follow(log: KafkaRules, use: Callable[[Follower, Follower], Awaitable[None]]) -> None:
    """Run two followers that have read the topic, and close them."""

    async def main() -> None:
        followers = Follower(log.kafka), Follower(log.kafka)
        try:
            for follower in followers:
                await follower.begin()
            await use(*followers)
        finally:
            for follower in followers:
                await follower.close()

    asyncio.run(main())


def test_a_long_topic_with_overwritten_and_unreadable_records_is_read_whole(log: KafkaRules) -> None:
    put(log, *(rule(f"r{number}", "$war") for number in range(MANY)), ("$war", encoded(Named("x1"))))
    put(
        log, *(rule(f"r{number}", "x2") for number in range(100)), *((f"r{number}", None) for number in range(200, 300))
    )
    producer = KafkaProducer(bootstrap_servers=list(log.kafka.brokers))
    for key, value in ((b"r7", b"{"), (b"", b"nobody's"), (b"\xff", b"\x00")):  # Kafka itself refuses one without a key
        producer.send(topics.full_name(log.kafka, topics.RULES), value, key=key).get(20)
    producer.close()
    put(log, (FILES, encoded(Published(0, NOON))))

    async def use(follower: Follower, _other: Follower) -> None:
        rules = follower.book.rules
        assert len(rules) == MANY - 101
        assert {rules.get(f"r{number}") is None for number in (7, 200, 299)} == {True}
        assert sorted(told.split(" cannot be read")[0] for told in follower.told) == [
            "rules: the record of ''",
            "rules: the record of 'r7'",
            "rules: the record of '�'",
        ]

    follow(log, use)


def test_every_change_reaches_every_worker_within_two_seconds(log: KafkaRules) -> None:
    async def use(one: Follower, other: Follower) -> None:
        for changes, there in (
            ([rule("a", "x1")], ["a"]),
            ([rule("b", "x1"), ("a", None)], ["b"]),
            ([rule("b", "x1 OR")], []),
            ([rule("b", "x1")], ["b"]),
        ):
            await asyncio.to_thread(put, log, *changes)
            for follower in (one, other):
                await follower.until(lambda f=follower, there=there: list(f.book.rules.versions) == there)  # type: ignore[misc]

    follow(log, use)


def test_a_rule_that_failed_on_one_worker_is_out_on_the_other_until_it_is_enabled(log: KafkaRules) -> None:
    put(log, rule("bad", "x1"))

    async def use(one: Follower, other: Follower) -> None:
        one.book.rules.fail("bad", "ZeroDivisionError")
        one.book.fail("bad", "ZeroDivisionError", "desk", NOON)
        await other.until(lambda: other.book.state("bad") is State.FAILED)
        assert one.told == other.told
        await asyncio.to_thread(put, log, ("!bad", None))
        for follower in (one, other):
            await follower.until(lambda f=follower: f.book.state("bad") is State.IN_FORCE)  # type: ignore[misc]

    follow(log, use)
