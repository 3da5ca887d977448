"""The tagger: scan, decide, compose, sum up. Deterministic, without a clock, and never an exception for any text."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date


from pipeline.core.flow import Tags
from pipeline.core.story import Actor, Kind, Region, Role, Story
from pipeline.core.tag.compose import compose
from pipeline.core.tag.decide import REGIONAL, Context, decide, governs, names_firm
from pipeline.core.tag.dictionary import Dictionary
from pipeline.core.tag.focus import FIRM, KEPT, Tally, add_prior, passing, roles, weight
from pipeline.core.tag.language import language_of
from pipeline.core.tag.people import Surnames
from pipeline.core.tag.scan import Hit, Text, scan
from pipeline.core.tag.vocabulary import Vocabulary, vocabulary


_DOMAIN = re.compile(r"(?:[a-z0-9-]+\.)+([a-z]{2})\Z")
_SOLD = frozenset({"AI", "CC", "CO", "EU", "FM", "GG", "IO", "LA", "LY", "ME", "NU", "SH", "SU", "TO", "TV", "WS"})
"""Country domains that are mostly used by others."""


def home_of(provider: str, homes: Mapping[str, str]) -> str:
    """Return the country of a provider: the configured one, else that of its internet domain, else nothing."""
    home = homes.get(provider)
    if home is not None:
        return home
    found = _DOMAIN.match(provider)
    code = found[1].upper().replace("UK", "GB") if found else ""
    return "" if code in _SOLD else code


class Tagger:
    """Names the regions and actors of stories by one dictionary; ``homes`` gives a provider's country."""

    def __init__(self, dictionary: Dictionary, homes: Mapping[str, str] | None = None) -> None:
        self.dictionary = dictionary
        self.homes = homes or {}
        self._vocabularies: dict[str, Vocabulary] = {}
        self._surnames = Surnames(dictionary)

    @property
    def version(self) -> str:
        """The version of the dictionaries."""
        return self.dictionary.version

    def tag(self, story: Story) -> Tags:
        """Return the regions and actors that the story names; never raises, whatever the text."""
        hits, context = self.judge(story)
        return Tags(*self._sum(hits, context, story))

    def judge(self, story: Story) -> tuple[list[Hit], Context]:
        """Return every hit with what was decided about it."""
        words = self._vocabulary(language_of(story.language, story.headline, story.body))
        hits: list[Hit] = []
        texts: list[Text] = []
        for field in ("headline", "body"):
            written = getattr(story, field)
            if written:
                text = Text(field, written)
                texts.append(text)
                hits += scan(text, words)
        context = Context(
            self.dictionary.words, self._located(story.dateline, words), home_of(story.provider, self.homes)
        )
        decide(hits, context)
        hits += self._surnames.find(hits, texts, _day(story))
        compose(hits)
        return hits, context

    def _vocabulary(self, language: str) -> Vocabulary:
        if language not in self._vocabularies:
            self._vocabularies[language] = vocabulary(self.dictionary, language)
        return self._vocabularies[language]

    def _located(self, dateline: str | None, words: Vocabulary) -> str:
        """Return the region of a dateline: of its last place, as ``CALGARY, Alberta`` ends in the larger one."""
        if not dateline:
            return ""
        hits = [hit for hit in scan(Text("dateline", dateline), words) if hit.sense.use in REGIONAL]
        return hits[-1].sense.region if hits else ""

    def _sum(self, hits: Sequence[Hit], context: Context, story: Story) -> tuple[tuple[Region, ...], tuple[Actor, ...]]:
        regions: dict[str, Tally] = {}
        actors: dict[str, Tally] = {}
        composed: dict[tuple[str, str, str], Tally] = {}
        countries: Counter[str] = Counter()
        for hit in hits:
            if not hit.accepted:
                continue
            sense = hit.sense
            score = weight(hit)
            if sense.use in REGIONAL:
                if names_firm(hit):
                    score *= FIRM
                tally = regions.setdefault(sense.region, Tally())
                tally.add(hit, score)
                if not tally.sector and governs(hit):
                    tally.sector = "GOV"
            elif sense.actor:
                if sense.region:
                    countries[sense.region] += score
                actors.setdefault(sense.actor, Tally()).add(hit, score)
            else:
                for owner in hit.owners:
                    composed.setdefault((owner, sense.sector, sense.use), Tally()).add(hit, score)
        add_prior(regions, countries, hits, context.located, context.home)
        shares = roles(regions, context.located)
        return self._regions(regions, shares), self._actors(regions, actors, composed, story)

    def _regions(self, tallies: dict[str, Tally], shares: dict[str, Role]) -> tuple[Region, ...]:
        top = max((tally.score for tally in tallies.values()), default=0.0)
        found = [
            Region(
                code,
                self.dictionary.regions[code].name,
                shares[code],
                _share(tally.score, top),
                tally.mentions,
                tuple(tally.spans),
            )
            for code, tally in tallies.items()
            if code in self.dictionary.regions
        ]
        return tuple(sorted(found, key=lambda region: (-region.score, region.code)))

    def _actors(self, regions: dict[str, Tally], actors: dict[str, Tally], composed: dict[tuple[str, str, str], Tally], story: Story) -> tuple[Actor, ...]:  # fmt: skip
        top = max((tally.score for tally in (*actors.values(), *regions.values())), default=0.0)
        found = []
        for id_, tally in actors.items():
            being = self.dictionary.actors[id_]
            if passing(being.kind, tally):
                continue
            found.append(
                Actor(
                    id_,
                    being.name,
                    being.kind,
                    being.country or None,
                    being.sector or None,
                    _role(tally.score, top),
                    _share(tally.score, top),
                    tally.mentions,
                    tuple(tally.spans),
                )
            )
        for code, tally in regions.items():
            entry = self.dictionary.regions.get(code)
            if entry is not None and tally.mentions:
                found.append(
                    Actor(
                        entry.qid or code,
                        entry.name,
                        Kind.STATE,
                        code,
                        tally.sector or None,
                        _role(tally.score, top),
                        _share(tally.score, top),
                        tally.mentions,
                        tuple(tally.spans),
                    )
                )
        for (code, sector, use), tally in composed.items():
            name = self.dictionary.regions[code].name
            kind = Kind.OFFICE if use == "office" else Kind.ORGANISATION
            found.append(
                Actor(
                    f"{code}-{sector}-{use}".lower(),
                    f"{name}: {sector}",
                    kind,
                    code,
                    sector,
                    _role(tally.score, top),
                    _share(tally.score, top),
                    tally.mentions,
                    tuple(tally.spans),
                )
            )
        return tuple(sorted(found, key=lambda actor: (-actor.score, actor.id)))


def _role(score: float, top: float) -> Role:
    return Role.FOCUS if score >= KEPT * top else Role.MENTION


def _share(score: float, top: float) -> float:
    return round(score / top, 3) if top else 0.5


def _day(story: Story) -> date | None:
    return story.time.date() if story.time else None
