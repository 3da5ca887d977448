"""How busy the machine is while workers are killed on it: a worker that starts again shares it with other tests."""

from __future__ import annotations

import threading
import time
from functools import cache
from hashlib import pbkdf2_hmac
from statistics import fmean

EVERY = 0.5
"""Seconds between two looks."""

ROUNDS = 150_000
"""Of a hash, some 30 ms: longer than the turns that processes take, and without the lock of the interpreter."""


class Load:
    """Looks, as long as the process runs, at how much longer a computation takes than it has of a processor."""

    def __init__(self) -> None:
        self._seen: list[tuple[float, float]] = []
        threading.Thread(target=self._watch, daemon=True).start()

    def _watch(self) -> None:
        while True:
            self._seen.append((time.monotonic(), stretch()))
            time.sleep(EVERY)

    def most(self, since: float, seconds: float) -> float:
        """Return the highest that it was over so many seconds together: 2 where everything took twice as long."""
        found = [ratio for at, ratio in self._seen if at >= since]
        many = int(seconds / EVERY)
        return max([1.0, *(fmean(found[end - many : end]) for end in range(many, len(found) + 1))])


@cache
def load() -> Load:
    """Return the one of this process: each that looks takes from what it looks at."""
    return Load()


def stretch() -> float:
    """Return how many times as long a short computation takes as it has of a processor."""
    began, had = time.perf_counter(), time.thread_time()
    pbkdf2_hmac("sha256", b"", b"", ROUNDS)
    return (time.perf_counter() - began) / (time.thread_time() - had)
