"""Source files: YAML with ``sources:`` as in the configuration, alone in a file so that commands can add to it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import msgspec
import yaml

from pipeline.config import Source, substituted
from pipeline.core.documents import read
from pipeline.core.errors import Problem, UnreachableError

SUFFIXES = (".yaml", ".yml")


class SourceFile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One file."""

    sources: tuple[Source, ...] = ()


def load(paths: Sequence[Path]) -> tuple[list[Source], list[Problem]]:
    """Return the sources of files and folders, and every problem found; a folder that is not there has none.

    The folders in a file are relative to the file.
    """
    entries: list[Source] = []
    problems: list[Problem] = []
    for path in paths:
        files = sorted(file for file in path.iterdir() if file.suffix in SUFFIXES) if path.is_dir() else [path]
        for file in files:
            if file.is_file() or file.suffix in SUFFIXES:
                found, wrong = _read(file)
                entries += found
                problems += wrong
    return entries, problems


def _read(file: Path) -> tuple[list[Source], list[Problem]]:
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "is not UTF-8"
        return [], [Problem(str(file), f"cannot be read: {reason}")]
    value, problems = _parse(text, file)
    sources = value.sources if value else ()
    return [_placed(source, file.parent) for source in sources], problems


def _parse(text: str, file: Path) -> tuple[SourceFile | None, list[Problem]]:
    text, missing = substituted(text, str(file))
    value, problems = read(text, SourceFile, str(file))
    return value, missing + problems


def _placed(source: Source, base: Path) -> Source:
    if source.folder is None:
        return source
    return msgspec.structs.replace(source, folder=str((base / Path(source.folder).expanduser()).absolute()))


def add(file: Path, entries: Sequence[Source]) -> None:
    """Append sources to a file, which is made where there is none; comments in it stay as they are.

    Raises UnreachableError where it cannot be written, or what stands in it would not take the addition.
    """
    block = yaml.safe_dump([_plain(entry) for entry in entries], sort_keys=False, allow_unicode=True, width=1000)
    try:
        before = file.read_text(encoding="utf-8") if file.is_file() else "sources:\n"
        text = before.replace("sources: []", "sources:") if before.rstrip().endswith("sources: []") else before
        text = (text if text.endswith("\n") else text + "\n") + block
        value, problems = _parse(text, file)
        if value is None or problems:
            reason = "; ".join(str(problem) for problem in problems)
            raise UnreachableError(f"{file}: cannot be added to: {reason}; it is left as it is")
        file.parent.mkdir(parents=True, exist_ok=True)
        part = file.with_name(f".{file.name}.part")
        part.write_text(text, encoding="utf-8")
        part.replace(file)
    except (OSError, UnicodeDecodeError) as error:
        raise UnreachableError(f"{file}: cannot be written: {error}") from None


def _plain(entry: Source) -> dict[str, object]:
    plain = msgspec.to_builtins(entry)
    defaults = msgspec.to_builtins(Source(feed="http://x"))
    return {name: value for name, value in plain.items() if name == "feed" or value != defaults[name]}
