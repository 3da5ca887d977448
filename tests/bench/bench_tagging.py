"""Tagging: the time of one core for a story of 1 KB, start-up and memory, over the shipped dictionaries.

The peer is the automaton alone over the same text: what no tagger of this kind can be faster than.
"""

from __future__ import annotations

import gc
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from time import process_time
from typing import Any

from pipeline.adapters import dictionaries
from pipeline.core.story import Story
from pipeline.core.tag import Tagger
from pipeline.core.tag.fold import fold
from pipeline.core.tag.scan import Text, scan
from pipeline.core.tag.vocabulary import vocabulary
from tests.bench import Figure
from tests.bench.rulebook import TEXTS, stories

SHIPPED = Path(__file__).parents[2] / "config" / "dictionaries"
STORIES = 2_000
SIZE = 1_000
"""Code points of a story."""
PASSES = 15
_CHUNK = 20
START = """
import time
began = time.process_time()
from pathlib import Path
from pipeline.adapters import dictionaries
from pipeline.core.story import Story
from pipeline.core.tag import Tagger
from pipeline.core.tag.language import LANGUAGES
tagger = Tagger(dictionaries.load([Path("config/dictionaries")]))
def tag(language):
    tagger.tag(Story(uri="", provider="", headline="Paris", language=language, source_format=""))
tag("en")
print(time.process_time() - began)
for languages in ((), LANGUAGES, (None,)):
    for language in languages:
        tag(language)
    status = Path("/proc/self/status").read_text()  # getrusage() would tell the parent's peak
    print(int(status.partition("VmHWM:")[2].split()[0]) / 1024)
"""


def run() -> Iterator[Figure]:
    """Yield the time a story, start-up with a warm cache, and memory."""
    if not TEXTS.exists():
        raise FileNotFoundError(f"the texts are not at {TEXTS}")
    dictionary = dictionaries.load([SHIPPED])
    tagger, words = Tagger(dictionary), vocabulary(dictionary, "en")
    texts = _cut(stories(STORIES))
    folded = [fold(story.body or "").text.replace(" ", "  ") for story in texts]
    for story in texts:
        tagger.tag(story)  # makes the patterns that the texts name
    gc.collect()
    gc.freeze()
    alone, found, judged, whole = _fastest(
        (words.find, folded),
        (lambda story: scan(Text("body", story.body or ""), words), texts),
        (tagger.judge, texts),
        (tagger.tag, texts),
    )
    size = f"{len(words.patterns):,} aliases, 1 KB"
    peer = f"the automaton alone {alone:.0f} µs; all aliases {found:.0f}, decided {judged:.0f}, summed up {whole:.0f}"
    yield Figure(name=f"a story ({size})", value=whole, unit="µs", goal="100 µs", peer=peer, met=whole <= 100)
    yield Figure(name="stories a second on one core", value=1e6 / whole, unit="/s", goal="10,000/s", met=whole <= 100)
    for _ in range(2):  # the first fills the cache
        lines = subprocess.run([sys.executable, "-c", START], check=True, capture_output=True, text=True).stdout
    seconds, *peaks = map(float, lines.split())
    yield Figure(name="start-up to the first tags", value=seconds, unit="s", goal="0.5 s", met=seconds < 0.5)
    for name, megabytes in zip(
        ("English", "all sixteen languages", "these, and finds the language"), peaks, strict=True
    ):
        memory = f"peak of memory of a process that tags {name}"
        yield Figure(name=memory, value=megabytes, unit="MB", goal="150 MB", met=megabytes < 150)


def _fastest(*works: tuple[Callable[[Any], object], Sequence[Any]]) -> list[float]:
    """Return the microseconds a story of each work: every twenty stories at their fastest, the works in turn.

    On a machine that others use too, all works meet the same neighbours.
    """
    starts = range(0, STORIES, _CHUNK)
    best = [[float("inf")] * len(starts) for _ in works]
    for _ in range(PASSES):
        for number, start in enumerate(starts):
            for times, (work, stories_) in zip(best, works, strict=True):
                began = process_time()
                for story in stories_[start : start + _CHUNK]:
                    work(story)
                times[number] = min(times[number], process_time() - began)
    return [sum(times) / STORIES * 1e6 for times in best]


def _cut(texts: list[Story]) -> list[Story]:
    """Return one story of 1 KB each, without its dateline."""
    bodies = ((f"{story.headline or ''}\n{story.body or ''}" * 20)[:SIZE] for story in texts)
    return [
        Story(uri=str(number), provider="bench", body=body, language="en", source_format="bench")
        for number, body in enumerate(bodies)
    ]
