"""A fetch in slices of so many bytes: what is made of a story weighs many times what was read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

BYTES = 8 * 1024 * 1024
"""Of records that are worked on at a time; a fetch of many partitions may have a megabyte of each."""


def slices(records: Mapping[Any, Sequence[Any]], most: int = BYTES) -> Iterator[dict[Any, Sequence[Any]]]:
    """Yield the records, each partition in its order, in parts of at most ``most`` bytes or one record."""
    size = 0
    part: dict[Any, Sequence[Any]] = {}
    for partition, batch in records.items():
        start = 0
        for place, record in enumerate(batch):
            length = len(record.value or b"")
            if size and size + length > most:
                if place > start:
                    part[partition] = batch[start:place]
                yield part
                part, size, start = {}, 0, place
            size += length
        part[partition] = batch[start:] if start else batch
    if part:
        yield part
