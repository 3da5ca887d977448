"""Deciding: which hits are what they look like.

A strong alias tags unless its neighbours forbid it; a weak one needs
evidence.

Evidence is, in this order: the place named after a comma (``Georgetown, Guyana``), strong hits for the same region
anywhere in the story, the dateline, the provider's home, a preposition of place before a town, local cues.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from pipeline.core.tag.dictionary import Sense
from pipeline.core.tag.neighbours import (
    Words,
    after_town,
    forbidden,
    listed,
    minority,
    namesake,
    preposition,
    qualify,
    ticker,
)
from pipeline.core.tag.scan import PLACES, REGIONAL, Hit

_UNPROVEN = "weak alias without evidence in the story"
_SILENT = frozenset({"agent", "office", "money"})
"""Uses that nothing is decided about here."""
_NO_CUES: Counter[str] = Counter()
_SURELY = 2
"""Distinct local cues from which on a country's name is the town's of the same name: ``Lebanon`` in Pennsylvania."""
_NEAR = 2
"""Characters between a town and what says where it lies."""
_ABBREVIATION = 5
"""Characters of the longest abbreviation of a state: ``calif``."""
_SETTLED_BY = 0.05
"""A weak town of fewer people, in millions, is not believed on a preposition alone."""


class Context:
    """What is known beside the hits: the dateline's and the home's region, and words of context."""

    __slots__ = ("home", "located", "words")

    def __init__(self, words: Words, located: str = "", home: str = "") -> None:
        self.words = words
        self.located = located
        self.home = home


def decide(hits: Sequence[Hit], context: Context) -> None:
    """Accept or refuse every hit that names a place, a people or an actor; each gets its evidence or its reason."""
    _Decision(hits, context).run()


class _Decision:
    """The hits of one story on their way: what is strong, what waits for evidence, which towns have been placed."""

    def __init__(self, hits: Sequence[Hit], context: Context) -> None:
        self.hits = hits
        self.context = context
        self.pending: list[Hit] = []
        self.lists: dict[int, Hit] = {}
        """The name before a weak one, by its place among the pending ones."""
        self.strong: dict[str, int] = {}
        """Strong hits by region; a plain dictionary, for a Counter looks up in Python what it has not."""
        self.moved: dict[str, Sense] = {}
        self.namesakes: dict[str, str] = {}
        """Why a bare name is somebody else's, by its form."""

    def run(self) -> None:
        local = self._look()
        if self.moved:
            self._move()
        if self.namesakes:
            self._refuse_namesakes()
        cues = self._cues() if local else _NO_CUES
        if cues or self.context.home:
            self._bring_home(cues)
        if not self.pending:
            return
        for number, hit in enumerate(self.pending):
            self._weigh(hit, self.lists.get(number))
        if not any(hit.accepted and hit.sense.use in REGIONAL for hit in self.hits):
            self._settle(cues)

    def _look(self) -> bool:
        """Decide what neighbours decide, put off what needs evidence, and say whether there are local cues."""
        hits = self.hits
        local = False
        for before, hit, following in zip((None, *hits), hits, (*hits[1:], None), strict=False):
            use = hit.sense.use
            if use in _SILENT:
                continue
            if use in REGIONAL:
                self._region(hit, before, following)
            elif use == "actor":
                self._actor(hit)
            elif use == "null":
                hit.reason = "absorbed by a trap"
            else:
                local = local or not hit.sense.weak
        return local

    def _actor(self, hit: Hit) -> None:
        if hit.text.tickers and ticker(hit):
            hit.reason = "a ticker"
        elif hit.sense.weak:
            self.pending.append(hit)
        elif reason := namesake(hit, self.context.words):
            hit.reason = reason
            self.namesakes[hit.pattern.form] = reason
        else:
            hit.accepted, hit.evidence = True, "strong alias"
            if hit.sense.region:
                self._count(hit.sense.region)

    def _count(self, region: str, more: int = 1) -> None:
        """Count strong hits of a region; what comes to nothing is no longer there."""
        count = self.strong.get(region, 0) + more
        if count:
            self.strong[region] = count
        else:
            self.strong.pop(region, None)

    def _refuse_namesakes(self) -> None:
        """Refuse the other mentions of somebody of another given name: ``Braverman`` beside ``Philip Braverman``."""
        for hit in self.hits:
            if hit.accepted and hit.sense.use == "actor" and hit.pattern.form in self.namesakes:
                hit.accepted = False
                hit.reason = f"elsewhere {self.namesakes[hit.pattern.form]}"
                self._count(hit.sense.region, -1)

    def _region(self, hit: Hit, before: Hit | None, following: Hit | None) -> None:
        if hit.accepted:  # by the town before it
            self._count(hit.sense.region)
        elif hit.text.tickers and ticker(hit):
            hit.reason = "a ticker"
        elif following is not None and following.start - hit.end <= _NEAR and qualify(hit, following):
            self._count(hit.sense.region)
            self.moved[hit.pattern.form] = hit.sense
        elif reason := forbidden(hit, following, self.context.words):
            hit.reason = reason
        elif before is not None and hit.sense.use == "demonym" and minority(before, hit):
            hit.reason = f"a people of {before.written}"
        elif hit.sense.weak:
            if before is not None:
                self.lists[len(self.pending)] = before
            self.pending.append(hit)
        else:
            hit.accepted, hit.evidence = True, "strong alias"
            self._count(hit.sense.region)

    def _move(self) -> None:
        """Take a town that the story has placed once for the same town throughout."""
        for hit in self.hits:
            sense = self.moved.get(hit.pattern.form)
            if sense is not None and hit.accepted and hit.sense is not sense and hit.sense.use in ("city", "capital"):
                hit.accept(sense, "placed elsewhere in the story")

    def _cues(self) -> Counter[str]:
        """Count the distinct local cues of each region; weak ones are national and say nothing of a town."""
        local = {
            hit.pattern.form: hit.sense.region for hit in self.hits if hit.sense.use == "cue" and not hit.sense.weak
        }
        return Counter(local.values())

    def _bring_home(self, cues: Counter[str]) -> None:
        """Give a town's name to its namesake at home in a local story: ``Edmonton`` in London, ``Dublin`` in Ohio.

        Only where nothing but the town itself points to its larger namesake, and nothing to any third country.
        """
        local = max(cues, key=lambda region: cues[region]) if cues else self.context.home
        accepted = [hit for hit in self.hits if hit.accepted]
        towns = [
            hit
            for hit in accepted
            if hit.sense.use in ("city", "capital")
            or (hit.sense.use == "name" and cues.get(local, 0) >= _SURELY and hit.placed(local))
        ]
        moving = {id(hit) for hit in towns}
        named = {hit.sense.region for hit in accepted if id(hit) not in moving}
        if named - {local}:
            return
        for hit in towns:
            region = hit.sense.region
            if region == local or self.strong.keys() - {region, local}:
                continue
            sense = hit.placed(local)
            if sense is not None:
                self._count(region, -1)
                self._count(local)
                hit.accept(sense, "a namesake in a local story")

    def _weigh(self, hit: Hit, before: Hit | None) -> None:
        """Choose among the senses of a weak alias the one with evidence, or refuse them all."""
        context = self.context
        if hit.sense.use == "division" and len(hit.pattern.form) <= _ABBREVIATION:
            if after_town(hit, context.words):
                hit.accept(hit.sense, "after a town and a comma")
            else:
                hit.reason = "an abbreviation that follows no town"
            return
        named = [sense for sense in hit.senses if sense.use in REGIONAL or sense.actor]
        strong = self.strong
        best = max(
            named,
            key=lambda sense: (
                sense.region in strong and sense.use == "name",  # Tbilisi makes Georgia the state
                strong.get(sense.region, 0),
                sense.region == context.located,
                sense.weight,
            ),
        )
        region = best.region
        if region and region in strong:
            hit.accept(best, f"{strong[region]} strong mention{'s' * (strong[region] > 1)} of {region}")
        elif region and region == context.located:
            hit.accept(best, "the dateline")
        elif region and region == context.home:
            hit.accept(best, "the provider's home")
        elif hit.text.caps or not (best.use in PLACES - {"city"} or best.weight >= _SETTLED_BY):
            hit.reason = _UNPROVEN
        elif self._placed(hit):
            hit.accept(hit.senses[0], f"after {preposition(hit)!r}")
        elif before is not None and listed(before, hit):
            hit.accept(hit.senses[0], f"in a list with {before.written}")
        else:
            hit.reason = _UNPROVEN

    def _placed(self, hit: Hit) -> bool:
        """Say whether a preposition makes a town of a name; ``of Alice`` does not."""
        before = preposition(hit)
        given = self.context.words.get("given", frozenset())
        return before != "" and (before != "of" or hit.sense.use == "name" or hit.pattern.form not in given)

    def _settle(self, cues: Counter[str]) -> None:
        """Accept names in a story that has no other: a town that local cues point to, or what comes again and again."""
        forms = Counter(hit.pattern.form for hit in self.pending)
        people = {
            hit.pattern.form.rpartition(" ")[2]
            for hit in self.hits
            if hit.sense.use in ("actor", "null") or (hit.reason and hit.reason != _UNPROVEN)
        }
        for hit in self.pending:
            towns = [sense for sense in hit.senses if sense.use in ("city", "name")]
            if not towns or hit.pattern.form in people:
                continue
            sense = max(towns, key=lambda town: (cues[town.region], town.weight))
            if cues[sense.region] or (
                forms[hit.pattern.form] > 1 and (sense.use == "name" or sense.weight >= _SETTLED_BY)
            ):
                hit.reason = ""
                hit.accept(sense, "local cues" if cues[sense.region] else "named again and again")
