"""The shipped dictionaries, loaded once, and a tagger over them."""

from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline.adapters import dictionaries
from pipeline.core.flow import Tags
from pipeline.core.story import Story
from pipeline.core.tag import Dictionary, Tagger

SHIPPED = Path(__file__).parents[3] / "config" / "dictionaries"

Tag = Callable[..., Tags]


@pytest.fixture(scope="session")
def dictionary() -> Dictionary:
    return dictionaries.load([SHIPPED])


@pytest.fixture(scope="session")
def tagger(dictionary: Dictionary) -> Tagger:
    return Tagger(dictionary, {"home-desk": "NZ"})


def story(headline: str | None = None, body: str | None = None, **fields: object) -> Story:
    """Return a story of these words, in English unless said otherwise."""
    known = {"uri": "urn:test", "provider": "test", "source_format": "test", "language": "en", **fields}
    return Story(headline=headline, body=body, **known)  # type: ignore[arg-type]


@pytest.fixture(scope="session")
def tag(tagger: Tagger) -> Tag:
    def tag_(headline: str | None = None, body: str | None = None, **fields: object) -> Tags:
        return tagger.tag(story(headline, body, **fields))

    return tag_
