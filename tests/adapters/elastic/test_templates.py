"""Index templates on the real Elasticsearch: put in place twice, refused where they cannot be, same words as ours."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from elasticsearch import BadRequestError
from elasticsearch import Elasticsearch as Client

from pipeline.adapters.elastic import templates
from pipeline.adapters.elastic.documents import story_document
from pipeline.config import Elasticsearch
from pipeline.core.errors import UnreachableError
from pipeline.core.words import folded
from tests.adapters.archive_contract import STORIES, make_story

from .conftest import NOW

pytestmark = pytest.mark.servers


def test_a_second_init_changes_nothing_and_new_settings_reach_old_indices(
    settings: Elasticsearch, client: Client
) -> None:
    said: list[str] = []
    templates.init(settings, client, NOW, said.append)
    assert [line for line in said if line.startswith("made")] == []
    changed = Elasticsearch(url=settings.url, prefix=settings.prefix, refresh="7s")
    templates.init(changed, client, NOW, said.append)
    index = f"{settings.prefix}stories-2026.06"
    found = client.indices.get_settings(index=index, flat_settings=True)[index]["settings"]
    assert found["index.refresh_interval"] == "7s"
    assert list(client.indices.get_alias(name=settings.prefix + templates.STORIES)) == [index]


def test_an_index_with_another_mapping_is_named(settings: Elasticsearch, client: Client) -> None:
    index = f"{settings.prefix}stories-2026.06"
    client.indices.delete(index=index)
    other = {"properties": {"revision": {"type": "keyword"}}}
    client.indices.create(index=index, mappings=other)
    with pytest.raises(UnreachableError, match=rf"index {index} .* has another mapping: .*revision.*remove it"):
        templates.init(settings, client, NOW, lambda _line: None)


def test_a_worker_does_not_write_into_an_index_with_another_mapping(settings: Elasticsearch, client: Client) -> None:
    index = f"{settings.prefix}stories-2026.06"
    client.indices.put_mapping(index=index, meta={"version": 0})
    with pytest.raises(UnreachableError, match=rf"index {index} at .* has another mapping than version .*init"):
        templates.check(settings, client)
    templates.init(settings, client, NOW, lambda _line: None)
    templates.check(settings, client)


def test_a_worker_knows_whether_init_was_run(settings: Elasticsearch, client: Client) -> None:
    templates.check(settings, client)
    client.indices.delete_index_template(name=settings.prefix + templates.HELD)
    with pytest.raises(UnreachableError, match=r"no index template .*stories-held of version .*`wirewatch init`"):
        templates.check(settings, client)


def test_an_undeclared_field_is_an_error(settings: Elasticsearch, client: Client) -> None:
    with pytest.raises(BadRequestError, match="strict_dynamic_mapping_exception"):
        client.index(index=f"{settings.prefix}stories-2026.06", document={"headlin": "x"})


def test_what_people_type_is_cut_into_the_words_of_the_matcher(settings: Elasticsearch, client: Client) -> None:
    texts = [
        "Mutual-aid pact: O’Brien's U.S. visit, 9/11 and the people's U.N troops; café déjà-vu",
        "IT'S “RUSSIA'S” F-16s — 3.5 million, naïve Ångström, don't, rock'n'roll, A.B.C.",
        "Путин и Ким подписали договор о взаимной помощи; Ёлка, Київ",
        "Ελλάδα και Τουρκία, ο Άρης",
        "l'Élysée d'aujourd'hui; Straße; e\u0301te\u0301",
        "أعلنت الحكومة المُؤقّتة; יִשְׂרָאֵל",
    ]
    for text in texts:
        answer = client.indices.analyze(index=f"{settings.prefix}stories-2026.06", analyzer="words", text=text)
        assert tuple(token["token"] for token in answer["tokens"]) == folded(text)


def test_free_text_as_kibana_asks_finds_by_our_words_and_no_phrase_spans_two_fields(
    settings: Elasticsearch, client: Client, refresh: Callable[[], None]
) -> None:
    apart = make_story("apart", "Nothing mutual", body="Aid arrives.")
    for story in (*STORIES, apart):
        document = json.loads(story_document(story))
        client.index(index=f"{settings.prefix}stories-2026.06", id=story.id, document=document)
    refresh()

    def found(text: str) -> set[str]:
        query = {"query_string": {"query": text, "analyze_wildcard": True}}
        hits = client.search(index=settings.prefix + templates.STORIES, query=query)["hits"]["hits"]
        return {hit["_source"]["uri"].removeprefix("urn:test:") for hit in hits}

    assert found('"mutual aid"') == {"pact"}
    assert found("O’Brien AND u.s.") == {"storm"}
    assert found("北京大学") == {"beijing"}
    assert found("headline:PYONGYANG AND regions:KP") == {"pact"}
    assert found('actors:"Vladimir Putin"') == {"pact"}
