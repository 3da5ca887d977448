"""Feeds: thousands in one process, each at its own interval, none able to hold up or starve the others.

A heap has the moment of each feed's next fetch. What is due is fetched, so many at a time in all and two at a time from
one host; a host that fails or asks for peace is left alone, and then tried with a single fetch.
"""

from __future__ import annotations

import asyncio
import heapq
from collections import deque
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, suppress
from hashlib import sha256
from random import Random
from time import monotonic
from urllib.parse import urlsplit

import msgspec

from pipeline.adapters import feeds
from pipeline.config import Fetching
from pipeline.core import formats
from pipeline.core.errors import InputError
from pipeline.core.payload import Payload
from pipeline.core.polling import Health, host_pause, pause
from pipeline.core.story import PARSED, story_json
from pipeline.runners.embedded import Put
from pipeline.runners.health import HealthBook

PER_HOST = 2
"""Fetches at a time from one host."""

SPREAD = 0.1
"""Seconds between the first fetches of two feeds, so that a start is no burst."""

READERS = 2
"""Threads that look whether a feed has anything new."""


class Polled(msgspec.Struct):
    """A feed and what the poller knows of it; ``every`` is None for a single fetch."""

    url: str
    provider: str | None = None
    every: float | None = None
    validators: feeds.Validators = feeds.Validators()


class _Host(msgspec.Struct):
    """The feeds of one host that wait for it, and how it fares."""

    running: int = 0
    failures: int = 0
    until: float = 0.0
    waiting: deque[int] = msgspec.field(default_factory=deque)

    def room(self) -> int:
        return (1 if self.failures else PER_HOST) - self.running


class Feeds:
    """All feeds of a process, as one source."""

    def __init__(
        self, polled: Sequence[Polled], book: HealthBook, fetching: Fetching, chance: Random | None = None
    ) -> None:
        self.polled = polled
        self.book = book
        self.fetching = fetching
        self.chance = chance or Random()  # noqa: S311  spreads fetches, keeps no secret
        self._hosts: dict[str, _Host] = {}
        self._due: list[tuple[float, int]] = []
        self._running = 0
        self._turned = asyncio.Event()

    async def run(self, put: Put, marks: Mapping[str, str]) -> None:
        """Fetch each feed when it is due; returns when none is left to be fetched again."""
        began = monotonic()
        spread = min([SPREAD, *(feed.every / len(self.polled) for feed in self.polled if feed.every)])
        for number, feed in enumerate(self.polled):
            feed.validators = feeds.Validators.of_mark(marks.get(feeds.mark_name(feed.url)))
            self._due.append((began + number * spread if feed.every else began, number))
        heapq.heapify(self._due)
        self._readers = ThreadPoolExecutor(READERS, "feeds")
        try:
            async with feeds.Client(self.fetching) as client, asyncio.TaskGroup() as group:
                while self._due or self._running:
                    turn = await self._next()
                    if turn is not None:
                        group.create_task(self._turn(client, put, turn))
        finally:
            self.book.write()
            self._readers.shutdown(wait=False, cancel_futures=True)

    async def _next(self) -> int | None:
        """Return the feed whose turn it is; None after a wait for a feed to be due or a fetch to end."""
        now = monotonic()
        full = self._running >= self.fetching.concurrency
        if full or not self._due or self._due[0][0] > now:
            wait = None if full or not self._due else self._due[0][0] - now
            with suppress(TimeoutError):
                async with asyncio.timeout(wait):  # wait_for of Python 3.11 may swallow a cancellation
                    await self._turned.wait()
            self._turned.clear()
            return None
        _moment, number = heapq.heappop(self._due)
        host = self._host(number)
        if host.room() <= 0:
            host.waiting.append(number)
            return None
        if host.until > now and self.polled[number].every is not None:
            heapq.heappush(self._due, (host.until + self.chance.random(), number))
            return None
        host.running += 1
        self._running += 1
        return number

    def _host(self, number: int) -> _Host:
        try:
            name = urlsplit(self.polled[number].url).netloc
        except ValueError:
            name = ""
        return self._hosts.setdefault(name, _Host())

    async def _turn(self, client: feeds.Client, put: Put, number: int) -> None:
        """Fetch one feed, hand over what is new, and set the time of its next turn."""
        feed, host = self.polled[number], self._host(number)
        asked: float | None = None
        try:
            async with AsyncExitStack() as kept:
                payload = await self._fetch(client, feed, kept)
                if payload is not None:
                    await put(payload)
            host.failures = 0
            health = self.book.health[feeds.shown(feed.url)]
        except feeds.FetchError as error:
            asked = error.asked
            host.failures = host.failures + 1 if error.host else 0
            if error.host:
                host.until = max(host.until, monotonic() + host_pause(host.failures, asked))
            health = self.book.failed(feeds.shown(feed.url), error.reason)
        finally:
            host.running -= 1
            self._running -= 1
            self._turned.set()
            for _ in range(min(host.room(), len(host.waiting))):
                heapq.heappush(self._due, (monotonic(), host.waiting.popleft()))
        self._again(number, feed, health, asked)

    def _again(self, number: int, feed: Polled, health: Health, asked: float | None) -> None:
        if feed.every is not None:
            wait = pause(feed.every, health.failures, self.chance.random(), asked)
            heapq.heappush(self._due, (monotonic() + wait, number))

    async def _fetch(self, client: feeds.Client, feed: Polled, kept: AsyncExitStack) -> Payload | None:
        """Return the feed if it has anything new; raises FetchError, also for what cannot be read as a feed."""
        try:
            fetched = await client.fetch(feed.url, feed.validators, feed.provider, kept)
            digest = feed.validators.digest
            if fetched.payload is not None:
                loop = asyncio.get_running_loop()
                digest = await loop.run_in_executor(self._readers, digest_of, fetched.payload)
        except InputError as error:
            raise feeds.FetchError(feed.url, error.reason) from None
        except (feeds.FetchError, asyncio.CancelledError):
            raise
        except Exception as error:  # noqa: BLE001  whatever one publisher sends must not end the others' fetches
            raise feeds.FetchError(feed.url, f"{type(error).__name__}: {error}") from None
        changed = fetched.payload is not None and digest != feed.validators.digest
        feed.validators = msgspec.structs.replace(fetched.validators, digest=digest)
        self.book.fetched(feeds.shown(feed.url), changed=changed, moved=fetched.moved)
        return feeds.marked(fetched.payload, feed.url, feed.validators) if changed and fetched.payload else None


def digest_of(payload: Payload) -> str:
    """Return a digest of what the stories of a feed say: dates of the feed itself change at every fetch.

    Raises InputError where the payload holds no story.
    """
    parsed = formats.parse(payload)
    digest = sha256()
    for story in parsed.stories:
        digest.update(story_json(story, PARSED))
    for reason in parsed.refused:
        digest.update(reason.encode())
    return digest.hexdigest()[:32]
