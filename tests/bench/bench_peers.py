"""The desk's stages under four stream processors, one after the other, each on one core: ours, its peers, stock Faust.

The stages are the same functions (payload → parse → tag → match → fingerprint → messages), the stories those of
Reuters-21578, read from ``../shared`` at run time. Each worker reads a topic of its own with the same payloads, and its
rate is that of stories written and confirmed: from its first record until the last story stands in ``wire.stories``.
All must come to the stories and alerts that the stages alone come to. The peers live in virtual environments under the
user's cache, installed from the package index at the first run; the project's lock knows nothing of them.
"""

from __future__ import annotations

import contextlib
import gzip
import json
import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import uuid
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from time import monotonic, perf_counter, sleep

import msgspec
from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer, TopicPartition

from pipeline import wiring
from pipeline.adapters.kafka import topics
from pipeline.config import Config, load
from pipeline.core.flow import work
from pipeline.core.payload import Payload
from pipeline.core.story import story_key
from pipeline.runners.clock import Clock
from tests.bench import Figure
from tests.bench.bench_embedded import ROOT
from tests.bench.bench_streaming import processor_time, servers
from tests.bench.peer_worker import written
from tests.bench.rulebook import TEXTS, Rulebook
from tests.bench.rulebook import stories as texts

PEERS = {"quix": "quixstreams==3.28.0", "bytewax": "bytewax[kafka]==0.21.1"}
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "wirewatch" / "peers"
STORIES, STOCK = 4_000, 500
"""Stories for each, and for stock Faust."""
RULES, PARTITIONS, ROUNDS = 10_000, 4, 5
CORE = max(os.sched_getaffinity(0))
LIMIT = 120.0
"""Seconds that one worker has."""


class Measured(msgspec.Struct, frozen=True):
    """What one worker did: stories a second, processor seconds a story."""

    rate: float
    used: float


def run() -> Iterator[Figure]:
    """Yield the rate and the processor time of ours beside the peers', the median of some rounds."""
    pythons = {"faust": sys.executable, "stock": sys.executable} | {name: environment(name) for name in PEERS}
    with tempfile.TemporaryDirectory() as name, servers(Path(name)) as (broker, _elasticsearch):
        rules = write_rules(Path(name))
        alerts = {count: alerts_of(settings_of(rules, broker), count) for count in (STORIES, STOCK)}
        found: dict[str, list[Measured]] = {runner: [] for runner in pythons}
        order = deque(pythons)
        for _ in range(ROUNDS):
            for runner in order:
                found[runner].append(measure(runner, pythons[runner], broker, rules, alerts))
            order.rotate(-1)  # none is always the first
    rates = {runner: median(one.rate for one in measured) for runner, measured in found.items()}
    used = {runner: median(one.used for one in measured) * 1e6 for runner, measured in found.items()}
    for kind, values, better in (("confirmed", rates, max), ("processor time", used, min)):
        ours, best = values["faust"], better(values[peer] for peer in PEERS)
        share = ours / best if kind == "confirmed" else best / ours
        yield Figure(
            name=f"desk's stages, {RULES:,} rules, one core, {kind}",
            value=ours,
            unit="stories/s" if kind == "confirmed" else "µs/story",
            peer=", ".join(f"{runner} {value:,.0f}" for runner, value in values.items() if runner != "faust")
            + f"; {share:.2f} of the better peer, {_times(values, kind):.1f} × stock",
            goal="0.95 of the faster peer, twice stock Faust",
            met=share >= 0.95 and _times(values, kind) >= 2,
        )


def _times(values: dict[str, float], kind: str) -> float:
    return values["faust"] / values["stock"] if kind == "confirmed" else values["stock"] / values["faust"]


def environment(name: str) -> str:
    """Return the interpreter of a peer's virtual environment: the peer first, then what our stages need."""
    folder = CACHE / f"{PEERS[name].replace('==', '-').replace('[kafka]', '')}-py{sys.version_info.minor}"
    python = folder / "bin" / "python"
    if not python.exists():
        partial = folder.with_suffix(".part")
        shutil.rmtree(partial, ignore_errors=True)
        sys.stderr.write(f"installing {PEERS[name]} to {folder}\n")
        subprocess.run([sys.executable, "-m", "venv", partial], check=True)
        options = ["--quiet", "--disable-pip-version-check"]
        subprocess.run([partial / "bin" / "python", "-m", "pip", "install", *options, PEERS[name]], check=True)
        partial.rename(folder)
    ours = folder / "lib" / f"python3.{sys.version_info.minor}" / "site-packages" / "wirewatch-bench.pth"
    ours.write_text(f"{sysconfig.get_path('purelib')}\n{ROOT}\n")
    return str(python)


