"""The embedded pipeline as a process: killed at any point it loses nothing and leaves nothing twice."""

from __future__ import annotations

import asyncio
import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest

from pipeline import config, wiring
from pipeline.adapters.sqlite import SqliteArchive, SqliteStore
from pipeline.cli import main
from pipeline.core.archive import AlertFilter
from pipeline.core.flow import Tags
from pipeline.core.need import ANYTHING
from pipeline.core.story import Story
from pipeline.core.tag import Tagger
from pipeline.runners.clock import Clock
from pipeline.runners.embedded import Embedded, Report

START = datetime(2026, 6, 15, 6, tzinfo=UTC)


def ninjs(number: int, version: int = 1, **more: object) -> dict[str, object]:
    return {
        "uri": f"urn:test:{number}",
        "version": str(version),
        "versioncreated": (START + timedelta(seconds=number)).isoformat(),
        "headline": f"Story {number}: troops attacked near Kyiv" if number % 3 == 0 else f"Story {number}: a quiet day",
        "body_text": "Nothing more is known. " * 20,
        "language": "en",
        **more,
    }


def settings(folder: Path, sources: str = "[]") -> Path:
    rules = folder / "rules.yaml"
    rules.write_text("topic: security\nrules:\n  - {id: attack, query: attacked}\n  - {id: quiet, query: quiet}\n")
    file = folder / "wirewatch.yaml"
    file.write_text(f"database: w.db\nrules: [rules.yaml]\ntopics: [security]\nsources: {sources}\n")
    return file


def wire(folder: Path, count: int) -> Path:
    file = folder / "wire.jsonl"
    file.write_text("".join(json.dumps(ninjs(number)) + "\n" for number in range(count)))
    return file


def start(*arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "pipeline", "run", *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[2],
    )


def contents(folder: Path) -> tuple[list[str], list[str]]:
    archive = SqliteArchive(folder / "w.db")
    try:
        stories = [story.uri for story in archive.stories(ANYTHING)]
        return sorted(stories), sorted(alert.id for alert in archive.alerts(AlertFilter()))
    finally:
        archive.close()


def test_a_kill_at_any_point_loses_nothing_and_leaves_nothing_twice(tmp_path: Path) -> None:
    count, seed = 1500, random.randrange(1000)
    file, chance = wire(tmp_path, count), random.Random(seed)
    options = ["--config", str(settings(tmp_path)), "--once", "--format", "json", str(file)]
    printed: Counter[str] = Counter()
    for _ in range(4):
        process = start(*options)
        deadline = time.monotonic() + 30
        while not rows(tmp_path) and time.monotonic() < deadline and process.poll() is None:
            time.sleep(0.01)
        time.sleep(chance.uniform(0, 0.4))
        process.kill()
        output, _ = process.communicate()
        printed.update(ids(output))
    process = start(*options)
    output, errors = process.communicate(timeout=60)
    printed.update(ids(output))
    assert process.returncode == 0, errors
    stories, alerts = contents(tmp_path)
    assert len(stories) == len(set(stories)) == count, f"seed {seed}"
    assert len(alerts) == len(set(alerts)) == count
    assert set(printed) == set(alerts), "every alert was announced, before a kill or after it"


def rows(folder: Path) -> int:
    try:
        connection = sqlite3.connect(f"file:{folder / 'w.db'}?mode=ro", uri=True)
        return int(connection.execute("SELECT count(*) FROM stories").fetchone()[0])
    except sqlite3.Error:
        return 0


def ids(output: str) -> list[str]:
    """Return the ids of whole lines; the last one of a killed process may be cut."""
    return [json.loads(line)["id"] for line in output.splitlines(keepends=True) if line.endswith("\n")]


@pytest.mark.parametrize(("number", "status"), [(signal.SIGTERM, 0), (signal.SIGINT, 130)])
def test_a_signal_lets_it_store_what_it_has_taken_in(tmp_path: Path, number: signal.Signals, status: int) -> None:
    pipe = start("--config", str(settings(tmp_path)), "--format", "json", "-")
    assert pipe.stdin is not None
    assert pipe.stdout is not None
    pipe.stdin.write("".join(json.dumps(ninjs(n)) + "\n" for n in range(50)))
    pipe.stdin.flush()  # and left open: the process is blocked in a read when the signal comes
    first = json.loads(pipe.stdout.readline())
    assert first["type"] == "wirewatch.alert.new"
    time.sleep(0.3)
    began = time.monotonic()
    os.kill(pipe.pid, number)
    _output, errors = pipe.communicate(timeout=10)
    assert pipe.returncode == status, errors
    assert time.monotonic() - began < 5
    assert "50 stories, 50 alerts" in errors


