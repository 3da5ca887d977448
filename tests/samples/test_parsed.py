"""What the parsers make of the sample wire, held against what its files say."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from pipeline.adapters import files
from pipeline.core import formats
from pipeline.core.story import Status, Story
from tests.samples.raw import Entry, entries

TREATY = "urn:newsml:lanternfold.example:20260615:LFP1022"


@pytest.fixture(scope="module")
def stories(samples: Path) -> list[Story]:
    found: list[Story] = []
    for payload in files.payloads([str(samples)], lambda *refused: pytest.fail(str(refused))):
        parsed = formats.parse(payload)
        assert not parsed.refused
        found.extend(parsed.stories)
    return found


@pytest.fixture(scope="module")
def wire(samples: Path) -> list[Entry]:
    return entries(samples)


def test_every_entry_of_every_file_becomes_a_story(stories: list[Story], wire: list[Entry]) -> None:
    assert sorted((story.uri, story.version_created) for story in stories if story.version_created) == sorted(
        (entry.uri, entry.created) for entry in wire
    )
    assert {story.provider for story in stories} == {
        f"{name}.example" for name in ("lanternfold", "halyard", "sandpiper", "quillmark")
    }


def test_status_language_urgency_and_embargo_are_those_of_the_file(stories: list[Story], wire: list[Entry]) -> None:
    raw = {entry.revision: entry for entry in wire}
    for story in stories:
        assert story.version_created is not None
        entry = raw[story.uri, story.version_created]
        assert story.status == entry.status
        assert story.language == entry.language
        assert story.urgency == entry.urgency
        assert story.embargoed_until == entry.embargo
        assert (story.headline or "") == entry.headline


def test_the_treaty_is_new_then_updated_then_corrected_and_follows_the_flash(stories: list[Story]) -> None:
    treaty = [story for story in stories if story.uri == TREATY]
    assert [(story.version, story.signal, story.replaces) for story in treaty] == [
        ("1", None, True),
        ("2", "update", True),
        ("3", "correction", True),
    ]
    assert [(link.rel, link.uri[-7:]) for link in treaty[0].links] == [("evolvedfrom", "LFP1021")]
    assert treaty[0].revision < treaty[1].revision < treaty[2].revision


def test_a_kill_under_its_own_uri_names_the_story_that_it_kills(stories: list[Story]) -> None:
    kills = {story.uri[-7:]: story for story in stories if story.status is Status.CANCELED}
    assert {uri: story.signal for uri, story in kills.items() if "LFP" in uri} == {"LFP1049": "kill", "LFP1139": "kill"}
    assert [link.uri[-7:] for link in kills["LFP1139"].links] == ["LFP1127"]


def test_datelines_are_taken_off_the_text(stories: list[Story]) -> None:
    left = [
        (story.body or "")[:60]
        for story in stories
        if story.language != "zh" and any(mark in (story.body or "")[:60] for mark in ("(LFP)", "(Halyard)", "(SWS)"))
    ]
    assert left == []
    datelines = {story.uri[-7:]: story.dateline for story in stories}
    assert datelines["LFP1021"] == "PYONGYANG, June 15 (LFP)"
    assert datelines["LFP1031"] == "FRANKFURT/MAIN, 15. Juni (LFP)"


def test_text_keeps_its_paragraphs_and_loses_its_markup(stories: list[Story]) -> None:
    for story in stories:
        if story.status is not Status.CANCELED and story.urgency != 1:
            assert "\n\n" in (story.body or "")
            assert "<p>" not in (story.body or "")


def test_times_are_of_the_day_and_in_utc(stories: list[Story]) -> None:
    for story in stories:
        assert story.version_created is not None
        assert story.version_created.tzinfo is UTC
        assert story.version_created.date() == datetime(2026, 6, 15, tzinfo=UTC).date()
        assert story.first_created is None or story.first_created <= story.version_created
