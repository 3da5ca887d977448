"""One vocabulary for all pipelines that the tests make in this process: each takes half a second to load."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from pipeline import wiring
from pipeline.config import Config
from pipeline.core.tag import Dictionary, Tagger


@pytest.fixture(scope="session", autouse=True)
def one_vocabulary() -> Iterator[None]:
    """Hand out the same dictionary and tagger for the same settings; neither remembers anything of a story."""
    load, make = wiring.dictionary, wiring.tagger
    loaded: dict[str, Dictionary] = {}
    made: dict[str, Tagger] = {}

    def dictionary(config: Config) -> Dictionary:
        key = repr([config.path(folder) for folder in config.dictionaries])
        if key not in loaded:
            loaded[key] = load(config)
        return loaded[key]

    def tagger(config: Config, names: Dictionary) -> Tagger:
        key = repr((names.version, config.providers, config.recogniser))
        if key not in made:
            made[key] = make(config, names)
        return made[key]

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(wiring, "dictionary", dictionary)
        patched.setattr(wiring, "tagger", tagger)
        yield
