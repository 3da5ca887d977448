"""The workers' test over other runners: stock Faust must fail it, and the control must not."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from tests.e2e.stage import staged
from tests.faults.crew import Crew
from tests.faults.killing import KINDS, holds, kill_workers
from tests.faults.ledger import Findings
from tests.faults.size import Size

pytestmark = pytest.mark.servers


def test_the_oracle_sees_that_stock_faust_does_not_hold_this(
    tmp_path: Path, kafka_address: str, elasticsearch_url: str, size: Size
) -> None:
    few, crew, found = other("stock", tmp_path, kafka_address, elasticsearch_url, size)
    assert not found.harmless, found  # what it loses may be a story, its newest revision alone, or an alert
    assert not holds(found, few, crew.again_within)


def test_the_control_without_faust_holds_it(
    tmp_path: Path, kafka_address: str, elasticsearch_url: str, size: Size
) -> None:
    few, crew, found = other("plain", tmp_path, kafka_address, elasticsearch_url, size)
    assert holds(found, few, crew.again_within), found


def other(runner: str, folder: Path, kafka: str, elasticsearch: str, size: Size) -> tuple[Size, Crew, Findings]:
    """Let the workers of another runner be killed and fail, over fewer stories."""
    few = msgspec.structs.replace(size, stories=min(size.stories, 2_000), faults=2, pause=(1, 2))
    with staged(folder, kafka, elasticsearch, partitions=12) as stage:
        crew = Crew(stage, KINDS, runner)
        return few, crew, kill_workers(crew, few)
