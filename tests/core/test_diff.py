"""The word diff of two revisions, by example and by putting both texts together again."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from pipeline.core import diff
from pipeline.core.diff import words_changed

texts = st.lists(st.sampled_from(["troops", "left", "the", "port", ",", ".", "no"]), max_size=30).map(" ".join)


def test_a_changed_word_stands_between_what_stays() -> None:
    shown = [
        (piece.kind, piece.text) for piece in words_changed("Two people died in Lima.", "Three people died in Lima.")
    ]
    assert shown == [("removed", "Two"), ("added", "Three"), ("same", " people died in Lima.")]


def test_far_unchanged_text_is_cut() -> None:
    before = " ".join(f"w{n}" for n in range(200))
    pieces = words_changed(before, before.replace("w100", "x"))
    assert [piece.kind for piece in pieces] == ["cut", "same", "removed", "added", "same", "cut"]
    assert sum(len(piece.text) for piece in pieces) < 100


def test_only_spaces_are_no_change() -> None:
    assert words_changed("a  b\n", "a b") == []


def test_a_huge_text_is_not_compared() -> None:
    long = "word " * (diff.LONGEST + 1)
    assert [piece.kind for piece in words_changed(long, long + "more")] == ["removed", "added"]


@given(texts, texts)
def test_the_pieces_put_both_texts_together_again(before: str, after: str) -> None:
    pieces = words_changed(before, after)
    if any(piece.kind == "cut" for piece in pieces) or not pieces:
        return
    assert "".join(piece.text for piece in pieces if piece.kind in ("same", "removed")) == before
    assert "".join(piece.text for piece in pieces if piece.kind in ("same", "added")) == after
