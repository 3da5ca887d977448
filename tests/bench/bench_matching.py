"""Matching beside Lucene Monitor: the same rules, the same stories, the same matches, in one run; the time of one core.

Ours is the whole of ``RuleSet.match``: cutting into words, candidates, evaluation and the places of every match; the
peer is asked for the ids of its matches alone. The figure to compare with is that of its usual presearcher, which goes
by single terms; the other one, which goes by four at once, is shown beside it. Both are given processor time.
"""

from __future__ import annotations

import gc
import os
import re
import resource
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from time import process_time

import msgspec

from pipeline.adapters import rulefiles
from pipeline.core.rules import RuleDefinition, RuleSet
from pipeline.core.rules.common import COMMON
from pipeline.core.rules.definition import compiled
from pipeline.core.rules.parser import Parser
from pipeline.core.story import Story
from tests.bench import Figure
from tests.bench.rulebook import TEXTS, Rulebook, stories
from tests.core.rules import hostile
from tests.servers.downloads import java_home

HERE = Path(__file__).parent / "lucene_monitor"
CACHE = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "wirewatch" / "lucene-monitor-10.3.0"
STORIES = 2_000
SIZES = {1_000: 12, 10_000: None, 100_000: 30}
"""Rules, and how many times faster than the peer we mean to be."""
MANY, LARGEST = 500_000, 1_500_000
SOME = 300
"""Stories of the curve."""
PASSES = 3


def run() -> Iterator[Figure]:
    """Yield the time a story at each size, with the peer's, and what the largest set costs."""
    if not TEXTS.exists():
        raise FileNotFoundError(f"the texts that rules are generated from are not at {TEXTS}")
    texts = stories(STORIES)
    with tempfile.TemporaryDirectory() as name:
        peer = Peer(Path(name), texts)
        for size, times in SIZES.items():
            yield from _beside(size, times, texts, peer)
    yield from _hostile()
    for size in (*SIZES, MANY):
        yield _on_the_curve(_load(_queries(texts, size))[0], size, texts)
    yield from _largest(texts)


def _queries(texts: list[Story], size: int) -> list[str]:
    return [ours for ours, _theirs in Rulebook(texts).rules(size)]


def _on_the_curve(rules: RuleSet, size: int, texts: list[Story]) -> Figure:
    """Return what a match costs: the same at every size where cost grows with the matches and not with the rules."""
    seconds, found = _match(rules, texts[:SOME])
    matches = sum(map(len, found)) / len(found)
    return Figure(
        name=f"curve: {size:,} rules, {matches:,.1f} matches a story",
        value=seconds * 1000,
        unit="ms/story",
        peer=f"{seconds / matches * 1e6:.1f} us a match",
        goal="at most 10 ms" if size == LARGEST else None,
        met=seconds <= 0.010 if size == LARGEST else None,
    )


def _hostile() -> Iterator[Figure]:
    """Yield what the worst story costs under the worst rule, each rule alone, limits lifted."""
    worst, where = 0.0, ""
    for name, text in hostile.TEXTS.items():
        story = hostile.story(text)
        for rule in hostile.rules():
            seconds, _found = _match(RuleSet([rule]), [story], ids=False)
            if seconds > worst:
                worst, where = seconds, f"{rule.id} on {name}"
    number = len(hostile.TEXTS) * len(hostile.QUERIES)
    yield Figure(
        name=f"hostile: the worst of {number} rules x stories",
        value=worst * 1000,
        unit="ms/story",
        peer=where,
        goal="at most 50",
        met=worst <= 0.050,
    )


def _beside(size: int, times: int | None, texts: list[Story], peer: Peer) -> Iterator[Figure]:
    """Yield the figure of one size; the sets of matches are compared, story by story."""
    written = list(Rulebook(texts).rules(size))
    rules, _seconds = _load([ours for ours, _theirs in written])
    seconds, found = _match(rules, texts)
    if size == max(SIZES):
        _assert_mixed([ours for ours, _theirs in written], found)
    peers = {name: peer.match(name, [theirs for _ours, theirs in written]) for name in ("term", "multipass")}
    for name, (_time, theirs) in peers.items():
        different = [number for number, ids in enumerate(theirs) if ids != found[number]]
        if different:
            raise AssertionError(f"{name}: the matches differ on {len(different)} stories, first {different[0]}")
    usual = peers["term"][0]
    both = ", ".join(
        f"{name} {each * 1000:.2f} ms ({each / seconds:.1f} times)" for name, (each, _ids) in peers.items()
    )
    yield Figure(
        name=f"{size:,} rules, 1 KB stories, {sum(map(len, found)) / len(found):.1f} matches each",
        value=seconds * 1000,
        unit="ms/story",
        peer=f"Lucene Monitor: {both}",
        goal=f"at most 1/{times} of Lucene Monitor (term)" if times else None,
        met=usual / seconds >= times if times else None,
    )


def _load(queries: list[str]) -> tuple[RuleSet, float]:
    parser, began = Parser(), process_time()
    gc.disable()
    rules = RuleSet(compiled(RuleDefinition(id=str(n), query=query), parser) for n, query in enumerate(queries))
    gc.enable()
    seconds = process_time() - began
    gc.collect()
    gc.freeze()
    return rules, seconds


