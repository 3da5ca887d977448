"""Feeds over a real HTTP server on loopback: conditional requests, and one clear reason for every failure."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest
from aiohttp import web

from pipeline.adapters import feeds
from pipeline.core.errors import UnreachableError

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
FEED = b"<rss version='2.0'><channel><title>t</title></channel></rss>"


@asynccontextmanager
async def server(handler: Handler) -> AsyncIterator[str]:
    app = web.Application()
    app.router.add_get("/{tail:.*}", handler)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    assert site._server is not None
    port = site._server.sockets[0].getsockname()[1]  # type: ignore[attr-defined]
    try:
        yield f"http://127.0.0.1:{port}/feed.xml"
    finally:
        await runner.cleanup()


async def conditional(request: web.Request) -> web.StreamResponse:
    headers = {"ETag": '"v1"', "Last-Modified": "Mon, 15 Jun 2026 08:00:00 GMT", "Content-Type": "application/rss+xml"}
    if request.headers.get("If-None-Match") == '"v1"':
        assert request.headers["If-Modified-Since"] == "Mon, 15 Jun 2026 08:00:00 GMT"
        return web.Response(status=304, headers=headers)
    return web.Response(body=FEED, headers=headers)


def test_an_unchanged_feed_is_not_sent_again() -> None:
    async def twice() -> None:
        async with server(conditional) as url, feeds.session() as client:
            first = await feeds.fetch(client, url, feeds.Validators())
            assert first.payload is not None
            assert first.payload.data == FEED
            assert first.payload.provider == "127.0.0.1"
            assert first.payload.mark is not None
            again = await feeds.fetch(client, url, feeds.Validators.of_mark(first.payload.mark[1]))
            assert again.payload is None
            assert again.validators == first.validators

    asyncio.run(twice())


async def failure(handler: Handler) -> str:
    async with server(handler) as url, feeds.session() as client:
        with pytest.raises(UnreachableError) as caught:
            await feeds.fetch(client, url, feeds.Validators())
        return str(caught.value).removeprefix(f"{url}: ")


async def gone(_request: web.Request) -> web.StreamResponse:
    return web.Response(status=410)


async def round_and_round(request: web.Request) -> web.StreamResponse:
    raise web.HTTPFound(request.path)


async def endless(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse()
    await response.prepare(request)
    while True:
        await response.write(b"x" * 2**20)


async def silent(request: web.Request) -> web.StreamResponse:
    await asyncio.sleep(1)
    return await conditional(request)


def test_an_error_status_is_told() -> None:
    assert asyncio.run(failure(gone)) == "the server answers 410 Gone"


def test_a_redirect_loop_ends() -> None:
    assert asyncio.run(failure(round_and_round)) == "more than 5 redirects"


def test_an_endless_body_is_cut_off() -> None:
    assert asyncio.run(failure(endless)) == "larger than 16 MiB"


def test_a_silent_server_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feeds, "TIMEOUT", 0.3)
    assert asyncio.run(failure(silent)) == "no answer within 0 s"


@pytest.mark.parametrize("url", ["http://127.0.0.1:1/feed", "http://", "http://[", "http://nowhere.invalid/"])
def test_an_address_without_a_server_is_told(url: str) -> None:
    async def once() -> None:
        async with feeds.session() as client:
            await feeds.fetch(client, url, feeds.Validators())

    with pytest.raises(UnreachableError):
        asyncio.run(once())


def test_a_mark_of_another_kind_is_no_validator() -> None:
    assert feeds.Validators.of_mark("garbage") == feeds.Validators()