def embedded(loaded: config.Config, refused: list[str]) -> Embedded:
    return wiring.embedded(
        loaded,
        Clock(),
        announce=lambda _: None,
        refused=lambda letter: refused.append(letter.reason),
        refuse_rule=lambda problem: refused.append(str(problem)),
    )


def run_once(folder: Path, *named: str, once: bool = True, until: datetime | None = None) -> tuple[Report, list[str]]:
    """Run in this process; return the report and what was refused."""
    loaded = config.load(str(folder / "wirewatch.yaml"))
    refused: list[str] = []
    pipeline = embedded(loaded, refused)
    sources = wiring.sources(loaded, named, lambda origin, reason: refused.append(f"{origin}: {reason}"), once=once)

    async def run() -> Report:
        if until:
            left = (until - datetime.now(UTC)).total_seconds()
            asyncio.get_running_loop().call_later(max(left, 1), pipeline.stop)
        return await pipeline.run(sources)

    return asyncio.run(run()), refused


def test_the_same_file_again_changes_nothing(tmp_path: Path) -> None:
    settings(tmp_path)
    file = wire(tmp_path, 30)
    run_once(tmp_path, str(file))
    before = contents(tmp_path)
    report, _ = run_once(tmp_path, str(file))
    assert contents(tmp_path) == before
    assert (report.repeats, report.alerts) == (30, 0)


