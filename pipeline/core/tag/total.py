"""Summing up: the accepted hits of a story become its regions and actors, with roles and scores."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pipeline.core.flow import Tags
from pipeline.core.story import Actor, Kind, Region, Role
from pipeline.core.tag.decide import Context
from pipeline.core.tag.dictionary import Dictionary
from pipeline.core.tag.focus import FIRM, KEPT, Tally, add_prior, passing, roles, weight
from pipeline.core.tag.neighbours import ACTING, NAMED, names_firm, part
from pipeline.core.tag.scan import REGIONAL, Hit


def total(hits: Sequence[Hit], context: Context, dictionary: Dictionary) -> Tags:
    """Return the regions and actors of the accepted hits, each in the order of their scores."""
    sums = _Sums(dictionary)
    for hit in hits:
        if hit.accepted:
            sums.add(hit)
    home = context.home if context.home in dictionary.regions else ""
    add_prior(sums.regions, sums.countries, hits, context.located, home)
    return Tags(
        tuple(sorted(sums.found_regions(context.located), key=lambda region: (-region.score, region.code))),
        tuple(sorted(sums.found_actors(), key=lambda actor: (-actor.score, actor.id))),
    )


_ENOUGH = 2
"""Countries that act, from which on one where something merely happens is no actor."""


class _Sums:
    """Tallies by region, by actor, and by region, sector and use of role nouns."""

    def __init__(self, dictionary: Dictionary) -> None:
        self.dictionary = dictionary
        self.regions: dict[str, Tally] = {}
        self.actors: dict[str, Tally] = {}
        self.roles: dict[tuple[str, str, str], Tally] = {}
        self.countries: dict[str, float] = {}
        """Scores of the countries of the actors."""

    def add(self, hit: Hit) -> None:
        """Count one accepted hit."""
        sense, score = hit.sense, weight(hit)
        if sense.use in REGIONAL:
            tally = self.regions.get(sense.region) or self.regions.setdefault(sense.region, Tally())
            tally.add(hit, score * FIRM if names_firm(hit) else score)
            tally.part = max(tally.part, part(hit))
        elif sense.actor:
            if sense.region:
                self.countries[sense.region] = self.countries.get(sense.region, 0.0) + score
            tally = self.actors.get(sense.actor) or self.actors.setdefault(sense.actor, Tally())
            tally.add(hit, score)
            tally.sector = hit.role or tally.sector
        for owner in hit.owners:
            office = f"{owner.lower()}-{hit.pattern.form.replace(' ', '-')}" if sense.use == "office" else ""
            if office in self.dictionary.actors:
                self.actors.setdefault(office, Tally()).add(hit, score)
            else:
                self.roles.setdefault((owner, sense.sector, sense.use), Tally()).add(hit, score)

    def found_regions(self, located: str) -> Iterator[Region]:
        """Yield the regions."""
        top = max((tally.score for tally in self.regions.values()), default=0.0)
        role = roles(self.regions, located)
        for code, tally in self.regions.items():
            name = self.dictionary.regions[code].name
            yield Region(code, name, role[code], _share(tally, top), tally.mentions, tuple(tally.spans))

    def found_actors(self) -> Iterator[Actor]:
        """Yield who is named, the states of the regions that are, and the role nouns with their countries."""
        top = max((tally.score for tally in (*self.actors.values(), *self.regions.values())), default=0.0)
        taken = {code for code, _, _ in self.roles}
        for id_, tally in self.actors.items():
            being = self.dictionary.actors[id_]
            if not passing(being.kind, tally):
                sector = tally.sector or being.sector
                if sector and being.country:
                    taken.add(being.country)
                yield _actor((id_, being.name, being.kind, being.country, sector), tally, top)
        parties = taken | {code for code, tally in self.regions.items() if tally.part >= NAMED and tally.mentions}
        for code, tally in self.regions.items():
            if tally.mentions and (code in parties or len(parties) < _ENOUGH):
                entry = self.dictionary.regions[code]
                acts = tally.part == ACTING or (tally.part == NAMED and code not in taken)
                yield _actor((entry.qid or code, entry.name, Kind.STATE, code, "GOV" if acts else ""), tally, top)
        for (code, sector, use), tally in self.roles.items():
            kind = Kind.OFFICE if use == "office" else Kind.ORGANISATION
            name = f"{self.dictionary.regions[code].name}: {sector}"
            yield _actor((f"{code}-{sector}-{use}".lower(), name, kind, code, sector), tally, top)


def _actor(who: tuple[str, str, Kind, str, str], tally: Tally, top: float) -> Actor:
    id_, name, kind, country, sector = who
    role = Role.FOCUS if tally.score >= KEPT * top else Role.MENTION
    share, spans = _share(tally, top), tuple(tally.spans)
    return Actor(id_, name, kind, country or None, sector or None, role, share, tally.mentions, spans)


def _share(tally: Tally, top: float) -> float:
    return round(min(tally.score / top, 1.0), 3) if top else 0.5
