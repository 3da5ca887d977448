"""Confirmed writes where no confirmation comes, as where a topic lacks replicas. The real ways are in test_kafka.py."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest
from aiokafka import TopicPartition
from aiokafka.producer.message_accumulator import MessageAccumulator
from aiokafka.util import create_future

from pipeline import metrics
from pipeline.adapters.kafka import send, topics
from pipeline.adapters.kafka.records import Message
from pipeline.adapters.kafka.send import Sender
from pipeline.config import Kafka
from tests.servers.process import free_port

MESSAGE = Message(topics.DEAD, b"k", b"v")


class Producer:
    """A producer whose batches nobody takes, with what aiokafka keeps them in."""

    def __init__(self) -> None:
        self._message_accumulator = MessageAccumulator(None, 16_384, 0, 30)
        self.stopped = False

    async def stop(self) -> None:
        await self._message_accumulator.flush()  # waits for all that are not done
        self.stopped = True


class Slow(Sender):
    """Hands batches to producers, of which the last one's are confirmed."""

    def __init__(self, kafka: Kafka, silent: int) -> None:
        super().__init__(kafka, "send-test")
        self.made = [Producer() for _ in range(silent + 1)]
        self.used: list[Any] = []
        self.sent: list[list[Message]] = []

    async def _connected(self) -> Any:
        if self._producer is None:
            self._producer = self.made[len(self.used)]
            self.used.append(self._producer)
        return self._producer

    async def _submit(self, producer: Any, messages: Sequence[Message], *, single: bool) -> Any:  # noqa: ARG002  its name is that of Sender
        batch = send._Batch(None, list(messages))
        if producer is self.made[-1]:
            batch.future = create_future()
            batch.future.set_result(None)
        else:
            builder = producer._message_accumulator.create_builder()
            builder.append(timestamp=None, key=b"k", value=b"v")
            builder.close()
            batch.future = await producer._message_accumulator.add_batch(builder, TopicPartition("t", 0), 1)
        self.sent.append(list(messages))
        return [batch]


@pytest.mark.parametrize("silent", [0, 1, 2])
def test_what_is_never_confirmed_blocks_the_worker_and_is_sent_anew(
    monkeypatch: pytest.MonkeyPatch, silent: int
) -> None:
    blocked = metrics.BLOCKED.labels("send-test", "kafka")
    seen: list[float] = []

    async def test() -> None:
        sender = Slow(Kafka(brokers=(f"127.0.0.1:{free_port()}",)), silent)
        sending = asyncio.ensure_future(sender.send([MESSAGE]))
        while not sending.done():
            await asyncio.sleep(0.01)
            seen.append(blocked._value.get())
        assert await sending == []
        assert sender.sent == [[MESSAGE]] * (silent + 1)
        assert all(producer.stopped for producer in sender.used[:-1])

    monkeypatch.setattr(send, "PATIENCE", 0.05)
    monkeypatch.setattr(send, "ANEW", 2)
    monkeypatch.setattr(send, "FIRST_PAUSE", 0.01)
    asyncio.run(asyncio.wait_for(test(), 20))
    assert (1.0 in seen) == bool(silent)
    assert blocked._value.get() == 0
