"""The package as a user installs it: whole, and with what it writes in the user's own folder."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
STORY = {"uri": "urn:x:1", "type": "text", "headline": "Troops attack Kyiv", "body_text": ".", "provider": "p.test"}


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with what the wheel holds."""
    folder = tmp_path_factory.mktemp("package")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True, timeout=60)
    (wheel,) = folder.glob("*.whl")
    zipfile.ZipFile(wheel).extractall(folder / "site")
    return folder / "site"


def test_an_installed_package_runs_and_writes_into_the_users_folder(installed: Path, tmp_path: Path) -> None:
    before = set(installed.rglob("*"))
    environment = {**os.environ, "PYTHONPATH": str(installed), "XDG_STATE_HOME": str(tmp_path), "NO_COLOR": "1"}
    environment["PYTHONDONTWRITEBYTECODE"] = "1"

    def wirewatch(*arguments: str) -> str:
        command = [sys.executable, "-m", "pipeline", *arguments]
        given = json.dumps(STORY)
        done = subprocess.run(
            command, cwd=tmp_path, env=environment, input=given, capture_output=True, text=True, timeout=60, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    assert "Troops attack Kyiv" in wirewatch("run", "--once", "-")
    assert "Troops attack Kyiv" in wirewatch("search", "attack")
    wirewatch("sources", "add", "http://127.0.0.1:1/feed.xml")
    assert "http://127.0.0.1:1/feed.xml" in wirewatch("sources", "list")
    assert {file.name for file in (tmp_path / "wirewatch").iterdir()} >= {"wirewatch.db", "sources"}
    assert set(installed.rglob("*")) == before
