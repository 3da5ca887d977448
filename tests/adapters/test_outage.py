"""An outage of Kafka is one line for each reason, and blocks the worker until it is over."""

from __future__ import annotations

import asyncio
import logging

import pytest

from pipeline import metrics
from pipeline.adapters.kafka.outage import Outage
from pipeline.config import Kafka
from pipeline.runners import serve
from tests.servers.process import free_port


def test_each_reason_is_told_once_and_the_end_of_it(caplog: pytest.LogCaptureFixture) -> None:
    broker = f"127.0.0.1:{free_port()}"
    outage = Outage(Kafka(brokers=(broker,)), "outage-test", "Kafka cannot be read")
    blocked = metrics.BLOCKED.labels("outage-test", "kafka")
    outage.over()
    for _ in range(3):
        asyncio.run(outage.tell(TimeoutError("late")))
        assert blocked._value.get() == 1
    outage.over()
    assert blocked._value.get() == 0
    reason = f"Kafka at {broker} cannot be reached: nothing listens there (kafka.brokers)"
    assert [record.getMessage() for record in caplog.records] == [
        f"Kafka cannot be read: {reason}; trying again",
        "Kafka cannot be read no longer: it works again",
    ]


def test_a_client_that_repeats_itself_is_heard_once_a_minute(capsys: pytest.CaptureFixture[str]) -> None:
    client = logging.getLogger("aiokafka")
    before = client.handlers[:], client.propagate
    try:
        serve.quieten()
        for number in range(20):
            logging.getLogger("aiokafka.client").error("Unable connect to node %s", number)
        logging.getLogger("aiokafka.client").error("another thing")
        logging.getLogger("aiokafka.consumer").info("nothing to worry about")
        assert capsys.readouterr().err.splitlines() == ["Unable connect to node 0", "another thing"]
    finally:
        client.handlers[:], client.propagate = before
