"""The life of a story in the embedded pipeline: corrections, kills, what nobody could decide, and its history."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from pipeline.adapters.sqlite import SqliteArchive
from pipeline.cli import main
from pipeline.core.archive import AlertFilter
from pipeline.core.need import ANYTHING
from tests.core.formats.samples import anpa

from .test_embedded import ninjs, run_once, settings


def test_a_correction_updates_and_retracts_and_a_kill_withdraws(tmp_path: Path) -> None:
    settings(tmp_path)
    file = tmp_path / "life.jsonl"
    lines = [
        ninjs(0),
        ninjs(0, 2, headline="Story 0: a quiet day after all"),
        ninjs(0, 3, headline="KILL", body_text="", pubstatus="canceled"),
    ]
    file.write_text("".join(json.dumps(line) + "\n" for line in lines))
    run_once(tmp_path, str(file))
    archive = SqliteArchive(tmp_path / "w.db")
    told = [(alert.type.value, alert.rule) for alert in archive.alerts(AlertFilter())]
    assert told == [
        ("new", "attack"),
        ("retracted", "attack"),
        ("updated", "quiet"),
        ("retracted", "quiet"),
        ("withdrawn", None),
    ]
    assert list(archive.stories(ANYTHING)) == []
    assert len(archive.history("urn:test:0")) == 3
    archive.close()


def test_a_rule_that_is_too_costly_for_a_revision_keeps_its_alert_until_one_denies_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    configured = ["--config", str(settings(tmp_path))]
    distances = " OR ".join(f"(a NEAR/2 (b OR word{number}))" for number in range(30))
    (tmp_path / "rules.yaml").write_text(f"topic: security\nrules:\n  - {{id: costly, query: '{distances}'}}\n")
    file = tmp_path / "life.jsonl"
    texts = ("a b", "a x x b x x " * 3_000, "a quiet day")
    lines = [ninjs(0, number, body_text=text) for number, text in enumerate(texts, 1)]
    file.write_text("".join(json.dumps(line) + "\n" for line in lines))
    run_once(tmp_path, str(file))
    archive = SqliteArchive(tmp_path / "w.db")
    told = [(alert.type.value, alert.story.version) for alert in archive.alerts(AlertFilter())]
    assert told == [("new", "1"), ("retracted", "3")]
    archive.close()
    assert main(["history", "urn:test:0", *configured]) == 0
    shown = capsys.readouterr().out
    assert [line for line in shown.splitlines() if line.startswith("  rules:")] == [
        "  rules: ?costly",
        "  rules: -costly",
    ]


def test_the_whole_life_of_a_story_again_says_nothing_new(tmp_path: Path) -> None:
    settings(tmp_path)
    file = tmp_path / "life.jsonl"
    lines = [ninjs(0), ninjs(0, 2, headline="Story 0: a quiet day"), ninjs(0, 3, headline="Story 0: troops attacked")]
    file.write_text("".join(json.dumps(line) + "\n" for line in lines))
    first, _ = run_once(tmp_path, str(file))
    again, _ = run_once(tmp_path, str(file))
    assert (first.alerts, again.alerts) == (5, 0)


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 0, 1), (0, 2, 1), (1, 2, 0)])
def test_a_kill_under_another_uri_reaches_the_whole_chain_in_any_order(tmp_path: Path, order: tuple[int, ...]) -> None:
    settings(tmp_path)
    link = {"evolvedfrom": {"uri": "urn:test:0"}}
    first = ninjs(0)
    second = ninjs(3, associations=link)
    kill = ninjs(9, headline="KILL", body_text="", pubstatus="canceled", associations=link)
    file = tmp_path / "chain.jsonl"
    file.write_text("".join(json.dumps((first, second, kill)[which]) + "\n" for which in order))
    run_once(tmp_path, str(file))
    archive = SqliteArchive(tmp_path / "w.db")
    assert list(archive.stories(ANYTHING)) == []
    alive: set[tuple[str, str | None]] = set()
    for alert in archive.alerts(AlertFilter()):
        if alert.type in ("new", "updated"):
            alive.add((alert.story.uri, alert.rule))
        elif alert.type == "retracted":
            alive.discard((alert.story.uri, alert.rule))
    assert alive == set()
    assert any(story.body for story in archive.history("urn:test:0")), "the text is kept for auditors"
    archive.close()


@pytest.mark.parametrize("order", [(0, 1, 2, 3), (0, 1, 3, 2), (3, 1, 0, 2), (3, 1, 2, 0), (2, 3, 0, 1), (1, 3, 2, 0)])
def test_a_story_that_is_killed_started_anew_and_killed_again_ends_killed_in_any_order(
    tmp_path: Path, order: tuple[int, ...]
) -> None:
    settings(tmp_path)
    link = {"evolvedfrom": {"uri": "urn:test:0"}}
    dates = [f"2026-06-15T10:{minute:02}:00Z" for minute in (1, 5, 10, 15)]
    kill: dict[str, Any] = {"headline": "KILL", "body_text": "", "pubstatus": "canceled", "associations": link}
    four = (
        ninjs(0, versioncreated=dates[0]),
        ninjs(8, versioncreated=dates[1], **kill),
        ninjs(0, 2, versioncreated=dates[2]),
        ninjs(9, versioncreated=dates[3], **kill),
    )
    file = tmp_path / "wire.jsonl"
    file.write_text("".join(json.dumps(four[which]) + "\n" for which in order))
    run_once(tmp_path, str(file))
    archive = SqliteArchive(tmp_path / "w.db")
    assert list(archive.stories(ANYTHING)) == []
    archive.close()


def test_a_history_follows_the_chain_and_an_audit_finds_what_was_killed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    configured = ["--config", str(settings(tmp_path))]
    link = {"evolvedfrom": {"uri": "urn:test:0"}}
    lines = [
        ninjs(0),
        ninjs(3, headline="Story 0: troops attacked near Lviv", ednote="Corrects the city", associations=link),
        ninjs(9, headline="KILL", ednote="Wrong war", body_text="", pubstatus="canceled", associations=link),
    ]
    file = tmp_path / "chain.jsonl"
    file.write_text("".join(json.dumps(line) + "\n" for line in lines))
    run_once(tmp_path, str(file))

    assert main(["history", "urn:test:3", *configured]) == 0
    shown = capsys.readouterr().out
    assert "Story 0: troops attacked near [-Kyiv-]{+Lviv+}" in shown
    assert [line.split()[2] for line in shown.splitlines() if line.startswith("2026")] == ["usable"] * 2 + [
        "canceled"
    ] * 3
    assert main(["search", "attacked", *configured]) == 0
    assert capsys.readouterr().out == ""
    assert main(["search", "attacked near Lviv", "--killed", "--json", *configured]) == 0
    (audited,) = map(json.loads, capsys.readouterr().out.splitlines())
    assert (audited["uri"], audited["status"], audited["ed_note"]) == ("urn:test:3", "canceled", "Wrong war")
    assert audited["body"].startswith("Nothing more is known.")


def newsml1(revision: int, headline: str, status: str = "Usable") -> str:
    """Return a revision of one NewsML 1.2 item, which has a uri of its own."""
    return (
        "<NewsML><NewsItem><Identification><NewsIdentifier><ProviderId>acme.example</ProviderId>"
        f'<RevisionId PreviousRevision="{revision - 1}" Update="N">{revision}</RevisionId>'
        f"<PublicIdentifier>urn:newsml:acme.example:20260105:ferry:{revision}</PublicIdentifier></NewsIdentifier>"
        f"</Identification><NewsManagement><ThisRevisionCreated>2026010{revision}T101500Z</ThisRevisionCreated>"
        f'<Status FormalName="{status}"/></NewsManagement><NewsComponent><NewsLines><HeadLine>{headline}</HeadLine>'
        "</NewsLines></NewsComponent></NewsItem></NewsML>"
    )


def test_a_correction_under_the_next_uri_of_newsml_1_replaces_and_a_late_revision_says_nothing(tmp_path: Path) -> None:
    settings(tmp_path)
    texts = {1: "Troops attacked", 3: "A quiet day after all", 2: "Troops attacked again"}
    for revision, headline in texts.items():
        file = tmp_path / f"{revision}.xml"
        file.write_text(newsml1(revision, headline))
        run_once(tmp_path, str(file))
    archive = SqliteArchive(tmp_path / "w.db")
    told = [(alert.type.value, alert.rule, alert.story.uri[-1]) for alert in archive.alerts(AlertFilter())]
    assert told == [
        ("new", "attack", "1"),
        ("retracted", "attack", "1"),
        ("updated", "quiet", "3"),
        ("retracted", "attack", "2"),
    ]
    assert [story.uri[-1] for story in archive.stories(ANYTHING)] == ["3"]
    assert [story.uri[-1] for story in archive.history("urn:newsml:acme.example:20260105:ferry:1")] == ["1", "2", "3"]
    archive.close()


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 0, 1), (0, 2, 1)])
def test_a_kill_on_a_wire_without_identifiers_reaches_the_takes_of_its_slug(
    tmp_path: Path, order: tuple[int, int, int]
) -> None:
    settings(tmp_path)
    takes = (
        ("", "Troops attacked", 10),
        (", 1st Ld-Writethru", "Troops attacked again", 11),
        (", Kill", "Kill it", 12),
    )
    for number in order:
        label, headline, hour = takes[number]
        file = tmp_path / f"{number}.anpa"
        text = anpa(marked=f"^{headline}<\r\n").replace("BC-NO--Ferry Line,64", f"BC-NO--Ferry{label},64")
        file.write_bytes(text.replace("1015GMT", f"{hour}15GMT").encode())
        run_once(tmp_path, str(file))
    archive = SqliteArchive(tmp_path / "w.db")
    told = [(alert.type.value, alert.story.uri) for alert in archive.alerts(AlertFilter()) if alert.rule == "attack"]
    assert list(archive.stories(ANYTHING)) == []
    assert {uri for type_, uri in told if type_ != "retracted"} <= {uri for type_, uri in told if type_ == "retracted"}
    (killed,) = {story.uri for story in archive.killed() if story.headline == "Kill it"}
    assert len(archive.history(killed)) >= len(takes)
    archive.close()
