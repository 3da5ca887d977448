"""The fingerprint: what two copies of a text very likely share, and two other texts very likely do not.

MinHash over runs of three words (Broder, 1997), gathered into bands (Leskovec, Rajaraman and Ullman, Mining of
Massive Datasets, 3.4). A band is the hash of two minima: texts that share half of their runs agree in one of six
bands with a probability of 0.82, those that share a fiftieth with one of 0.002. Six more bands see the lead only, so
that a copy cut short still meets its whole. A band proposes, ``compare.py`` decides.
"""

from __future__ import annotations

from functools import cache
from hashlib import blake2b
from typing import TYPE_CHECKING

from pipeline.core.story import Status, Story
from pipeline.core.words import folded

if TYPE_CHECKING:
    import numpy as np

SHORTEST = 12
"""Words of a body below which there is no fingerprint: a flash says too little to tell copies from coincidence."""

LONGEST = 256
"""Words that are looked at; a later difference is left to the comparison."""

LEAD = 24
"""Words of the lead."""

_ENOUGH = 16 * LONGEST
"""Characters that hold these words, but for texts of giant words."""

_RUN, _ROWS, _BANDS = 3, 2, 6


class _Numbers(dict[str, bytes]):
    """The 64-bit number of each word, the same in every process; forgets all when full."""

    limit = 50_000

    def __missing__(self, word: str) -> bytes:
        if len(self) >= self.limit:
            self.clear()
        number = blake2b(word.encode("utf-8", "surrogatepass"), digest_size=8).digest()
        self[word] = number
        return number


class _Constants:
    """Odd numbers of 64 bits, the same for ever: stored fingerprints depend on them."""

    def __init__(self) -> None:
        import numpy as np  # noqa: PLC0415  a sixth of a second and 20 MB, for those who fingerprint

        self.numpy = np
        self.places = self._numbers("place", _RUN)
        self.permutations = self._numbers("permutation", _ROWS * _BANDS)[:, None]
        self.rows = self._numbers("row", _ROWS)
        self.shift = np.uint64(32)

    def _numbers(self, name: str, count: int) -> np.ndarray[tuple[int], np.dtype[np.uint64]]:
        digest = b"".join(blake2b(f"{name}{n}".encode(), digest_size=8).digest() for n in range(count))
        numbers = self.numpy.frombuffer(digest, dtype="<u8").astype(self.numpy.uint64)
        odd: np.ndarray[tuple[int], np.dtype[np.uint64]] = numbers | self.numpy.uint64(1)
        return odd


_constants = cache(_Constants)
_numbers = _Numbers()


def fingerprint(story: Story) -> str | None:
    """Return the bands of a story's body, 8 hexadecimal digits each, with a space between; None where it is short."""
    if story.body is None or story.status is not Status.USABLE:
        return None
    words = folded(story.body[:_ENOUGH])[:LONGEST]
    if len(words) < SHORTEST:
        return None
    of = _constants()
    np, shift = of.numpy, of.shift
    numbers = np.frombuffer(b"".join(map(_numbers.__getitem__, words)), dtype="<u8")
    runs = numbers[:-2] * of.places[0] + numbers[1:-1] * of.places[1] + numbers[2:] * of.places[2]
    runs ^= runs >> shift
    values = runs * of.permutations >> shift
    minima = np.concatenate((values.min(axis=1), values[:, : LEAD - _RUN + 1].min(axis=1)))
    found = (minima.reshape(-1, _ROWS) * of.rows).sum(axis=1, dtype=np.uint64) >> shift
    text: str = found.astype(">u4").tobytes().hex(" ", 4)
    return text if len(words) > LEAD else text[: len(text) // 2]  # a short text is its own lead


def bands(text: str | None) -> list[str]:
    """Return the bands of a fingerprint, each once: two stories with one in common are candidates."""
    return list(dict.fromkeys(text.split(" "))) if text else []