def test_a_story_under_embargo_is_released_on_time_also_after_a_restart(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded = wiring.dictionary(config.load(str(settings(tmp_path))))  # takes its time: before the clock runs
    monkeypatch.setattr(wiring, "dictionary", lambda _config: loaded)
    began = time.monotonic()
    (tmp_path / "empty").mkdir()
    run_once(tmp_path, str(tmp_path / "empty"))
    until = datetime.now(UTC) + timedelta(seconds=2 + 2 * (time.monotonic() - began))  # a run must end before
    file = tmp_path / "held.jsonl"
    file.write_text(json.dumps(ninjs(0, embargoed=until.isoformat())) + "\n")
    report, _ = run_once(tmp_path, str(file))
    assert (report.held, report.alerts) == (1, 0)
    assert contents(tmp_path) == ([], [])
    report, _ = run_once(tmp_path, str(tmp_path / "empty"), once=False, until=until + timedelta(seconds=1))
    ready = max(until.timestamp(), time.time() - report.seconds)  # loading the dictionaries is not its fault
    assert (report.released, report.alerts) == (1, 1)
    archive = SqliteArchive(tmp_path / "w.db")
    (raised,) = archive.connection.execute("SELECT raised FROM alerts").fetchone()
    assert until.timestamp() <= raised / 1000 < ready + 1
    archive.close()


def test_a_held_story_that_cannot_be_released_is_one_letter_and_a_retry_releases_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    configured = ["--config", str(settings(tmp_path))]
    empty = tmp_path / "empty"
    empty.mkdir()
    headline, text = "Troops attacked near Kyiv", "Nothing more is known."
    story = Story(uri="u", provider="p", version="1", headline=headline, body=text, source_format="ninjs")
    store = SqliteStore(tmp_path / "w.db")
    with store.transaction():
        store.hold(msgspec.structs.replace(story, embargoed_until=START))
    store.close()

    def fail(_tagger: Tagger, story: Story) -> Tags:
        if story.uri == "u":
            raise RuntimeError("boom")
        return Tags((), ())

    with monkeypatch.context() as broken:
        broken.setattr(Tagger, "tag", fail)
        assert run_once(tmp_path, str(empty))[1] == ["tag: RuntimeError: boom"]
    report, _ = run_once(tmp_path, str(empty))
    assert (report.released, report.dead) == (0, 0)
    assert main(["dead", "retry", "--step", "release", *configured]) == 0
    archive = SqliteArchive(tmp_path / "w.db")
    assert [(found.uri, found.body) for found in archive.stories(ANYTHING)] == [("u", text)]
    assert [alert.rule for alert in archive.alerts(AlertFilter())] == ["attack"]
    assert archive.dead() == []
    archive.close()


def test_a_watched_folder_takes_in_what_appears(tmp_path: Path) -> None:
    settings(tmp_path)
    incoming = tmp_path / "incoming"
    incoming.mkdir()
    (incoming / "a.json").write_text(json.dumps(ninjs(0)))

    async def run() -> Report:
        loaded = config.load(str(tmp_path / "wirewatch.yaml"))
        pipeline = embedded(loaded, [])
        sources = wiring.sources(loaded, [str(incoming)], lambda _o, _r: None, once=False)
        loop = asyncio.get_running_loop()
        loop.call_later(0.8, lambda: (incoming / "b.json.part").write_text(json.dumps(ninjs(3))))
        loop.call_later(1.2, lambda: (incoming / "b.json.part").rename(incoming / "b.json"))
        deadline = loop.time() + 20

        def stop_at_two() -> None:
            if pipeline.report.stories >= 2 or loop.time() > deadline:
                pipeline.stop()
            else:
                loop.call_later(0.1, stop_at_two)

        stop_at_two()
        return await pipeline.run(sources)

    report = asyncio.run(run())
    assert report.stories == 2
    again, _ = run_once(tmp_path, str(incoming))
    assert again.stories == 0, "what was taken in is not read again after a restart"


RSS = """<rss version="2.0"><channel><title>t</title>{}</channel></rss>"""
ITEM = (
    "<item><guid isPermaLink='false'>{0}</guid><title>Troops attacked {0}</title><description>So</description></item>"
)


def test_an_item_changed_under_its_old_date_is_a_revision_and_two_texts_of_two_feeds_do_not_take_turns(
    tmp_path: Path,
) -> None:
    settings(tmp_path)
    files = [tmp_path / "world.xml", tmp_path / "top.xml"]
    for file, headline in zip(files, ("Troops attacked the port", "A quiet day in the port"), strict=True):
        date = "<pubDate>Mon, 15 Jun 2026 06:00:00 GMT</pubDate>"
        file.write_text(RSS.format(f"<item><guid>7</guid><title>{headline}</title>{date}</item>"))
    first, _ = run_once(tmp_path, *map(str, files))
    again, _ = run_once(tmp_path, *map(str, files))
    assert (first.repeats, first.alerts, again.repeats, again.alerts) == (0, 3, 2, 0)
    archive = SqliteArchive(tmp_path / "w.db")
    assert [(alert.type.value, alert.rule) for alert in archive.alerts(AlertFilter())] == [
        ("new", "attack"),
        ("retracted", "attack"),
        ("updated", "quiet"),
    ]
    assert [story.headline for story in archive.history("7")] == ["Troops attacked the port", "A quiet day in the port"]
    archive.close()


def test_an_undated_item_of_a_changed_feed_alerts_once(tmp_path: Path) -> None:
    settings(tmp_path)
    feed = tmp_path / "feed.xml"
    feed.write_text(RSS.format(ITEM.format("a")))
    first, _ = run_once(tmp_path, str(feed))
    feed.write_text(RSS.format(ITEM.format("b") + ITEM.format("a")))
    second, _ = run_once(tmp_path, str(feed))
    assert (first.alerts, second.alerts) == (1, 1)
    assert len(contents(tmp_path)[0]) == 2


def test_bad_input_is_named_and_costs_no_good_story(tmp_path: Path) -> None:
    settings(tmp_path)
    file = tmp_path / "mixed.jsonl"
    lines = [json.dumps(ninjs(1)), "no json", json.dumps({"headline": " ", "body_text": ""}), json.dumps(ninjs(3))]
    file.write_text("\n".join(lines))
    process = start("--config", str(tmp_path / "wirewatch.yaml"), "--once", str(file), str(tmp_path / "none.xml"))
    _output, errors = process.communicate(timeout=30)
    assert process.returncode == 1
    assert f"{file}:2: " in errors
    assert f"{file}:3: " in errors
    assert f"{tmp_path / 'none.xml'}: cannot be read: No such file or directory" in errors
    assert "Traceback" not in errors
    assert len(contents(tmp_path)[0]) == 2
    archive = SqliteArchive(tmp_path / "w.db")
    assert sorted(letter.payload for letter in archive.dead()) == sorted(line.encode() for line in lines[1:3])
    archive.close()
