"""What holds for every file of the repository."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[2]
LONGEST = 400


def tracked(*patterns: str) -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", *patterns],  # noqa: S607  git of the PATH
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return [ROOT / name for name in listed.stdout.splitlines() if (ROOT / name).is_file()]


def test_no_module_is_too_long_to_read() -> None:
    counts = {path.relative_to(ROOT): len(path.read_text(encoding="utf-8").splitlines()) for path in tracked("*.py")}
    assert {path: count for path, count in counts.items() if count > LONGEST} == {}


def test_every_exception_to_the_linter_has_its_reason() -> None:
    bare = re.compile(r"# noqa(?:: [A-Z0-9, ]+)?\s*$|# type: ignore\s*$")
    found = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in tracked("*.py")
        if path != Path(__file__)
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if bare.search(line)
    ]
    assert found == []


def test_the_lock_file_has_hashes_and_no_addresses() -> None:
    text = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    assert "://" not in text
    requirements = [block for block in re.split(r"\n(?=[a-z0-9])", text) if "==" in block]
    assert len(requirements) > 50
    assert [block.split()[0] for block in requirements if "--hash=sha256:" not in block] == []


def test_nothing_is_left_to_do() -> None:
    words = re.compile(r"\b(TO" + r"DO|FIX" + r"ME|XX" + r"X)\b")
    found = [
        str(path.relative_to(ROOT))
        for path in tracked("*.py", "*.md", "*.yaml", "Makefile")
        if words.search(path.read_text(encoding="utf-8"))
    ]
    assert found == []
