"""Payloads into ``wire.incoming``, with kafka-python: every one is confirmed, or named with the reason."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from typing import Any

import msgspec
from kafka import KafkaProducer
from kafka.errors import KafkaError, MessageSizeTooLargeError

from pipeline.adapters.kafka import topics
from pipeline.adapters.kafka.connect import client_settings, unreachable
from pipeline.adapters.kafka.records import payload_headers
from pipeline.config import Kafka
from pipeline.core.errors import InputError, UnreachableError, WirewatchError
from pipeline.core.payload import Payload

IN_FLIGHT = 5_000
"""Payloads sent and not yet confirmed: what a broker that has gone away can leave in doubt."""

TIMEOUT = 30.0
"""Seconds in which the broker must confirm, if nothing else is said."""


class Sent(msgspec.Struct):
    """What was sent: confirmed, and refused with a reason each."""

    confirmed: int = 0
    refused: int = 0


class Producer:
    """Sends payloads to a topic, in order; ``refuse`` gets (origin, reason) of what the broker does not take.

    Raises UnreachableError when the broker is away, does not know the topic or refuses us.
    """

    def __init__(
        self,
        kafka: Kafka,
        key: Callable[[Payload], bytes],
        refuse: Callable[[str, str], None],
        timeout: float = TIMEOUT,
        topic: str = topics.INCOMING,
    ) -> None:
        self.kafka = kafka
        self.timeout = timeout
        self.key = key
        self.refuse = refuse
        self.sent = Sent()
        self.topic = topics.full_name(kafka, topic)
        self.most = topics.limit(kafka, topic)
        missing = topics.missing_topics(kafka, [topic])
        if missing:
            raise topics.no_such_topic(missing)
        self._waiting: deque[tuple[str, int, Any]] = deque()
        self._producer = _connect(kafka, timeout, self.most)

    def send(
        self,
        payload: Payload,
        told: Callable[[WirewatchError | None], None] | None = None,
        headers: Sequence[tuple[str, bytes]] = (),
    ) -> None:
        """Send one payload, with ``headers`` added; the oldest ones in flight are waited for when there are too many.

        ``told`` is called, from a thread of the client, with None when it is confirmed, or else with why it is not:
        InputError where it is refused, UnreachableError where that is in doubt.
        """
        headers = [*payload_headers(payload), *headers]
        try:
            future = self._producer.send(self.topic, payload.data, key=self.key(payload), headers=headers)
        except MessageSizeTooLargeError:
            self._refuse(payload.origin, len(payload.data))
            if told is not None:
                told(self._too_large(len(payload.data)))
            return
        except KafkaError as error:
            raise unreachable(self.kafka, error) from None
        if told is not None:
            future.add_callback(lambda _record: told(None))
            future.add_errback(lambda error: told(self._why(error, len(payload.data))))
        self._waiting.append((payload.origin, len(payload.data), future))
        while len(self._waiting) > IN_FLIGHT or (self._waiting and self._waiting[0][2].is_done):
            self._confirm()

    def settle(self) -> None:
        """Wait until everything that was sent is confirmed or refused."""
        try:
            self._producer.flush(timeout=self.timeout)
            while self._waiting:
                self._confirm()
        except KafkaError as error:
            raise unreachable(self.kafka, error) from None

    def finish(self) -> Sent:
        """Wait until everything is confirmed or refused; close."""
        try:
            self.settle()
        finally:
            self._producer.close(timeout=1)
        return self.sent

    def _confirm(self) -> None:
        origin, size, future = self._waiting.popleft()
        try:
            future.get(timeout=self.timeout)
        except MessageSizeTooLargeError:
            self._refuse(origin, size)
        except KafkaError as error:
            doubtful = len(self._waiting) + 1
            reason = unreachable(self.kafka, error)
            raise UnreachableError(f"{reason}; {doubtful} payloads from {origin} on are not confirmed") from None
        else:
            self.sent.confirmed += 1

    def _refuse(self, origin: str, size: int) -> None:
        self.sent.refused += 1
        self.refuse(origin, self._too_large(size).reason)

    def _too_large(self, size: int) -> InputError:
        return InputError(
            f"a payload of {size} bytes is more than {self.topic} takes ({self.most}, kafka.max_message_bytes)"
        )

    def _why(self, error: Exception, size: int) -> WirewatchError:
        return self._too_large(size) if isinstance(error, MessageSizeTooLargeError) else unreachable(self.kafka, error)


def _connect(kafka: Kafka, timeout: float, most: int) -> KafkaProducer:
    try:
        return KafkaProducer(
            **client_settings(kafka),
            acks="all",
            enable_idempotence=True,
            linger_ms=5,
            batch_size=256 * 1024,
            max_request_size=most,
            bootstrap_timeout_ms=10_000,
            max_block_ms=int(timeout * 1000),
            delivery_timeout_ms=int(timeout * 1000),
            request_timeout_ms=10_000,
        )
    except (KafkaError, OSError, ValueError) as error:
        raise unreachable(kafka, error) from None
