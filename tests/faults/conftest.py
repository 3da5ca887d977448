"""How large the faults are: small in ``make test``, large in ``make faults``, which also writes the report."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest
from xdist.scheduler import LoadScopeScheduling

from tests.faults.report import PAGE, Report
from tests.faults.size import SIZES, Size


class Lanes(LoadScopeScheduling):  # type: ignore[misc]  # xdist has no types
    """Gives the tests that share their workers to one lane, those that start servers in turn to another.

    All others go to whichever lane is free: they mostly wait, for sessions that end and for processes that start.
    """

    def _split_scope(self, nodeid: str) -> str:
        file, _, name = nodeid.partition("::")
        for lane in ("test_pipeline", "test_outages"):
            if lane in file:
                return lane
        return name


LATE = "test_outages_of_elasticsearch.py"
"""An Elasticsearch takes ten seconds of a core to start: not while killed workers must alert again in time."""


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Lanes | None:
    """Deal the faults out where groups are asked for: xdist 3.8 marks them in a name that pytest 9.2 keeps from it."""
    return Lanes(config, log) if config.getvalue("dist") == "loadgroup" else None


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options of the size."""
    parser.addoption("--fault-size", choices=tuple(SIZES), default="small", help="how large the faults are")
    for name, help_ in (
        ("stories", "so many stories a test"),
        ("faults", "so many kills a test"),
        ("rate", "a second"),
    ):
        parser.addoption(f"--fault-{name}", type=int, help=f"{help_}, in place of those of the size")
    parser.addoption(
        "--fault-runner", choices=("ours", "plain"), default="ours", help="plain: the control in place of our runner"
    )


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Give each test of faults its time, where it says none itself."""
    seconds = 7_200 if config.getoption("--fault-size", default="small") == "large" else 420
    for item in items:
        if Path(__file__).parent in item.path.parents and not item.get_closest_marker("timeout"):
            item.add_marker(pytest.mark.timeout(seconds))
    items.sort(key=lambda item: item.path.name == LATE)


@pytest.fixture(scope="session")
def size(request: pytest.FixtureRequest) -> Size:
    """Return the size that was asked for."""
    option = request.config.getoption
    size = SIZES[str(option("--fault-size", default="small"))]
    given = {name: option(f"--fault-{name}", default=None) for name in ("stories", "faults", "rate")}
    return msgspec.structs.replace(size, **{name: value for name, value in given.items() if value})


@pytest.fixture(scope="session")
def runner(request: pytest.FixtureRequest) -> str:
    """Return which runner the workers of the pipeline have."""
    return str(request.config.getoption("--fault-runner", default="ours"))


@pytest.fixture(scope="session")
def report(request: pytest.FixtureRequest, size: Size, runner: str) -> Report:
    """Return the report; that of a large run of our runner is written to docs/reliability.md, test by test."""
    large = request.config.getoption("--fault-size", default="small") == "large"
    return Report(size.rate, PAGE if large and runner == "ours" else None)
