"""The command line as scripts meet it: exit status, one line for each fault, results on stdout alone."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.cli import COMMANDS, main
from pipeline.core.story import MATCHED, PARSED, TAGGED

ROOT = Path(__file__).parents[2]
STORY = {
    "uri": "urn:test:1",
    "version": "1",
    "versioncreated": "2026-06-15T08:00:00Z",
    "headline": "Russia and North Korea pledge mutual aid if either is attacked",
    "body_text": "Vladimir Putin and Kim Jong Un signed the treaty in Pyongyang on Monday.",
    "language": "en",
}


def wirewatch(*arguments: str, given: str = "", cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "pipeline", *arguments],
        input=given,
        capture_output=True,
        text=True,
        cwd=cwd,
        timeout=60,
        check=False,
    )


@pytest.fixture
def story(tmp_path: Path) -> Path:
    file = tmp_path / "story.json"
    file.write_text(json.dumps(STORY))
    return file


def test_help_names_every_command() -> None:
    done = wirewatch("--help")
    assert done.returncode == 0
    assert [name for name in COMMANDS if f" {name}" not in done.stdout] == []


def ended(*arguments: str) -> int | str | None:
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    return caught.value.code


@pytest.mark.parametrize("command", list(COMMANDS))
def test_every_command_explains_itself(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert ended(command, "--help") == 0
    output, errors = capsys.readouterr()
    assert "usage: wirewatch " + command in output
    assert errors == ""


def test_wrong_usage_is_2() -> None:
    assert wirewatch("nothing").returncode == 2
    assert ended("parse") == 2
    assert ended() == 2


@pytest.mark.parametrize(("command", "fields"), [("parse", PARSED), ("tag", TAGGED), ("match", MATCHED)])
def test_a_story_is_one_line_with_the_fields_of_the_contract(
    command: str, fields: tuple[str, ...], story: Path
) -> None:
    done = wirewatch(command, str(story))
    assert (done.returncode, done.stderr) == (0, "")
    (line,) = done.stdout.splitlines()
    assert list(json.loads(line)) == list(fields)


def test_matches_name_rule_topic_and_spans(story: Path, tmp_path: Path) -> None:
    done = wirewatch("match", "--stats", str(tmp_path / "stats.json"), str(story))
    matches = {match["rule"]: match for match in json.loads(done.stdout)["matches"]}
    assert ["headline", 30, 40] in matches["mutual-aid"]["spans"]
    assert matches["attack"]["topic"] == "security"
    stats = json.loads((tmp_path / "stats.json").read_text())
    assert set(stats) == {"rules", "stories", "load_s", "match_s"}
    assert stats["stories"] == 1


def test_bad_input_is_one_line_each_and_the_rest_is_processed_in_order(story: Path, tmp_path: Path) -> None:
    lines = tmp_path / "lines.jsonl"
    lines.write_text(f"{json.dumps(STORY)}\nno json\n{json.dumps({'uri': 'urn:empty'})}\n")
    html = tmp_path / "feed.xml"
    html.write_text("<!doctype html><html><head><title>Not found</title></head><body>Gone</body></html>")
    done = wirewatch("parse", str(tmp_path / "none.xml"), str(lines), str(html), str(story))
    assert done.returncode == 1
    assert len(done.stdout.splitlines()) == 2
    origins = [line.split(": ")[0] for line in done.stderr.splitlines()]
    assert origins == [str(tmp_path / "none.xml"), f"{lines}:2", f"{lines}:3", str(html)]
    assert "Traceback" not in done.stderr


def test_standard_input_takes_lines_and_documents() -> None:
    assert len(wirewatch("parse", "-", given=f"{json.dumps(STORY)}\n{json.dumps(STORY)}\n").stdout.splitlines()) == 2
    assert len(wirewatch("parse", "-", given=json.dumps(STORY, indent=2)).stdout.splitlines()) == 1


def test_a_bad_configuration_is_3_and_tells_every_fault(tmp_path: Path) -> None:
    file = tmp_path / "w.yaml"
    file.write_text("mod: embedded\ndatabase: 3\n")
    done = wirewatch("config", "show", "--config", str(file))
    assert done.returncode == 3
    assert done.stderr.splitlines() == [
        f"{file}:1:1: unknown key mod (did you mean mode?)",
        f"{file}:2:11: database: expected `str`, got `int`",
    ]


def test_a_rule_that_does_not_parse_is_3_with_its_place(tmp_path: Path) -> None:
    (tmp_path / "rules.yaml").write_text('topic: security\nrules:\n  - id: broken\n    query: "attack AND ("\n')
    (tmp_path / "w.yaml").write_text("rules: [rules.yaml]\ntopics: [security]\n")
    done = wirewatch("run", "--once", "--config", str(tmp_path / "w.yaml"), "-")
    assert done.returncode == 3
    assert done.stderr.startswith(f"{tmp_path / 'rules.yaml'}:4")
    assert "Traceback" not in done.stderr


def test_a_search_without_a_database_is_4(tmp_path: Path) -> None:
    (tmp_path / "w.yaml").write_text("rules: []\ndatabase: w.db\n")
    done = wirewatch("search", "attack", "--config", str(tmp_path / "w.yaml"))
    assert done.returncode == 4
    assert "no such database; `wirewatch run` makes it" in done.stderr


def test_a_feed_that_cannot_be_reached_is_4(tmp_path: Path) -> None:
    (tmp_path / "w.yaml").write_text("rules: []\ndatabase: w.db\n")
    done = wirewatch("run", "--once", "--config", str(tmp_path / "w.yaml"), "http://127.0.0.1:1/feed.xml")
    assert done.returncode == 4
    assert done.stderr.startswith("http://127.0.0.1:1/feed.xml: ")


def test_what_was_run_can_be_searched_and_subscribed_to(story: Path, tmp_path: Path) -> None:
    shipped = (ROOT / "config" / "wirewatch.yaml").read_text()
    topics = next(line for line in shipped.splitlines() if line.startswith("topics:"))
    (tmp_path / "w.yaml").write_text(f"rules: [{ROOT / 'config' / 'rules'}]\n{topics}\ndatabase: w.db\n")
    config = ["--config", str(tmp_path / "w.yaml")]
    ran = wirewatch("run", "--once", *config, str(story))
    assert ran.returncode == 0, ran.stderr
    assert "security/mutual-aid" in ran.stdout
    assert "KP RU" in ran.stdout or "RU KP" in ran.stdout
    found = wirewatch("search", '"mutual aid" AND region:KP', "--json", *config)
    assert [json.loads(line)["uri"] for line in found.stdout.splitlines()] == ["urn:test:1"]
    nothing = wirewatch("search", "mutual AND NOT aid", *config)
    assert (nothing.returncode, nothing.stdout) == (0, "")
    events = wirewatch("subscribe", "security", "--since", "1h", "--once", "--format", "json", *config)
    kinds = {(event["type"], event["subject"]) for event in map(json.loads, events.stdout.splitlines())}
    assert {("wirewatch.alert.new", "mutual-aid"), ("wirewatch.alert.new", "attack")} <= kinds


def test_output_that_nobody_reads_to_its_end_is_no_fault(tmp_path: Path) -> None:
    lines = tmp_path / "lines.jsonl"
    lines.write_text(f"{json.dumps(STORY)}\n" * 5000)
    command = f"{sys.executable} -m pipeline parse {lines} | head -1"
    done = subprocess.run(command, shell=True, capture_output=True, text=True, cwd=ROOT, check=False)  # noqa: S602  a pipe
    assert done.stderr == ""
    assert len(done.stdout.splitlines()) == 1


def test_secrets_are_masked(tmp_path: Path) -> None:
    (tmp_path / "w.yaml").write_text("elasticsearch: {api_key: topsecret}\nkafka: {password: hidden, username: u}\n")
    done = wirewatch("config", "show", "--config", str(tmp_path / "w.yaml"))
    assert done.returncode == 0
    assert "topsecret" not in done.stdout + done.stderr
    assert "hidden" not in done.stdout + done.stderr
    assert done.stdout.count("********") == 2
