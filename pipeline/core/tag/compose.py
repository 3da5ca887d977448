"""Composing: a people or a country beside a role noun makes an actor (``Turkish army``, ``rebels in Chad``).

The role nouns and their sectors are those of the Phoenix agents; an office (``French president``) becomes an actor of
its own: the one of the dictionaries where they have it. A role noun behind the name of an actor (``Hamas fighters``)
is that actor; before a person it says what the person is in this story (``opposition leader Jane Roe``).
"""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.core.tag.dictionary import Sense
from pipeline.core.tag.grammar import (
    APART,
    BACKING,
    DEFINITE,
    GROUND,
    HEADS,
    LINK,
    PLACING,
    SENTENCE,
    SEVERING,
    UNMANNED,
)
from pipeline.core.tag.neighbours import preposition, word_after, word_before
from pipeline.core.tag.scan import BESIDE, REGIONAL, Hit

_ROLE_USES = frozenset({"agent", "office"})
_DIRECT = frozenset({" ", "'s ", "’s ", "' ", "’ "})
_INSTITUTIONS = frozenset({"PTY", "LEG", "JUD", "MIL", "COP"})
"""Sectors of bodies that have their like, and often their name, in other countries."""
_POLITICAL = _INSTITUTIONS | {"OPP", "REB", "UAF", "SPY"}
_FOREIGN = frozenset({"", "NGO"})
"""Sectors whose people are as often not of the country that they speak of."""
_INSIDE = PLACING - {"from"}


def compose(hits: Sequence[Hit]) -> None:
    """Accept the role nouns that stand beside an accepted region; their sense then has that region."""
    before: Hit | None = None
    waiting = False
    for index, hit in enumerate(hits):
        use = hit.sense.use
        if use in _ROLE_USES:
            if hit.sense.sector:
                if before is not None and before.text is hit.text:
                    _behind(hits, index, before, hit)
                waiting = waiting or not hit.accepted
        elif before is not None and hit.accepted and before.text is hit.text:
            if use in REGIONAL:
                _before_region(before, hit)
            elif use == "actor":
                _before_actor(before, hit)
        before = hit
    if waiting:
        _attribute(hits)


def _behind(hits: Sequence[Hit], index: int, before: Hit, role: Hit) -> None:
    """Join a role noun to what stands before it: a country, an actor, or another role noun."""
    if before.sense.use in _ROLE_USES:
        if before.sense.sector and before.text.written[before.end : role.start] == " ":
            _chain(before, role)
    elif not before.accepted:
        return
    elif before.sense.use in REGIONAL:
        if role.start - before.end <= BESIDE and _close(before, role):
            _join(role, before)
            _coordinate(hits, index - 1, role)
    elif before.sense.use == "actor" and before.text.written[before.end : role.start] in _DIRECT:
        role.reason = f"belongs to {before.written}"


def _chain(first: Hit, second: Hit) -> None:
    """Let the second of two role nouns say what both are: ``government troops``, not ``opposition leader``."""
    if first.pattern.form.endswith(("s", "men")):
        return  # two policemen hostage
    if second.sense.use == "office" or second.sense.sector == "PTY":
        second.reason = f"belongs to {first.written}"
        return
    if first.accepted:
        second.accepted, second.evidence, second.owners = True, first.evidence, first.owners
    first.accepted, first.owners, first.reason = False, (), f"belongs to {second.written}"


def _before_region(before: Hit, region: Hit) -> None:
    """Join a role noun to the country behind it (``rebels in Chad``); a country behind its own town is a place too."""
    written, sense = region.text.written, before.sense
    if sense.use in _ROLE_USES:
        if sense.sector and not before.accepted and not before.reason:
            link = LINK.fullmatch(region.text.folded.text, before.to, region.from_)
            if (
                link is not None
                and not APART.search(written[before.end : region.start])
                and (region.sense.use != "demonym" or word_after(region) in GROUND)
            ):
                _join(before, region)
    elif before.accepted and sense.region == region.sense.region and written[before.end : region.start] == ", ":
        region.aside = preposition(before) in PLACING


def _before_actor(before: Hit, actor: Hit) -> None:
    """Relate an actor to the country or the role noun that stands before it."""
    between = actor.text.written[before.end : actor.start]
    if between not in _DIRECT:
        return
    if before.accepted and before.sense.use in REGIONAL:
        if actor.sense.region == before.sense.region:
            before.anchor = True
        elif actor.sense.sector in _INSTITUTIONS and actor.sense.region:
            # Israel's Labour Party is not Britain's, nor the Ecuadorean Congress the American one.
            generic = Sense("agent", sector=actor.sense.sector, origin=actor.sense.origin)
            actor.accept(generic, f"beside {before.written}")
            actor.owners = (before.sense.region,)
            before.anchor = True
    elif before.sense.use == "agent" and before.sense.sector and between == " ":
        actor.role = before.sense.sector
        if not before.accepted:
            before.reason = f"belongs to {actor.written}"


