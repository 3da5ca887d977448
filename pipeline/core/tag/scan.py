"""Finding: every occurrence of an alias in the fields of a story, before anything is decided about it."""

from __future__ import annotations

import msgspec

from pipeline.core.tag.dictionary import Sense
from pipeline.core.tag.fold import Folded, fold
from pipeline.core.tag.vocabulary import Pattern, Vocabulary

PLACES = frozenset({"name", "capital", "city", "division", "place"})
REGIONAL = PLACES | {"demonym"}
_CAPS = 0.8
"""A field with a larger share of capitals is written in capitals, and case says nothing in it."""
_UPPER = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_LOWER = _UPPER.lower()
BESIDE = 28
"""Characters that may stand between a people and its role noun: one or two adjectives."""
LONGEST = 2_000_000
"""Code points of a field that are looked at."""


class Text:
    """One field: as written, folded, and whether it is written in capitals."""

    __slots__ = ("caps", "field", "folded", "head", "lead", "tickers", "written")

    def __init__(self, field: str, written: str) -> None:
        self.field = field
        self.head = field == "headline"
        self.written = written[:LONGEST]
        self.folded: Folded = fold(self.written)
        self.caps = _in_capitals(self.written[:400])
        end = self.written.find("\n")
        self.tickers = "<" in self.written
        self.lead = min(end if end > 0 else len(self.written), 400)
        """Where the first paragraph ends."""


class Hit(msgspec.Struct, eq=False, gc=False):
    """An alias at a place, with its possible senses; then what was decided: a sense or the reason against all."""

    text: Text
    start: int
    end: int
    from_: int
    to: int
    pattern: Pattern
    senses: tuple[Sense, ...]
    sense: Sense
    accepted: bool = False
    anchor: bool = False
    """Whether it only says whose a role noun is: ``Turkish`` in ``Turkish army``."""
    aside: bool = False
    """Whether it only says where the town before it lies: ``in Basra, Iraq``."""
    role: str = ""
    """The sector that the story gives to a person: ``rebel leader``."""
    owners: tuple[str, ...] = ()
    """The regions that a role noun belongs to."""
    evidence: str = ""
    reason: str = ""

    def accept(self, sense: Sense, evidence: str) -> None:
        """Take the hit for ``sense``."""
        self.sense = sense
        self.accepted = True
        self.evidence = evidence

    def placed(self, region: str) -> Sense | None:
        """Return the sense that is a place in ``region``."""
        return next((sense for sense in self.senses if sense.region == region and sense.use in PLACES), None)

    @property
    def written(self) -> str:
        """The alias as the story writes it."""
        return self.text.written[self.start : self.end]


def scan(text: Text, vocabulary: Vocabulary) -> list[Hit]:  # noqa: C901  the innermost loop, in one piece for speed
    """Return the hits of one field from left to right, those in a wrong case left out.

    A role noun below the lead is only kept beside another hit, a cue only where it first occurs: a story on business
    has dozens of both, and the others say nothing.
    """
    caps, offsets, lead = text.caps, text.folded.offsets, text.lead
    patterns, made = vocabulary.patterns, vocabulary.pattern
    written, doubled = text.written, text.folded.text.replace(" ", "  ")
    count = doubled.count
    hits: list[Hit] = []
    held: Hit | None = None
    hints: set[int] = set()
    spaces = seen = last = 0
    for index, place, _ in vocabulary.find(doubled):
        pattern = patterns[index] or made(index)
        aside = pattern.aside
        if aside == "hint" and index in hints:
            continue
        begin = place + pattern.lead
        spaces += count(" ", seen, begin)
        seen = begin
        from_ = begin - spaces // 2
        to = from_ + pattern.length
        start, end = (from_ - 1, to - 1) if offsets is None else (offsets[from_ - 1], offsets[to - 1])
        senses = pattern.loose
        if pattern.cased:
            senses = _senses(pattern, written[start:end], caps)
            if not senses:
                continue
        elif not caps and pattern.capital and written[start + pattern.name].islower():
            continue
        hit = Hit(text, start, end, from_, to, pattern, senses, senses[0])
        if aside == "hint":
            hints.add(index)
        elif aside:
            if start > lead and start - last > BESIDE:
                held = hit
                continue
        elif held is not None:
            if start - held.end <= BESIDE:
                hits.append(held)
            held = None
        hits.append(hit)
        last = end
    return hits


def _senses(pattern: Pattern, written: str, caps: bool) -> tuple[Sense, ...]:
    """Return the senses that the case of the text allows."""
    if pattern.exact and not caps:
        exact = tuple(sense for form, sense in pattern.exact if form == written)
        if exact:
            return exact
    if pattern.spelled and written.lower() not in pattern.spelled:
        return ()
    if caps:
        return pattern.loose
    if not pattern.capital:
        return pattern.small if pattern.small and written[pattern.name : pattern.name + 1].islower() else pattern.loose
    if pattern.upper:
        return pattern.loose if written.isupper() else ()
    return () if written[pattern.name : pattern.name + 1].islower() else pattern.loose


def _in_capitals(text: str) -> bool:
    if text.isupper():
        return True
    letters = text.encode("ascii", "ignore")
    lower = len(letters) - len(letters.translate(None, _LOWER))
    if lower > (1 - _CAPS) * len(letters):
        return False
    upper = len(letters) - len(letters.translate(None, _UPPER))
    return upper > _CAPS * (upper + lower) > 0
