"""Tagging: the time of one core for a story of 1 KB, start-up and memory, over the shipped dictionaries.

The peer is the automaton alone over the same text: what no tagger of this kind can be faster than.
"""

from __future__ import annotations

import gc
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from time import process_time

from pipeline.adapters import dictionaries
from pipeline.core.story import Story
from pipeline.core.tag import Tagger
from pipeline.core.tag.fold import fold
from pipeline.core.tag.vocabulary import vocabulary
from tests.bench import Figure
from tests.bench.rulebook import TEXTS, stories

SHIPPED = Path(__file__).parents[2] / "config" / "dictionaries"
STORIES = 2_000
SIZE = 1_000
"""Code points of a story."""
PASSES = 5
START = """
import resource, time
began = time.process_time()
from pathlib import Path
from pipeline.adapters import dictionaries
from pipeline.core.story import Story
from pipeline.core.tag import Tagger
tagger = Tagger(dictionaries.load([Path("config/dictionaries")]))
tagger.tag(Story(uri="", provider="", headline="Paris", language="en", source_format=""))
print(time.process_time() - began, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
"""


def run() -> Iterator[Figure]:
    """Yield the time a story, start-up with a warm cache, and memory."""
    if not TEXTS.exists():
        raise FileNotFoundError(f"the texts are not at {TEXTS}")
    dictionary = dictionaries.load([SHIPPED])
    tagger, words = Tagger(dictionary), vocabulary(dictionary, "en")
    texts = _cut(stories(STORIES))
    folded = [fold(story.body or "").text.replace(" ", "  ") for story in texts]
    gc.freeze()
    alone = min(_seconds(lambda: [words.find(text) for text in folded]) for _ in range(PASSES)) / len(texts) * 1e6
    whole = min(_seconds(lambda: [tagger.tag(story) for story in texts]) for _ in range(PASSES)) / len(texts) * 1e6
    size = f"{len(words.patterns):,} aliases, 1 KB"
    peer = f"the automaton alone {alone:.0f} µs"
    yield Figure(name=f"a story ({size})", value=whole, unit="µs", goal="100 µs", peer=peer, met=whole <= 100)
    yield Figure(name="stories a second on one core", value=1e6 / whole, unit="/s", goal="10,000/s", met=whole <= 100)
    for _ in range(2):  # the first fills the cache
        line = subprocess.run([sys.executable, "-c", START], check=True, capture_output=True, text=True).stdout
    seconds, megabytes = map(float, line.split())
    yield Figure(name="start-up to the first tags", value=seconds, unit="s", goal="0.5 s", met=seconds < 0.5)
    memory = "memory of a process that tags English"
    yield Figure(name=memory, value=megabytes, unit="MB", goal="150 MB", met=megabytes < 150)


def _cut(texts: list[Story]) -> list[Story]:
    """Return one story of 1 KB each, without its dateline."""
    bodies = ((f"{story.headline or ''}\n{story.body or ''}" * 20)[:SIZE] for story in texts)
    return [
        Story(uri=str(number), provider="bench", body=body, language="en", source_format="bench")
        for number, body in enumerate(bodies)
    ]


def _seconds(work: Callable[[], object]) -> float:
    began = process_time()
    work()
    return process_time() - began
