"""Indices of each test's own on the real Elasticsearch."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import pytest
from elasticsearch import Elasticsearch as Client

from pipeline.adapters.elastic import connect, templates
from pipeline.config import Elasticsearch

NOW = datetime(2026, 6, 15, 12, tzinfo=UTC)


@contextmanager
def prepared(url: str) -> Iterator[Elasticsearch]:
    """Yield settings with a prefix of their own, after ``init``; remove the indices in the end."""
    settings = Elasticsearch(url=url, prefix=f"test-{uuid.uuid4().hex[:8]}-", refresh="1s")
    with connect.client(settings) as client:
        templates.init(settings, client, NOW, lambda _line: None)
        yield settings
        remove(client, settings.prefix)


@pytest.fixture
def settings(elasticsearch_url: str) -> Iterator[Elasticsearch]:
    """Yield settings for one test."""
    with prepared(elasticsearch_url) as settings:
        yield settings


@pytest.fixture
def client(settings: Elasticsearch) -> Iterator[Client]:
    """Yield a client of the test."""
    with connect.client(settings) as client:
        yield client


@pytest.fixture
def refresh(settings: Elasticsearch, client: Client) -> Callable[[], None]:
    """Make everything that is indexed visible to searches."""

    def refresh() -> None:
        client.indices.refresh(index=f"{settings.prefix}*")

    return refresh


def remove(client: Client, prefix: str) -> None:
    """Remove the indices and templates of a test."""
    indices = list(client.indices.get(index=f"{prefix}*", expand_wildcards="all", features="settings"))
    if indices:
        client.indices.delete(index=",".join(indices))
    for template in templates.TEMPLATES:
        client.options(ignore_status=404).indices.delete_index_template(name=prefix + template.name)
