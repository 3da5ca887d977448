"""The sample wire as its formats' own readers see it: nothing here goes through the parsers that are under test."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def samples() -> Path:
    """Return the folder of the shipped day."""
    return ROOT / "config" / "samples"


@pytest.fixture(scope="session")
def ninjs_schemas() -> Path:
    """Return the folder with IPTC's schemas; they lie beside the repository, and must do so in CI."""
    folder = ROOT.parent / "shared" / "data" / "wire" / "schemas" / "ninjs"
    if not folder.is_dir():
        reason = f"no ninjs schemas in {folder}"
        pytest.fail(reason) if os.environ.get("CI") else pytest.skip(reason)
    return folder
