"""A proxy before the real Elasticsearch that does what a script says with one request after another.

A script is a sequence of faults; each bulk or mget request takes the next one, and the default when none are left.
What the proxy passes on is answered by the real server, so that "answer lost after the write" is just that.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Iterable, Sequence
from types import TracebackType
from typing import Any, Self

import aiohttp
from aiohttp import web

Forward = Callable[[], Awaitable[web.Response]]
Fault = Callable[[Forward], Awaitable[web.Response]]

PRODUCT = {"X-Elastic-Product": "Elasticsearch", "Content-Type": "application/json"}


class Proxy:
    """An async context manager; ``url`` is where it listens, ``seen`` has the number of documents of each request."""

    def __init__(self, target: str, script: Iterable[Fault] = (), port: int = 0, default: Fault | None = None) -> None:
        self.target = target
        self.default = default or passes
        self.script = list(script)
        self.seen: list[int] = []
        self.port = port
        self.url = ""

    async def __aenter__(self) -> Self:
        application = web.Application(client_max_size=1 << 30)
        application.router.add_route("*", "/{path:.*}", self._handle)
        self._runner = web.AppRunner(application, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self.port)
        await site.start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        self._session = aiohttp.ClientSession(self.target)
        return self

    async def __aexit__(
        self, _type: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        await self._session.close()
        await self._runner.cleanup()

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        body = await request.read()

        async def forward() -> web.Response:
            headers = {name: request.headers[name] for name in ("Accept", "Content-Type") if name in request.headers}
            async with self._session.request(request.method, request.rel_url, data=body, headers=headers) as answer:
                kind = {"Content-Type": answer.headers.get("Content-Type", "application/json")}
                return web.Response(status=answer.status, body=await answer.read(), headers={**PRODUCT, **kind})

        if request.path not in ("/_bulk", "/_mget"):
            return await forward()
        if request.path == "/_bulk":
            self.seen.append(body.count(b"\n") // 2)
        return await (self.script.pop(0) if self.script else self.default)(forward)


async def passes(forward: Forward) -> web.Response:
    """Do nothing to it."""
    return await forward()


def answers(status: int, type_: str = "some_exception", reason: str = "as the script says") -> Fault:
    """Answer for Elasticsearch, which sees nothing of the request."""

    async def fault(_forward: Forward) -> web.Response:
        error = {"error": {"type": type_, "reason": reason}, "status": status}
        return web.Response(status=status, body=json.dumps(error), headers=PRODUCT)

    return fault


def fails(every: int, status: int, type_: str, reason: str = "as the script says") -> Fault:
    """Let one document in so many fail, and Elasticsearch see only the others' answers: their writes are real."""

    def change(items: list[Any]) -> list[Any]:
        error = {"status": status, "error": {"type": type_, "reason": reason}}
        return [{"index": error} if number % every == 0 else item for number, item in enumerate(items)]

    return _changed(change)


def truncates(left: int) -> Fault:
    """Answer for the first documents alone."""
    return _changed(lambda items: items[:left])


async def loses(forward: Forward) -> web.Response:
    """Let the write happen, and close the connection without an answer."""
    await forward()
    raise ConnectionResetError("the script closes the connection")


async def cuts(forward: Forward) -> web.Response:
    """Let the write happen, and answer with half of the JSON."""
    answer = await forward()
    text = answer.body if isinstance(answer.body, bytes) else b""
    return web.Response(status=200, body=text[: len(text) // 2], headers=PRODUCT)


def _changed(change: Callable[[list[Any]], Sequence[Any]]) -> Fault:
    async def fault(forward: Forward) -> web.Response:
        answer = await forward()
        decoded = json.loads(answer.body if isinstance(answer.body, bytes) else b"{}")
        if "items" in decoded:
            decoded["items"] = list(change(decoded["items"]))
        return web.Response(status=200, body=json.dumps(decoded), headers=PRODUCT)

    return fault


def failing_reads(type_: str) -> Fault:
    """Answer a read as a cluster does whose shards are not there yet."""

    async def fault(forward: Forward) -> web.Response:
        answer = await forward()
        decoded = json.loads(answer.body if isinstance(answer.body, bytes) else b"{}")
        error = {"type": type_, "reason": "as the script says"}
        decoded["docs"] = [{"error": error} for _ in decoded["docs"]]
        return web.Response(status=200, body=json.dumps(decoded), headers=PRODUCT)

    return fault
