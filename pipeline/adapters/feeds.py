"""Feeds over HTTP: conditional requests, so that an unchanged feed costs its publisher nothing, and bounds on all else.

The publisher is not trusted. Every connection, also that of a redirect, goes to a judged address (``addresses.py``);
a body is bounded in time, in bytes as sent and in bytes as unpacked; whatever goes wrong is one line of reason.
"""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit, urlunsplit

import aiohttp
import msgspec
from aiohttp.abc import AbstractResolver

from pipeline import __version__
from pipeline.adapters.addresses import Names, guard, networks
from pipeline.adapters.bodies import Unpacker, utf8
from pipeline.config import Fetching
from pipeline.core.errors import InputError, UnreachableError
from pipeline.core.formats.document import MAX_BYTES, Document
from pipeline.core.payload import Payload

REDIRECTS = 5
CHUNK = 64 * 1024

USUAL = 1024 * 1024
"""Bytes of a body that every fetch may hold; more is read by few at a time, so that memory is bounded."""

LARGE_AT_A_TIME = 4

HEADERS = {
    "User-Agent": f"wirewatch/{__version__} (news monitoring; feed reader)",
    "Accept": "application/rss+xml, application/atom+xml, application/feed+json, application/xml;q=0.9, */*;q=0.1",
    "Accept-Encoding": "gzip, deflate",
}
_PERMANENT = frozenset({301, 308})


class FetchError(UnreachableError):
    """A fetch without a usable answer. ``host``: every feed of the host has to wait; ``asked``: so many seconds."""

    def __init__(self, url: str, reason: str, *, host: bool = False, asked: float | None = None) -> None:
        self.reason = " ".join(reason.split())[:300]
        super().__init__(f"{shown(url)}: {self.reason}")
        self.host = host
        self.asked = asked


class Validators(msgspec.Struct, frozen=True, omit_defaults=True):
    """What the publisher gave us to ask with the next time (RFC 9110, 13.1), and a digest of what it sent."""

    etag: str | None = None
    modified: str | None = None
    digest: str | None = None

    @classmethod
    def of_mark(cls, mark: str | None) -> Validators:
        """Return the validators that a stored position holds."""
        try:
            return msgspec.json.decode(mark or "{}", type=cls)
        except msgspec.DecodeError:
            return cls()

    def headers(self) -> dict[str, str]:
        """Return the request headers that make a fetch conditional."""
        pairs = {"If-None-Match": self.etag, "If-Modified-Since": self.modified}
        return {name: value for name, value in pairs.items() if value}


class Fetched(msgspec.Struct, frozen=True, kw_only=True):
    """An answer: the payload (None: unchanged), the validators for the next time, and how it came."""

    payload: Payload | None
    validators: Validators
    status: int
    url: str
    """Where the redirects have led to."""
    hops: int = 0
    moved: str | None = None
    """The same address, where every redirect was permanent."""
    received: int = 0
    """Bytes as sent."""


