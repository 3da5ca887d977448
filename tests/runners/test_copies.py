"""The embedded pipeline groups the copies of one text, tells so in alerts and search, and again after a replay."""

from __future__ import annotations

import json
import sqlite3
from datetime import timedelta
from pathlib import Path

import pytest

from pipeline.cli import main
from tests.core.cluster.made import FERRY, MARKET, MARKET_NEXT_DAY, NOON


def ninjs(provider: str, body: str, hours: float, version: int = 1, **more: object) -> dict[str, object]:
    return {
        "uri": f"urn:{provider}:{more.pop('name', 'ferry')}",
        "version": str(version),
        "versioncreated": (NOON + timedelta(hours=hours)).isoformat(),
        "headline": "Ferry runs aground off Velmar",
        "body_text": body,
        "language": "en",
        "provider": provider,
        **more,
    }


WIRE = [
    ninjs("alder", FERRY, 0),
    ninjs("birch", f"{FERRY}\n\nThe storm will last until Wednesday.", 1),
    ninjs("cedar", FERRY[:300], 2),
    ninjs("alder", FERRY.replace("212", "221"), 3, 2, signal="correction"),
    ninjs("dogwood", MARKET, 1, name="shares", headline="Shares end higher"),
    ninjs("elm", MARKET_NEXT_DAY, 25, name="shares", headline="Shares end higher"),
]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "rules.yaml").write_text("topic: security\nrules:\n  - {id: ferry, query: ferry}\n")
    (tmp_path / "wirewatch.yaml").write_text("database: w.db\nrules: [rules.yaml]\ntopics: [security]\n")
    return tmp_path


def run(folder: Path, stories: list[dict[str, object]]) -> None:
    wire = folder / "wire.jsonl"
    wire.write_text("".join(json.dumps(story) + "\n" for story in stories))
    assert main(["run", "--config", str(folder / "wirewatch.yaml"), "--once", "--format", "json", str(wire)]) == 0


def search(folder: Path, *arguments: str) -> None:
    assert main(["search", "--config", str(folder / "wirewatch.yaml"), *arguments]) == 0


def clusters(folder: Path) -> list[tuple[str, str]]:
    connection = sqlite3.connect(folder / "w.db")
    rows = connection.execute(
        "SELECT revisions.uri, named.uri FROM copies JOIN stories USING (number) JOIN revisions USING (id, revision) "
        "JOIN revisions AS named ON named.id = cluster GROUP BY 1 ORDER BY 1"
    ).fetchall()
    connection.close()
    return rows


def test_an_alert_names_the_providers_of_earlier_copies(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(folder, WIRE)
    alerts = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    also = [(alert["data"]["story"]["provider"], alert["data"]["story"]["also_from"]) for alert in alerts]
    assert also == [("alder", []), ("birch", ["alder"]), ("cedar", ["alder", "birch"]), ("alder", ["birch", "cedar"])]


def test_a_search_shows_one_story_with_its_first_and_fullest_copy(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(folder, WIRE)
    capsys.readouterr()
    search(folder, "ferry")
    shown = capsys.readouterr().out
    assert shown.count("Ferry runs aground") == 1
    assert "also from birch, cedar · first this one · fullest birch urn:birch:ferry" in shown
    search(folder, "shares")
    assert capsys.readouterr().out.count("Shares end higher") == 2, "two days of a report are two stories"
    search(folder, "ferry", "--json")
    stories = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    first = next(story for story in stories if story["provider"] == "alder")
    assert first["cluster"] is None
    assert len({story["cluster"] for story in stories if story["provider"] != "alder"}) == 1


def test_the_wire_again_in_any_order_changes_no_cluster(folder: Path) -> None:
    run(folder, WIRE)
    found = clusters(folder)
    assert found == [("urn:birch:ferry", "urn:alder:ferry"), ("urn:cedar:ferry", "urn:alder:ferry")]
    run(folder, WIRE)
    run(folder, WIRE[::-1])
    assert clusters(folder) == found


def test_a_copy_of_what_was_rewritten_since_is_known(folder: Path) -> None:
    rewritten = ninjs("alder", MARKET, 1, 2)
    run(folder, [WIRE[0], rewritten, ninjs("birch", FERRY, 2)])
    assert clusters(folder) == [("urn:birch:ferry", "urn:alder:ferry")]


def test_the_copy_of_a_killed_story_is_alone(folder: Path) -> None:
    kill = ninjs("alder", "", 1, 2, pubstatus="canceled")
    run(folder, [WIRE[0], kill, ninjs("birch", FERRY, 2)])
    assert clusters(folder) == []
