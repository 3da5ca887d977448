"""Dead letters in both modes: listed, shown, tried again, let go."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from kafka import KafkaProducer

from pipeline.adapters.kafka import topics
from tests.e2e.stage import ROOT, Stage, staged

BAD = b'{"no": "story"}'


def wirewatch(*arguments: str, status: int = 0) -> subprocess.CompletedProcess[bytes]:
    done = subprocess.run(
        [sys.executable, "-m", "pipeline", *arguments], cwd=ROOT, capture_output=True, timeout=60, check=False
    )
    assert done.returncode == status, done.stderr.decode()
    return done


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make an embedded pipeline with two dead letters, for tests to copy."""
    folder = tmp_path_factory.mktemp("dead")
    file = folder / "wirewatch.yaml"
    file.write_text("database: w.db\nrules: [rules.jsonl]\ntopics: [security]\n")
    (folder / "rules.jsonl").write_text('{"id": "aid", "query": "aid", "topic": "security"}\n')
    wire = folder / "wire.jsonl"
    wire.write_bytes(BAD + b"\nnot json\n")
    wirewatch("run", "--once", "--config", str(file), str(wire), status=1)
    return folder


@pytest.fixture
def settings(made: Path, tmp_path: Path) -> str:
    """Copy the pipeline with its dead letters for one test."""
    return str(shutil.copytree(made, tmp_path / "copy") / "wirewatch.yaml")


def test_letters_are_listed_and_shown_with_their_reason(settings: str) -> None:
    lines = wirewatch("dead", "list", "--config", settings).stdout.decode().splitlines()
    assert len(lines) == 2
    id_ = lines[0].split()[0]
    assert b"reason:" in wirewatch("dead", "show", id_, "--config", settings).stdout
    payloads = {wirewatch("dead", "show", line.split()[0], "--payload", "--config", settings).stdout for line in lines}
    assert payloads == {BAD, b"not json"}
    whole = wirewatch("dead", "list", "--json", "--config", settings).stdout.splitlines()
    assert {msgspec.json.decode(line)["step"] for line in whole} == {"parse"}


def test_a_letter_that_fails_again_stays_and_counts_its_attempts(settings: str) -> None:
    wirewatch("dead", "retry", "--all", "--config", settings)
    lines = wirewatch("dead", "list", "--config", settings).stdout.decode().splitlines()
    assert len(lines) == 2
    assert all(" 2×" in line for line in lines)


def test_a_dropped_letter_is_gone_and_the_others_stay(settings: str) -> None:
    id_ = wirewatch("dead", "list", "--config", settings).stdout.split()[0].decode()
    assert b"1 dropped" in wirewatch("dead", "drop", id_, "--config", settings).stderr
    assert len(wirewatch("dead", "list", "--config", settings).stdout.splitlines()) == 1


def test_an_unknown_id_and_no_choice_at_all_are_one_line(settings: str) -> None:
    done = wirewatch("dead", "drop", "zz", "--config", settings, status=1)
    assert done.stderr.decode() == "wirewatch: zz: no dead letter has this id\n"
    done = wirewatch("dead", "retry", "--config", settings, status=1)
    assert done.stderr.decode() == "wirewatch: which letters? name ids, a --step, or --all\n"


@pytest.fixture
def stage(tmp_path: Path, kafka_address: str, elasticsearch_url: str) -> Iterator[Stage]:
    """Make a distributed pipeline of this test's own."""
    with staged(tmp_path, kafka_address, elasticsearch_url) as stage:
        yield stage


@pytest.mark.servers
@pytest.mark.timeout(180)
def test_on_kafka_a_retry_goes_through_the_desk_again_and_a_drop_is_for_good(stage: Stage, tmp_path: Path) -> None:
    wire = tmp_path / "wire.jsonl"
    wire.write_bytes(BAD + b"\nnot json\n")
    stage.start("desk")
    stage.run("produce", str(wire), "--provider", "test.example")
    stage.until(lambda: len(stage.dead()) == 2, "both letters are there")
    first = min(letter.id for letter in stage.dead())
    received = {letter.id: letter.received for letter in stage.dead()}
    stage.run("dead", "retry", first)
    stage.until(lambda: {2, 1} == {letter.attempts for letter in stage.dead()}, "one has failed again")
    assert {letter.id: letter.received for letter in stage.dead()} == received
    assert {letter.provider for letter in stage.dead()} == {"test.example"}
    stage.run("dead", "drop", first)
    assert len(stage.dead()) == 1
    assert "0 dropped" in stage.run("dead", "drop", "--step", "index").stderr

    stage.start("index")
    stories = topics.full_name(stage.config.kafka, topics.STORIES)
    with KafkaProducer(bootstrap_servers=stage.config.kafka.brokers[0]) as producer:
        producer.send(stories, b"no story", headers=[("replay", b"1"), ("from", b"elsewhere")]).get(30)
    for attempts in (1, 2):
        stage.until(lambda a=attempts: [a] == tried(stage), "the letter of index")  # type: ignore[misc]
        if attempts == 1:
            stage.run("dead", "retry", "--step", "index")
    [letter] = [letter for letter in stage.dead() if letter.step == "index"]
    assert letter.headers is not None
    assert letter.headers["replay"] == "1", "it alerts nobody when it is sent once more"
    assert "headers:" in stage.run("dead", "show", letter.id).stdout


def tried(stage: Stage) -> list[int]:
    return [letter.attempts for letter in stage.dead() if letter.step == "index"]
