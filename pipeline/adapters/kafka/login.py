"""One connection with TLS and login, before a client tries in vain: what it would not tell is told here.

Over TLS, kafka-python 3.0 loses the broker's answer to a login that is refused, tries again until its time is up, and
says that there is no broker. aiokafka's connection has the answer.
"""

from __future__ import annotations

import asyncio
import ssl
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from pipeline.config import Kafka

TIMEOUT = 10.0
"""Seconds that one broker may take."""


def refusal(kafka: Kafka, settings: dict[str, Any]) -> BaseException | None:
    """Return why the first broker that answers does not let us in; None where it does, or where none answers.

    ``settings`` are those of TLS and login that a client gets: the mechanism, the names, the context.
    """
    with ThreadPoolExecutor(1) as thread:  # the caller may run in a loop of its own
        return thread.submit(asyncio.run, _refusal(kafka, settings)).result()


async def _refusal(kafka: Kafka, settings: dict[str, Any]) -> BaseException | None:
    from aiokafka.conn import create_conn  # noqa: PLC0415  a third of a second that a plain connection saves
    from aiokafka.errors import KafkaError  # noqa: PLC0415  the same

    for broker in kafka.brokers:
        host, _, port = broker.rpartition(":")
        try:
            async with asyncio.timeout(TIMEOUT):
                connection = await create_conn(host.strip("[]"), int(port), **settings)
            connection.close()
        except (ssl.SSLError, KafkaError) as error:
            if isinstance(error, ssl.SSLError) or "Sasl" in type(error).__name__:
                return error
        except (OSError, ValueError, TimeoutError):
            continue
        else:
            return None
    return None