def _match(rules: RuleSet, texts: list[Story], *, ids: bool = True) -> tuple[float, list[list[int]]]:
    """Return the best of some passes, in seconds a story, and the ids of the matches."""
    best = float("inf")
    found: list[list[int]] = []
    for _pass in range(PASSES):
        spent = 0.0
        found = []
        for story in texts:
            began = process_time()
            result = rules.match(story)
            spent += process_time() - began
            found.append([int(match.rule) for match in result.matches] if ids else [])
        best = min(best, spent / len(texts))
    return best, found


def _assert_mixed(queries: list[str], found: list[list[int]]) -> None:
    """Hold the generator to what it promises: enough matches, enough common words, enough fields and wildcards."""
    assert sum(map(len, found)) >= 20 * len(found), "a story matches fewer than 20 rules"
    special = sum("*" in query or ":" in query for query in queries)
    assert special >= 0.1 * len(queries) * 0.95, "fewer than 10 % of the rules rest on a field or a wildcard"
    plain = Rulebook(stories(STORIES)).plain | COMMON.keys()
    common = sum(
        all(word in plain for word in re.findall("[a-z]+", re.sub("AND|OR|NOT|NEAR/[0-9]+|headline:", "", query)))
        for query in queries
    )
    assert common >= 0.3 * len(queries), "fewer than 30 % of the rules have common words only"


def _largest(texts: list[Story]) -> Iterator[Figure]:
    """Yield what the largest set costs: to load, to load again, to match, to add to, and in memory."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with (folder / "rules.jsonl").open("wb") as file:
            for number, query in enumerate(_queries(texts, LARGEST)):
                file.write(msgspec.json.encode({"id": str(number), "query": query}) + b"\n")
        for what, goal in (("compiled", 180), ("from the cache of compiled rules", 20)):
            output = subprocess.run(
                [sys.executable, "-m", "tests.bench.bench_matching", str(folder)],
                env={**os.environ, "XDG_CACHE_HOME": name},
                check=True,
                capture_output=True,
                timeout=3600,
            ).stdout
            found = msgspec.json.decode(output, type=Largest)
            yield Figure(
                name=f"{found.rules:,} rules loaded, {what}",
                value=found.load,
                unit="s",
                goal=f"at most {goal}",
                met=found.load <= goal,
            )
            yield Figure(
                name=f"memory with them, {what}",
                value=found.gigabytes,
                unit="GB",
                goal="at most 6",
                met=found.gigabytes <= 6,
            )
    yield found.figure
    yield Figure(name="one rule more", value=found.add * 1000, unit="ms", goal="under 5", met=found.add < 0.005)


class Largest(msgspec.Struct):
    """What a process of its own measures: seconds of processor time, and the most memory that it had."""

    rules: int
    load: float
    gigabytes: float
    add: float
    figure: Figure


def _measure(folder: Path) -> Largest:
    """Load the rules of a folder as the commands do, match, and add one."""
    began = process_time()
    rules, _problems = rulefiles.load([str(folder)])
    load = process_time() - began
    gc.freeze()
    figure = _on_the_curve(rules, LARGEST, stories(STORIES))
    began = process_time()
    rules.add(compiled(RuleDefinition(id="new", query="oil AND kuwait AND tanker"), Parser()))
    add = process_time() - began
    return Largest(len(rules) - 1, load, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2, add, figure)


class Peer:
    """Lucene Monitor, from Maven Central, compiled here, in a process of its own."""

    def __init__(self, folder: Path, texts: list[Story]) -> None:
        self.folder, self.java = folder, java_home(21) / "bin"
        jars = CACHE / "jars"
        if not jars.is_dir():
            print("bench: Lucene Monitor 10.3.0 from Maven Central (8 jars, 7 MB)", flush=True)
            command = ["mvn", "-q", "-B", "-f", str(HERE / "pom.xml"), "dependency:copy-dependencies"]
            subprocess.run([*command, f"-DoutputDirectory={jars}.part"], check=True, timeout=600)
            Path(f"{jars}.part").rename(jars)
        self.path = os.pathsep.join((str(folder), f"{jars}/*"))
        compiler = [str(self.java / "javac"), "-cp", self.path, "-d", str(folder), str(HERE / "Peer.java")]
        subprocess.run(compiler, check=True, timeout=120)
        lines = ["\t".join(" ".join((text or "").split()) for text in (story.headline, story.body)) for story in texts]
        (folder / "stories").write_text("\n".join(lines) + "\n")

    def match(self, presearcher: str, queries: list[str]) -> tuple[float, list[list[int]]]:
        """Return seconds a story, and the ids of the matches of each."""
        (self.folder / "rules").write_text("\n".join(queries) + "\n")
        files = [str(self.folder / name) for name in ("rules", "stories", "matches")]
        flags = ["-Xmx4g", "-XX:+UseSerialGC", "-XX:ActiveProcessorCount=1"]
        command = [str(self.java / "java"), *flags, "-cp", self.path, "Peer", presearcher, *files]
        output = subprocess.run(command, check=True, capture_output=True, text=True, timeout=1800).stdout
        lines = (self.folder / "matches").read_text().splitlines()
        ids = [[int(number) for number in re.findall("[0-9]+", line)] for line in lines]
        return float(output.split()[2]) / len(ids), ids


if __name__ == "__main__":
    sys.stdout.buffer.write(msgspec.json.encode(_measure(Path(sys.argv[1]))))
