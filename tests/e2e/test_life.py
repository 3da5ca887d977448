"""The life of a story on the real servers: corrections, kills and late copies end right, whatever comes when."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from elasticsearch import Elasticsearch

from pipeline.adapters.kafka import read, records, topics
from pipeline.adapters.kafka.produce import Producer
from pipeline.core.alerts import Alert
from pipeline.core.formats.key import cheap_key
from pipeline.core.payload import Payload
from pipeline.core.story import story_id
from tests.e2e.stage import LONG_AGO, Stage, staged

pytestmark = pytest.mark.servers

RULES = """
topic: security
rules:
  - {id: attack, query: attacked}
  - {id: calm, query: calm}
"""
KILL = {"pubstatus": "canceled", "headline": "KILL", "body_text": "", "ednote": "Wrong war"}
NOW = datetime.now(UTC)


@pytest.fixture
def stage(tmp_path: Path, kafka_address: str, elasticsearch_url: str) -> Iterator[Stage]:
    """Make a pipeline of this test's own, with two rules."""
    rules = tmp_path / "rules.yaml"
    rules.write_text(RULES)
    with staged(tmp_path, kafka_address, elasticsearch_url, rules=rules) as stage:
        yield stage


def take(name: str, version: int, after: str | None = None, **more: object) -> dict[str, Any]:
    """Return a revision of ``name``; ``after`` is the story that it takes the place of."""
    story = {
        "uri": f"urn:life:{name}",
        "version": str(version),
        "versioncreated": (NOW + timedelta(seconds=version)).isoformat(),
        "headline": f"Troops attacked the port of {name}",
        "body_text": "The harbour was shelled before dawn.",
        "provider": "test.example",
        **more,
    }
    return {**story, "associations": {"evolvedfrom": {"uri": f"urn:life:{after}"}}} if after else story


def send(stage: Stage, *takes: dict[str, Any]) -> None:
    """Produce the revisions in their order and wait until desk and index have done with them."""
    wire = stage.folder / "wire.jsonl"
    wire.write_text("".join(json.dumps(one) + "\n" for one in takes))
    stage.run("produce", str(wire))
    stage.wait_drained()


def alerts(stage: Stage, *names: str) -> list[Alert]:
    """Return the alerts about these stories, in the order in which they were published."""
    found = read.records(stage.config.kafka, [topics.ALERTS], LONG_AGO, follow=False)
    told = sorted(found, key=lambda record: record.timestamp)
    uris = {f"urn:life:{name}" for name in names}
    return [alert for alert in map(records.alert_of, told) if alert.story.uri in uris]


def told(stage: Stage, *names: str) -> list[tuple[str, str | None]]:
    """Return type and rule of each alert about these stories, repeats left out."""
    return list(dict.fromkeys((str(alert.type), alert.rule) for alert in alerts(stage, *names)))


def standing(stage: Stage, *names: str) -> set[tuple[str, str | None]]:
    """Return the alerts that no retraction has taken back, as whoever keeps a list of them has it."""
    left: dict[tuple[str, str | None], int] = {}
    taken: dict[tuple[str, str | None], int] = {}
    for alert in alerts(stage, *names):
        key = (alert.story.uri, alert.rule)
        book = taken if alert.type == "retracted" else left if alert.type in ("new", "updated") else {}
        book[key] = max(book.get(key, 0), alert.revision)
    return {key for key, revision in left.items() if revision > taken.get(key, 0)}


def documents(stage: Stage, name: str) -> list[dict[str, Any]]:
    """Return index and source of every document that searches may find a story under."""
    prefix = stage.config.elasticsearch.prefix
    with Elasticsearch(stage.config.elasticsearch.url) as client:
        client.indices.refresh(index=f"{prefix}*")
        query = {"term": {"id": story_id("test.example", f"urn:life:{name}")}}
        return [dict(hit) for hit in client.search(index=f"{prefix}stories", query=query)["hits"]["hits"]]


def searched(stage: Stage, *arguments: str) -> list[dict[str, Any]]:
    """Return the stories that ``wirewatch search`` prints."""
    return [json.loads(line) for line in stage.run("search", *arguments, "--json").stdout.splitlines()]


def test_a_correction_tags_and_matches_anew_and_takes_back_what_no_longer_holds(stage: Stage) -> None:
    stage.start("desk")
    stage.start("index")
    stage.wait_reading()
    send(stage, take("Aster", 1, headline="Troops attacked a port in Norway"))
    better = {"headline": "A calm day in a port in Chile", "body_text": "Nothing was shelled.", "signal": "correction"}
    send(stage, take("Aster", 2, **better))

    assert told(stage, "Aster") == [("new", "attack"), ("updated", "calm"), ("retracted", "attack")]
    assert {(alert.type, alert.reason) for alert in alerts(stage, "Aster")} == {
        ("new", None),
        ("updated", "correction"),
        ("retracted", "correction"),
    }
    assert standing(stage, "Aster") == {("urn:life:Aster", "calm")}
    (document,) = documents(stage, "Aster")
    assert (document["_source"]["version"], document["_source"]["regions"]) == ("2", ["CL"])
    assert searched(stage, "attacked") == []
    assert [one["version"] for one in searched(stage, "region:CL")] == ["2"]
    changed = stage.run("history", "urn:life:Aster").stdout
    assert "headline: [-Troops-]{+A+} [-attacked-]{+calm day in+} a port in [-Norway-]{+Chile+}" in changed
    assert "rules: -attack +calm" in changed


