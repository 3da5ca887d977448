"""The pair of servers that ``make stack`` keeps running for development, under ``build/stack/``."""

from __future__ import annotations

from pathlib import Path

import msgspec

from tests.servers.elastic import Elasticsearch
from tests.servers.kafka import Kafka

FOLDER = Path(__file__).parents[2] / "build" / "stack"
KAFKA_PORT = 9092
ELASTICSEARCH_PORT = 9200


class Stack(msgspec.Struct):
    """One node of each."""

    kafka: Kafka
    elasticsearch: Elasticsearch

    @classmethod
    def at(cls, folder: Path = FOLDER, kafka_port: int = 0, elasticsearch_port: int = 0) -> Stack:
        """Return the stack of ``folder``; port 0 is the one it had, else any free one."""
        return cls(
            Kafka(folder / "kafka", kafka_port, lasting=True),
            Elasticsearch(folder / "elasticsearch", elasticsearch_port, lasting=True),
        )

    def start(self) -> None:
        """Start both at the same time and wait for both. Raises ServerError."""
        for server in (self.elasticsearch, self.kafka):
            server.spawn()
        for server in (self.kafka, self.elasticsearch):
            server.wait()

    def stop(self) -> None:
        """End both; their data stay."""
        for server in (self.kafka, self.elasticsearch):
            server.stop()
