"""Summing up: the accepted hits of a story become its regions and actors, with roles and scores."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from operator import attrgetter

import msgspec

from pipeline.core.flow import Tags
from pipeline.core.story import Actor, Kind, Region, Role, Span
from pipeline.core.tag.decide import Context
from pipeline.core.tag.dictionary import Dictionary
from pipeline.core.tag.focus import FIRM, KEPT, USE_WEIGHT, Tally, add_prior, passing, place_weight, weight
from pipeline.core.tag.fold import fold
from pipeline.core.tag.neighbours import ACTING, NAMED, names_firm, part
from pipeline.core.tag.scan import REGIONAL, Hit

_ENOUGH = 2
"""Countries that act, from which on one where something merely happens is no actor."""
_REMEMBERED = 20_000
"""Role nouns of countries whose names are not made again."""
_score = attrgetter("score")


class _Sums(msgspec.Struct, gc=False):
    """The tallies of one story: by region, by actor, and by region, sector and use of role nouns."""

    regions: dict[str, Tally]
    actors: dict[str, Tally]
    roles: dict[tuple[str, str, str], Tally]
    countries: dict[str, float]
    """Scores of the countries of the actors."""


class Totals:
    """Sums up stories by one dictionary."""

    def __init__(self, dictionary: Dictionary) -> None:
        self.dictionary = dictionary
        self._called: dict[tuple[str, str, str], tuple[str, str]] = {}
        self._offices: dict[tuple[str, str], str] = {}
        self._holding: dict[tuple[str, str], bool] = {}

    def total(self, hits: Sequence[Hit], context: Context) -> Tags:
        """Return the regions and actors of the accepted hits, each in the order of their scores."""
        sums = self._sums(hits)
        home = context.home if context.home in self.dictionary.regions else ""
        add_prior(sums.regions, sums.countries, hits, context.located, home)
        regions = list(self._regions(sums, context.located))
        if len(regions) > 1:
            regions.sort(key=lambda region: (-region.score, region.code))
        actors = list(self._actors(sums))
        if len(actors) > 1:
            actors.sort(key=lambda actor: (-actor.score, actor.id))
        return Tags(tuple(regions), tuple(actors))

    def _sums(self, hits: Sequence[Hit]) -> _Sums:
        """Count the accepted hits."""
        regions: dict[str, Tally] = {}
        actors: dict[str, Tally] = {}
        roles: dict[tuple[str, str, str], Tally] = {}
        countries: dict[str, float] = {}
        for hit in hits:
            if not hit.accepted:
                continue
            sense, score = hit.sense, weight(hit)
            use, region = sense.use, sense.region
            if use in REGIONAL:
                tally = regions.get(region)
                if tally is None:
                    tally = regions[region] = Tally()
                text, end = hit.text, hit.end
                if not text.caps and text.written[end + 1 : end + 2].isupper() and names_firm(hit):
                    score *= FIRM
                tally.add(hit, score)
                if tally.part < ACTING:
                    tally.part = max(tally.part, part(hit))
                continue
            if not sense.actor:
                self._role(hit, score, actors, roles)
                continue
            if region and self._holds(hit.pattern.form, region):
                regions.setdefault(region, Tally()).add(hit, place_weight(hit) * USE_WEIGHT["demonym"])
            elif region:
                countries[region] = countries.get(region, 0.0) + score
            self._actor(hit, score, actors)
        return _Sums(regions, actors, roles, countries)

    @staticmethod
    def _actor(hit: Hit, score: float, actors: dict[str, Tally]) -> None:
        """Count an actor."""
        tally = actors.get(hit.sense.actor)
        if tally is None:
            tally = actors[hit.sense.actor] = Tally()
        tally.add(hit, score)
        tally.sector = hit.role or tally.sector

    def _role(self, hit: Hit, score: float, actors: dict[str, Tally], roles: dict[tuple[str, str, str], Tally]) -> None:
        """Count a role noun for each of its owners."""
        use = hit.sense.use
        for owner in hit.owners:
            office = self._office(owner, hit.pattern.form) if use == "office" else ""
            if office:
                actors.setdefault(office, Tally()).add(hit, score)
            else:
                roles.setdefault((owner, hit.sense.sector, use), Tally()).add(hit, score)

    def _holds(self, form: str, region: str) -> bool:
        """Say whether the name of an actor begins with its country's: ``Turkish central bank``."""
        held = self._holding.get((form, region))
        if held is None:
            words = form.split(" ")
            begun = (" ".join(words[:count]) for count in range(1, min(len(words), 4)))
            held = any(region in self._names.get(name, ()) for name in begun)
            if len(self._holding) < _REMEMBERED:
                self._holding[form, region] = held
        return held

    @cached_property
    def _names(self) -> dict[str, set[str]]:
        """The names and peoples of the regions in English, folded."""
        names: dict[str, set[str]] = {}
        for alias in self.dictionary.aliases:
            if alias.language in ("", "en"):
                for sense in alias.senses:
                    if sense.use in ("name", "demonym"):
                        names.setdefault(" ".join(fold(alias.text).text.split()), set()).add(sense.region)
        return names

    def _office(self, owner: str, form: str) -> str:
        """Return the id of a country's office where the dictionary has it."""
        id_ = self._offices.get((owner, form))
        if id_ is None:
            id_ = f"{owner.lower()}-{form.replace(' ', '-')}"
            id_ = id_ if id_ in self.dictionary.actors else ""
            if len(self._offices) < _REMEMBERED:
                self._offices[owner, form] = id_
        return id_

    def _regions(self, sums: _Sums, located: str) -> Iterator[Region]:
        """Yield the regions; one named once, below the lead, is only mentioned."""
        top = max(map(_score, sums.regions.values()), default=0.0)
        entries = self.dictionary.regions
        for code, tally in sums.regions.items():
            score = tally.score
            seen = tally.prominent or tally.mentions > 1 or code == located or score == top
            role = Role.FOCUS if seen and score >= KEPT * top else Role.MENTION
            yield Region(code, entries[code].name, role, _share(score, top), tally.mentions, tuple(tally.spans))

    def _actors(self, sums: _Sums) -> Iterator[Actor]:
        """Yield who is named, the states of the regions that are parties, and the role nouns with their countries."""
        beings, entries = self.dictionary.actors, self.dictionary.regions
        top = max(map(_score, (*sums.actors.values(), *sums.regions.values())), default=0.0)
        taken = {code for code, _, _ in sums.roles}
        for id_, tally in sums.actors.items():
            being = beings[id_]
            if passing(being.kind, tally):
                continue
            sector = tally.sector or being.sector
            if sector and being.country:
                taken.add(being.country)
            yield _actor(id_, being.name, being.kind, being.country, sector, tally, top)
        parties = taken.union(code for code, tally in sums.regions.items() if tally.part >= NAMED)
        for code, tally in sums.regions.items():
            if tally.mentions and (code in parties or len(parties) < _ENOUGH):
                entry = entries[code]
                acts = tally.part == ACTING or (tally.part == NAMED and code not in taken)
                yield _actor(entry.qid or code, entry.name, Kind.STATE, code, "GOV" if acts else "", tally, top)
        for key, tally in sums.roles.items():
            called = self._called.get(key) or self._call(key)
            kind = Kind.OFFICE if key[2] == "office" else Kind.ORGANISATION
            yield _actor(*called, kind, key[0], key[1], tally, top)

    def _call(self, key: tuple[str, str, str]) -> tuple[str, str]:
        """Return the id and the name of a role noun of a country."""
        code, sector, use = key
        called = (f"{code}-{sector}-{use}".lower(), f"{self.dictionary.regions[code].name}: {sector}")
        if len(self._called) < _REMEMBERED:
            self._called[key] = called
        return called


def _actor(  # noqa: PLR0917  made once for each actor of each story
    id_: str, name: str, kind: Kind, country: str, sector: str, tally: Tally, top: float
) -> Actor:
    score = tally.score
    role = Role.FOCUS if score >= KEPT * top else Role.MENTION
    spans: tuple[Span, ...] = tuple(tally.spans)
    return Actor(id_, name, kind, country or None, sector or None, role, _share(score, top), tally.mentions, spans)


def _share(score: float, top: float) -> float:
    if score >= top:
        return 1.0 if top else 0.5
    return round(score / top, 3)
