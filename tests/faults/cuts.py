"""Connections that end all at once, as where a process is killed or a network goes, with the server left alone."""

from __future__ import annotations

import asyncio
import socket
import struct
import threading
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from random import Random
from typing import Any

RESET = struct.pack("ii", 1, 0)
"""What lets the end of a connection be a reset, as where its process had not read all."""

APART = (0.0, 0.0001, 0.0003, 0.001)
"""Seconds between two connections that end, at most: a client hears of its own a little apart."""


class Cuts:
    """Passes on what comes at ``port`` to ``target``, and ends it all on demand; in a thread of its own."""

    def __init__(self, port: int, target: int, chance: Random) -> None:
        self.port, self.target, self.chance = port, target, chance
        self._passing: set[tuple[asyncio.StreamWriter, asyncio.StreamWriter]] = set()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._do(self._open())

    def cut(self, seconds: float) -> None:
        """End every connection, most of them by a reset, and take none for so long."""
        self._do(self._cut(seconds))

    def close(self) -> None:
        """End every connection for good."""
        self._do(self._cut(0, again=False))
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _do(self, what: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(what, self._loop).result()

    async def _open(self) -> None:
        self._server = await asyncio.start_server(self._pass, "127.0.0.1", self.port)

    async def _cut(self, seconds: float, *, again: bool = True) -> None:
        self._server.close()
        apart = self.chance.choice(APART)
        for theirs, ours in self.chance.sample(sorted(self._passing, key=id), len(self._passing)):
            if self.chance.random() < 0.8:
                theirs.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
            theirs.transport.abort()
            ours.transport.abort()
            await asyncio.sleep(self.chance.uniform(0, apart))
        await asyncio.sleep(seconds)
        if again:
            await self._open()

    async def _pass(self, reader: asyncio.StreamReader, theirs: asyncio.StreamWriter) -> None:
        try:
            answers, ours = await asyncio.open_connection("127.0.0.1", self.target)
        except OSError:
            theirs.transport.abort()
            return
        pair = theirs, ours
        self._passing.add(pair)
        try:
            await asyncio.gather(_pump(reader, ours), _pump(answers, theirs))
        finally:
            self._passing.discard(pair)


async def _pump(source: asyncio.StreamReader, drain: asyncio.StreamWriter) -> None:
    try:
        while data := await source.read(1 << 16):
            drain.write(data)
            await drain.drain()
    except OSError:
        pass
    finally:
        drain.transport.abort()


@contextmanager
def before(port: int, target: int, chance: Random) -> Iterator[Cuts]:
    """Yield what passes on from one port of this machine to the other."""
    cuts = Cuts(port, target, chance)
    try:
        yield cuts
    finally:
        cuts.close()
