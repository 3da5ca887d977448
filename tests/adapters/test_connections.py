"""A broker that is gone a moment before its client knows: what the client does then, and what aiokafka's own does."""

from __future__ import annotations

import asyncio
import logging
import socket
import struct
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from time import perf_counter
from typing import Any

import pytest
import uvloop
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.client import ConnectionGroup
from aiokafka.conn import AIOKafkaConnection
from aiokafka.errors import KafkaConnectionError
from aiokafka.protocol.metadata import MetadataRequest
from aiokafka.structs import BrokerMetadata

from pipeline.adapters.kafka import connections
from pipeline.adapters.kafka.connections import steady
from tests.faults.cuts import RESET

NODE, TIMEOUT = 1, 0.5
LOOPS = [asyncio.new_event_loop, uvloop.new_event_loop]


@pytest.fixture(autouse=True)
def untold(caplog: pytest.LogCaptureFixture) -> None:
    """Keep no record of an error, which would keep its frames, and so a connection that is to be forgotten."""
    caplog.set_level(logging.CRITICAL, "aiokafka")


def as_it_is(client: Any) -> Any:
    return client


class Connection(AIOKafkaConnection):  # type: ignore[misc]  # aiokafka has no types
    """A connection that need not ask its broker for versions."""

    async def _do_version_lookup(self) -> None:
        self._versions = {MetadataRequest.API_KEY: (0, 1)}


@asynccontextmanager
async def bereft(
    client: Any, make: Callable[[Any], Any], *, reset: bool
) -> AsyncIterator[tuple[Any, asyncio.Task[Any]]]:
    """Yield what is in a client, and a request of it that waits; its broker has gone, and nobody has noticed yet."""
    with socket.create_server(("127.0.0.1", 0)) as broker:
        port = broker.getsockname()[1]
        outer = make(client(bootstrap_servers=f"127.0.0.1:{port}", request_timeout_ms=int(TIMEOUT * 1000)))
        inner = outer._client if client is AIOKafkaConsumer else outer.client
        connection = Connection(
            "127.0.0.1", port, request_timeout_ms=int(TIMEOUT * 1000), on_close=inner._on_connection_closed
        )
        await connection.connect()
        theirs = broker.accept()[0]
    inner._conns[NODE, ConnectionGroup.DEFAULT] = connection
    request = asyncio.create_task(inner.send(NODE, MetadataRequest([])))
    await asyncio.sleep(0.01)
    theirs.recv(1000)
    reader = connection._reader
    del connection  # as in a worker: the client alone has it
    await end(theirs, reader, reset=reset)
    try:
        yield inner, request
    finally:
        await outer.stop()


async def end(theirs: socket.socket, reader: asyncio.StreamReader, *, reset: bool) -> None:
    """Return in the turn of the loop in which the end is there, and a reader that waits has not run yet."""
    theirs.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET if reset else struct.pack("ii", 0, 0))
    theirs.close()
    while not (reader.at_eof() or reader.exception()):  # noqa: ASYNC110  one turn too many is too late
        await asyncio.sleep(0)


async def update(inner: Any) -> object:
    """Do what the task of the metadata does for ever."""
    inner.cluster._brokers[NODE] = BrokerMetadata(NODE, "127.0.0.1", 1, None)
    return await inner._metadata_update(inner.cluster, [])


def run(test: Callable[[], Coroutine[Any, Any, None]], loop: Callable[[], asyncio.AbstractEventLoop]) -> None:
    with asyncio.Runner(loop_factory=loop) as runner:
        runner.run(asyncio.wait_for(test(), 10))


@pytest.mark.parametrize("loop", LOOPS)
@pytest.mark.parametrize("reset", [False, True])
@pytest.mark.parametrize("client", [AIOKafkaConsumer, AIOKafkaProducer])
def test_who_asks_for_it_finds_no_connection_and_the_requests_on_it_fail_at_once(
    client: Any, *, reset: bool, loop: Callable[[], asyncio.AbstractEventLoop]
) -> None:
    async def test() -> None:
        async with bereft(client, steady, reset=reset) as (inner, request):
            began = perf_counter()
            assert not await inner.ready(NODE)
            with pytest.raises(KafkaConnectionError):
                await request
            assert perf_counter() - began < TIMEOUT / 2

    run(test, loop)


