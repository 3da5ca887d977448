"""A transactional producer whose errors are sentences: what it sends becomes readable together, or not at all."""

from __future__ import annotations

from kafka import KafkaProducer
from kafka.errors import KafkaError

from pipeline.adapters.kafka import topics
from pipeline.adapters.kafka.connect import client_settings, unreachable
from pipeline.config import Kafka


class Transactions:
    """Gives the producer known as ``<kafka.prefix>wirewatch-<name>``; one that is made later shuts out those before."""

    def __init__(self, kafka: Kafka, name: str) -> None:
        self.kafka = kafka
        self.name = name

    def __enter__(self) -> KafkaProducer:
        try:
            self.producer = KafkaProducer(
                **client_settings(self.kafka),
                transactional_id=f"{self.kafka.prefix}wirewatch-{self.name}",
                max_request_size=topics.limit(self.kafka, topics.DEAD) + topics.OVERHEAD,
                bootstrap_timeout_ms=10_000,
            )
            self.producer.init_transactions()
        except (KafkaError, OSError, ValueError) as error:
            raise unreachable(self.kafka, error) from None
        return self.producer

    def __exit__(self, _type: object, error: BaseException | None, _trace: object) -> None:
        self.producer.close(timeout=2)
        if isinstance(error, KafkaError):
            raise unreachable(self.kafka, error) from None
