"""How busy the machine is while workers are killed on it: a worker that starts again shares it with other tests."""

from __future__ import annotations

import threading
import time
from collections import deque
from hashlib import pbkdf2_hmac
from statistics import fmean

EVERY = 0.5
"""Seconds between two looks."""

ROUNDS = 150_000
"""Of a hash, some 30 ms: longer than the turns that processes take, and without the lock of the interpreter."""


class Load:
    """Looks, as long as the process runs, at how much longer a computation takes than it has of a processor."""

    def __init__(self, seconds: float) -> None:
        self._last: deque[float] = deque(maxlen=int(seconds / EVERY))
        self.most = 1.0
        """The highest that it was over so many seconds together: 2 where everything takes twice as long."""
        threading.Thread(target=self._watch, daemon=True).start()

    def _watch(self) -> None:
        while True:
            self._last.append(stretch())
            if len(self._last) == self._last.maxlen:
                self.most = max(self.most, fmean(self._last))
            time.sleep(EVERY)


def stretch() -> float:
    """Return how many times as long a short computation takes as it has of a processor."""
    began, had = time.perf_counter(), time.thread_time()
    pbkdf2_hmac("sha256", b"", b"", ROUNDS)
    return (time.perf_counter() - began) / (time.thread_time() - had)
