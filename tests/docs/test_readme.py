"""What the README tells a newcomer to type works, and what it shows is what comes."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCK = re.compile(r"^```(?P<kind>[a-z ]+)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
SAVED_AS = re.compile(r"`(?P<name>[\w-]+\.yaml)`:$")


def blocks(kind: str) -> list[str]:
    return [found["text"] for found in BLOCK.finditer(README) if found["kind"] == kind]


def commands(text: str) -> list[str]:
    lines = (re.sub(r"\s+#.*$", "", line).strip() for line in text.splitlines())
    return [line for line in lines if line]


def environment() -> dict[str, str]:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return {**os.environ, "PATH": path, "NO_COLOR": "1"}


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """Return a folder that looks like a clone: what a command may write stays in it."""
    for name in ("config", "deploy"):
        (tmp_path / name).symlink_to(ROOT / name)
    (tmp_path / "config").unlink()
    (tmp_path / "config").mkdir()
    for entry in (ROOT / "config").iterdir():
        (tmp_path / "config" / entry.name).symlink_to(entry)
    (tmp_path / "config" / "wirewatch.yaml").unlink()
    (tmp_path / "config" / "wirewatch.yaml").write_bytes((ROOT / "config" / "wirewatch.yaml").read_bytes())
    for before, text in re.findall(r"(`[\w-]+\.yaml`:)\n\n```yaml\n(.*?)^```$", README, re.MULTILINE | re.DOTALL):
        saved = SAVED_AS.search(before)
        assert saved is not None
        (tmp_path / saved["name"]).write_text(text, encoding="utf-8")
    return tmp_path


def test_every_command_of_the_readme_works(clone: Path) -> None:
    ran = 0
    for text in blocks("sh"):
        for command in commands(text):
            done = subprocess.run(  # noqa: S602  as a reader types it
                command,
                shell=True,
                cwd=clone,
                env=environment(),
                capture_output=True,
                text=True,
                timeout=90,
                check=False,
            )
            assert done.returncode == 0, f"{command}\n{done.stdout[-500:]}{done.stderr[-1500:]}"
            ran += 1
    assert ran >= 6


def test_the_demo_prints_what_the_readme_shows() -> None:
    shown = next(text for text in blocks("text") if "A day on the wires" in text)
    done = subprocess.run(
        [sys.executable, "-m", "pipeline", "demo", "--speed", "12"],
        cwd=ROOT,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    printed = {_speedless(line) for line in done.stdout.splitlines()}
    missing = [line for line in shown.splitlines() if line.strip(" …") and _speedless(line) not in printed]
    assert missing == []


def _speedless(line: str) -> str:
    """Return a line without the speed of the day, of which nothing else depends."""
    return re.sub(r"[\d.]+ hours a second", "", line.rstrip())


def test_links_lead_somewhere() -> None:
    pages = [ROOT / "README.md", *ROOT.glob("docs/**/*.md"), *ROOT.glob("deploy/**/*.md")]
    broken = [
        f"{page.relative_to(ROOT)}: {target}"
        for page in pages
        for target in re.findall(r"\]\(([^)#]+)[^)]*\)", page.read_text(encoding="utf-8"))
        if "://" not in target and not (page.parent / target).exists()
    ]
    assert broken == []
