"""Feeds in numbers, over real servers on loopback: each at its time, none in the way of the others."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from time import monotonic

import pytest
from aiohttp import web

from pipeline.adapters.sqlite.sources import SourceState
from pipeline.config import Fetching
from pipeline.core.payload import Payload
from pipeline.core.polling import State
from pipeline.runners import polling
from pipeline.runners.clock import Clock
from pipeline.runners.health import HealthBook
from pipeline.runners.polling import Feeds, Polled

LOOPBACK = Fetching(allow_private=("127.0.0.0/8",), timeout=2)
FEED = "<rss version='2.0'><channel><title>t</title><lastBuildDate>{0}</lastBuildDate>{1}</channel></rss>"
ITEM = "<item><guid isPermaLink='false'>{0}</guid><title>Story {0}</title><description>So</description></item>"
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def feed(*items: object, built: object = "") -> web.Response:
    return web.Response(text=FEED.format(built, "".join(ITEM.format(item) for item in items)))


@asynccontextmanager
async def server(handler: Handler, host: str = "127.0.0.1") -> AsyncIterator[str]:
    app = web.Application()
    app.router.add_get("/{tail:.*}", handler)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, host, 0).start()
    try:
        yield f"http://{host}:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


class Taken:
    """What a pipeline would have been handed."""

    def __init__(self) -> None:
        self.payloads: list[Payload] = []
        self.refused: list[tuple[str, str]] = []

    async def put(self, payload: Payload) -> Awaitable[None]:
        self.payloads.append(payload)
        return asyncio.sleep(0)

    def refuse(self, origin: str, reason: str) -> None:
        self.refused.append((origin, reason))

    def urls(self) -> Counter[str]:
        return Counter(payload.origin for payload in self.payloads)


async def poll(
    taken: Taken, feeds: list[Polled], seconds: float, marks: dict[str, str] | None = None, path: Path | None = None
) -> HealthBook:
    book = HealthBook(taken.refuse, path)
    source = Feeds(feeds, book, LOOPBACK)
    try:
        async with asyncio.timeout(seconds):
            await source.run(taken.put, marks or {})
    except TimeoutError:
        pass
    return book


def test_a_feed_is_handed_over_when_it_has_anything_new_and_not_otherwise() -> None:
    taken, asked = Taken(), Counter[str]()

    async def answer(request: web.Request) -> web.StreamResponse:
        asked[request.path] += 1
        times = asked[request.path]
        return feed(*range(1 + times // 3), built=times) if request.path == "/news" else feed("a", built=times)

    async def run() -> None:
        async with server(answer) as url:
            await poll(taken, [Polled(f"{url}/{name}", every=0.1) for name in ("news", "same")], 1.5)

    asyncio.run(run())
    counts = {origin.rsplit("/", 1)[-1]: count for origin, count in taken.urls().items()}
    assert asked["/news"] > 6
    assert counts["same"] == 1, "a feed that changes its own date alone has nothing new"
    assert 3 <= counts["news"] <= asked["/news"] // 2


def test_after_a_restart_what_was_stored_is_not_handed_over_again() -> None:
    taken = Taken()

    async def answer(_request: web.Request) -> web.StreamResponse:
        return feed("a")

    async def run() -> None:
        async with server(answer) as url:
            await poll(taken, [Polled(url + "/")], 3)
            (first,) = taken.payloads
            assert first.mark is not None
            await poll(taken, [Polled(url + "/")], 3, dict([first.mark]))

    asyncio.run(run())
    assert len(taken.payloads) == 1


def test_a_single_look_at_many_feeds_ends_and_names_each_failure() -> None:
    taken = Taken()

    async def answer(request: web.Request) -> web.StreamResponse:
        number = int(request.path[1:])
        if number % 3 == 0:
            return web.Response(status=503, headers={"Retry-After": "3600"})
        return web.Response(text="<html></html>") if number % 3 == 1 else feed(number)

    async def run() -> None:
        async with server(answer) as url:
            await poll(taken, [Polled(f"{url}/{number}") for number in range(30)], 20)

    began = monotonic()
    asyncio.run(run())
    assert monotonic() - began < 10
    assert len(taken.payloads) == 10
    assert Counter(reason for _url, reason in taken.refused) == {
        "the server answers 503 Service Unavailable": 10,
        "an HTML page in place of a feed": 10,
    }


def test_slow_feeds_do_not_hold_up_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(polling, "PER_HOST", 32)
    taken = Taken()

    async def answer(request: web.Request) -> web.StreamResponse:
        if request.path.startswith("/slow"):
            await asyncio.sleep(30)
        return feed(monotonic())

    async def run() -> None:
        async with server(answer) as url, server(answer, "127.0.0.2") as other:
            slow = [Polled(f"{url}/slow{number}", every=0.2) for number in range(20)]
            await poll(taken, [*slow, Polled(f"{other}/quick", every=0.1)], 2.9)

    asyncio.run(run())
    assert taken.urls().total() > 5
    assert {reason for _url, reason in taken.refused} == {"no whole answer within 2 s"}


def test_a_host_is_asked_two_at_a_time_and_left_alone_when_it_says_so() -> None:
    taken, busy, most, asked = Taken(), 0, 0, list[float]()

    async def answer(request: web.Request) -> web.StreamResponse:
        nonlocal busy, most
        asked.append(monotonic())
        busy += 1
        most = max(most, busy)
        await asyncio.sleep(0.02)
        busy -= 1
        if request.path == "/busy":
            return web.Response(status=429, headers={"Retry-After": "60"})
        return feed(request.path)

    async def run() -> None:
        async with server(answer) as url:
            await poll(taken, [Polled(f"{url}/{number}", every=0.05) for number in range(20)], 1.5)
            assert most == 2
            before = len(asked)
            await poll(taken, [Polled(f"{url}/{name}", every=0.05) for name in ("busy", "a", "b")], 1.5)
            assert len(asked) - before <= 4, "what was under way is answered, and then nobody asks"

    asyncio.run(run())
    assert len(taken.refused) == 1


def test_a_failing_feed_is_told_once_and_asked_ever_less(tmp_path: Path) -> None:
    taken, asked = Taken(), Counter[str]()

    async def answer(request: web.Request) -> web.StreamResponse:
        asked[request.path] += 1
        return web.Response(status=404) if request.path == "/gone" else feed("a")

    async def run() -> HealthBook:
        async with server(answer) as url:
            feeds = [Polled(f"{url}/{name}", every=0.1) for name in ("gone", "fine")]
            return await poll(taken, feeds, 2.5, path=tmp_path / "sources.db")

    book = asyncio.run(run())
    assert [reason for _url, reason in taken.refused] == ["the server answers 404 Not Found"]
    assert asked["/gone"] <= 5 < asked["/fine"]
    with SourceState(tmp_path / "sources.db") as state:
        stored = state.health()
    assert stored == book.health
    states = {url.rsplit("/", 1)[-1]: health.state(Clock().now()) for url, health in stored.items()}
    assert states == {"gone": State.FAILING, "fine": State.OK}


def test_what_breaks_the_client_breaks_no_other_feed() -> None:
    taken = Taken()

    async def answer(request: web.Request) -> web.StreamResponse:
        if request.path == "/fine":
            return feed("a")
        return web.Response(
            status=302, headers={"Location": "http://[::1" if request.path == "/a" else "http://\udcff/"}
        )

    async def run() -> None:
        async with server(answer) as url:
            names = [f"{url}/fine", f"{url}/a", f"{url}/b", "http://[", "http://%zz/", "http://" + "a" * 300 + ".com/"]
            await poll(taken, [Polled(name) for name in names], 10)

    asyncio.run(run())
    assert len(taken.payloads) == 1
    assert len(taken.refused) == 5
    assert all(reason and "\n" not in reason for _url, reason in taken.refused)
