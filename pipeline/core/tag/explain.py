"""Explaining: for each tag its aliases, places, class, evidence and score; for each refused alias the reason."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from pipeline.core.story import Story
from pipeline.core.tag.dictionary import Dictionary, Sense
from pipeline.core.tag.focus import weight
from pipeline.core.tag.fold import fold
from pipeline.core.tag.scan import Hit
from pipeline.core.tag.tagger import Tagger


class Reading(msgspec.Struct, frozen=True):
    """One alias in a story: what it was taken for and why, or why it was refused.

    ``start`` and ``end`` are code points of ``field``; ``target`` is a region's code or an actor's id; ``origin`` the
    file and line of the dictionary; ``prior`` a town's people, in millions; ``weight`` what it adds to the score.
    """

    alias: str
    field: str
    start: int
    end: int
    use: str
    target: str
    weak: bool
    accepted: bool
    reason: str
    prior: float
    weight: float
    origin: str


class Explanation(msgspec.Struct, frozen=True):
    """Every reading of a story in the order of the text, and the priors: the dateline's region and the home."""

    readings: tuple[Reading, ...]
    dateline: str
    home: str
    dictionary_version: str


def explain(tagger: Tagger, story: Story) -> Explanation:
    """Return how the tagger reads a story."""
    hits, context = tagger.judge(story)
    order = {"headline": 0, "body": 1}
    shown = [hit for hit in hits if hit.accepted or hit.reason]
    readings = (_reading(hit) for hit in sorted(shown, key=lambda hit: (order[hit.text.field], hit.start)))
    return Explanation(tuple(readings), context.located, context.home, tagger.version)


def explain_text(tagger: Tagger, story: Story) -> Iterator[str]:
    """Yield the explanation as lines for a person."""
    explanation = explain(tagger, story)
    for prior, code in (("dateline", explanation.dateline), ("home", explanation.home)):
        if code:
            yield f"prior: {prior} {code}"
    for reading in explanation.readings:
        place = f"{reading.field}:{reading.start}-{reading.end}"
        class_ = _CLASSES.get(reading.use, f"{'weak' if reading.weak else 'strong'} {reading.use}")
        if reading.accepted:
            prior = f"; prior {reading.prior:g}" if reading.prior and reading.use == "city" else ""
            what = f"{reading.target} ({class_}{prior}; {reading.reason}; +{reading.weight:.2f})"
        else:
            what = f"not taken ({class_}): {reading.reason}"
        yield f"{place} {reading.alias!r} → {what}"


def explain_alias(dictionary: Dictionary, alias: str) -> Iterator[str]:
    """Yield what the dictionary says of an alias: each of its senses, and where they come from."""
    form = fold(alias).text.split()
    entries = [entry for entry in dictionary.aliases if fold(entry.text).text.split() == form]
    for entry in sorted(entries, key=lambda entry: (entry.language not in ("", "en"), entry.language)):
        case = ", case as written" if entry.exact else ""
        language = f", {entry.language} only" if entry.language else ""
        for sense in entry.senses:
            strength = _COUNTS.get(sense.use) or ("weak: needs evidence in the story" if sense.weak else _STRONG)
            prior = f", prior {sense.weight:g}" if sense.weight and sense.use == "city" else ""
            said = f"{_CLASSES.get(sense.use, sense.use)}, {strength}{case}{language}{prior}"
            yield f"{entry.text!r} → {_named(dictionary, sense)}: {said} [{sense.origin}]"


_CLASSES = {"agent": "role noun", "null": "trap", "money": "currency"}
"""What the uses are called that have no strong and weak aliases."""
_STRONG = "strong: tags alone"
_COUNTS = {
    "agent": "counts beside a country",
    "office": "counts beside a country, or before a name",
    "surname": "counts with the full name or a title in the story",
    "cue": "hints where nothing names a region",
    "money": "hints where nothing names a region",
    "null": "absorbs what stands inside it",
}


def _named(dictionary: Dictionary, sense: Sense) -> str:
    if sense.use == "null":
        return "nothing"
    if sense.actor:
        return f"{sense.actor} {dictionary.actors[sense.actor].name}"
    if sense.region:
        return f"{sense.region} {dictionary.regions[sense.region].name}"
    return sense.sector or "a title"


def _reading(hit: Hit) -> Reading:
    sense = hit.sense
    target = sense.actor or sense.region or "+".join(f"{owner} {sense.sector}" for owner in hit.owners)
    return Reading(
        hit.written,
        hit.text.field,
        hit.start,
        hit.end,
        sense.use,
        target,
        sense.weak,
        hit.accepted,
        hit.evidence if hit.accepted else hit.reason,
        sense.weight,
        weight(hit) if hit.accepted else 0.0,
        sense.origin,
    )
