"""Finding: every occurrence of an alias in the fields of a story, before anything is decided about it."""

from __future__ import annotations

from pipeline.core.tag.dictionary import Sense
from pipeline.core.tag.fold import Folded, fold
from pipeline.core.tag.vocabulary import Pattern, Vocabulary

PLACES = frozenset({"name", "capital", "city", "division", "place"})
REGIONAL = PLACES | {"demonym"}
_CAPS = 0.8
"""A field with a larger share of capitals is written in capitals, and case says nothing in it."""
LONGEST = 2_000_000
"""Code points of a field that are looked at."""


class Text:
    """One field: as written, folded, and whether it is written in capitals."""

    __slots__ = ("caps", "field", "folded", "lead", "written")

    def __init__(self, field: str, written: str) -> None:
        self.field = field
        self.written = written[:LONGEST]
        self.folded: Folded = fold(self.written)
        self.caps = _in_capitals(self.written[:400])
        end = self.written.find("\n")
        self.lead = min(end if end > 0 else len(self.written), 400)
        """Where the first paragraph ends."""


class Hit:
    """An alias at a place, with its possible senses; then what was decided: a sense or the reason against all."""

    __slots__ = (
        "accepted",
        "anchor",
        "end",
        "evidence",
        "from_",
        "owners",
        "pattern",
        "reason",
        "sense",
        "senses",
        "start",
        "text",
        "to",
    )

    def __init__(  # noqa: PLR0917  made once, in the innermost loop
        self, text: Text, start: int, end: int, from_: int, to: int, pattern: Pattern, senses: tuple[Sense, ...]
    ) -> None:
        self.text = text
        self.start = start
        self.end = end
        self.from_ = from_
        self.to = to
        self.pattern = pattern
        self.senses = senses
        self.sense = senses[0]
        self.accepted = False
        self.anchor = False
        """Whether it only says whose a role noun is: ``Turkish`` in ``Turkish army``."""
        self.owners: tuple[str, ...] = ()
        """The regions that a role noun belongs to."""
        self.evidence = ""
        self.reason = ""

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


def scan(text: Text, vocabulary: Vocabulary) -> list[Hit]:
    """Return the hits of one field from left to right, those at a wrong case or boundary left out."""
    written, caps, offsets = text.written, text.caps, text.folded.offsets
    hits: list[Hit] = []
    for pattern, from_, to in vocabulary.find(text.folded):
        if offsets is None:
            start, end = from_ - 1, to - 1
        else:
            start, end = offsets[from_ - 1], offsets[to - 1]
        senses = _senses(pattern, written[start:end], caps)
        if senses:
            hits.append(Hit(text, start, end, from_, to, pattern, senses))
    return hits


def _senses(pattern: Pattern, written: str, caps: bool) -> tuple[Sense, ...]:
    """Return the senses that the case of the text allows."""
    if pattern.exact and not caps:
        exact = tuple(sense for form, sense in pattern.exact if form == written)
        if exact:
            return exact
    if not pattern.loose:
        return ()
    if caps or not pattern.capital:
        return pattern.loose
    if pattern.upper:
        return pattern.loose if written.isupper() else ()
    first = written[:1]
    return pattern.loose if first.isupper() or not first.islower() else ()


def _in_capitals(text: str) -> bool:
    if text.isupper():
        return True
    upper = sum(map(str.isupper, text))
    return upper > 0 and upper > _CAPS * (upper + sum(map(str.islower, text)))
