"""Files, folders and standard input as payloads: one for a document, one for each line of JSON Lines."""

from __future__ import annotations

import gzip
import sys
import zlib
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO, cast

from pipeline.core.payload import Payload

DOCUMENT_LIMIT = 16 * 1024 * 1024
"""Bytes of the largest document or line that is read; a wire story has a few thousand."""

RATIO_LIMIT = 200
"""How many times its own size a gzip file may unpack to, beyond the first document."""

UNFINISHED = frozenset({".tmp", ".part", ".partial", ".filepart", ".crdownload", ".swp", ".lock"})
"""How programs end the name of a file that they have not finished."""

LINES = (".jsonl", ".ndjson")

Refuse = Callable[[str, str], None]
"""Called with (origin, reason) for what cannot be read."""


def payloads(paths: Iterable[str], refuse: Refuse, provider: str | None = None) -> Iterator[Payload]:
    """Yield the payloads of files, folders (whole, in order of name) and ``-``, in the order given.

    What cannot be read goes to ``refuse`` with its origin and the reason, and the rest goes on.
    """
    for path in paths:
        if path == "-":
            # Not sys.stdin's own buffer: a thread that is blocked in reading it aborts the interpreter at its end.
            with open(sys.stdin.fileno(), "rb", closefd=False) as stream:
                yield from _stream(stream, "<stdin>", provider, refuse, lines=None, size=0)
        elif Path(path).is_dir():
            for file in walk(Path(path)):
                yield from of_file(str(file), refuse, provider)
        else:
            yield from of_file(path, refuse, provider)


def walk(folder: Path) -> list[Path]:
    """Return the files below a folder in order of name, without hidden and half-written ones."""
    files = (file for file in folder.rglob("*") if file.is_file())
    return sorted(file for file in files if not _unfinished(file.relative_to(folder)))


def _unfinished(file: Path) -> bool:
    return any(part.startswith(".") for part in file.parts) or file.suffix in UNFINISHED


def of_file(path: str, refuse: Refuse, provider: str | None = None) -> Iterator[Payload]:
    """Yield the payloads of one file, unpacked where its name ends in ``.gz``."""
    name = path.removesuffix(".gz")
    try:
        size = Path(path).stat().st_size
        with cast("BinaryIO", gzip.open(path) if name != path else Path(path).open("rb")) as stream:
            yield from _stream(stream, path, provider, refuse, lines=name.endswith(LINES), size=size)
    except (gzip.BadGzipFile, zlib.error, EOFError) as error:
        refuse(path, f"not a whole gzip file: {error}")
    except OSError as error:
        refuse(path, f"cannot be read: {error.strerror or error}")


def _stream(
    stream: BinaryIO, origin: str, provider: str | None, refuse: Refuse, *, lines: bool | None, size: int
) -> Iterator[Payload]:
    first = stream.readline(DOCUMENT_LIMIT + 1)
    if lines is None:  # standard input: a whole object on the first line means that lines follow
        lines = first.lstrip().startswith(b"{") and first.rstrip().endswith(b"}")
    if not lines:
        data = first + stream.read(DOCUMENT_LIMIT + 1 - len(first))
        if len(data) > DOCUMENT_LIMIT:
            refuse(origin, f"larger than {DOCUMENT_LIMIT // 2**20} MiB")
        elif not data.strip():
            refuse(origin, "the file is empty")
        else:
            yield _payload(data, origin, provider)
        return
    unpacked = number = 0
    line = first
    while line:
        number += 1
        unpacked += len(line)
        if size and unpacked > DOCUMENT_LIMIT + RATIO_LIMIT * size:
            refuse(origin, f"unpacks to more than {RATIO_LIMIT} times its size; the rest is not read")
            return
        if len(line) > DOCUMENT_LIMIT:
            refuse(f"{origin}:{number}", f"the line is longer than {DOCUMENT_LIMIT // 2**20} MiB")
            while line and not line.endswith(b"\n"):
                line = stream.readline(DOCUMENT_LIMIT)
        elif line.strip():
            yield _payload(line.strip(), f"{origin}:{number}", provider, line=True)
        line = stream.readline(DOCUMENT_LIMIT + 1)


def _payload(data: bytes, origin: str, provider: str | None, *, line: bool = False) -> Payload:
    return Payload(data=data, origin=origin, provider=provider, received=datetime.now(UTC), line=line)