@pytest.mark.parametrize("loop", LOOPS)
@pytest.mark.parametrize("reset", [False, True])
def test_the_metadata_are_asked_for_again_later(*, reset: bool, loop: Callable[[], asyncio.AbstractEventLoop]) -> None:
    async def test() -> None:
        async with bereft(AIOKafkaConsumer, steady, reset=reset) as (inner, request):
            assert await update(inner) is False
            with pytest.raises(KafkaConnectionError):
                await request

    run(test, loop)


def test_of_itself_aiokafka_lets_the_requests_wait_and_then_raises_what_nobody_expects() -> None:
    async def test() -> None:
        async with bereft(AIOKafkaConsumer, as_it_is, reset=False) as (inner, request):
            began = perf_counter()
            assert not await inner.ready(NODE)
            with pytest.raises(KeyError):
                await request
            assert perf_counter() - began > TIMEOUT / 2

    run(test, asyncio.new_event_loop)


def test_of_itself_aiokafka_writes_to_a_connection_that_was_reset_and_uvloop_raises() -> None:
    async def test() -> None:
        async with bereft(AIOKafkaConsumer, as_it_is, reset=True) as (inner, request):
            with pytest.raises(RuntimeError, match="closed"):
                await inner.send(NODE, MetadataRequest([]))
            with pytest.raises(RuntimeError, match="closed"):  # and this ends the task that keeps up the metadata
                await update(inner)
            with pytest.raises(KafkaConnectionError):
                await request

    run(test, uvloop.new_event_loop)


@pytest.mark.parametrize("loop", LOOPS)
@pytest.mark.parametrize("reset", [False, True])
def test_a_new_connection_that_ends_before_anybody_has_used_it_is_none(
    monkeypatch: pytest.MonkeyPatch, *, reset: bool, loop: Callable[[], asyncio.AbstractEventLoop]
) -> None:
    async def test() -> None:
        with socket.create_server(("127.0.0.1", 0)) as broker:
            port = broker.getsockname()[1]

            async def connect(*_: Any, **__: Any) -> AIOKafkaConnection:
                connection = Connection("127.0.0.1", port)
                await connection.connect()
                await end(broker.accept()[0], connection._reader, reset=reset)
                return connection

            consumer = steady(AIOKafkaConsumer(bootstrap_servers=f"127.0.0.1:{port}"))
            consumer._client.cluster._brokers[NODE] = BrokerMetadata(NODE, "127.0.0.1", port, None)
            monkeypatch.setattr("aiokafka.client.create_conn", connect)
            assert not await consumer._client.ready(NODE)
            await consumer.stop()

    run(test, loop)


@pytest.mark.parametrize("make", [steady, as_it_is])
def test_a_client_is_closed_also_where_the_end_of_a_connection_is_never_confirmed(
    monkeypatch: pytest.MonkeyPatch, make: Callable[[Any], Any]
) -> None:
    async def test() -> None:
        with socket.create_server(("127.0.0.1", 0)) as broker:
            connection = Connection("127.0.0.1", broker.getsockname()[1])
            await connection.connect()
            connection._closed_fut = asyncio.get_running_loop().create_future()  # as over TLS, for 30 s
            consumer = make(AIOKafkaConsumer())
            consumer._client._conns[NODE, ConnectionGroup.DEFAULT] = connection
            closing = asyncio.ensure_future(consumer.stop())
            done, _ = await asyncio.wait([closing], timeout=1)
            assert bool(done) is (make is steady)
            closing.cancel()

    monkeypatch.setattr(connections, "CLOSING", 0.1)
    run(test, uvloop.new_event_loop)


@pytest.mark.parametrize("loop", LOOPS)
def test_a_connection_that_is_reset_as_soon_as_it_is_there_is_one_that_cannot_be_had(
    monkeypatch: pytest.MonkeyPatch, loop: Callable[[], asyncio.AbstractEventLoop]
) -> None:
    async def reset(*_: Any, **__: Any) -> None:
        raise RuntimeError("unable to perform operation on <TCPTransport closed=True>; the handler is closed")

    async def test() -> None:
        consumer = steady(AIOKafkaConsumer(bootstrap_servers="127.0.0.1:1"))
        monkeypatch.setattr("aiokafka.client.create_conn", reset)
        consumer._client.cluster._brokers[NODE] = BrokerMetadata(NODE, "127.0.0.1", 1, None)
        assert not await consumer._client.ready(NODE)
        with pytest.raises(KafkaConnectionError, match="the handler is closed"):
            await consumer._client.bootstrap()
        await consumer.stop()

    run(test, loop)
