"""Streaming on real servers: the runner alone against its peers, the whole pipeline, and the time to an alert."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import tempfile
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import quantiles
from time import monotonic, process_time

import msgspec
from kafka import KafkaAdminClient, KafkaProducer

from pipeline import config, wiring
from pipeline.adapters.kafka import read, topics
from pipeline.adapters.kafka.send import Sender
from pipeline.runners.clock import Clock
from pipeline.runners.counting import count
from pipeline.runners.desk import WORKER, DeskWorker, Produced
from tests.bench import Figure
from tests.bench.bench_embedded import ROOT, prepare
from tests.bench.peer_worker import Taken
from tests.bench.stream_worker import SINK, SOURCE
from tests.e2e.stage import Stage, staged
from tests.servers.elastic import Elasticsearch
from tests.servers.kafka import Kafka
from tests.servers.stack import Stack

RECORDS, SIZE, PARTITIONS = 60_000, 2_000, 4
STORIES = 20_000
RATE, SECONDS, WARM = 500, 30, 10
"""Stories a second, seconds of them, and of these the first, in which a worker has not seen most words yet."""
PROCESSES = (2, 4)
WARMING = 5_000
"""Stories after which a process has seen most words."""
TICKS = os.sysconf("SC_CLK_TCK")


def run() -> Iterator[Figure]:
    """Yield the figures, on the servers of the environment, of ``make stack``, or on some of its own."""
    with tempfile.TemporaryDirectory() as name, servers(Path(name)) as (kafka, elasticsearch):
        yield from runners(kafka)
        file, made = prepare(Path(name))
        rules = file.with_name("rules.jsonl")
        for measure in (whole, latency, scaling):
            with staged(Path(name), kafka, elasticsearch, rules=rules) as stage:
                yield from measure(stage, made)


@contextlib.contextmanager
def servers(folder: Path) -> Iterator[tuple[str, str]]:
    """Yield the addresses of Kafka and Elasticsearch."""
    stack = Stack.at()
    own: list[Kafka | Elasticsearch] = []
    found = []
    try:
        for variable, shared, kind in (
            ("WIREWATCH_TEST_KAFKA", stack.kafka, Kafka),
            ("WIREWATCH_TEST_ELASTICSEARCH", stack.elasticsearch, Elasticsearch),
        ):
            server = shared if shared.alive() else kind(folder / kind.__name__)
            if server is not shared and variable not in os.environ:
                own.append(server)
                server.start()
            found.append(os.environ.get(variable, server.address))
        yield found[0], found[1] if "://" in found[1] else f"http://{found[1]}"
    finally:
        for server in own:
            server.stop()


def runners(broker: str) -> Iterator[Figure]:
    """Yield what each runner reads, and reads and writes, one after the other on the same topic."""
    prefix = f"bench-{uuid.uuid4().hex[:8]}."
    with KafkaAdminClient(bootstrap_servers=broker) as admin:
        shape = {"num_partitions": PARTITIONS, "replication_factor": 1}
        admin.create_topics({prefix + SOURCE: shape, prefix + SINK: shape}, wait_for_metadata=True)
        with KafkaProducer(bootstrap_servers=broker, acks="all", linger_ms=5, batch_size=1 << 18) as producer:
            for number in range(RECORDS):
                producer.send(prefix + SOURCE, os.urandom(SIZE), key=b"%d" % number)
            producer.flush(60)
        for mode, goal in (("read", 100_000), ("write", 30_000)):
            rates = {name: rate(name, mode, broker, prefix) for name in ("faust", "plain", "stock")}
            yield Figure(
                name=f"runner alone, {mode}, {SIZE} bytes, one process",
                value=rates["faust"],
                unit="records/s",
                goal=f"{goal:,} or more, and twice stock Faust",
                peer=f"plain aiokafka {rates['plain']:,.0f}, stock Faust {rates['stock']:,.0f}",
                met=rates["faust"] >= goal and rates["faust"] >= 2 * rates["stock"],
            )
        admin.delete_topics([prefix + SOURCE, prefix + SINK])


def rate(runner: str, mode: str, broker: str, prefix: str) -> float:
    """Return the records a second of one runner."""
    records = RECORDS if runner != "stock" else RECORDS // 6
    command = [sys.executable, "-m", "tests.bench.stream_worker", runner, mode, broker, prefix, str(records)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=180, check=True)
    return float(done.stdout.split()[-1])


def whole(stage: Stage, made: Path) -> Iterator[Figure]:
    """Yield how long 20,000 stories take through produce, desk and index, all of them running at once."""
    wire = stories(made, STORIES)
    desk, index = stage.start("desk"), stage.start("index")
    stage.wait_reading()
    began = monotonic()
    stage.run("produce", str(wire))
    produced = monotonic() - began
    stage.until(lambda: stage.drained("desk", topics.INCOMING), "desk", 300)
    tagged = monotonic() - began
    stage.until(lambda: stage.drained("index", topics.STORIES, topics.ALERTS), "index", 300)
    seconds = monotonic() - began
    found = stage.indexed()
    ids = {story.id for story in found}
    matches = sum(len(story.matches) for story in found)
    alerts = len(stage.alerts())
    yield Figure(name=f"produce {STORIES} stories of 1.5 KB", value=STORIES / produced, unit="stories/s")
    yield Figure(name="desk, started with produce", value=STORIES / tagged, unit="stories/s")
    yield Figure(
        name="produce → desk → index, two workers, 100 rules",
        value=STORIES / seconds,
        unit="stories/s",
        goal="each story once, each match an alert",
        peer=f"{len(found)} documents, {len(ids)} ids, {alerts} alerts of {matches} matches",
        met=len(found) == len(ids) == STORIES and alerts == matches,
    )
    stage.stop(desk)
    stage.stop(index)


def latency(stage: Stage, made: Path) -> Iterator[Figure]:
    """Yield the time from a payload's arrival at the broker to that of its alert.

    The topics have been written to before, by another desk: a broker opens the files of a partition with its first
    record, which takes it tenths of a second.
    """
    before = stage.start("desk")
    stage.wait_reading()
    stage.run("produce", str(stories(made, STORIES // 4)))
    stage.until(lambda: stage.drained("desk", topics.INCOMING), "desk")
    stage.stop(before)
    wire, since = stories(made, RATE * SECONDS), datetime.now(UTC)
    desk = stage.start("desk")
    stage.wait_reading()
    stage.run("produce", str(wire), "--rate", str(RATE))
    stage.until(lambda: stage.drained("desk", topics.INCOMING), "desk")
    kafka = stage.config.kafka
    arrived = {}
    for record in read.records(kafka, [topics.INCOMING], since, follow=False):
        arrived[msgspec.json.decode(record.value or b"{}")["uri"]] = record.timestamp
    start = min(arrived.values())
    early: list[int] = []
    waits: list[int] = []
    for record in read.records(kafka, [topics.ALERTS], since, follow=False):
        came = arrived[msgspec.json.decode(record.value or b"{}")["data"]["story"]["uri"]]
        (waits if came - start >= WARM * 1000 else early).append(record.timestamp - came)
    cut, first = quantiles(waits, n=100), quantiles(early, n=100)
    for name, value, most in (("p50", cut[49], 15), ("p99", cut[98], 60)):
        yield Figure(
            name=f"produce to alert at {RATE}/s, {name}, a worker {WARM} s old",
            value=value,
            unit="ms",
            goal=f"at most {most}",
            peer=f"of {len(waits)} alerts",
            met=value <= most,
        )
    yield Figure(
        name=f"produce to alert at {RATE}/s, p99 of the first {WARM} s",
        value=first[98],
        unit="ms",
        peer=f"p50 {first[49]:.0f}, of {len(early)} alerts",
    )
    stage.stop(desk)


def scaling(stage: Stage, made: Path) -> Iterator[Figure]:
    """Yield the processor time of a story with one desk process, and with several that share the partitions.

    Between two marks: after so many stories that each process is warm, and after all that follow. Beside it the stages
    alone, in as many processes at once, without Kafka: what the machine's cores and caches make of that. Where
    processes outnumber the cores they take turns, and each turn begins with the caches of another.
    """
    wire = stories(made, STORIES)
    used = {number: desks(stage, number, stories(made, WARMING * number), wire) for number in (1, *PROCESSES)}
    bare = {number: stages(stage, wire, number) for number in (1, *PROCESSES)}
    for number in PROCESSES:
        yield Figure(
            name=f"desk's processor time with {number} processes on {os.cpu_count()} cores",
            value=used[number],
            unit="µs/story",
            goal="the same as with one process",
            peer=f"one process {used[1]:,.0f}; the stages alone {bare[1]:,.0f}, {number} at once {bare[number]:,.0f}",
            met=used[number] <= 1.1 * used[1],
        )


def desks(stage: Stage, count: int, warm: Path, wire: Path) -> float:
    """Return the processor time in µs that so many desks spend on a story of ``wire``."""
    workers = [stage.start("desk") for _ in range(count)]
    share = f" reads {stage.config.kafka.partitions // count} partitions"
    stage.until(lambda: stage.log.read_text().count(share) >= count, "all read")
    spent = []
    for file in (warm, wire):
        before = sum(processor_time(worker.pid) for worker in workers)
        stage.run("produce", str(file))
        stage.until(lambda: stage.drained("desk", topics.INCOMING), "desk", 300)
        spent.append(sum(processor_time(worker.pid) for worker in workers) - before)
    for worker in workers:
        stage.stop(worker)
    return spent[1] / STORIES * 1e6


def stages(stage: Stage, wire: Path, count: int) -> float:
    """Return the processor time in µs of a story in the stages alone, in so many processes at once."""
    command = [sys.executable, "-m", "tests.bench.bench_streaming", str(stage.file), str(wire)]
    running = [subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) for _ in range(count)]
    return sum(float(process.communicate()[0]) for process in running) / count


def take_all(file: str, wire: str) -> float:
    """Take stories through the stages of the desk in this process; return the µs of each after the first quarter."""
    settings = config.load(file)
    desk, _rules = wiring.desk(settings, "bench", Clock().now, print)
    worker = DeskWorker(desk, settings.kafka, Sender(settings.kafka, "bench"))
    lines = Path(wire).read_bytes().splitlines()
    began = 0.0
    for number, line in enumerate(lines):
        if number == len(lines) // 4:
            began = process_time()
        worker.take(Taken("wire.incoming", 0, number, 0, None, line, None), produced := Produced())
        count(WORKER, produced.outcomes)
    return (process_time() - began) / (len(lines) - len(lines) // 4) * 1e6


def processor_time(pid: int) -> float:
    """Return the seconds of processor time that a process has used, all its threads together."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def stories(made: Path, count: int) -> Path:
    """Write ``count`` stories as of now out of those of the benchmark of the embedded pipeline."""
    lines = made.read_text().splitlines()
    start = datetime.now(UTC)
    wire = made.with_name(f"{count}.jsonl")
    with wire.open("w") as file:
        for number in range(count):
            story = json.loads(lines[number % len(lines)])
            story["uri"] = f"urn:bench:{number}"
            story["versioncreated"] = (start + timedelta(milliseconds=number)).isoformat()
            file.write(json.dumps(story) + "\n")
    return wire


if __name__ == "__main__":
    print(take_all(*sys.argv[1:]))
