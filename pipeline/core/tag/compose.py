"""Composing: a people or a country beside a role noun makes an actor (``Turkish army``, ``rebels in Chad``).

The role nouns and their sectors are those of the Phoenix agents; an office (``French president``) becomes an actor of
its own, whose holder is looked up at the story's date.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from pipeline.core.tag.decide import REGIONAL
from pipeline.core.tag.scan import Hit

_ROLE_USES = frozenset({"agent", "office"})
_APART = re.compile(r"[.,;:!?()\"“”\n–—]")
_BETWEEN = 28
"""Characters that may stand between a demonym and its noun: one or two adjectives."""
_LINKS = frozenset({"of", "in", "from", "of the", "in the", "from the", "for", "for the", "across", "inside"})


def compose(hits: Sequence[Hit]) -> None:
    """Accept the role nouns that stand beside an accepted region; their sense then has that region."""
    for index, hit in enumerate(hits[:-1]):
        following = hits[index + 1]
        if following.text is not hit.text:
            continue
        if hit.accepted and hit.sense.use in REGIONAL and following.sense.use in _ROLE_USES:
            if following.start - hit.end <= _BETWEEN and _close(hit, following):
                _join(following, hit)
        elif (
            hit.sense.use in _ROLE_USES and not hit.accepted and following.accepted and following.sense.use in REGIONAL
        ):
            if following.sense.use == "demonym":
                continue
            between = hit.text.folded.text[hit.to : following.from_].strip()
            if between in _LINKS and not _APART.search(hit.text.written[hit.end : following.start]):
                _join(hit, following)


def _close(hit: Hit, following: Hit) -> bool:
    between = hit.text.written[hit.end : following.start]
    words = between.replace("'s", "", 1).replace("’s", "", 1).split()
    if _APART.search(between) or len(words) > 2:
        return False
    return all(word[0].islower() or word[0].isupper() for word in words) and not (
        {
            "and",
            "or",
            "in",
            "to",
            "on",
            "as",
            "with",
            "by",
            "said",
            "says",
            "for",
            "of",
            "at",
            "from",
            "is",
            "was",
            "the",
            "a",
        }
        & set(words)
    )


def _join(role: Hit, region: Hit) -> None:
    role.accepted = True
    role.evidence = region.written
    role.reason = region.sense.region