def write_rules(folder: Path) -> Path:
    """Write the rules of the benchmark of matching."""
    file = folder / "rules.jsonl"
    with file.open("w") as lines:
        for number, (query, _theirs) in enumerate(Rulebook(texts(2_000)).rules(RULES)):
            lines.write(json.dumps({"id": f"r{number}", "query": query, "topic": "bench"}) + "\n")
    return file


def payloads(count: int) -> Iterator[tuple[bytes, bytes]]:
    """Yield (key, value) of ninjs payloads of Reuters stories, each with a uri of its own."""
    number = 0
    while number < count:
        with gzip.open(TEXTS, "rb") as lines:
            for line in lines:
                item = json.loads(line)
                item["uri"] = f"urn:bench:{number}"
                yield story_key(item["provider"], item["uri"]), json.dumps(item).encode()
                number += 1
                if number == count:
                    return


def settings_of(rules: Path, broker: str) -> Config:
    """Write a configuration with topics of its own, and return it."""
    prefix = f"peers-{uuid.uuid4().hex[:8]}."
    file = rules.with_name("wirewatch.yaml")
    file.write_text(
        f"mode: distributed\nrules: ['{rules}']\ntopics: [bench]\nkafka: {{brokers: ['{broker}'], prefix: {prefix}}}\n"
    )
    return load(str(file))


def alerts_of(settings: Config, count: int) -> int:
    """Return how many alerts so many stories raise."""
    desk, _rules = wiring.desk(settings, "oracle", Clock().now, print)
    made = (Payload(data=value, origin="oracle", provider="reuters") for _key, value in payloads(count))
    return sum(len(work(desk, payload).alerts) for payload in made)


def measure(runner: str, python: str, broker: str, rules: Path, alerts: dict[int, int]) -> Measured:
    """Return what one worker does with its stories; raises RuntimeError where not with all of them, or other alerts."""
    count = STORIES if runner != "stock" else STOCK
    settings = settings_of(rules, broker)
    prefix, file = settings.kafka.prefix, rules.with_name("wirewatch.yaml")
    with topics_of(settings, broker), KafkaProducer(bootstrap_servers=broker, acks="all", linger_ms=5) as producer:
        sent = [
            producer.send(prefix + topics.INCOMING, value, key=key, headers=[("provider", b"reuters")])
            for key, value in payloads(count)
        ]
        for future in sent:
            future.get(60)
        command = [python, str(ROOT / "tests" / "bench" / "peer_worker.py"), runner, str(file), str(CORE)]
        worker = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT)
        try:
            assert worker.stdout is not None
            line = worker.stdout.readline()
            if not line:
                raise RuntimeError(f"{runner}: {worker.communicate()[1]}")
            began, before = (float(part) for part in line.split())
            until = monotonic() + LIMIT
            while written_to(broker, prefix + topics.STORIES) < count:
                if monotonic() > until or worker.poll() is not None:
                    worker.kill()
                    errors = worker.communicate()[1]
                    raise RuntimeError(f"{runner} did not write {count} stories in {LIMIT:.0f} s\n{errors}")
                sleep(0.005)
            ended, after = perf_counter(), processor_time(worker.pid)
            while (raised := written_to(broker, prefix + topics.ALERTS)) < alerts[count] and monotonic() < until:
                sleep(0.05)  # a peer writes them in no order with the stories
        finally:
            worker.kill()
            worker.communicate()
        if raised != alerts[count]:
            raise RuntimeError(f"{runner} wrote {raised} alerts of {alerts[count]}")
        return Measured(count / (ended - began), (after - before) / count)


@contextlib.contextmanager
def topics_of(settings: Config, broker: str) -> Iterator[None]:
    """Make the topics of one worker, and delete them."""
    names = [settings.kafka.prefix + name for name in (topics.INCOMING, *written(settings))]
    with KafkaAdminClient(bootstrap_servers=broker) as admin:
        shape = {"num_partitions": PARTITIONS, "replication_factor": 1}
        admin.create_topics(dict.fromkeys(names, shape), wait_for_metadata=True)
        try:
            yield
        finally:
            admin.delete_topics(names)


def written_to(broker: str, topic: str) -> int:
    """Return how many records a topic has."""
    if broker not in _consumers:
        _consumers[broker] = KafkaConsumer(bootstrap_servers=broker)
    partitions = [TopicPartition(topic, number) for number in range(PARTITIONS)]
    return sum(_consumers[broker].end_offsets(partitions).values())


_consumers: dict[str, KafkaConsumer] = {}