def shown(url: str) -> str:
    """Return the URL without the user and password that it may hold: fit for logs, origins and positions."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return url
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2])) if "@" in parts.netloc else url


def mark_name(url: str) -> str:
    """Return the name under which the position of a feed is stored."""
    return f"feed:{shown(url)}"


class Client:
    """Fetches feeds; an asynchronous context manager. ``resolver`` looks names up, by default the system's."""

    def __init__(self, fetching: Fetching | None = None, resolver: AbstractResolver | None = None) -> None:
        self.fetching = fetching or Fetching()
        self.resolver = resolver
        self._large = asyncio.Semaphore(LARGE_AT_A_TIME)

    async def __aenter__(self) -> Self:
        connector = aiohttp.TCPConnector(
            limit=self.fetching.concurrency,
            socket_factory=guard(networks(self.fetching.allow_private)),
            resolver=self.resolver or Names(),
            ttl_dns_cache=60,
        )
        self._session = aiohttp.ClientSession(
            connector=connector,
            headers=HEADERS,
            timeout=aiohttp.ClientTimeout(total=self.fetching.timeout),
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._session.close()

    async def fetch(
        self, url: str, before: Validators, provider: str | None = None, kept: AsyncExitStack | None = None
    ) -> Fetched:
        """Fetch a feed, if it has changed; raises FetchError with the reason when there is no usable answer.

        A large body takes one of few permits, until ``kept`` is closed: hand one over to hold the payload so long.
        """
        try:
            async with AsyncExitStack() as own:
                asked = self._session.get(url, headers=before.headers(), max_redirects=REDIRECTS)
                return await self._read(await own.enter_async_context(asked), url, before, provider, kept or own)
        except InputError as error:
            raise FetchError(url, error.reason) from None
        except TimeoutError:
            raise FetchError(url, f"no whole answer within {self.fetching.timeout:g} s") from None
        except aiohttp.TooManyRedirects:
            raise FetchError(url, f"more than {REDIRECTS} redirects") from None
        except (aiohttp.InvalidURL, aiohttp.NonHttpUrlClientError) as error:
            raise FetchError(url, f"not a URL of the web: {error}") from None
        except aiohttp.ClientConnectorError as error:
            at_fault = error.host == urlsplit(url).hostname  # a redirect may lead to a host that cannot be reached
            raise FetchError(url, error.os_error.strerror or str(error.os_error), host=at_fault) from None
        except (aiohttp.ClientError, OSError, ValueError) as error:
            raise FetchError(url, str(error) or type(error).__name__) from None

    async def _read(
        self,
        answer: aiohttp.ClientResponse,
        url: str,
        before: Validators,
        provider: str | None,
        kept: AsyncExitStack,
    ) -> Fetched:
        moved = str(answer.url) if answer.history and all(hop.status in _PERMANENT for hop in answer.history) else None
        how = Fetched(
            payload=None,
            validators=before,
            status=answer.status,
            url=shown(str(answer.url)),
            hops=len(answer.history),
            moved=shown(moved) if moved else None,
        )
        if answer.status == 304:
            return how
        if answer.status != 200:
            reason = f"the server answers {answer.status} {answer.reason or ''}".rstrip()
            busy = answer.status in (429, 503)
            asked = _retry_after(answer.headers.get("Retry-After")) if busy else None
            raise FetchError(url, reason, host=answer.status == 429 or answer.status >= 500, asked=asked)
        data, received = await self._body(answer, kept)
        payload = Payload(
            data=utf8(data, answer.charset),
            origin=shown(url),
            received=datetime.now(UTC),
            provider=provider or urlsplit(url).hostname,
            content_type=answer.headers.get("Content-Type"),
        )
        _refuse_page(payload)
        validators = Validators(answer.headers.get("ETag"), answer.headers.get("Last-Modified"))
        return msgspec.structs.replace(
            how, payload=marked(payload, url, validators), validators=validators, received=received
        )

    async def _body(self, answer: aiohttp.ClientResponse, kept: AsyncExitStack) -> tuple[bytes, int]:
        """Return the unpacked body and the bytes sent."""
        unpack = Unpacker(answer.headers.get("Content-Encoding", ""))
        data = bytearray()
        received = 0
        large = False
        async for chunk in answer.content.iter_chunked(CHUNK):
            received += len(chunk)
            unpack(chunk, data)
            if len(data) > MAX_BYTES:
                raise InputError(f"larger than {MAX_BYTES // 2**20} MiB")
            if len(data) > USUAL and not large:
                await kept.enter_async_context(self._large)
                large = True
        unpack.end()
        return bytes(data), received


def marked(payload: Payload, url: str, validators: Validators) -> Payload:
    """Return the payload with the validators as the position of its feed."""
    return msgspec.structs.replace(payload, mark=(mark_name(url), msgspec.json.encode(validators).decode()))


def _refuse_page(payload: Payload) -> None:
    if Document(payload).kind == "html":
        raise InputError("an HTML page in place of a feed")


def _retry_after(value: str | None) -> float | None:
    """Return the seconds that the server asks for (RFC 9110, 10.2.3); None where they cannot be read."""
    if value is None:
        return None
    if value.strip().isascii() and value.strip().isdecimal():
        return min(float(value), 1e9)
    try:
        return max(0.0, (parsedate_to_datetime(value) - datetime.now(UTC)).total_seconds())
    except (TypeError, ValueError, OverflowError):
        return None
