"""The tagger: scan, decide, compose, sum up. Deterministic, without a clock, and never an exception for any text."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date

from pipeline.core.flow import Tags
from pipeline.core.story import Story
from pipeline.core.tag.compose import compose
from pipeline.core.tag.decide import Context, decide
from pipeline.core.tag.dictionary import Dictionary
from pipeline.core.tag.language import language_of
from pipeline.core.tag.people import Surnames
from pipeline.core.tag.recognise import Recogniser, recognised
from pipeline.core.tag.scan import REGIONAL, Hit, Text, scan
from pipeline.core.tag.total import Totals
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


_REMEMBERED = 1000
"""Providers whose home is not looked up again."""


class Tagger:
    """Names the regions and actors of stories by one dictionary.

    ``homes`` gives a provider's country; ``recogniser`` may add actors that the dictionary does not know.
    """

    def __init__(
        self, dictionary: Dictionary, homes: Mapping[str, str] | None = None, recogniser: Recogniser | None = None
    ) -> None:
        self.dictionary = dictionary
        self.recogniser = recogniser
        self.homes = homes or {}
        self._homes: dict[str, str] = {}
        self._vocabularies: dict[str, Vocabulary] = {}
        self._surnames = Surnames(dictionary)
        self._totals = Totals(dictionary)

    @property
    def version(self) -> str:
        """The version of the dictionaries."""
        return self.dictionary.version

    def tag(self, story: Story) -> Tags:
        """Return the regions and actors that the story names; never raises, whatever the text."""
        hits, context = self.judge(story)
        tags = self._totals.total(hits, context)
        if self.recogniser is None:
            return tags
        fields = [(name, text) for name, text in (("headline", story.headline), ("body", story.body)) if text]
        language = language_of(story.language, story.headline, story.body)
        taken = ((hit.text.field, hit.start, hit.end) for hit in hits if hit.accepted)
        return Tags(tags.regions, (*tags.actors, *recognised(self.recogniser, fields, language, taken)))

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
        located = self._located(story.dateline, words) if story.dateline else ""
        context = Context(self.dictionary.words, located, self._home(story.provider))
        decide(hits, context)
        hits += self._surnames.find(hits, texts, _day(story))
        compose(hits)
        return hits, context

    def _vocabulary(self, language: str) -> Vocabulary:
        if language not in self._vocabularies:
            self._vocabularies[language] = vocabulary(self.dictionary, language)
        return self._vocabularies[language]

    def _home(self, provider: str) -> str:
        home = self._homes.get(provider)
        if home is None:
            home = home_of(provider, self.homes)
            if len(self._homes) < _REMEMBERED:
                self._homes[provider] = home
        return home

    def _located(self, dateline: str, words: Vocabulary) -> str:
        """Return the region of a dateline: of its last place, as ``CALGARY, Alberta`` ends in the larger one."""
        hits = [hit for hit in scan(Text("dateline", dateline), words) if hit.sense.use in REGIONAL]
        if len(hits) > 1:  # ATHENS, Georgia
            decide(hits, Context(self.dictionary.words))
        return hits[-1].sense.region if hits else ""


def _day(story: Story) -> date | None:
    return story.time.date() if story.time else None
