"""The archive on the real Elasticsearch: the contract, and what only it has."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta

import msgspec
import pytest
from elasticsearch import Elasticsearch as Client

from pipeline.adapters.elastic import ElasticArchive, archive, connect
from pipeline.adapters.elastic.documents import alert_document, story_document
from pipeline.adapters.elastic.templates import ALERTS as ALERTS_INDEX
from pipeline.adapters.elastic.templates import REVISIONS, Names
from pipeline.adapters.elastic.templates import STORIES as STORIES_INDEX
from pipeline.config import Elasticsearch
from pipeline.core.archive import AlertFilter
from pipeline.core.errors import UnreachableError
from pipeline.core.need import ANYTHING, AllOf, AnyOf, Need, Prefix, Word
from pipeline.core.story import Story
from tests.adapters.archive_contract import ALERTS, NOON, STORIES, ArchiveContract, make_story

from .conftest import prepared

pytestmark = pytest.mark.servers


def put(client: Client, index: str, id_: str, document: bytes) -> None:
    client.index(index=index, id=id_, document=msgspec.json.decode(document))


def fill(settings: Elasticsearch, *stories: Story) -> None:
    names = Names(settings.prefix)
    with connect.client(settings) as client:
        for story in stories:
            put(client, names.month(STORIES_INDEX, NOON), story.id, story_document(story))
        client.indices.refresh(index=names.of(STORIES_INDEX))


class TestElasticArchive(ArchiveContract):
    @pytest.fixture(scope="class")
    def archive(self, elasticsearch_url: str) -> Iterator[ElasticArchive]:
        with prepared(elasticsearch_url) as settings:
            fill(settings, *STORIES)
            archive = ElasticArchive(settings)
            for number, alert in enumerate(ALERTS):
                document = alert_document(alert, NOON + timedelta(milliseconds=number))
                put(archive.client, archive.names.month(ALERTS_INDEX, NOON), alert.id, document)
            archive.client.indices.refresh(index=archive.names.of(ALERTS_INDEX))
            yield archive
            archive.close()

    def test_alerts_are_bounded_by_when_they_were_raised(self, archive: ElasticArchive) -> None:
        assert list(archive.alerts(AlertFilter(since=NOON + timedelta(milliseconds=1)))) == ALERTS[1:]


def test_pages_follow_each_other_without_gap_or_repeat(
    settings: Elasticsearch, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archive, "PAGE", 3)
    dated = [make_story(f"{number:02}", "Same hour") for number in range(8)]
    undated = [make_story(f"u{number}", "No hour", version_created=None, received=None) for number in range(4)]
    fill(settings, *dated, *undated)
    found = [story.uri for story in ElasticArchive(settings).stories(ANYTHING)]
    assert sorted(found) == sorted(story.uri for story in (*dated, *undated))
    assert found[8:] == sorted(found[8:], key=[s.uri for s in sorted(undated, key=lambda s: s.id)].index)


def test_needs_deeper_than_elasticsearch_allows_select_a_superset(settings: Elasticsearch) -> None:
    fill(settings, *STORIES)
    need: Need = Word("pyongyang")
    for _ in range(40):
        need = AllOf((Word("aid"), AnyOf((need, Word("nothere")))))
    assert [story.uri for story in ElasticArchive(settings).stories(need)] == ["urn:test:pact", "urn:test:storm"]


def test_a_word_longer_than_any_token_is_found(settings: Elasticsearch) -> None:
    long = "ab" * 400
    fill(settings, make_story("long", f"Chemists name {long}"))
    stories = ElasticArchive(settings).stories
    assert len(list(stories(Word(long)))) == 1
    assert len(list(stories(Prefix(long[:700])))) == 1


def test_history_joins_old_revisions_and_the_newest(
    settings: Elasticsearch, client: Client, refresh: Callable[[], None]
) -> None:
    first, second = make_story("a", "Ferry sinks"), make_story("a", "Ferry afloat", version="2")
    put(client, settings.prefix + REVISIONS, "1", story_document(first))
    put(client, settings.prefix + REVISIONS, "2", story_document(second))
    fill(settings, second)
    refresh()
    assert ElasticArchive(settings).history("urn:test:a") == [first, second]


def test_a_killed_story_comes_back_whole_from_its_history_and_shows_no_text(
    settings: Elasticsearch, client: Client
) -> None:
    fill(settings, *STORIES)
    killed = STORIES[-1]
    assert ElasticArchive(settings).history(killed.uri) == [killed]
    source = client.get(index=Names(settings.prefix).month(STORIES_INDEX, NOON), id=killed.id)["_source"]
    assert source["status"] == "canceled"
    assert not {"headline", "body", "tokens", "tags"} & set(source)


def test_before_init_the_reader_is_told_what_to_do(elasticsearch_url: str) -> None:
    settings = Elasticsearch(url=elasticsearch_url, prefix="never-made-")
    with pytest.raises(
        UnreachableError, match=r"lacks .*no such index \[never-made-stories\] \(run `wirewatch init` first"
    ):
        list(ElasticArchive(settings).stories(ANYTHING))
