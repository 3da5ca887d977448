"""The generated reference is what the code says, and every command is in it."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

from pipeline.cli import COMMANDS

ROOT = Path(__file__).parents[2]


def build() -> ModuleType:
    spec = importlib.util.spec_from_file_location("docs_build", ROOT / "docs" / "build.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_reference_is_not_stale() -> None:
    module = build()
    stale = [
        name
        for name, text in module.pages().items()
        if not (module.REFERENCE / name).is_file() or (module.REFERENCE / name).read_text(encoding="utf-8") != text
    ]
    assert stale == [], "run `make docs`"


def test_every_command_is_in_the_reference() -> None:
    text = (ROOT / "docs" / "reference" / "commands.md").read_text(encoding="utf-8")
    assert [name for name in COMMANDS if f"## wirewatch {name}\n" not in text] == []