def _close(hit: Hit, following: Hit) -> bool:
    between = hit.text.written[hit.end : following.start]
    if between == " ":
        return True
    words = between.replace("'s", "", 1).replace("’s", "", 1).split()
    if len(words) > 2 or APART.search(between) or not SEVERING.isdisjoint(words) or BACKING.match(between):
        return False
    possessive = between[:1] in ("'", "’")
    noun = hit.sense.use != "demonym" or hit.text.written[hit.end - 1] == "s"
    return possessive or not noun or not any(word.endswith(("ed", "s")) for word in words)  # Israel killed villagers


def _coordinate(hits: Sequence[Hit], index: int, role: Hit) -> None:
    """Give the noun to the other peoples of a list too: ``Greek and Turkish officials``."""
    while index > 0:
        hit, before = hits[index], hits[index - 1]
        between = hit.text.folded.text[before.to : hit.from_].strip() if before.text is hit.text else "apart"
        if not (before.accepted and before.sense.use == hit.sense.use) or between not in ("and", "or", ""):
            return
        if hit.start - before.end > BESIDE:
            return
        before.anchor = True
        role.owners += (before.sense.region,)
        index -= 1


def _attribute(hits: Sequence[Hit]) -> None:
    """Give the other role nouns of the headline and the lead to the country that they must belong to.

    That is the only one of the story (``police`` in Nairobi), or the one where their sentence takes place:
    ``shelled positions in Lebanon, wounding two villagers``, ``police arrested two Russians in Madrid``.
    """
    first = next((index for index, hit in enumerate(hits) if _unclaimed(hit)), None)
    if first is None:
        return
    accepted = [hit for hit in hits if hit.accepted]
    regions = {hit.sense.region for hit in accepted if hit.sense.use in REGIONAL} or {
        hit.sense.region for hit in accepted if hit.sense.region
    }
    only = next(iter(regions)) if len(regions) == 1 else ""
    political = any(hit.owners and hit.sense.sector in _POLITICAL for hit in accepted)
    place: Hit | None = None
    waiting: list[Hit] = []
    for hit in hits:
        if hit.sense.use in _ROLE_USES:
            if not _unclaimed(hit) or _nobodys(hit, political=political):
                continue
            if only:
                _give(hit, only, "the only country of the story")
            elif place is None or not _settle(place, [hit]):
                waiting.append(hit)
        elif hit.accepted and hit.sense.use in REGIONAL:
            place = hit if hit.sense.use != "demonym" and preposition(hit) in _INSIDE else None
            if place is not None and waiting:
                _settle(place, waiting)
                waiting.clear()


def _settle(place: Hit, roles: Sequence[Hit]) -> bool:
    """Give the role nouns in the sentence of a place to its country, and say whether there were any."""
    found = [role for role in roles if _together(*sorted((place, role), key=lambda hit: hit.start))]
    for role in found:
        _give(role, place.sense.region, f"in {place.written}")
    return bool(found)


def _unclaimed(hit: Hit) -> bool:
    """Say whether a role noun of the headline or the lead still belongs to nobody."""
    if hit.accepted or hit.reason or hit.sense.use not in _ROLE_USES or not hit.sense.sector:
        return False
    return hit.text.head or hit.start <= hit.text.lead


def _together(first: Hit, second: Hit) -> bool:
    """Say whether two hits stand in one sentence."""
    return first.text is second.text and not SENTENCE.search(first.text.written, first.end, second.start)


def _give(role: Hit, region: str, evidence: str) -> None:
    role.accepted, role.evidence, role.owners = True, evidence, (region,)


def _nobodys(role: Hit, *, political: bool) -> bool:
    """Say whether a role noun without a country beside it names a place or a thing, or an office of anywhere.

    ``the president`` is a country's only in a story of its politics; elsewhere it may be a company's.
    """
    form, sense = role.pattern.form, role.sense
    if sense.use == "office":
        return word_before(role) != "the" or not (
            form in DEFINITE or (political and (form in HEADS or sense.sector != "GOV"))
        )
    return sense.sector in _FOREIGN or form in UNMANNED or preposition(role) in _INSIDE


def _join(role: Hit, region: Hit) -> None:
    _give(role, region.sense.region, f"beside {region.written}")
    region.anchor = True
