"""What a backtest finds is what the live matcher would have matched: generated rules and stories, both stores."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from itertools import count
from pathlib import Path

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.adapters.elastic import ElasticArchive, connect
from pipeline.adapters.elastic.documents import story_document
from pipeline.adapters.elastic.templates import STORIES, Names
from pipeline.adapters.sqlite import SqliteArchive, SqliteStore
from pipeline.core.archive import Archive
from pipeline.core.rules import Rule, RuleSet, parse
from pipeline.core.rules.backtest import backtest, backtest_need
from pipeline.core.rules.query import Node
from pipeline.core.story import Status, Story
from tests.adapters.archive_contract import NOON
from tests.adapters.elastic.conftest import prepared
from tests.core.rules.generated import QUERIES, stories

ODD_TEXTS = (
    *("北京大学的开放日", "東京タワー", "ประเทศไทย", "الحرب", "İstanbul ｆｕｌｌ ½ ﬁne"),
    *("U.S. troops told us", "The boss' car, O’Brien's", "9/11 and mutual-aid", "ATTACK ON UN", "Łódź café"),
    *("l'attaque continue", "x" * 700, "a" * 300 + "é" * 300),
)
ODD_QUERIES = (
    *("北京", "北", "学", "東京タワー OR タワ", "ไทย", "الحرب", "istanbul AND full", "fine", "北京 NEAR/3 大学"),
    *("u.s.", "us", "o'brien", "boss's", "9/11", '"mutual aid"', "=UN", "lodz", "cafe", "attack~1 NOT un"),
    *("forms:attaque", "forms:attack", "x" * 700, "xxx*", "aaa?*", '"aid mutual"~3'),
    *("ATLEAST/2 (us un 9/11 cafe)", "headline:us OR lead:u.s.", "provider:p OR language:en"),
)

_numbers = count()


def _unique(story: Story, odd: str, hours: int) -> Story:
    number = next(_numbers)
    body = f"{story.body or ''} {odd}"
    moment = NOON - timedelta(hours=hours)
    return msgspec.structs.replace(story, uri=f"urn:generated:{number}", body=body, version_created=moment)


STORED = st.lists(
    st.builds(_unique, stories(), st.sampled_from(("", *ODD_TEXTS)), st.integers(0, 240)), min_size=5, max_size=25
)
RULES = st.lists(
    st.one_of(QUERIES, st.sampled_from(ODD_QUERIES).map(lambda text: parse(text).node)), min_size=1, max_size=8
)


class Store:
    """Keeps what it is given, and everything before."""

    def __init__(self, archive: Archive, put: Callable[[Sequence[Story]], None]) -> None:
        self.archive, self._put = archive, put
        self.stories: list[Story] = []

    def put(self, stories: Sequence[Story]) -> None:
        self._put(stories)
        self.stories += stories


@pytest.fixture(scope="module", params=["sqlite", pytest.param("elasticsearch", marks=pytest.mark.servers)])
def store(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    if request.param == "sqlite":
        yield from _sqlite(tmp_path_factory.mktemp("store") / "w.db")
    else:
        yield from _elasticsearch(request.getfixturevalue("elasticsearch_url"))


def _sqlite(path: Path) -> Iterator[Store]:
    store = SqliteStore(path)

    def put(stories: Sequence[Story]) -> None:
        with store.transaction():
            for story in stories:
                store.put(story, newest=True)

    archive = SqliteArchive(path)
    yield Store(archive, put)
    archive.close()
    store.close()


def _elasticsearch(url: str) -> Iterator[Store]:
    with prepared(url) as own, connect.client(own) as client:
        index = Names(own.prefix).month(STORIES, NOON)

        def put(stories: Sequence[Story]) -> None:
            actions = [
                part
                for story in stories
                for part in ({"index": {"_id": story.id}}, msgspec.json.decode(story_document(story)))
            ]
            assert not client.bulk(index=index, operations=actions, refresh=True)["errors"]

        archive = ElasticArchive(own)
        yield Store(archive, put)
        archive.close()


@given(STORED, RULES, st.integers(1, 10))
@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
def test_a_backtest_finds_what_the_live_matcher_matches(
    store: Store, stories: list[Story], nodes: list[Node], days: int
) -> None:
    store.put(stories)
    since = NOON - timedelta(days=days)
    live = RuleSet(Rule(f"r{number}", "t", None, "v", "", node) for number, node in enumerate(nodes))
    matched: dict[str, list[Story]] = {f"r{number}": [] for number in range(len(nodes))}
    for story in store.stories:
        if story.status is not Status.CANCELED and story.time is not None and story.time >= since:
            for match in live.match(story).matches:
                matched[match.rule].append(story)
    for number, node in enumerate(nodes):
        found = backtest(store.archive.stories(backtest_need(node, None), since), node)
        expected = matched[f"r{number}"]
        assert found.matched == len(expected), node
        assert {story.uri for story in found.samples} <= {story.uri for story in expected}
        assert sum(found.days.values()) == len(expected)
