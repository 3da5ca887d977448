"""What changed between two revisions, word by word."""

from __future__ import annotations

import re
from difflib import SequenceMatcher
from typing import Literal

import msgspec

_PIECE = re.compile(r"\s+|\w+|[^\w\s]")

AROUND = 6
"""Words of unchanged text that are kept on either side of a change."""

LONGEST = 20_000
"""Words of a text beyond which the two are only said to differ: the comparison is quadratic."""


class Piece(msgspec.Struct, frozen=True):
    """A run of text that both have, or only one; ``cut`` stands for unchanged text that is left out."""

    kind: Literal["same", "removed", "added", "cut"]
    text: str


def words_changed(before: str, after: str) -> list[Piece]:
    """Return the pieces that lead from one text to the other; none where nothing but spaces differs."""
    old, new = _PIECE.findall(before), _PIECE.findall(after)
    if "".join(before.split()) == "".join(after.split()):
        return []
    if max(len(old), len(new)) > LONGEST:
        return [Piece("removed", before), Piece("added", after)]
    pieces: list[Piece] = []
    codes = SequenceMatcher(None, old, new, autojunk=False).get_opcodes()
    for number, (tag, i, j, k, m) in enumerate(codes):
        if tag == "equal":
            pieces += _shortened(old[i:j], first=number == 0, last=number == len(codes) - 1)
            continue
        if i < j:
            pieces.append(Piece("removed", "".join(old[i:j])))
        if k < m:
            pieces.append(Piece("added", "".join(new[k:m])))
    return pieces


def _shortened(run: list[str], *, first: bool, last: bool) -> list[Piece]:
    """Keep the words next to the changes."""
    head, tail = 0 if first else 2 * AROUND, 0 if last else 2 * AROUND
    if len(run) <= head + tail:
        return [Piece("same", "".join(run))]
    parts = [Piece("same", "".join(run[:head]))] if head else []
    parts.append(Piece("cut", " … "))
    return parts + ([Piece("same", "".join(run[len(run) - tail :]))] if tail else [])
