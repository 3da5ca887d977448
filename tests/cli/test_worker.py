"""What ``wirewatch worker`` says before it starts."""

from __future__ import annotations

import pytest

from pipeline.cli.worker import _advice


@pytest.mark.parametrize(
    ("worker", "partitions", "cores", "said"),
    [
        ("desk", 4, 4, []),
        ("desk", 3, 4, ["wire.incoming has 3 partitions: 1 of 4 processes will have nothing to do"]),
        ("desk", 4, 2, ["4 processes on 2 cores take turns"]),
        ("index", 4, 2, []),
    ],
)
def test_too_many_processes_are_advised_against(worker: str, partitions: int, cores: int, said: list[str]) -> None:
    found = list(_advice(worker, 4, "wire.incoming", partitions, cores))
    assert len(found) == len(said)
    assert all(line.startswith(start) for line, start in zip(found, said, strict=True))
