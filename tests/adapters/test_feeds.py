"""Feeds over a real HTTP server on loopback: conditional requests, bounds, and one clear reason for every failure."""

from __future__ import annotations

import asyncio
import gzip
import socket
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest
from aiohttp import web
from aiohttp.abc import AbstractResolver, ResolveResult
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.adapters import feeds
from pipeline.adapters.feeds import Client, FetchError, Validators
from pipeline.config import Fetching
from pipeline.core.formats.document import MAX_BYTES

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
FEED = b"<rss version='2.0'><channel><title>t</title></channel></rss>"
TOO_LARGE = f"larger than {MAX_BYTES // 2**20} MiB"
LOOPBACK = Fetching(allow_private=("127.0.0.1",), timeout=20)


@asynccontextmanager
async def server(handler: Handler) -> AsyncIterator[str]:
    app = web.Application()
    app.router.add_get("/{tail:.*}", handler)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
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
        async with server(conditional) as url, Client(LOOPBACK) as client:
            first = await client.fetch(url, Validators())
            assert first.payload is not None
            assert first.payload.data == FEED
            assert first.payload.provider == "127.0.0.1"
            assert first.payload.mark is not None
            again = await client.fetch(url, Validators.of_mark(first.payload.mark[1]))
            assert again.payload is None
            assert again.validators == first.validators

    asyncio.run(twice())


async def failure(handler: Handler, fetching: Fetching = LOOPBACK) -> FetchError:
    async with server(handler) as url, Client(fetching) as client:
        with pytest.raises(FetchError) as caught:
            await client.fetch(url, Validators())
        assert str(caught.value) == f"{url}: {caught.value.reason}"
        return caught.value


def reason(handler: Handler, fetching: Fetching = LOOPBACK) -> str:
    return asyncio.run(failure(handler, fetching)).reason


async def fetched(handler: Handler, path: str = "") -> feeds.Fetched:
    async with server(handler) as url, Client(LOOPBACK) as client:
        return await client.fetch(url + path, Validators())


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


