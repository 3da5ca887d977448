"""Feeds over HTTP: conditional requests, so that an unchanged feed costs the publisher nothing."""

from __future__ import annotations

from datetime import UTC, datetime
from urllib.parse import urlsplit

import aiohttp
import msgspec

from pipeline import __version__
from pipeline.adapters.files import DOCUMENT_LIMIT
from pipeline.core.errors import UnreachableError
from pipeline.core.payload import Payload

TIMEOUT = 30.0
"""Seconds for a whole fetch."""

REDIRECTS = 5

HEADERS = {
    "User-Agent": f"wirewatch/{__version__} (news monitoring; feed reader)",
    "Accept": "application/rss+xml, application/atom+xml, application/feed+json, application/xml;q=0.9, */*;q=0.1",
}


class Validators(msgspec.Struct, frozen=True, omit_defaults=True):
    """What the publisher gave us to ask with the next time (RFC 9110, 13.1)."""

    etag: str | None = None
    modified: str | None = None

    @classmethod
    def of_mark(cls, mark: str | None) -> Validators:
        """Return the validators that a position in the database holds."""
        try:
            return msgspec.json.decode(mark or "{}", type=cls)
        except msgspec.DecodeError:
            return cls()

    def headers(self) -> dict[str, str]:
        """Return the request headers that make a fetch conditional."""
        pairs = {"If-None-Match": self.etag, "If-Modified-Since": self.modified}
        return {name: value for name, value in pairs.items() if value}


class Fetched(msgspec.Struct, frozen=True):
    """An answer: the payload (None: unchanged) and the validators for the next time."""

    payload: Payload | None
    validators: Validators


def mark_name(url: str) -> str:
    """Return the name under which the position of a feed is stored."""
    return f"feed:{url}"


def session() -> aiohttp.ClientSession:
    """Return a session for ``fetch``; to be closed by the caller."""
    return aiohttp.ClientSession(headers=HEADERS, timeout=aiohttp.ClientTimeout(total=TIMEOUT))


async def fetch(client: aiohttp.ClientSession, url: str, before: Validators, provider: str | None = None) -> Fetched:
    """Fetch a feed, if it has changed; raises UnreachableError with the reason when there is no usable answer."""
    try:
        async with client.get(url, headers=before.headers(), max_redirects=REDIRECTS) as answer:
            if answer.status == 304:
                return Fetched(None, before)
            if answer.status != 200:
                raise UnreachableError(f"{url}: the server answers {answer.status} {answer.reason or ''}".rstrip())
            data = await answer.content.read(DOCUMENT_LIMIT + 1)
            while len(data) <= DOCUMENT_LIMIT and (more := await answer.content.read(DOCUMENT_LIMIT + 1 - len(data))):
                data += more
            if len(data) > DOCUMENT_LIMIT:
                raise UnreachableError(f"{url}: larger than {DOCUMENT_LIMIT // 2**20} MiB")
            validators = Validators(answer.headers.get("ETag"), answer.headers.get("Last-Modified"))
            payload = Payload(
                data=data,
                origin=url,
                received=datetime.now(UTC),
                provider=provider or urlsplit(url).hostname,
                content_type=answer.headers.get("Content-Type"),
                mark=(mark_name(url), msgspec.json.encode(validators).decode()),
            )
            return Fetched(payload, validators)
    except TimeoutError:
        raise UnreachableError(f"{url}: no answer within {TIMEOUT:.0f} s") from None
    except aiohttp.InvalidURL:
        raise UnreachableError(f"{url}: not a URL") from None
    except aiohttp.TooManyRedirects:
        raise UnreachableError(f"{url}: more than {REDIRECTS} redirects") from None
    except aiohttp.ClientError as error:
        raise UnreachableError(f"{url}: {error or type(error).__name__}") from None
