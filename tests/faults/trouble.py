"""An Elasticsearch in trouble: the scripted proxy before the real one, in a thread of its own, for whole pipelines."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from random import Random

from aiohttp import web

from tests.adapters.elastic.proxy import Fault, Forward, Proxy, answers, cuts, fails, loses, passes, truncates


class Trouble:
    """``url`` is that of the proxy; ``now`` is what it does to each request, until it is set anew.

    ``met`` requests have met the fault that ``begin`` set last, ``counted`` any fault.
    """

    def __init__(self, target: str) -> None:
        self.target = target
        self.now: Fault = passes
        self.met = self.counted = 0
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        self._ready.wait()

    def _run(self) -> None:
        self._loop.run_until_complete(self._serve())

    async def _serve(self) -> None:
        self._stopped = asyncio.Event()
        async with Proxy(self.target, default=self._do) as proxy:
            self.url = proxy.url
            self._ready.set()
            await self._stopped.wait()

    def begin(self, fault: Fault) -> None:
        """Do another thing from now on."""
        self.now, self.met = fault, 0

    async def _do(self, forward: Forward) -> web.Response:
        self.met += 1
        self.counted += self.now is not passes
        return await self.now(forward)

    def stop(self) -> None:
        """Close the proxy."""
        self._loop.call_soon_threadsafe(self._stopped.set)
        self._thread.join()


@contextmanager
def troubled(target: str) -> Iterator[Trouble]:
    """Yield a proxy before ``target`` that does nothing yet."""
    trouble = Trouble(target)
    try:
        yield trouble
    finally:
        trouble.stop()


def sometimes(share: float, fault: Fault, chance: Random) -> Fault:
    """Let a fault happen to so many of the requests."""

    async def fault_or_not(forward: Forward) -> web.Response:
        return await (fault if chance.random() < share else passes)(forward)

    return fault_or_not


def slow(seconds: float) -> Fault:
    """Answer late."""

    async def fault(forward: Forward) -> web.Response:
        await asyncio.sleep(seconds)
        return await forward()

    return fault


def kinds(chance: Random) -> dict[str, Fault]:
    """Return the troubles that an answer may bring, by name: each leaves some requests alone, so that work goes on."""
    return {
        "429 on a fifth of the items": sometimes(0.8, fails(5, 429, "es_rejected_execution_exception"), chance),
        "503": sometimes(0.5, answers(503), chance),
        "answer lost after the write": sometimes(0.5, loses, chance),
        "answer cut off": sometimes(0.5, cuts, chance),
        "fewer answers than documents": sometimes(0.5, truncates(3), chance),
    }
