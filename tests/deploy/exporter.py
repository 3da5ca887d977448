"""A process that serves every metric of the pipeline, all of them moving: ``python -m tests.deploy.exporter``.

It prints its port, and ends when its standard input is closed. It stands in for what a sound pipeline does not show
in a short test: failing rules, blocked workers, refused documents.
"""

from __future__ import annotations

import sys
import threading
import time

from prometheus_client import Counter, Gauge, Histogram

from pipeline import metrics

WORKERS = ("embedded", "desk", "index")


def move() -> None:
    """Let every metric of every worker grow by one event; a gauge is set to now."""
    for metric in vars(metrics).values():
        if isinstance(metric, Counter | Gauge | Histogram):
            for worker in WORKERS:
                labels = {name: worker if name == "worker" else f"some {name}" for name in metric._labelnames}
                child = metric.labels(**labels) if labels else metric
                if isinstance(child, Counter):
                    child.inc()
                elif isinstance(child, Gauge):
                    child.set(time.time())
                else:
                    child.observe(0.001)


if __name__ == "__main__":
    print(metrics.serve("127.0.0.1", 0), flush=True)  # noqa: T201  the test reads it
    ended = threading.Thread(target=sys.stdin.read, daemon=True)
    ended.start()
    while ended.is_alive():
        move()
        ended.join(0.1)
