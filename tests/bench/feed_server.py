"""Thousands of simulated feeds on loopback, some of them hostile: ``python -m tests.bench.feed_server PORT``.

Each of HOSTS addresses of 127.0.0.0/8 is a host. What a feed does follows from its number alone, so that a test knows
what to expect: ``behaviour``.
"""

from __future__ import annotations

import asyncio
import gzip
import sys
from collections import Counter
from contextlib import suppress
from random import Random
from time import monotonic

from aiohttp import web

HOSTS = 50
ITEMS = 12
CHANGES_EVERY = 300.0
"""Seconds after which a feed has one more item."""

HOSTILE = ("slow", "endless", "bomb", "loop", "inside", "error", "page", "garbage", "deep", "silent")
BOMB = gzip.compress(b"<rss>" + b"\0" * 2**26)
WORDS = [f"{one}{two}{three}" for one in "bdfgklmnprst" for two in "aeiou" for three in ("dan", "kol", "mir")]


def behaviour(number: int) -> str:
    """Return what feed ``number`` does: one in 21 is hostile, one in three tells no validators."""
    if number % 21 == 7:  # on every host
        return HOSTILE[number // 21 % len(HOSTILE)]
    return "plain" if number % 3 == 0 else "conditional"


def host(number: int) -> str:
    """Return the address of the host of a feed."""
    return f"127.0.1.{1 + number % HOSTS}"


class Feeds:
    """The handlers, and how often each behaviour was asked for."""

    def __init__(self) -> None:
        self.began = monotonic()
        self.asked: Counter[str] = Counter()

    async def feed(self, request: web.Request) -> web.StreamResponse:
        """Answer as the feed's number says."""
        number = int(request.match_info["number"])
        kind = behaviour(number)
        self.asked[kind] += 1
        if kind in HOSTILE:
            return await self._hostile(kind, request)
        newest = ITEMS + int((monotonic() - self.began + number) / CHANGES_EVERY)
        tag = f'"{newest}"'
        if kind == "conditional" and request.headers.get("If-None-Match") == tag:
            return web.Response(status=304, headers={"ETag": tag})
        body = _rss(number, newest)
        return web.Response(body=body, headers={"ETag": tag} if kind == "conditional" else {})

    async def _hostile(self, kind: str, request: web.Request) -> web.StreamResponse:
        if kind in ("slow", "endless"):
            return await _trickle(request, b"<" if kind == "slow" else b"x" * 2**18, 0.5 if kind == "slow" else 0.0)
        if kind == "silent":
            await asyncio.sleep(60)
        headers = {
            "bomb": {"Content-Encoding": "gzip"},
            "loop": {"Location": str(request.rel_url)},
            "inside": {"Location": "http://169.254.169.254/latest/"},
        }.get(kind, {})
        status = {"loop": 302, "inside": 302, "error": 500}.get(kind, 200)
        body = {
            "bomb": BOMB,
            "page": b"<!doctype html><html><body>Sign in</body></html>",
            "garbage": bytes(range(256)) * 40,
            "deep": b"<rss>" + b"<a>" * 5000,
        }.get(kind, b"")
        return web.Response(status=status, body=body, headers=headers)

    async def counts(self, _request: web.Request) -> web.Response:
        """Tell how often each behaviour was asked for."""
        return web.json_response(self.asked)


async def _trickle(request: web.Request, data: bytes, pause: float) -> web.StreamResponse:
    response = web.StreamResponse()
    await response.prepare(request)
    with suppress(ConnectionError):
        while True:
            await response.write(data)
            await asyncio.sleep(pause)
    return response


def _rss(number: int, newest: int) -> bytes:
    items = "".join(
        f"<item><guid isPermaLink='false'>urn:sim:{number}:{item}</guid><title>Story {item} of feed {number}</title>"
        f"<pubDate>Mon, 15 Jun 2026 {item % 24:02}:00:00 GMT</pubDate>"
        f"<description>{_text(number, item)}</description></item>"
        for item in range(newest, newest - ITEMS, -1)
    )
    return f"<rss version='2.0'><channel><title>Feed {number}</title>{items}</channel></rss>".encode()


def _text(number: int, item: int) -> str:
    """Return a text of its own for each story: copies of one another would be another story's trouble."""
    return " ".join(Random(number * 10_000 + item).choices(WORDS, k=80))


async def serve(port: int) -> None:
    """Serve until the process is ended; a line on stdout says that every host answers."""
    feeds = Feeds()
    app = web.Application()
    app.router.add_get(r"/{number:\d+}", feeds.feed)
    app.router.add_get("/counts", feeds.counts)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    for number in range(HOSTS):
        await web.TCPSite(runner, host(number), port, reuse_address=True).start()
    print("ready", flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1])))
