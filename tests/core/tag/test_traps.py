"""The trap list: phrases with the tags that they must and must not give."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.core.tag import Tagger
from tests.core.tag.conftest import Tag

LIST = Path(__file__).with_name("traps.tsv")
TRAPS = [line.split("\t") for line in LIST.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]


def test_the_list_has_three_hundred_phrases() -> None:
    assert len({phrase for phrase, _ in TRAPS}) >= 300


@pytest.mark.parametrize(("phrase", "expected"), TRAPS, ids=[phrase for phrase, _ in TRAPS])
def test_a_phrase_gives_the_tags_it_must_and_none_that_it_must_not(tag: Tag, phrase: str, expected: str) -> None:
    tags = tag(body=f"{phrase}.")
    given = {region.code for region in tags.regions} | {actor.id for actor in tags.actors}
    wrong = [mark for mark in expected.split() if (mark[1:] in given) is not (mark[0] == "+")]
    assert not wrong, f"{phrase!r} gives {sorted(given)}"


def test_the_tags_do_not_depend_on_what_was_tagged_before(tagger: Tagger, tag: Tag) -> None:
    first = [tag(body=phrase) for phrase, _ in TRAPS[:40]]
    again = [tag(body=phrase) for phrase, _ in reversed(TRAPS[:40])]
    assert first == again[::-1]
    assert tagger.version.startswith("2026.11+")
