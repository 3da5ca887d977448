"""Focus: what a story is about, from where and how often it names a region or an actor."""

from __future__ import annotations

from pipeline.core.tag.scan import Hit

USE_WEIGHT = {"name": 1.0, "demonym": 0.9, "capital": 0.8, "place": 0.7, "division": 0.7, "city": 0.6, "actor": 0.35, "office": 0.3, "agent": 0.2}  # fmt: skip
HEADLINE = 3.0
LEAD = 2.0
BODY = 1.0
KEPT = 1 / 3
"""A region is in focus from this share of the best score on."""
_REPEATS = 4
"""In the body, mentions beyond so many count little: long lists and quotations."""


def weight(hit: Hit) -> float:
    """Return what one hit adds to the score of what it names."""
    return USE_WEIGHT.get(hit.sense.use, 0.3) * place_weight(hit)


def place_weight(hit: Hit) -> float:
    """Return the weight of the place where a hit stands."""
    if hit.text.field == "headline":
        return HEADLINE
    return LEAD if hit.start <= hit.text.lead else BODY
