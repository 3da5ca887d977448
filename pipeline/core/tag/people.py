"""People by their surname: after a title or an office, or once the story has given the full name."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date

from pipeline.core.tag.dictionary import Dictionary, Sense
from pipeline.core.tag.fold import fold
from pipeline.core.tag.neighbours import LONGEST_WORD
from pipeline.core.tag.scan import Hit, Text
from pipeline.core.tag.vocabulary import Pattern

_POSSESSIVE = frozenset({"'s ", "’s ", "'S ", "’S "})


class Surnames:
    """The surnames of the dictionary's people."""

    def __init__(self, dictionary: Dictionary) -> None:
        self.dictionary = dictionary
        self.bearers: dict[str, list[Sense]] = defaultdict(list)
        self.of: dict[str, list[str]] = defaultdict(list)
        for alias in dictionary.aliases:
            for sense in alias.senses:
                if sense.use == "surname":
                    form = fold(alias.text).text.strip()
                    self.bearers[form].append(sense)
                    self.of[sense.actor].append(form)
        self.patterns: dict[str, Pattern] = {}
        self.given = dictionary.words.get("given", frozenset())
        self.offices = {holder.office for holder in dictionary.holders}

    def find(self, hits: Sequence[Hit], texts: Sequence[Text], day: date | None) -> list[Hit]:
        """Return the surnames that stand after an office, and those of the people whom the story names in full."""
        known: dict[str, str] = {}
        named = [hit for hit in hits if hit.sense.actor and hit.accepted]
        holders = self._holders(named, day) if named and day is not None else []
        for hit in (*named, *holders):
            actor = hit.sense.actor
            if actor in self.of:
                for form in self.of[actor]:
                    known.setdefault(form, actor)
        for form, actor in self._titled(hits, known, day):
            known.setdefault(form, actor)
        if not known:
            return holders
        taken = {
            (hit.text.field, place) for hit in hits if hit.accepted or hit.sense.use == "null" for place in _words(hit)
        }
        found = holders
        for form, actor in known.items():
            sense = next(sense for sense in self.bearers[form] if sense.actor == actor)
            for text in texts:
                found += self._occurrences(form, sense, text, taken)
        return found

    def _holders(self, named: Sequence[Hit], day: date) -> list[Hit]:
        """Return who held the offices that the story names, on its day, where somebody has checked the dates."""
        found: list[Hit] = []
        for hit in named:
            if hit.sense.actor not in self.offices:
                continue
            for holder in self.dictionary.holders_of(hit.sense.actor, day):
                if holder.vouches(day):
                    being = self.dictionary.actors[holder.person]
                    sense = Sense("actor", being.country, being.id, being.sector, origin=holder.origin)
                    held = Hit(hit.text, hit.start, hit.end, hit.from_, hit.to, hit.pattern, (sense,), sense)
                    held.accept(sense, f"holder of {hit.sense.actor} on {day}")
                    found.append(held)
        return found

    def _titled(self, hits: Sequence[Hit], known: dict[str, str], day: date | None) -> list[tuple[str, str]]:
        """Return the surnames behind an office or a title, and behind an institution: ``the Fed's Volcker``."""
        found = []
        regions: set[str] | None = None
        for hit in hits:
            use = hit.sense.use
            form = self._behind(hit) if use == "office" or (use == "actor" and hit.accepted) else ""
            if not form or form in known:
                continue
            if hit.sense.use == "actor":
                bearers = [sense for sense in self.bearers[form] if sense.region == hit.sense.region]
            else:
                if regions is None:
                    regions = {hit.sense.region for hit in hits if hit.accepted and hit.sense.region}
                bearers = [sense for sense in self.bearers[form] if sense.region in regions] or (
                    self.bearers[form] if len(self.bearers[form]) == 1 else []
                )
            if len(bearers) > 1 and day is not None:
                bearers = [sense for sense in bearers if self._holds(sense.actor, day)] or bearers
            if bearers:
                found.append((form, bearers[0].actor))
        return found

    def _behind(self, hit: Hit) -> str:
        """Return the surname behind an office, a title or the possessive of an institution, or nothing."""
        written = hit.text.written
        if hit.sense.use == "office" and written[hit.end : hit.end + 1] == " ":
            gap = 1
        elif hit.sense.use == "actor" and written[hit.end : hit.end + 3] in _POSSESSIVE:
            gap = 3
        else:
            return ""
        padded, begin = hit.text.folded.text, hit.end + gap
        form = padded[hit.to + gap : padded.find(" ", hit.to + gap, hit.to + gap + LONGEST_WORD)]
        if form not in self.bearers or not written[begin : begin + 1].isupper():
            return ""
        behind = begin + len(form) + 1
        return "" if form in self.given and written[behind : behind + 1].isupper() else form  # Senator Bill Bradley

    def _holds(self, person: str, day: date) -> bool:
        return any(holder.person == person and holder.vouches(day) for holder in self.dictionary.holders)

    def _occurrences(self, form: str, sense: Sense, text: Text, taken: set[tuple[str, int]]) -> list[Hit]:
        padded, found, place = text.folded.text, [], 0
        while (place := padded.find(f" {form} ", place)) >= 0:
            from_, to = place + 1, place + 1 + len(form)
            place = to
            if (text.field, from_) in taken:
                continue
            start, end = text.folded.span(from_, to)
            if text.caps or text.written[start].isupper():
                pattern = self.patterns.setdefault(form, Pattern(form))
                hit = Hit(text, start, end, from_, to, pattern, (sense,), sense)
                hit.accept(sense, "full name or office in the story")
                found.append(hit)
        return found


def _words(hit: Hit) -> list[int]:
    """Return where the words of a hit begin, in its padded text."""
    padded, places, place = hit.text.folded.text, [hit.from_], hit.from_
    while (place := padded.find(" ", place, hit.to)) >= 0:
        place += 1
        places.append(place)
    return places
