"""Precision and recall over labelled wires: the sample day, and beside the repository a part of Reuters-21578."""

from __future__ import annotations

import os

import pytest

from tests.core.cluster import labelled


def test_the_sample_wire_is_grouped_right() -> None:
    wire = labelled.wire(labelled.originals(0, 1), 1)
    figures = labelled.score(wire, labelled.clustered(wire))
    assert figures.pairs > 200
    assert figures.precision >= 0.98
    assert figures.recall >= 0.95


def test_reuters_is_grouped_right() -> None:
    if not labelled.REUTERS.exists():
        reason = f"no {labelled.REUTERS}"
        pytest.fail(reason) if os.environ.get("CI") else pytest.skip(reason)
    wire = labelled.wire(labelled.originals(300, 1), 101)
    figures = labelled.score(wire, labelled.clustered(wire))
    assert figures.pairs > 500
    assert figures.precision >= 0.98
    assert figures.recall >= 0.90


def test_a_wire_that_comes_again_changes_no_cluster() -> None:
    wire = labelled.wire(labelled.originals(0, 1), 2)
    assert labelled.clustered(wire + wire) == labelled.clustered(wire)
