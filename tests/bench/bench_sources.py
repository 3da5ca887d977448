"""Thousands of feeds, hostile ones among them, polled by one embedded pipeline: memory, processor time, punctuality."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pipeline.adapters.sqlite.sources import SourceState
from tests.bench import Figure
from tests.bench.feed_server import HOSTILE, behaviour, host

ROOT = Path(__file__).parents[2]
FEEDS = 5_000
EVERY = 200
"""Seconds between two fetches of a feed: three times as often as the goal asks for."""

GOAL_EVERY = 600
WARM_UP = 215
"""Seconds for the first round, in which every story is new."""

MEASURED = 150

RULES = "topic: security\nrules:\n  - {id: talks, query: 'headline:story AND talks AND NOT ministry'}\n"


def run() -> Iterator[Figure]:
    """Yield the figures of most of a round over all feeds, after a first one in which every story is new."""
    with tempfile.TemporaryDirectory() as name, feeds() as port:
        folder = Path(name)
        prepare(folder, port)
        yield alone(folder)
        command = [sys.executable, "-m", "pipeline", "run", "--config", str(folder / "w.yaml")]
        with (folder / "out").open("w") as out:
            process = subprocess.Popen(command, stdout=out, stderr=out, cwd=ROOT)
        try:
            time.sleep(WARM_UP)
            before, used_before = counts(port), used(process.pid)
            began = time.monotonic()
            time.sleep(MEASURED)
            seconds = time.monotonic() - began
            after, used_after = counts(port), used(process.pid)
            peak = memory(process.pid)
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(timeout=60)
            except subprocess.TimeoutExpired:
                process.kill()
                raise
        good = sum(1 for number in range(FEEDS) if behaviour(number) not in HOSTILE)
        asked = sum(after[kind] - before[kind] for kind in after if kind not in HOSTILE)
        share = asked / (good * seconds / EVERY)
        with SourceState(folder / "s.db") as state:
            health = state.health()
        sound = sum(1 for url, one in health.items() if is_good(url) and one.succeeded and not one.failures)
        told = Counter(one.reason for url, one in health.items() if not is_good(url))
        told.update(f"sound: {one.reason}" for url, one in health.items() if is_good(url) and one.failures)
        print(json.dumps(told, indent=1), file=sys.stderr)
    faster = GOAL_EVERY / EVERY
    yield Figure(
        name=f"{FEEDS} feeds every {EVERY} s, 5 % hostile: memory of the embedded pipeline at its peak",
        value=peak,
        unit="MB",
        goal="under 300",
        met=peak < 300,
    )
    yield Figure(
        name=f"fetches of sound feeds, of those due ({FEEDS / EVERY:.0f} a second)",
        value=100 * share,
        unit="%",
        goal=f"95 or more, at {faster:.0f} times the rate of every {GOAL_EVERY} s",
        met=share >= 0.95,
    )
    yield Figure(
        name="sound feeds in health, of all sound feeds", value=100 * sound / good, unit="%", met=sound == good
    )
    yield Figure(
        name="processor, parsing and storing included", value=100 * (used_after - used_before) / seconds, unit="%"
    )


def alone(folder: Path) -> Figure:
    """Return the memory of the poller by itself over a whole round."""
    command = [sys.executable, "-W", "ignore", "-m", "tests.bench.poller", str(WARM_UP), str(folder / "feeds.yaml")]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, cwd=ROOT, check=True)
    taken, peak = map(int, done.stdout.split())
    name = f"{FEEDS} feeds every {EVERY} s, {taken} of them taken: memory of the poller alone, as in produce"
    return Figure(name=name, value=peak / 1e6, unit="MB", goal="under 300", met=peak < 300e6)


def is_good(url: str) -> bool:
    """Return whether the feed at this URL is none of the hostile ones."""
    return behaviour(int(url.rsplit("/", 1)[-1])) not in HOSTILE


@contextmanager
def feeds() -> Iterator[int]:
    """Run the simulated feeds and yield their port."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])
    command = [sys.executable, "-m", "tests.bench.feed_server", str(port)]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT)
    try:
        assert server.stdout is not None
        assert server.stdout.readline() == "ready\n"
        yield port
    finally:
        server.kill()
        server.wait()


def prepare(folder: Path, port: int) -> None:
    """Write the configuration, one rule, and the feeds."""
    (folder / "rules.yaml").write_text(RULES)
    (folder / "w.yaml").write_text(
        "database: w.db\nrules: [rules.yaml]\ntopics: [security]\nsource_state: s.db\nsource_files: [feeds.yaml]\n"
        "fetching: {allow_private: [127.0.1.0/24], timeout: 20}\n"
    )
    lines = (f"  - {{feed: 'http://{host(number)}:{port}/{number}', every: {EVERY}}}\n" for number in range(FEEDS))
    (folder / "feeds.yaml").write_text("sources:\n" + "".join(lines))


def counts(port: int) -> Counter[str]:
    """Return how often each behaviour was asked for."""
    with urllib.request.urlopen(f"http://{host(0)}:{port}/counts", timeout=20) as answer:
        return Counter(json.load(answer))


def used(pid: int) -> float:
    """Return the seconds of processor time that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def memory(pid: int) -> float:
    """Return the largest resident memory of a process, in MB."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) * 1024 / 1e6
