"""A recogniser adds what no dictionary knows, and overrides nothing."""

from __future__ import annotations

from collections.abc import Iterator

from pipeline.core.story import Kind
from pipeline.core.tag import Dictionary, Tagger
from pipeline.core.tag.recognise import GivenNames, Name
from tests.core.tag.conftest import story

TOLD = story("A visit", "Vladimir Putin met Sarah Quillfeather in Paris. Sarah Quillfeather smiled.")


def test_none_is_at_work_by_default(tagger: Tagger) -> None:
    assert not [actor for actor in tagger.tag(TOLD).actors if actor.id.startswith("name:")]


def test_a_given_name_and_a_capital_make_an_unknown_person(dictionary: Dictionary) -> None:
    tagger = Tagger(dictionary, recogniser=GivenNames(dictionary.words["given"]))
    actors = {actor.id: actor for actor in tagger.tag(TOLD).actors}
    found = actors["name:sarah-quillfeather"]
    assert (found.name, found.kind, found.mentions) == ("Sarah Quillfeather", Kind.PERSON, 2)
    assert found.spans[0] == ("body", 19, 37)
    assert "name:vladimir-putin" not in actors


class Everything:
    """Takes any text for one organisation, beyond its end too."""

    def names(self, text: str, language: str) -> Iterator[Name]:
        assert language == "en"
        yield Name(Kind.ORGANISATION, 0, len(text))
        yield Name(Kind.ORGANISATION, 0, len(text) + 1)


def test_a_name_over_an_alias_or_beyond_the_text_is_dropped(dictionary: Dictionary) -> None:
    tags = Tagger(dictionary, recogniser=Everything()).tag(TOLD)
    assert [actor.name for actor in tags.actors if actor.id.startswith("name:")] == ["A visit"]
