"""Tagging by region and actor: ``Tagger`` names what a story is about and says why; docs/tagging.md has the figures.

From the inside out: ``fold`` and ``vocabulary`` make the automaton of a ``Dictionary``, which ``tables`` compiles;
``scan`` finds the aliases of a field, ``decide`` accepts or refuses them by their ``neighbours``, ``people`` and
``compose`` add surnames and role nouns, ``total`` and ``focus`` sum up. ``explain`` and ``lint`` look at the same
from outside.
"""

from pipeline.core.tag.dictionary import Dictionary
from pipeline.core.tag.explain import Explanation, explain_text
from pipeline.core.tag.tagger import Tagger

__all__ = ["Dictionary", "Explanation", "Tagger", "explain_text"]
