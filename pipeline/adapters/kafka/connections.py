"""Clients of aiokafka that survive the end of a connection, in the moments before aiokafka 0.14 has noticed it.

A broker that is killed ends every connection at once, and a client's reader sees its own a turn or two of the loop
later. Who asks for the connection in between meets one of two mistakes, and a worker stood still while its broker had
long been back (docs/decisions/0076-connections-that-have-ended.md):

- It was reset. aiokafka takes it for open and writes to it, for which uvloop raises RuntimeError. Nobody expects that:
  the task that keeps up the metadata ends of it for good, or the one that fetches, and the client waits for ever.
- It was closed. aiokafka takes it out of its books and does not close it, and nobody may be left to tell the requests
  on it, such as a fetch: they wait for the whole of their time-out, 90 s in Faust.

Besides, a client that is closed waits until the broker has confirmed the end of each connection. Over TLS it may not,
and a worker was not stopped in its time.
"""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from typing import Any, TypeVar

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.client import AIOKafkaClient, ConnectionGroup
from aiokafka.conn import AIOKafkaConnection, CloseReason
from aiokafka.errors import KafkaConnectionError

log = logging.getLogger(__name__)

Client = TypeVar("Client", AIOKafkaConsumer, AIOKafkaProducer)

CLOSING = 2.0
"""Seconds that a broker has to confirm the end of a connection; over TLS the event loop would wait 30 for it."""


class _Client(AIOKafkaClient):  # type: ignore[misc]  # aiokafka has no types
    """Looks at a connection before it is used."""

    async def close(self) -> None:
        """End every connection, and wait for those of which the end is confirmed soon."""
        with suppress(TimeoutError):
            await asyncio.wait_for(super().close(), CLOSING)

    async def bootstrap(self) -> None:
        """Learn of the brokers; raises KafkaConnectionError also where a connection is reset as soon as it is there."""
        try:
            await super().bootstrap()
        except RuntimeError as error:  # uvloop's
            raise KafkaConnectionError(f"{self.hosts}: {error}") from error

    async def _get_conn(
        self, node_id: Any, *, group: ConnectionGroup = ConnectionGroup.DEFAULT, no_hint: bool = False
    ) -> AIOKafkaConnection | None:
        _open(self._conns.get((node_id, group)))  # the requests on one that has ended fail now, and are tried again
        try:
            return _open(await super()._get_conn(node_id, group=group, no_hint=no_hint))
        except RuntimeError as error:  # uvloop's, where the connection is reset as soon as it is there
            log.warning("node %s cannot be reached: %s", node_id, error)
            self.force_metadata_update()
            return None


def steady(client: Client) -> Client:
    """Return ``client``, newly made, which from now on looks at a connection before it uses it."""
    inner = client._client if isinstance(client, AIOKafkaConsumer) else client.client  # noqa: SLF001  no other way
    inner.__class__ = _Client  # its maker takes no class
    return client


def _open(connection: AIOKafkaConnection | None) -> AIOKafkaConnection | None:
    """Return a connection that can be written to; close one that has ended."""
    if connection is None:
        return None
    reader, writer = connection._reader, connection._writer  # noqa: SLF001  aiokafka asks for the end of the file alone
    if reader and not (reader.at_eof() or writer.transport.is_closing()):
        return connection
    connection.close(reason=CloseReason.CONNECTION_BROKEN)
    return None
