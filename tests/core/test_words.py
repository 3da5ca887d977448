"""Words: the examples of the contract, and what must hold of any text."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.core import words as module
from pipeline.core.words import fold, folded, is_paired, words


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Mutual-aid pact, 9/11", "mutual aid pact 9 11"),
        ("O'Brien, O’Brien, O´Brien and OʼBrien", "o'brien o'brien o'brien and o'brien"),
        ("Russia's army; the boss' car", "russia 's army the boss car"),
        ("the 1990's", "the 1990 's"),
        ("The U.S. told us, U.S.-led, U.S too", "the u.s. told us u.s. led u.s. too"),
        ("John F. Kennedy. Then he went", "john f kennedy then he went"),
        ("Élysée Straße İstanbul Øresund Æsir", "elysee strasse istanbul oresund aesir"),
        ("Москва́ Ёлка й", "москва елка и"),
        ("السَّلام", "السلام"),
        ("हिन्दी समाचार", "हिन्दी समाचार"),
        ("한국어 뉴스", "한국어 뉴스"),
        ("ﬁnance ＵＮ", "finance un"),
        ("北京大学。学", "北京 京大 大学 学 学"),
        ("iPhone手机", "iphone 手机 机"),
        ("ไทย", "ไท ทย ย"),
        ("a's's d'Artagnan's", "a's 's d'artagnan 's"),
        ("", ""),
        (" \t\n…—!", ""),
        ("\ud800 \udfff x", "x"),
        ("́", ""),
    ],
)
def test_a_text_is_cut_and_folded_as_the_contract_says(text: str, expected: str) -> None:
    assert [word for word, _start, _end in words(text)] == expected.split()


def test_places_are_code_points_of_the_text_as_it_stands() -> None:
    text = "Zelenskyy’s visit, 𝒳 of the U.S."
    assert [text[start:end] for _word, start, end in words(text)] == [
        "Zelenskyy",
        "’s",
        "visit",
        "𝒳",
        "of",
        "the",
        "U.S.",
    ]


TEXTS = st.text(st.one_of(st.characters(), st.sampled_from(" .'’-sSuU北京ไé\u0301ßİ")), max_size=60)


ASCII = st.text(st.sampled_from(" .'`-sSuUa1_\n\x00\x1f"), max_size=60)


@given(st.one_of(TEXTS, ASCII))
@settings(max_examples=600, deadline=None)
@pytest.mark.parametrize("often", [0, 1])
def test_every_way_of_cutting_gives_the_same_words(often: int, text: str) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "OFTEN", often)
        assert folded(text) == tuple(word for word, _start, _end in words(text))


@given(TEXTS)
@settings(max_examples=400, deadline=None)
def test_places_rise_and_hold_the_word(text: str) -> None:
    found = words(text)
    assert all(fold(text[start:end]) == word and start < end for word, start, end in found)
    assert all(first[1] < second[1] for first, second in pairwise(found))


@given(TEXTS)
@settings(max_examples=400, deadline=None)
def test_folding_twice_changes_nothing_and_words_hold_no_space(text: str) -> None:
    for word, _start, _end in words(text):
        assert fold(word) == word
        assert len(word.split()) == 1


@given(TEXTS)
@settings(max_examples=200, deadline=None)
def test_case_does_not_count(text: str) -> None:
    if text.isascii():
        assert folded(text.upper()) == folded(text.lower())


def test_scripts_without_spaces_are_known() -> None:
    assert is_paired("東京")
    assert is_paired("ไทย")
    assert not is_paired("서울 Москва")
