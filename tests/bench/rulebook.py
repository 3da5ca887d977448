"""Generated rules and stories for the benchmark of matching: mixed as saved searches are, the same from the same seed.

Texts are read from ``../shared`` at run time. A rule is a small tree, written once in our language and once as
the plain prefix notation that ``lucene_monitor/Peer.java`` reads.
"""

from __future__ import annotations

import gzip
import json
import re
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from random import Random

from pipeline.core.story import Story

TEXTS = Path(__file__).parents[3] / "shared/data/tagging/reuters_train/stories.jsonl.gz"
COMMONEST = 2_000
LENGTH = 1_000

Tree = tuple[str, ...] | tuple[str, "Tree", "Tree"] | tuple[str, int, "Tree", "Tree"]


def stories(count: int) -> list[Story]:
    """Return stories of about a kilobyte, of characters that every tokeniser cuts alike."""
    found: list[Story] = []
    with gzip.open(TEXTS, "rt") as lines:
        for line in lines:
            item = json.loads(line)
            body = _plain(item["body_text"] or "")
            if len(body) >= LENGTH // 2:
                headline = _plain(item["headline"] or "")
                found.append(
                    Story(
                        uri=item["uri"],
                        provider="reuters",
                        source_format="ninjs",
                        headline=headline,
                        body=body[:LENGTH],
                    )
                )
            if len(found) == count:
                break
    return found


def _plain(text: str) -> str:
    return re.sub(r"[^A-Za-z0-9 \n()-]", " ", text)


class Rulebook:
    """Rules drawn from the words, neighbours and meetings of the texts."""

    def __init__(self, texts: list[Story], seed: int = 7) -> None:
        self.chance = Random(seed)
        self.texts = [re.findall("[a-z0-9]+", f"{text.headline} {text.body}".lower()) for text in texts]
        counts = Counter(word for text in self.texts for word in text if word.isalpha() and len(word) > 2)
        ranked = [word for word, _count in counts.most_common()]
        self.common = ranked[40:COMMONEST]
        self.pool = set(self.common)
        self.rare = [word for word in ranked[COMMONEST:] if counts[word] > 1]
        self.plain = set(ranked[:COMMONEST])

    def rules(self, count: int) -> Iterator[tuple[str, str]]:
        """Yield (our query, the peer's) ``count`` times."""
        makers: list[tuple[int, Callable[[], tuple[str, str]]]] = [
            (14, self.met(rare=False, negated=False)),
            (8, self.met(rare=False, negated=True)),
            (8, self.neighbours),
            (30, self.met(rare=True, negated=False)),
            (10, self.either),
            (8, self.near),
            (4, self.single),
            (8, self.mixed),
            (5, self.wild),
            (5, self.headline),
        ]
        weights, makes = zip(*makers, strict=True)
        for make in self.chance.choices(makes, weights, k=count):
            yield make()

    def _words(self, number: int, *, rare: bool) -> list[str]:
        """Return words that one text has together, so that rules match now and then."""
        while True:
            text = self.chance.choice(self.texts)
            known = self.plain if rare else self.pool
            found = [word for word in text if (word in known) != rare and word.isalpha() and len(word) > 2]
            distinct = list(dict.fromkeys(found))
            if len(distinct) >= number:
                return self.chance.sample(distinct, number)

    def met(self, *, rare: bool, negated: bool) -> Callable[[], tuple[str, str]]:
        def make() -> tuple[str, str]:
            if rare:
                words = [*self._words(1, rare=True), *self._words(self.chance.choice((1, 2)), rare=False)]
            else:
                words = self._words(self.chance.choice((3, 3, 4)), rare=False)
            ours, theirs = " AND ".join(words), " ".join(f"w:{word}" for word in words)
            if not negated:
                return ours, f"( and {theirs} )"
            other = self.chance.choice([word for word in self._words(4, rare=False) if word not in words] or ["zzz"])
            return f"{ours} AND NOT {other}", f"( and {theirs} ( not w:{other} ) )"

        return make

    def neighbours(self) -> tuple[str, str]:
        while True:
            text = self.chance.choice(self.texts)
            at = self.chance.randrange(max(1, len(text) - 3))
            words = text[at : at + self.chance.choice((2, 3, 3))]
            if len(set(words)) == len(words) > 1 and all(word in self.pool or word not in self.plain for word in words):
                return f'"{" ".join(words)}"', "p:" + ",".join(words)

    def either(self) -> tuple[str, str]:
        words = [*self._words(2, rare=True), *self._words(1, rare=True)]
        words = list(dict.fromkeys(words))
        also = self._words(1, rare=False)[0]
        ours = f"({' OR '.join(words)}) AND {also}"
        return ours, f"( and ( or {' '.join(f'w:{word}' for word in words)} ) w:{also} )"

    def near(self) -> tuple[str, str]:
        first, second = self._words(2, rare=False)
        distance = self.chance.choice((3, 5, 10))
        return f"{first} NEAR/{distance} {second}", f"( near {distance} w:{first} w:{second} )"

    def single(self) -> tuple[str, str]:
        word = self.chance.choice(self.rare)
        return word, f"w:{word}"

    def mixed(self) -> tuple[str, str]:
        text = self.chance.choice(self.texts)
        pairs = [pair for pair in pairwise(text) if pair[0] != pair[1]]
        (a, b), also = self.chance.choice(pairs), self.chance.sample(self.common[400:], 2)
        ours = f'("{a} {b}" OR {self.chance.choice(self.rare)}) AND ({also[0]} OR {also[1]})'
        rare = ours.split(" OR ")[1].split(")", maxsplit=1)[0]
        return ours, f"( and ( or p:{a},{b} w:{rare} ) ( or w:{also[0]} w:{also[1]} ) )"

    def wild(self) -> tuple[str, str]:
        word = self.chance.choice([word for word in self._words(3, rare=True) if len(word) > 5] or ["investig"])
        start, also = word[: max(5, len(word) - 3)], self._words(1, rare=False)[0]
        return f"{start}* AND {also}", f"( and x:{start} w:{also} )"

    def headline(self) -> tuple[str, str]:
        first, second = self._words(2, rare=False)
        return f"headline:{first} AND headline:{second}", f"( and h:{first} h:{second} )"
