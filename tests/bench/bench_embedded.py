"""The embedded pipeline over a file: parsing, tagging, 100 rules, SQLite; one process."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from time import perf_counter

from pipeline.adapters import files
from pipeline.core import formats
from tests.bench import Figure

ROOT = Path(__file__).parents[2]
STORIES = 10_000
RULES = 100


def run() -> Iterator[Figure]:
    """Yield stories a second and the time to the first alert."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        config, wire = prepare(folder)
        command = [
            sys.executable,
            "-m",
            "pipeline",
            "run",
            "--config",
            str(config),
            "--once",
            "--format",
            "json",
            str(wire),
        ]
        before = os.times()
        began = perf_counter()
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT)
        assert process.stdout is not None
        process.stdout.readline()
        first = perf_counter() - began
        _output, errors = process.communicate()
        assert process.returncode == 0, errors
        assert f"{STORIES} stories" in errors, errors
        whole = perf_counter() - began
        after = os.times()
        used = after.children_user + after.children_system - before.children_user - before.children_system
        rate = STORIES / whole
        yield Figure(name="first alert after start", value=first, unit="s", goal="at most 5", met=first <= 5)
        yield Figure(
            name=f"{STORIES} stories of 1.5 KB, {RULES} rules, start-up included",
            value=rate,
            unit="stories/s",
            goal="1,000 or more on one core",
            met=rate >= 1000 and used <= 1.1 * whole,
        )
        yield Figure(name="processor time", value=used / STORIES * 1000, unit="ms/story")


def prepare(folder: Path) -> tuple[Path, Path]:
    """Write the configuration, the rules and the wire; made from the sample wire's own words."""
    words, chance = vocabulary(), Random(1)
    distinct = sorted(set(words))
    rules = [
        {"id": f"rule-{n}", "query": " AND ".join(chance.sample(distinct, 2)), "topic": "security"}
        for n in range(RULES - 1)
    ]
    rules.append({"id": "any", "query": "region:FR OR storm", "topic": "security"})
    (folder / "rules.jsonl").write_text("".join(json.dumps(rule) + "\n" for rule in rules))
    config = folder / "wirewatch.yaml"
    config.write_text("database: w.db\nrules: [rules.jsonl]\ntopics: [security]\n")
    wire = folder / "wire.jsonl"
    start = datetime(2026, 6, 15, tzinfo=UTC)
    with wire.open("w") as file:
        for number in range(STORIES):
            body = "\n\n".join(" ".join(chance.choices(words, k=50)).capitalize() + "." for _ in range(5))
            story = {
                "uri": f"urn:bench:{number}",
                "version": "1",
                "versioncreated": (start + timedelta(seconds=number)).isoformat(),
                "headline": " ".join(chance.choices(words, k=9)).capitalize(),
                "body_text": body,
                "language": "en",
                "provider": "bench",
            }
            file.write(json.dumps(story) + "\n")
    return config, wire


def vocabulary() -> list[str]:
    """Return the words of the English sample stories, as often as they occur."""
    found: list[str] = []
    for payload in files.payloads([str(ROOT / "config" / "samples")], lambda _origin, _reason: None):
        for story in formats.parse(payload).stories:
            if (story.language or "").startswith("en"):
                found += [word for word in (story.body or "").split() if word.isalpha()]
    return found
