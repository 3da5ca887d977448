"""Fixtures that every test may use: the addresses of the real servers."""

from __future__ import annotations

import os
import shutil
import tracemalloc  # noqa: F401  pytest imports it where an object is collected: in two threads at once that fails
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn

import pytest

from tests.servers.elastic import Elasticsearch, Secured
from tests.servers.kafka import Kafka
from tests.servers.process import Server, ServerError
from tests.servers.stack import FOLDER, Stack

STARTING = 400
"""Seconds for a test on servers, the start of which counts for the test that first asks for them."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give the tests on servers their time."""
    for item in items:
        if item.get_closest_marker("servers") and not item.get_closest_marker("timeout"):
            item.add_marker(pytest.mark.timeout(STARTING))


@pytest.fixture(scope="session")
def kafka_address() -> Iterator[str]:
    """``host:port`` of a real Kafka; topics are not made by themselves, and other tests use it too."""
    yield from _address("WIREWATCH_TEST_KAFKA", Stack.at().kafka, Kafka(_own("kafka")))


@pytest.fixture(scope="session")
def elasticsearch_url() -> Iterator[str]:
    """URL of a real Elasticsearch without security; other tests use it too, so take index names of your own."""
    named = Stack.at().elasticsearch
    for address in _address("WIREWATCH_TEST_ELASTICSEARCH", named, Elasticsearch(_own("elasticsearch"))):
        yield address if "://" in address else f"http://{address}"


@pytest.fixture(scope="session")
def secured_elasticsearch() -> Iterator[str]:
    """URL of a real Elasticsearch with security; the password of ``elastic`` is that of tests/servers/elastic.py."""
    yield from (f"http://{address}" for address in _started(Secured(_own("secured-elasticsearch"))))


def _own(name: str) -> Path:
    return FOLDER.with_name(f"stack-of-tests-{os.getpid()}") / name


def _address(variable: str, stack: Server, own: Server) -> Iterator[str]:
    """Yield the address that the environment names, of the running ``make stack``, or of a server of this session."""
    if os.environ.get(variable):
        yield os.environ[variable]
    elif stack.alive() and stack.healthy():
        yield stack.address
    else:
        yield from _started(own)


def _started(own: Server) -> Iterator[str]:
    try:
        own.start()
        yield own.address
    except ServerError as error:
        no_server(error)
    finally:
        own.stop()
        shutil.rmtree(own.folder, ignore_errors=True)


def no_server(error: ServerError) -> NoReturn:
    """Skip the test with the reason; in CI a server that does not start is a failure."""
    if os.environ.get("CI"):
        pytest.fail(str(error))
    pytest.skip(str(error))