def test_a_feed_that_changes_an_item_under_its_old_date_makes_a_revision_and_old_texts_are_no_news(
    stage: Stage,
) -> None:
    stage.start("desk")
    stage.start("index")
    stage.wait_reading()
    date = NOW.strftime("%a, %d %b %Y %H:%M:%S GMT")
    for headline in ("Troops attacked the port", "A calm day in the port", "Troops attacked the port"):
        feed = stage.folder / "feed.xml"
        item = f"<guid isPermaLink='false'>urn:life:Rowan</guid><title>{headline}</title><pubDate>{date}</pubDate>"
        feed.write_text(f"<rss version='2.0'><channel><title>t</title><item>{item}</item></channel></rss>")
        stage.run("produce", str(feed), "--provider", "test.example")
        stage.wait_drained()

    assert told(stage, "Rowan") == [
        ("new", "attack"),
        ("new", "calm"),  # desk has no memory
        ("retracted", "attack"),
        ("updated", "calm"),
    ]
    assert standing(stage, "Rowan") == {("urn:life:Rowan", "calm")}
    (document,) = documents(stage, "Rowan")
    assert document["_source"]["headline"] == "A calm day in the port"
    shown = stage.run("history", "urn:life:Rowan").stdout
    assert shown.count("usable") == 2
    assert "rules: -attack +calm" in shown


def test_a_kill_is_told_without_the_index_and_hides_the_text_from_all_but_auditors(stage: Stage) -> None:
    stage.start("desk")
    stage.wait_reading()
    wire = stage.folder / "wire.jsonl"
    lines = [take("Briar", 1), take("Cedar", 1), take("Dogwood", 1, after="Cedar")]
    wire.write_text("".join(json.dumps(one) + "\n" for one in lines))
    stage.run("produce", str(wire))
    wire.write_text(
        "".join(json.dumps(one) + "\n" for one in (take("Briar", 2, **KILL), take("Elm", 2, "Dogwood", **KILL)))
    )
    stage.run("produce", str(wire))
    stage.until(lambda: ("withdrawn", None) in told(stage, "Briar"), "desk alone announces the kill")
    stage.until(lambda: ("withdrawn", None) in told(stage, "Elm"), "desk alone announces the kill of another uri")
    assert not [alert for alert in alerts(stage, "Briar") if alert.type == "retracted"]

    stage.start("index")
    stage.wait_drained()
    assert standing(stage, "Briar", "Cedar", "Dogwood", "Elm") == set()
    assert {alert.story.uri for alert in alerts(stage, "Briar", "Cedar", "Dogwood") if alert.type == "retracted"} == {
        *("urn:life:Briar", "urn:life:Cedar", "urn:life:Dogwood")
    }
    for name in ("Briar", "Cedar", "Dogwood"):
        (document,) = documents(stage, name)
        assert document["_source"]["status"] == "canceled", name
        assert not {"headline", "body", "tokens", "tags"} & set(document["_source"]), name
    assert searched(stage, "attacked") == searched(stage, "shelled") == []

    audited = {one["uri"].rpartition(":")[2]: one for one in searched(stage, "shelled", "--killed")}
    assert audited.keys() == {"Briar", "Cedar", "Dogwood"}
    assert {(one["status"], one["ed_note"]) for one in audited.values()} == {("canceled", "Wrong war")}
    chain = stage.run("history", "urn:life:Cedar").stdout
    assert all(f"urn:life:{name}" in chain for name in ("Cedar", "Dogwood", "Elm"))
    assert "urn:life:Briar" not in chain


def test_a_kill_before_its_story_and_a_late_old_copy_after_the_kill_both_end_killed(stage: Stage) -> None:
    stage.start("desk")
    stage.start("index")
    stage.wait_reading()
    send(stage, take("Fern", 2, **KILL), take("Hazel", 2, "Gorse", **KILL), take("Iris", 1))
    send(stage, take("Iris", 2, **KILL))
    send(stage, take("Fern", 1), take("Gorse", 1), take("Iris", 1))

    names = ("Fern", "Gorse", "Iris")
    assert standing(stage, *names) == set()
    for name in names:
        assert ("new", "attack") in told(stage, name), "desk has no memory"
        assert ("retracted", "attack") in told(stage, name), "the index has"
        (document,) = documents(stage, name)
        assert document["_source"]["status"] == "canceled", name
    assert searched(stage, "attacked") == []
    assert {one["uri"] for one in searched(stage, "attacked", "--killed")} == {f"urn:life:{name}" for name in names}


def test_the_revisions_of_a_story_stay_one_document_across_the_end_of_a_month(stage: Stage) -> None:
    stage.start("desk")
    stage.start("index")
    stage.wait_reading()
    turn = NOW.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    undated = {"versioncreated": None}
    lives = {
        "Juniper": (take("Juniper", 1), take("Juniper", 2, headline="Troops attacked the port again")),
        "Kapok": (take("Kapok", 1), take("Kapok", 2, **KILL, **undated)),
    }
    for number, received in enumerate((turn - timedelta(minutes=1), turn + timedelta(minutes=1))):
        producer = Producer(stage.config.kafka, cheap_key, lambda _origin, reason: pytest.fail(reason))
        for revisions in lives.values():
            data = json.dumps(revisions[number]).encode()
            producer.send(Payload(data=data, origin="turn", provider="test.example", received=received))
        assert producer.finish().confirmed == 2
        stage.wait_drained()

    (changed,), (killed,) = documents(stage, "Juniper"), documents(stage, "Kapok")
    before = f"{turn - timedelta(days=1):%Y.%m}"
    assert changed["_index"].endswith(before)
    assert killed["_index"].endswith(before)
    assert (changed["_source"]["version"], killed["_source"]["status"]) == ("2", "canceled")
    assert standing(stage, "Juniper", "Kapok") == {("urn:life:Juniper", "attack")}
