"""Topics, confirmed writes, the producer and the reader on a real Kafka, and the sentence for each way to fail."""

from __future__ import annotations

import asyncio
import socket
import threading
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from hashlib import sha256

import msgspec
import pytest
from kafka import KafkaAdminClient
from kafka.errors import KafkaTimeoutError

from pipeline.adapters.kafka import read, records, topics
from pipeline.adapters.kafka.connect import unreachable
from pipeline.adapters.kafka.produce import Producer
from pipeline.adapters.kafka.records import Message
from pipeline.adapters.kafka.send import Refused, Sender
from pipeline.config import Config, Kafka
from pipeline.core.alerts import raise_alerts
from pipeline.core.archive import AlertFilter
from pipeline.core.errors import UnreachableError
from pipeline.core.payload import Payload
from pipeline.core.story import Match, Story

server = pytest.mark.servers
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)


@pytest.fixture
def config(kafka_address: str) -> Iterator[Config]:
    """Make topics of this test's own."""
    prefix = f"adapter-{uuid.uuid4().hex[:8]}."
    kafka = Kafka(brokers=(kafka_address,), prefix=prefix, partitions=3, max_message_bytes=20_000)
    config = Config(mode="distributed", topics=("security",), kafka=kafka)
    topics.create(config, lambda _line: None)
    yield config
    with KafkaAdminClient(bootstrap_servers=kafka_address) as admin:
        admin.delete_topics([topic.name for topic in topics.declared(config)])


def send(config: Config, messages: list[Message]) -> list[Refused]:
    async def run() -> list[Refused]:
        sender = Sender(config.kafka, "test")
        try:
            return await sender.send(messages)
        finally:
            await sender.close()

    return asyncio.run(run())


def values(config: Config, topic: str) -> list[bytes]:
    return [record.value or b"" for record in read.records(config.kafka, [topic], LONG_AGO, follow=False)]


@server
def test_init_repeated_says_nothing_and_changed_settings_are_brought_up_to_date(config: Config) -> None:
    said: list[str] = []
    topics.create(config, said.append)
    assert said == []
    kafka = Kafka(brokers=config.kafka.brokers, prefix=config.kafka.prefix, partitions=5, max_message_bytes=30_000)
    topics.create(Config(mode="distributed", topics=("security",), kafka=kafka), said.append)
    name = kafka.prefix + topics.INCOMING
    assert f"changed topic {name}: max.message.bytes={30_000 + topics.OVERHEAD}" in said
    assert any(line.startswith(f"topic {name} has 3 partitions, kafka.partitions says 5") for line in said)


@server
def test_what_is_not_as_configured_is_named(config: Config) -> None:
    names = [topics.INCOMING, topics.DEAD]
    assert topics.differences(config, names) == []
    kafka = msgspec.structs.replace(config.kafka, partitions=5, replication=3, max_message_bytes=30_000)
    told = topics.differences(msgspec.structs.replace(config, kafka=kafka), names)
    assert told[0] == f"topic {kafka.prefix}wire.incoming: partitions is 3, and 5 as configured"
    assert [line.split(": ")[1].split(" ")[0] for line in told] == [
        "partitions",
        "replication",
        "max.message.bytes",
    ] * 2


@server
def test_every_message_is_confirmed_once_and_in_order_of_its_key(config: Config) -> None:
    sent = [Message(topics.STORIES, b"key %d" % (n % 7), b"%d " % n + b"." * 3000) for n in range(700)]
    assert send(config, sent) == []
    found = values(config, topics.STORIES)
    assert sorted(found) == sorted(message.value or b"" for message in sent)
    numbers = [int(value.split()[0]) for value in found]
    for key in range(7):
        of_key = [number for number in numbers if number % 7 == key]
        assert of_key == sorted(of_key)


@server
def test_a_message_that_is_too_large_is_refused_by_its_size_and_costs_no_other(config: Config) -> None:
    large = Message(topics.STORIES, b"k", b"x" * 50_000)
    refused = send(config, [Message(topics.STORIES, b"k", b"1"), large, Message(topics.STORIES, b"k", b"2")])
    assert [refusal.message for refusal in refused] == [large]
    assert "50001 bytes are too many for wire.stories (40000)" in refused[0].reason
    assert sorted(values(config, topics.STORIES)) == [b"1", b"2"]


@server
def test_a_message_that_only_the_broker_finds_too_large_is_found_out_among_others(config: Config) -> None:
    trusting = Kafka(brokers=config.kafka.brokers, prefix=config.kafka.prefix, max_message_bytes=500_000)
    messages = [Message(topics.STORIES, b"k", b"%d" % n) for n in range(5)]
    large = Message(topics.STORIES, b"k", b"x" * 60_000)
    messages.insert(2, large)
    refused = send(Config(mode="distributed", kafka=trusting), messages)
    assert [refusal.message for refusal in refused] == [large]
    assert set(values(config, topics.STORIES)) == {b"0", b"1", b"2", b"3", b"4"}


