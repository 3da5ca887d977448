"""A set of rules as bytes, ready to match again: read in a fraction of the time that its queries take to compile."""

from __future__ import annotations

from array import array

import msgspec
from msgspec import msgpack

from pipeline.core.rules.definition import Rule
from pipeline.core.rules.index import Index
from pipeline.core.rules.ruleset import RuleSet


class Snapshot(msgspec.Struct, array_like=True):
    """Rules in their order; numbers of the keys; bytes of the rows of each key, and these rows end to end."""

    rules: list[Rule]
    numbers: dict[str, int]
    pairs: dict[str, dict[str, int]]
    sizes: bytes
    rows: bytes


def dump(rules: RuleSet) -> bytes:
    """Return rules that nothing has been taken out of; they are numbered as they stand."""
    index = rules.index
    rows = [b"" if row is None else row.tobytes() for row in index.rows]
    sizes = array("q", map(len, rows)).tobytes()
    return msgpack.encode(Snapshot(list(rules), index.numbers, index.pairs, sizes, b"".join(rows)))


def restore(data: bytes) -> RuleSet:
    """Return the rules of ``dump`` by the same version of this code; raises msgspec.DecodeError."""
    found = msgpack.decode(data, type=Snapshot)
    sizes = array("q", found.sizes)
    return RuleSet.restored(found.rules, Index(found.numbers, found.pairs, _rows(sizes, found.rows)))


def _rows(sizes: array[int], data: bytes) -> list[array[int] | None]:
    rows: list[array[int] | None] = []
    at = 0
    for size in sizes:
        rows.append(array("i", data[at : at + size]) if size else None)
        at += size
    return rows
