"""Folding keeps every place."""

from __future__ import annotations

import unicodedata

from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.core.tag.fold import fold, fold_character


def test_case_and_accents_are_dropped() -> None:
    assert fold("Élysée, São Paulo").text == " elysee  sao paulo "


def test_apostrophes_hyphens_and_stops_are_spaces() -> None:
    assert fold("Kim Jong-un’s U.S. trip").text == " kim jong un s u s  trip "


def test_a_composed_and_a_decomposed_name_fold_alike() -> None:
    name = "Erdoğan São Tomé"
    assert fold(unicodedata.normalize("NFD", name)).text == fold(name).text


def test_a_span_of_decomposed_text_is_a_span_of_the_original() -> None:
    text = unicodedata.normalize("NFD", "Près de São Tomé hier")
    folded = fold(text)
    start = folded.text.index("sao tome")
    begin, end = folded.span(start, start + len("sao tome"))
    assert unicodedata.normalize("NFC", text[begin:end]) == "São Tomé"


def test_vowel_signs_of_hindi_stay() -> None:
    assert fold("हिन्दी").text.strip() == "हिन्दी"


@given(st.text(st.characters(), max_size=60))
@settings(max_examples=120, deadline=None)
def test_any_text_folds_to_as_many_characters_as_its_composed_form_has(text: str) -> None:
    folded = fold(text)
    inner = folded.text[1:-1]
    if folded.offsets is None:
        assert len(inner) == len(text)
        assert inner == "".join(map(fold_character, text))
    else:
        assert len(folded.offsets) == len(inner) + 1
        assert list(folded.offsets) == sorted(folded.offsets)
        assert folded.offsets[-1] == len(text)
