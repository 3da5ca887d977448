"""Slices of a fetch: nothing is lost or out of order, and none weighs more than it may."""

from __future__ import annotations

from typing import NamedTuple

from hypothesis import given
from hypothesis import strategies as st

from pipeline.runners.slices import slices


class Read(NamedTuple):
    """A record, as far as a slice looks at it."""

    offset: int
    value: bytes | None


@given(st.dictionaries(st.integers(0, 4), st.lists(st.integers(0, 9), min_size=1, max_size=8)), st.integers(1, 20))
def test_slices_are_the_fetch_in_its_order_and_weigh_no_more_than_they_may(
    sizes: dict[int, list[int]], most: int
) -> None:
    records = {p: [Read(o, b"x" * size or None) for o, size in enumerate(batch)] for p, batch in sizes.items()}
    found: dict[int, list[Read]] = {}
    for part in slices(records, most):
        assert all(part.values())
        weights = [len(record.value or b"") for batch in part.values() for record in batch]
        assert sum(weights) <= most or sum(map(bool, weights)) == 1
        for partition, batch in part.items():
            found.setdefault(partition, []).extend(batch)
    assert found == records


def test_a_fetch_that_weighs_little_is_one_slice_as_it_is() -> None:
    records = {0: [Read(1, b"a"), Read(2, b"b")], 1: [Read(7, None)]}
    assert list(slices(records)) == [records]
