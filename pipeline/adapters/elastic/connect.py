"""How to reach Elasticsearch: clients of both kinds, and their errors as one sentence."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
from elastic_transport import ConnectionError as Unconnected
from elastic_transport import ConnectionTimeout, JsonSerializer, TlsError, TransportError
from elasticsearch import (
    ApiError,
    AsyncElasticsearch,
    AuthenticationException,
    AuthorizationException,
    Elasticsearch,
    NotFoundError,
    UnsupportedProductError,
)

from pipeline.config import Elasticsearch as Settings
from pipeline.core.errors import UnreachableError

FAILURES = (ApiError, TransportError, UnsupportedProductError)
"""What the client raises; nothing of it is to reach a user as a traceback."""

logging.getLogger("elastic_transport").setLevel(logging.ERROR)  # one line an attempt; ours is one line an outage


class Json(JsonSerializer):
    """JSON by msgspec: a fetch is asked for, and answered, in hundreds of small objects."""

    mimetype = "application/vnd.elasticsearch+json"

    def json_dumps(self, data: Any) -> bytes:
        """Return a request as JSON."""
        return msgspec.json.encode(data)

    def json_loads(self, data: bytes) -> Any:
        """Return an answer; raises ValueError for what is no JSON, which the client turns into an error of its own."""
        try:
            return msgspec.json.decode(data)
        except msgspec.DecodeError as error:
            raise ValueError(str(error)) from None


def client(settings: Settings) -> Elasticsearch:
    """Return the client of commands; it does not connect before the first request."""
    return Elasticsearch(settings.url, **_options(settings))


def async_client(settings: Settings) -> AsyncElasticsearch:
    """Return the client of workers."""
    return AsyncElasticsearch(settings.url, **_options(settings))


def _options(settings: Settings) -> dict[str, Any]:
    options: dict[str, Any] = {
        "request_timeout": settings.timeout,
        "max_retries": 0,  # what is tried again, and when, is ours to say
        "retry_on_timeout": False,
        "serializers": {Json.mimetype: Json()},
    }
    if settings.api_key:
        options["api_key"] = settings.api_key
    if settings.ca:
        file = Path(settings.ca).expanduser()
        if not file.is_file():
            raise UnreachableError(f"elasticsearch.ca: {settings.ca} cannot be read: no such file")
        options["ca_certs"] = str(file)
    return options


@contextmanager
def reaching(settings: Settings) -> Iterator[None]:
    """Turn whatever the client raises inside into an UnreachableError."""
    try:
        yield
    except FAILURES as error:
        raise unreachable(settings, error) from None


def unreachable(settings: Settings, error: Exception) -> UnreachableError:
    """Return the sentence for a cluster that does not answer as it should: which, why, what to do."""
    where, what = f"Elasticsearch at {settings.url}", describe(error)
    who = "elasticsearch.api_key is wrong or has expired" if settings.api_key else "set elasticsearch.api_key"
    late = f"does not answer within {settings.timeout:g} s (elasticsearch.timeout)"
    sentences: tuple[tuple[type[Exception], str], ...] = (
        (AuthenticationException, f"{where} wants to know who we are: {who}"),
        (AuthorizationException, f"{where} does not allow this: {what} (the role of elasticsearch.api_key)"),
        (NotFoundError, f"{where} lacks what is asked for: {what} (run `wirewatch init` first)"),
        (UnsupportedProductError, f"what listens at {settings.url} is not Elasticsearch: check elasticsearch.url"),
        (TlsError, f"{where} is not trusted: {what} (elasticsearch.ca)"),
        (ConnectionTimeout, f"{where} {late}"),
        (Unconnected, f"{where} cannot be reached: {what} (elasticsearch.url)"),
    )
    if isinstance(error, ApiError) and (error.status_code >= 500 or error.status_code == 429):
        return UnreachableError(f"{where} cannot be reached: it is not ready ({what})")
    known = (sentence for kind, sentence in sentences if isinstance(error, kind))
    return UnreachableError(next(known, f"{where} refuses: {what}"))


def describe(error: BaseException) -> str:
    """Return an error of the client in a few words."""
    if isinstance(error, ApiError):
        body = error.body
        found = body.get("error") if isinstance(body, dict) else None
        if isinstance(found, dict) and found.get("reason"):
            return f"{error.status_code} {found.get('type')}: {str(found['reason'])[:300]}"
        return f"{error.status_code} {str(error.message)[:300]}"
    if isinstance(error, TransportError):
        return str(error.message)[:300]
    return f"{type(error).__name__}: {str(error)[:300]}"
