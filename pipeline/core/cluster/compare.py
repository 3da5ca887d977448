"""Whether two stories are copies of one text: decided on their words, for the few that fingerprints propose.

A copy has most runs of the shorter text, and its figures, days and names. Reports that come every day in the same
words (markets, weather, scores, dividends) have the runs, but other figures or names; a further take has other runs.
"""

from __future__ import annotations

import re
from collections.abc import Set as AbstractSet
from functools import cached_property

from pipeline.core.story import Story
from pipeline.core.words import folded

LONGEST = 1000
"""Words that are compared."""

RUNS, FIGURES, NAMES, TITLE = 0.5, 0.8, 0.7, 0.5
"""The shares of the shorter text's runs, figures and names that the longer must have, and of a headline's words."""

SHORT = 40
"""Words below which the headlines are compared, too: a dividend in two lines names its company there alone."""

_figure = re.compile(r"\d+(?:[.,:/-]\d+)*")
_name = re.compile(r"(?:^|(?<=[^.!?\s] ))[^\W\d_a-z][\w'’-]*")
_credits = re.compile(
    r"\((?:additional |further )?(?:reporting|writing|editing|compiled) (?:by|in)[^)]*\)", re.IGNORECASE
)

_COUNTED = frozenset(
    folded(
        "one two three four five six seven eight nine ten eleven twelve first second third fourth monday tuesday "
        "wednesday thursday friday saturday sunday january february march april may june july august september "
        "october november december"
    )
)


class Text:
    """What is compared of a story, its words folded; the most telling first, the rest when it is asked for."""

    def __init__(self, story: Story) -> None:
        self.story = story
        self._body = _credits.sub("", story.body or "")
        found = folded(self._body)[:LONGEST]
        self.length = len(found)
        self.words = frozenset(found)
        self.runs = frozenset(zip(found, found[1:], found[2:], strict=False))

    @cached_property
    def figures(self) -> frozenset[str]:
        """The figures as they are written, and the words that count and date."""
        return frozenset(_figure.findall(self._body)) | (self.words & _COUNTED)

    @cached_property
    def names(self) -> frozenset[str]:
        """The words with a capital, but for those that begin a sentence."""
        return frozenset(folded(" ".join(_name.findall(self._body)))) & self.words

    @cached_property
    def title(self) -> frozenset[str]:
        """The words of the headline."""
        return frozenset(folded(self.story.headline or ""))


def likeness(one: Text, other: Text) -> float:
    """Return the share of the shorter text's runs that the longer has; 0.0 where they are no copies of one text."""
    short, long = (one, other) if one.length <= other.length else (other, one)
    shared = _share(short.runs, long.runs)
    if shared < RUNS or _share(short.figures, long.figures) < FIGURES or _share(short.names, long.words) < NAMES:
        return 0.0
    if short.length < SHORT and one.title and other.title:
        titles = max(_share(one.title, other.title | other.words), _share(other.title, one.title | one.words))
        return shared if titles >= TITLE else 0.0
    return shared


def _share(part: AbstractSet[object], whole: AbstractSet[object]) -> float:
    return len(part & whole) / len(part) if part else 1.0
