"""Tagging by region and actor: ``Tagger`` names what a story is about and says why; docs/tagging.md has the figures."""

from pipeline.core.tag.dictionary import Dictionary
from pipeline.core.tag.tagger import Tagger

__all__ = ["Dictionary", "Tagger"]
