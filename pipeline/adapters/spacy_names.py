"""A spaCy pipeline as the tagger's recogniser: people and organisations that no dictionary knows.

The extra ``recogniser`` installs spaCy; a trained pipeline is installed or downloaded apart from it, and named in the
configuration. It is one language's, and asked about stories in that language only.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from pipeline.core.errors import ConfigError, Problem
from pipeline.core.story import Kind
from pipeline.core.tag.recognise import Name

_KINDS = {"PERSON": Kind.PERSON, "PER": Kind.PERSON, "ORG": Kind.ORGANISATION}
"""The labels of spaCy's own pipelines, after OntoNotes and after WikiNER."""
_UNUSED = ("tagger", "parser", "lemmatizer", "attribute_ruler", "morphologizer", "senter")
"""Components that naming does not need; they take most of the time."""
_LONGEST = 100_000
"""Characters of a text that are looked at: the time and memory of a model grow with them."""
_SURROGATE = re.compile("[\ud800-\udfff]")


class SpacyNames:
    """Implements ``core.tag.recognise.Recogniser`` over a loaded spaCy pipeline (``spacy.language.Language``)."""

    def __init__(self, pipeline: Any) -> None:
        self._pipeline = pipeline

    def names(self, text: str, language: str) -> Iterator[Name]:
        """Yield the people and organisations of a text in the pipeline's language."""
        if self._pipeline.lang not in (language, "xx"):  # spaCy calls a pipeline for many languages xx
            return
        with self._pipeline.memory_zone():  # else every new word stays in memory for good
            found = self._pipeline(_SURROGATE.sub("\ufffd", text[:_LONGEST]))
            names = [
                Name(_KINDS[name.label_], name.start_char, name.end_char)
                for name in found.ents
                if name.label_ in _KINDS
            ]
        yield from names


def load(model: str) -> SpacyNames:
    """Return the recogniser over an installed pipeline's name or a folder's path.

    Raises ConfigError where spaCy or the pipeline is missing.
    """
    try:
        import spacy  # noqa: PLC0415  an extra, and slow to import
    except ImportError:
        hint = "pip install 'wirewatch[recogniser]', or set recogniser.kind to none"
        raise ConfigError([Problem("recogniser.kind", "spacy is not installed", hint=hint)]) from None
    try:
        return SpacyNames(spacy.load(model, exclude=_UNUSED))
    except (OSError, ValueError) as error:
        reason = str(error).partition("\n")[0]
        hint = "install a trained pipeline (python -m spacy download NAME) and name it, or a folder with one"
        raise ConfigError([Problem("recogniser.model", f"cannot be loaded: {reason}", hint=hint)]) from None
