"""Sources into Kafka that go on: a receipt for every payload, positions that never run ahead of what is confirmed."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from pathlib import Path

from pipeline.adapters.sqlite.sources import SourceState
from pipeline.core.errors import InputError, WirewatchError
from pipeline.core.payload import Payload
from pipeline.runners.embedded import Receipt, Source

STORED_EVERY = 1.0
"""Seconds between two looks for what has been confirmed: so much is sent again after a kill."""

Told = Callable[[WirewatchError | None], None]
Send = Callable[[Payload, Told], None]
"""Sends a payload, then tells (from any thread) that it is confirmed, or why not: InputError where it is refused."""


class Producing:
    """Runs sources over ``send``; the positions are kept in the file at ``path``."""

    def __init__(self, send: Send, path: Path, pace: Callable[[], Awaitable[None]]) -> None:
        self.send = send
        self.path = path
        self.pace = pace
        self._sent: deque[tuple[asyncio.Future[None], tuple[str, str] | None]] = deque()

    async def run(self, sources: Sequence[Source]) -> None:
        """Run until every source has ended; raises what ends one of them, or leaves a payload in doubt."""
        with SourceState(self.path) as state:
            marks = state.marks()
        try:
            async with asyncio.TaskGroup() as group:
                storing = group.create_task(self._store_on())
                await asyncio.gather(*(group.create_task(source.run(self.put, marks)) for source in sources))
                if self._sent:
                    await asyncio.wait([receipt for receipt, _mark in self._sent])
                storing.cancel()
        except BaseExceptionGroup as failed:
            raise failed.exceptions[0] from None
        finally:
            self.store()

    async def put(self, payload: Payload) -> Receipt:
        """Send one payload and return its receipt."""
        await self.pace()
        loop = asyncio.get_running_loop()
        receipt: asyncio.Future[None] = loop.create_future()
        self._sent.append((receipt, payload.mark))
        self.send(payload, lambda error: _tell(loop, receipt, error))
        return receipt

    def store(self) -> None:
        """Store the positions up to the first payload that is not confirmed; raises what that one failed with."""
        marks: dict[str, str] = {}
        try:
            while self._sent and self._sent[0][0].done():
                error = self._sent[0][0].exception()
                if error is not None and not isinstance(error, InputError):
                    raise error
                _receipt, mark = self._sent.popleft()
                marks.update([mark] if mark else [])
        finally:
            if marks:
                with SourceState(self.path) as state:
                    state.save({}, marks)

    async def _store_on(self) -> None:
        while True:
            await asyncio.sleep(STORED_EVERY)
            self.store()


def _tell(loop: asyncio.AbstractEventLoop, receipt: asyncio.Future[None], error: WirewatchError | None) -> None:
    with suppress(RuntimeError):  # the loop has ended: nobody waits for the receipt
        loop.call_soon_threadsafe(_settle, receipt, error)


def _settle(receipt: asyncio.Future[None], error: WirewatchError | None) -> None:
    if receipt.done():
        return
    if error is None:
        receipt.set_result(None)
    else:
        receipt.set_exception(error)
