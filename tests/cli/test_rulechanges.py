"""Rules added, changed and removed by command: in a running embedded pipeline, and on running workers."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from pipeline.adapters.kafka import read, records, topics
from pipeline.cli import main
from tests.e2e.stage import LONG_AGO, ROOT, Stage, staged

WITHIN = 2.0
"""Seconds in which a change must be in force."""


@pytest.fixture
def settings(tmp_path: Path) -> str:
    """Make an embedded pipeline with one rule in a file."""
    (tmp_path / "rules.yaml").write_text(
        "topic: security\ndefine: {war: attack OR invasion}\nrules:\n  - {id: aid, query: aid}\n"
    )
    file = tmp_path / "wirewatch.yaml"
    file.write_text("database: w.db\nrules: [rules.yaml]\ntopics: [security]\nrule_limits: {clauses: 5}\n")
    return str(file)


def rules(settings: str, *arguments: str) -> int:
    return main(["rules", *arguments, "--config", settings])


def line(number: int) -> str:
    story = {
        "uri": f"urn:x:{number}",
        "type": "text",
        "headline": "An invasion",
        "body_text": ".",
        "provider": "p.test",
    }
    return json.dumps(story) + "\n"


def listed(settings: str, capsys: pytest.CaptureFixture[str]) -> list[list[str]]:
    capsys.readouterr()
    assert rules(settings, "list") == 0
    return [row.split("  ") for row in capsys.readouterr().out.splitlines()]


def test_a_rule_that_is_added_is_listed_with_its_owner_and_state(
    settings: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert rules(settings, "add", "war", "$war", "--topic", "security", "--owner", "desk") == 0
    assert rules(settings, "disable", "war") == 0
    rows = listed(settings, capsys)
    assert [[word.strip() for word in row if word.strip()] for row in rows] == [
        ["aid", "file", "in force", "security", "-", "-", "aid"],
        ["war", "api", "disabled", "security", "-", "desk", "$war"],
    ]
    assert rules(settings, "enable", "war") == 0
    assert rules(settings, "remove", "war") == 0
    assert len(listed(settings, capsys)) == 1


@pytest.mark.parametrize(
    ("arguments", "status", "reason"),
    [
        (("add", "aid", "x1"), 3, "the id belongs to"),
        (("disable", "aid"), 3, "the id belongs to"),
        (("remove", "none"), 1, "no rule was added as 'none'"),
        (("add", "b", "x1 AND"), 3, "something is missing after AND"),
        (("add", "b", "a1 b1 c1 d1 e1 f1"), 3, "rule b: column"),
        (("add", "b", "x1", "--topic", "sport"), 3, "the topic sport is not declared"),
        (("add", "b", "x1", "--expires", "soon"), 3, "rule b: invalid RFC3339"),
        (("add", "a b", "x1"), 3, "rule a b: expected `str` matching regex"),
        (("sync",), 3, "there is no topic to publish rules to"),
    ],
)
def test_a_change_that_is_refused_says_why(
    settings: str, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], status: int, reason: str
) -> None:
    assert rules(settings, *arguments) == status
    assert reason in capsys.readouterr().err


def test_a_second_rule_of_the_same_id_needs_replace(settings: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert rules(settings, "add", "b", "x1") == 0
    assert rules(settings, "add", "b", "x2") == 3
    assert "--replace changes it" in capsys.readouterr().err
    assert rules(settings, "add", "b", "x2", "--replace") == 0
    assert listed(settings, capsys)[1][-1].strip() == "x2"


def test_a_file_that_claims_the_id_of_an_added_rule_is_refused(
    settings: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert rules(settings, "add", "b", "x1") == 0
    with (tmp_path / "rules.yaml").open("a") as file:
        file.write("  - {id: b, query: x2}\n")
    assert rules(settings, "list") == 3
    assert "the id belongs to a rule that was added by command" in capsys.readouterr().err
    assert main(["run", "--once", "--strict", "--config", settings, settings]) == 3


def test_a_running_pipeline_takes_a_change_over_and_keeps_it_over_a_restart(settings: str) -> None:
    command = [sys.executable, "-m", "pipeline", "run", "--config", settings, "--format", "json", "-"]
    alerts = []
    for number in range(2):
        process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(line(10 * number).replace("An invasion", "Aid"))
        process.stdin.flush()
        assert json.loads(process.stdout.readline())["subject"] == "aid"  # it runs
        if number == 0:
            assert rules(settings, "add", "war", "$war", "--topic", "security") == 0
            time.sleep(WITHIN)
        output, _ = process.communicate(line(10 * number + 1), timeout=30)
        alerts += [json.loads(text)["subject"] for text in output.splitlines()]
    assert alerts == ["war", "war"]


@pytest.fixture
def stage(tmp_path: Path, kafka_address: str, elasticsearch_url: str) -> Iterator[Stage]:
    """Make a distributed pipeline of this test's own, with one rule in a file."""
    folder = tmp_path / "rules"
    folder.mkdir()
    (folder / "rules.yaml").write_text("topic: security\nrules:\n  - {id: aid, query: aid}\n")
    with staged(tmp_path, kafka_address, elasticsearch_url, partitions=2, rules=folder) as stage:
        yield stage


def matched(stage: Stage, number: int) -> list[str]:
    """Send a story and return the rules that it matches."""
    wire = stage.folder / f"wire-{number}.jsonl"
    wire.write_text(line(number).replace("An invasion", "An invasion and aid"))
    stage.run("produce", str(wire))
    stage.until(lambda: stage.written(topics.STORIES) > number, "the story is tagged")
    stories = [records.story_of(r) for r in read.records(stage.config.kafka, [topics.STORIES], LONG_AGO, follow=False)]
    return next([match.rule for match in story.matches] for story in stories if story.uri == f"urn:x:{number}")


@pytest.mark.servers
def test_a_change_reaches_a_running_desk_and_survives_its_restart(stage: Stage) -> None:
    desk = stage.start("desk")
    stage.wait_reading()
    assert matched(stage, 0) == ["aid"]  # nothing is published: the files of the worker are in force
    stage.run("rules", "add", "war", "invasion", "--topic", "security")
    time.sleep(WITHIN)
    assert matched(stage, 1) == ["aid", "war"]
    stage.stop(desk)
    stage.workers.clear()
    stage.start("desk")
    assert matched(stage, 2) == ["aid", "war"]

    file = stage.folder / "rules" / "rules.yaml"
    file.write_text("topic: security\nrules:\n  - {id: second, query: aid}\n")
    assert "1 rules published: 1 new or changed, 0 taken out" in stage.run("rules", "sync").stdout
    time.sleep(WITHIN)
    assert sorted(matched(stage, 3)) == ["second", "war"]  # what is published has replaced the worker's own files
    assert "the id belongs to" in stage.run("rules", "add", "second", "x1", status=3).stderr
    stage.run("rules", "remove", "war")
    time.sleep(WITHIN)
    assert matched(stage, 4) == ["second"]
    assert msgspec.json.decode(stage.run("rules", "list", "--json").stdout)["origin"] == "file"
