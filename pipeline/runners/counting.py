"""What has become of payloads, in the metrics of a worker.

A whole fetch at once: to find the counter of an alert takes as long as to count it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from prometheus_client import Counter as Metric

from pipeline import metrics
from pipeline.core.flow import Outcome


def count(worker: str, outcomes: Sequence[Outcome]) -> None:
    """Count what came of so many payloads."""
    metrics.PAYLOADS.labels(worker).inc(len(outcomes))
    metrics.HELD.labels(worker).inc(sum(len(outcome.held) for outcome in outcomes))
    _each(metrics.DEAD, worker, ((letter.step,) for outcome in outcomes for letter in outcome.dead))
    _each(metrics.ALERTS, worker, ((alert.type, alert.topic or "") for outcome in outcomes for alert in outcome.alerts))
    stories = [story for outcome in outcomes for story in outcome.stories]
    if stories:
        _each(metrics.STORIES, worker, ((story.provider,) for story in stories))
        metrics.TAGS.labels(worker, "region").inc(sum(len(story.regions) for story in stories))
        metrics.TAGS.labels(worker, "actor").inc(sum(len(story.actors) for story in stories))
        metrics.MATCHES.labels(worker).inc(sum(len(story.matches) for story in stories))
        metrics.LAST_STORY.labels(worker).set_to_current_time()


def _each(metric: Metric, worker: str, labels: Iterable[tuple[str, ...]]) -> None:
    for values, number in Counter(labels).items():
        metric.labels(worker, *values).inc(number)
