"""Dictionary folders on disk: found, read, compiled, and the result kept in a cache that cannot be stale.

The cache's name is a hash of every byte read and of this version of the program, so that a changed file makes another
cache.
"""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator, Sequence
from hashlib import sha256
from pathlib import Path

import msgspec

from pipeline import __version__
from pipeline.adapters import cache
from pipeline.core.errors import ConfigError, Problem
from pipeline.core.tag import dictionary as structs
from pipeline.core.tag import packed, tables
from pipeline.core.tag.dictionary import Dictionary
from pipeline.core.tag.packed import Packed, pack, unpack
from pipeline.core.tag.tables import TableFile, compile_tables

_KEPT = 4
"""Caches that stay: one for each set of folders in use."""


def load(folders: Sequence[Path]) -> Dictionary:
    """Return the dictionary of the folders: the shipped one first, then those that add to it or override it.

    Raises ConfigError with every problem of every file.
    """
    dictionary, problems = check(folders, cached=True)
    if problems:
        raise ConfigError(problems)
    return dictionary


def check(folders: Sequence[Path], *, cached: bool = False) -> tuple[Dictionary, list[Problem]]:
    """Return the dictionary and all problems, for the linter; ``cached`` reads and writes the cache."""
    files: list[TableFile] = []
    problems: list[Problem] = []
    for layer, folder in enumerate(folders):
        files.extend(_files(folder, layer, problems))
    if problems or not cached:
        dictionary, found = compile_tables(files)
        return dictionary, problems + found
    place = _place(files)
    with contextlib.suppress(OSError, msgspec.DecodeError, IndexError, ValueError):
        return unpack(msgspec.msgpack.decode(place.read_bytes(), type=Packed)), []
    dictionary, found = compile_tables(files)
    if not found:
        cache.keep(place, msgspec.msgpack.encode(pack(dictionary)), _KEPT)
    return dictionary, found


def _files(folder: Path, layer: int, problems: list[Problem]) -> Iterator[TableFile]:
    """Yield the tables of a folder, regions first because the others refer to them."""
    if not folder.is_dir():
        problems.append(Problem(str(folder), "is not a folder", hint="dictionaries: names folders with .tsv files"))
        return
    order = list(tables.COLUMNS)
    found = []
    for path in sorted(folder.glob("*.tsv")):
        try:
            file = TableFile(str(path), layer, path.read_bytes().decode("utf-8-sig"))
        except OSError as error:
            problems.append(Problem(str(path), f"cannot be read: {error.strerror}"))
        except UnicodeDecodeError as error:
            problems.append(Problem(str(path), f"is not UTF-8 at byte {error.start}", hint="save the file as UTF-8"))
        else:
            table = tables.header(file.text, "table")
            found.append((order.index(table) if table in order else len(order), file))
    yield from (file for _, file in sorted(found, key=lambda pair: pair[0]))


def _place(files: list[TableFile]) -> Path:
    digest = sha256(f"{__version__}\0{sys.byteorder}".encode())
    for module in (tables, structs, packed):
        digest.update(Path(str(module.__file__)).read_bytes())
    for file in files:
        digest.update(f"\0{file.layer}\0{file.name}\0{len(file.text)}\0{file.text}".encode("utf-8", "surrogatepass"))
    return cache.place("dictionary", digest.hexdigest())
