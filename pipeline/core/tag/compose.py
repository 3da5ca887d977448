"""Composing: a people or a country beside a role noun makes an actor (``Turkish army``, ``rebels in Chad``).

The role nouns and their sectors are those of the Phoenix agents; an office (``French president``) becomes an actor of
its own: the one of the dictionaries where they have it.
"""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.core.tag.grammar import APART, LINKS, SEVERING
from pipeline.core.tag.scan import BESIDE, REGIONAL, Hit

_ROLE_USES = frozenset({"agent", "office"})


def compose(hits: Sequence[Hit]) -> None:
    """Accept the role nouns that stand beside an accepted region; their sense then has that region."""
    for index, hit in enumerate(hits[:-1]):
        following = hits[index + 1]
        if following.text is not hit.text:
            continue
        if _regional(hit) and _role(following):
            if following.start - hit.end <= BESIDE and _close(hit, following):
                _join(following, hit)
                _coordinate(hits, index, following)
        elif _role(hit) and not hit.accepted and _regional(following) and following.sense.use != "demonym":
            between = hit.text.folded.text[hit.to : following.from_].strip()
            if between in LINKS and not APART.search(hit.text.written[hit.end : following.start]):
                _join(hit, following)
    _attribute(hits)


def _regional(hit: Hit) -> bool:
    return hit.accepted and hit.sense.use in REGIONAL


def _role(hit: Hit) -> bool:
    return hit.sense.use in _ROLE_USES and hit.sense.sector != ""


def _close(hit: Hit, following: Hit) -> bool:
    between = hit.text.written[hit.end : following.start]
    words = between.replace("'s", "", 1).replace("’s", "", 1).split()
    return len(words) <= 2 and not APART.search(between) and SEVERING.isdisjoint(words)


def _coordinate(hits: Sequence[Hit], index: int, role: Hit) -> None:
    """Give the noun to the other peoples of a list too: ``Greek and Turkish officials``."""
    while index > 0:
        hit, before = hits[index], hits[index - 1]
        between = hit.text.folded.text[before.to : hit.from_].strip() if before.text is hit.text else "apart"
        if not _regional(before) or before.sense.use != hit.sense.use or between not in ("and", "or", ""):
            return
        if hit.start - before.end > BESIDE:
            return
        before.anchor = True
        role.owners += (before.sense.region,)
        index -= 1


def _attribute(hits: Sequence[Hit]) -> None:
    """Give the role nouns of the headline and the lead to the only country of a story: ``police`` in Nairobi."""
    regions = {hit.sense.region for hit in hits if _regional(hit)}
    if len(regions) != 1:
        return
    region = next(iter(regions))
    for hit in hits:
        if (
            hit.sense.use == "agent"
            and not hit.accepted
            and (hit.text.field == "headline" or hit.start <= hit.text.lead)
        ):
            hit.accepted, hit.evidence, hit.owners = True, "the only country of the story", (region,)


def _join(role: Hit, region: Hit) -> None:
    role.accepted = True
    role.evidence = f"beside {region.written}"
    role.owners = (region.sense.region,)
    region.anchor = True
