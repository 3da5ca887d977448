"""Near-duplicates: precision and recall on a labelled wire made at run time, and what each story costs.

The wire is the sample day and 3,000 stories of Reuters-21578 where they lie beside the repository, once drawn by the
seed that was used for tuning and once by another, with copies and traps: tests/core/cluster/labelled.py. Every second
story is a copy or a trap, so that the time of the comparison is that of a wire at its worst.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from time import process_time

import msgspec

from pipeline.adapters.sqlite import SqliteStore, copies
from pipeline.core.cluster import cluster_of, fingerprint
from pipeline.core.story import Story
from pipeline.core.words import folded
from tests.bench import Figure
from tests.core.cluster import labelled

REUTERS = 3000
TUNED, SEED = 1, 2


def run() -> Iterator[Figure]:
    """Yield precision and recall, then microseconds a story."""
    many = REUTERS if labelled.REUTERS.exists() else 0
    for name, seed in (("tuned on", TUNED), ("held out", SEED)):
        wire = labelled.wire(labelled.originals(many, seed), seed + 100)
        figures = labelled.score(wire, labelled.clustered(wire))
        size = f"{name}: {len(wire)} stories, {figures.pairs} pairs"
        yield _share(f"precision, {size}", figures.precision, 0.98)
        yield _share(f"recall, {size}", figures.recall, 0.90)
    stories = [one.story for one in wire]
    words = _each(lambda story: folded(story.body or ""), stories)
    spent = _each(fingerprint, stories)
    yield Figure(
        name="fingerprint, words included",
        value=spent,
        unit="us/story",
        goal="at most 100",
        peer=f"words alone {words:.0f}",
        met=spent <= 100,
    )
    alone = [one.story for one in wire if one.made == "original"]
    yield Figure(name="find and compare in SQLite, no copies", value=_stored(alone), unit="us/story")
    yield Figure(name="find and compare in SQLite, every second one a copy", value=_stored(stories), unit="us/story")


def _share(name: str, value: float, least: float) -> Figure:
    return Figure(name=name, value=value, unit="", goal=f"at least {least}", met=value >= least)


def _each(work: Callable[[Story], object], stories: Sequence[Story]) -> float:
    """Return the microseconds of processor time a story, the best of three rounds."""
    rounds = []
    for _ in range(3):
        began = process_time()
        for story in stories:
            work(story)
        rounds.append(process_time() - began)
    return min(rounds) / len(stories) * 1e6


def _stored(stories: Sequence[Story]) -> float:
    """Return the microseconds of processor time a story for its candidates, their comparison and its bands."""
    spent = 0.0
    with TemporaryDirectory() as folder:
        store = SqliteStore(Path(folder) / "w.db")
        with store.transaction():
            for number, story in enumerate(stories, 1):
                store.put(msgspec.structs.replace(story, fingerprint=None), newest=True)
                began = process_time()
                cluster = cluster_of(story, None, store.candidates(story))
                copies.keep(store.connection, number, msgspec.structs.replace(story, cluster=cluster))
                spent += process_time() - began
        store.close()
    return spent / len(stories) * 1e6