@server
def test_the_producer_counts_what_is_confirmed_and_names_what_is_refused(config: Config) -> None:
    refused: list[tuple[str, str]] = []
    producer = Producer(config.kafka, key, lambda origin, reason: refused.append((origin, reason)))
    producer.send(Payload(data=b"first", origin="f:1", provider="p"))
    producer.send(Payload(data=b"x" * 30_000, origin="f:2"))
    producer.send(Payload(data=b"third", origin="f:3"))
    sent = producer.finish()
    assert (sent.confirmed, sent.refused) == (2, 1)
    [(origin, reason)] = refused
    assert origin == "f:2"
    assert "a payload of 30000 bytes is more than" in reason
    assert set(values(config, topics.INCOMING)) == {b"first", b"third"}


@server
def test_alerts_are_read_since_a_time_each_id_once_and_only_those_wanted(config: Config) -> None:
    alerts = [
        raise_alerts(Story(uri=f"u:{n}", provider="p", source_format="x", matches=(Match(rule, "security", ()),)))[0]
        for n, rule in enumerate(["aid", "attack", "aid"])
    ]
    messages = [message for alert in (*alerts, alerts[0]) for message in records.alert_messages(alert)]
    noise = Message(topics.ALERTS, b"k", b"no alert of ours")
    send(config, [noise, *messages])

    def found(wanted: AlertFilter) -> list[str]:
        return sorted(alert.id for alert in read.alerts(config.kafka, wanted, follow=False))

    assert found(AlertFilter(since=LONG_AGO)) == sorted(alert.id for alert in alerts)
    assert found(AlertFilter(rules=frozenset({"attack"}), since=LONG_AGO)) == [alerts[1].id]
    assert found(AlertFilter(since=datetime.now(UTC) + timedelta(hours=1))) == []


@server
def test_following_begins_now_and_goes_on(config: Config) -> None:
    story = Story(uri="u", provider="p", source_format="x", matches=(Match("aid", "security", ()),))
    [alert] = raise_alerts(story)
    timer = threading.Timer(2, send, (config, records.alert_messages(alert)))
    timer.start()
    assert next(read.alerts(config.kafka, AlertFilter(), follow=True)) == alert
    timer.join()


@server
def test_a_whole_topic_is_its_newest_records_without_what_was_dropped(config: Config) -> None:
    keep, drop = b"keep", b"drop"
    send(config, [Message(topics.DEAD, keep, b"1"), Message(topics.DEAD, drop, b"2"), Message(topics.DEAD, keep, b"3")])
    send(config, [Message(topics.DEAD, drop, None)])
    assert {k: record.value for k, record in read.whole(config.kafka, topics.DEAD).items()} == {keep: b"3"}


@server
def test_a_missing_topic_is_named_with_what_to_do(kafka_address: str) -> None:
    kafka = Kafka(brokers=(kafka_address,), prefix="nobody-made-these.")
    with pytest.raises(UnreachableError, match=r"Kafka has no topic nobody-made-these\.wire\.incoming: run `wirewatch"):
        Producer(kafka, key, lambda _origin, _reason: None)
    with pytest.raises(UnreachableError, match=r"no topic nobody-made-these\.wire\.alerts"):
        next(read.alerts(kafka, AlertFilter(), follow=False))


@server
def test_a_login_where_none_is_asked_for_is_one_sentence(kafka_address: str) -> None:
    kafka = Kafka(brokers=(kafka_address,), security="tls")
    with pytest.raises(UnreachableError, match=f"what listens at {kafka_address} does not answer as Kafka with"):
        topics.missing_topics(kafka, [topics.INCOMING])


def test_an_address_where_nothing_listens_is_one_sentence() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        with pytest.raises(UnreachableError, match=f"Kafka at {address} cannot be reached: nothing listens there"):
            topics.missing_topics(Kafka(brokers=(address,)), [topics.INCOMING])


def test_a_broker_that_has_answered_before_and_no_longer_does_is_not_called_another_server() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        kafka = Kafka(brokers=(f"127.0.0.1:{silent.getsockname()[1]}",))
        late = unreachable(kafka, KafkaTimeoutError("Timeout waiting for future"))
        assert "does not answer within the time it has" in str(late)
        other = unreachable(kafka, KafkaTimeoutError("Unable to bootstrap from there"))
        assert "does not answer as Kafka with security plaintext does" in str(other)


def test_an_unreadable_ca_is_named() -> None:
    with pytest.raises(UnreachableError, match=r"kafka\.ca: /nowhere/ca\.pem cannot be used: No such file"):
        topics.missing_topics(Kafka(security="tls", ca="/nowhere/ca.pem"), [topics.INCOMING])


def key(payload: Payload) -> bytes:
    return sha256(payload.data).digest()
