"""What a search index holds of a story: the matcher's own words, and its tags as words with a colon."""

from __future__ import annotations

from pipeline.core.story import Story
from pipeline.core.words import folded

FIELDS = ("headline", "body", "slugline", "byline", "dateline")
"""The fields that a term without a prefix looks in."""


def keys(story: Story) -> list[str]:
    """Return every word of the searched fields, then ``region:CODE`` and ``actor:ID``, each lower case."""
    found = [word for name in FIELDS for word in folded(getattr(story, name) or "")]
    found += [f"region:{region.code}".lower() for region in story.regions]
    found += [f"actor:{actor.id}".lower() for actor in story.actors]
    return found