async def drop_by_drop(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse()
    await response.prepare(request)
    for _ in range(40):
        await response.write(b"<")
        await asyncio.sleep(0.05)
    return response


def body(data: bytes, **headers: str) -> Handler:
    async def answer(_request: web.Request) -> web.StreamResponse:
        return web.Response(body=data, headers={name.replace("_", "-"): value for name, value in headers.items()})

    return answer


def test_an_error_status_is_told() -> None:
    assert reason(gone) == "the server answers 410 Gone"


def test_a_redirect_loop_ends() -> None:
    assert reason(round_and_round) == "more than 5 redirects"


def test_an_endless_body_is_cut_off() -> None:
    assert reason(endless) == TOO_LARGE


@pytest.mark.parametrize("handler", [silent, drop_by_drop])
def test_a_slow_server_is_given_up(handler: Handler) -> None:
    assert reason(handler, Fetching(allow_private=("127.0.0.1",), timeout=0.3)) == "no whole answer within 0.3 s"


@pytest.mark.parametrize(
    ("packed", "coding"),
    [
        (gzip.compress(FEED), "gzip"),
        (zlib.compress(FEED), "deflate"),
        (zlib.compress(FEED, wbits=-zlib.MAX_WBITS), "deflate"),
    ],
    ids=["gzip", "zlib", "raw deflate"],  # without the packed bytes, which hold the time
)
def test_a_packed_body_is_unpacked(packed: bytes, coding: str) -> None:
    done = asyncio.run(fetched(body(packed, Content_Encoding=coding)))
    assert done.payload is not None
    assert done.payload.data == FEED
    assert done.received == len(packed)


def test_a_bomb_is_cut_off_where_it_bursts() -> None:
    bomb = gzip.compress(b"\0" * 2**26)
    assert len(bomb) < 2**19
    assert reason(body(bomb, Content_Encoding="gzip")) == TOO_LARGE


def test_a_body_that_is_not_packed_as_it_says_is_refused() -> None:
    assert reason(body(FEED, Content_Encoding="gzip")).startswith("the body is not packed as it says")
    assert reason(body(gzip.compress(FEED)[:-9], Content_Encoding="gzip")) == "the packed body ends early"
    assert "'br', which was not asked for" in reason(body(FEED, Content_Encoding="br"))


def test_a_page_in_place_of_a_feed_is_refused() -> None:
    page = b"<!doctype html><html><head><title>Sign in</title></head><body>Please</body></html>"
    assert reason(body(page, Content_Type="application/rss+xml")) == "an HTML page in place of a feed"
    assert reason(body(b" \n ")) == "the document is empty"


@pytest.mark.parametrize(
    ("data", "kind", "wanted"),
    [
        ("<rss>né</rss>".encode("latin-1"), "text/xml; charset=iso-8859-1", "<rss>né</rss>".encode()),
        ("<rss>né</rss>".encode(), "text/xml; charset=utf-8", "<rss>né</rss>".encode()),
        (b"<?xml version='1.0' encoding='koi8-r'?><rss>\xc1</rss>", "text/xml; charset=cp1252", None),
        ("<rss>né</rss>".encode("latin-1"), "text/xml; charset=nonsense", None),
        ("<rss>\u4e2d</rss>".encode(), "text/xml; charset=ascii", None),
    ],
)
def test_an_encoding_that_the_header_alone_tells_is_heeded(data: bytes, kind: str, wanted: bytes | None) -> None:
    done = asyncio.run(fetched(body(data, Content_Type=kind)))
    assert done.payload is not None
    assert done.payload.data == (data if wanted is None else wanted)


def test_what_a_busy_server_asks_for_is_told() -> None:
    async def busy(_request: web.Request) -> web.StreamResponse:
        return web.Response(status=429, headers={"Retry-After": "120"})

    error = asyncio.run(failure(busy))
    assert (error.host, error.asked) == (True, 120.0)


@pytest.mark.parametrize("value", ["-1", "soon", "9" * 400, "Thu, 99 Foo 2026", "²"])
def test_what_cannot_be_read_as_a_wait_is_none_or_bounded(value: str) -> None:
    assert (feeds._retry_after(value) or 0) <= 1e9


def test_a_date_is_a_wait() -> None:
    assert feeds._retry_after("Mon, 15 Jun 2020 08:00:00 GMT") == 0.0
    assert (feeds._retry_after("Mon, 15 Jun 2099 08:00:00 GMT") or 0) > 1e6


def test_a_feed_that_has_moved_for_good_says_where_to() -> None:
    async def moving(request: web.Request) -> web.StreamResponse:
        if request.path == "/new":
            return await conditional(request)
        raise web.HTTPMovedPermanently("/new") if "temporary" not in request.query_string else web.HTTPFound("/new")

    done = asyncio.run(fetched(moving))
    assert done.moved is not None
    assert done.moved.endswith("/new")
    assert asyncio.run(fetched(moving, "?temporary")).moved is None


class Names(AbstractResolver):
    """Answers every name with the addresses given, one call after the other."""

    def __init__(self, *answers: str) -> None:
        self.answers = list(answers)
        self.asked: list[str] = []

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        self.asked.append(host)
        address = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        return [ResolveResult(hostname=host, host=address, port=port, family=family, proto=0, flags=0)]

    async def close(self) -> None:
        pass


def test_a_name_that_leads_inside_is_refused() -> None:
    async def once(name: str) -> str:
        async with Client(Fetching(), Names("169.254.169.254")) as client:
            with pytest.raises(FetchError) as caught:
                await client.fetch(f"http://{name}/latest/meta-data/", Validators())
            return caught.value.reason

    assert "169.254.169.254 is not public" in asyncio.run(once("feeds.example.com"))
    assert "169.254.169.254 is not public" in asyncio.run(once("169.254.169.254"))


@pytest.mark.parametrize("target", ["http://127.0.0.2:{port}/", "http://[::1]:{port}/", "http://localhost:{port}/"])
def test_a_redirect_that_leads_inside_is_refused(target: str) -> None:
    reached: list[str] = []

    async def leading(request: web.Request) -> web.StreamResponse:
        reached.append(request.host)
        raise web.HTTPFound(target.format(port=request.url.port))

    async def once() -> str:
        async with server(leading) as url, Client(LOOPBACK, Names("::1", "::1")) as client:
            with pytest.raises(FetchError) as caught:
                await client.fetch(url, Validators())
            return caught.value.reason

    assert "is not public" in asyncio.run(once())
    assert len(reached) == 1


def test_the_address_that_was_judged_is_the_one_that_is_connected() -> None:
    """A name server that answers otherwise the second time (rebinding) is asked once for a connection."""
    names = Names("127.0.0.1", "169.254.169.254")

    async def once() -> feeds.Fetched:
        async with server(conditional) as url, Client(LOOPBACK, names) as client:
            return await client.fetch(url.replace("127.0.0.1", "rebinding.example"), Validators())

    assert asyncio.run(once()).payload is not None
    assert names.asked == ["rebinding.example"]


@pytest.mark.parametrize("target", ["file:///etc/passwd", "ftp://example.com/x", "http://", "//[", "gopher://x"])
def test_a_redirect_to_no_web_address_is_refused(target: str) -> None:
    async def leading(_request: web.Request) -> web.StreamResponse:
        return web.Response(status=302, headers={"Location": target})

    assert reason(leading)


@pytest.mark.parametrize("url", ["http://127.0.0.1:1/feed", "http://", "http://[", "http://nowhere.invalid/"])
def test_an_address_without_a_server_is_told(url: str) -> None:
    async def once() -> None:
        async with Client(LOOPBACK) as client:
            await client.fetch(url, Validators())

    with pytest.raises(FetchError):
        asyncio.run(once())


def test_a_password_in_the_address_is_sent_and_never_shown() -> None:
    async def guarded(request: web.Request) -> web.StreamResponse:
        known = request.headers.get("Authorization", "").startswith("Basic ")
        return await conditional(request) if known else web.Response(status=401)

    async def once() -> feeds.Fetched:
        async with server(guarded) as url, Client(LOOPBACK) as client:
            return await client.fetch(url.replace("http://", "http://me:s3cret@"), Validators())

    assert "s3cret" not in repr(asyncio.run(once()))
    assert "s3cret" not in str(FetchError("http://me:s3cret@example.com/", "gone"))


HEADS = st.sampled_from(
    [
        *(b"", b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n", b"HTTP/1.1 304 \r\n\r\n"),
        *(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"HTTP/1.1 302 Found\r\nLocation: "),
        *(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Type: "),
        *(b"HTTP/1.1 429 Busy\r\nRetry-After: ", b"220 mail.example ESMTP\r\n", b"HTTP/1.1 200 OK\r\nSet-Cookie: "),
    ]
)


@given(st.lists(st.tuples(HEADS, st.binary(max_size=200)), min_size=1, max_size=12))
@settings(max_examples=20, deadline=None)
def test_whatever_a_server_answers_is_a_feed_or_a_reason(answers: list[tuple[bytes, bytes]]) -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"".join(waiting.pop(0)) if waiting else b"")
        writer.close()

    async def run() -> None:
        serving = await asyncio.start_server(talk, "127.0.0.1", 0)
        url = f"http://127.0.0.1:{serving.sockets[0].getsockname()[1]}/"
        async with serving, Client(LOOPBACK) as client:
            while waiting:
                try:
                    await client.fetch(url, Validators())
                except FetchError as error:
                    reasons.append(error.reason)

    waiting = list(answers)
    reasons: list[str] = []
    asyncio.run(run())
    assert all(reason and "\n" not in reason for reason in reasons)


def test_a_mark_of_another_kind_is_no_validator() -> None:
    assert Validators.of_mark("garbage") == Validators()
