"""The packed form gives back the dictionary that went in, with every string once."""

from __future__ import annotations

import msgspec
import pytest

from pipeline.core.tag import Dictionary
from pipeline.core.tag.packed import Packed, pack, unpack


def test_a_dictionary_comes_out_as_it_went_in(dictionary: Dictionary) -> None:
    assert unpack(msgspec.msgpack.decode(msgspec.msgpack.encode(pack(dictionary)), type=Packed)) == dictionary


def test_equal_strings_and_the_senses_of_a_row_are_one_object(dictionary: Dictionary) -> None:
    regions: dict[str, set[int]] = {}
    for alias in unpack(pack(dictionary)).aliases:
        for sense in alias.senses:
            regions.setdefault(sense.region, set()).add(id(sense.region))
    assert all(len(objects) == 1 for objects in regions.values())


def test_a_damaged_form_is_an_error_that_the_cache_expects(dictionary: Dictionary) -> None:
    packed = pack(dictionary)
    with pytest.raises(IndexError):
        unpack(msgspec.structs.replace(packed, strings=packed.strings[:5]))
    with pytest.raises(ValueError, match="zip"):
        unpack(msgspec.structs.replace(packed, weights=packed.weights[:8]))
