"""How large the faults are: small in ``make test``, large in ``make faults``."""

from __future__ import annotations

import msgspec
import pytest


class Size(msgspec.Struct, frozen=True):
    """How many stories are sent, how many a second, and how often something is killed."""

    stories: int
    rate: int
    faults: int


SIZES = {"small": Size(stories=1_500, rate=60, faults=3), "large": Size(stories=100_000, rate=300, faults=30)}


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add ``--fault-size``."""
    parser.addoption("--fault-size", choices=tuple(SIZES), default="small", help="how large the faults are")


@pytest.fixture
def size(request: pytest.FixtureRequest) -> Size:
    """Return the size that was asked for."""
    return SIZES[str(request.config.getoption("--fault-size", default="small"))]
