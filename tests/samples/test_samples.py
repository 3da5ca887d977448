"""The sample wire is sound in its formats and holds what a day on the wires holds."""

from __future__ import annotations

import json
import warnings
from calendar import timegm
from collections import Counter, defaultdict
from datetime import UTC, datetime, timedelta
from pathlib import Path

import feedparser
import pytest
from jsonschema import Draft4Validator, Draft202012Validator  # type: ignore[import-untyped]  # ships no types
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

from tests.samples.raw import Entry, documents, entries

DAY = datetime(2026, 6, 15, tzinfo=UTC)
NEXT_DAY = DAY + timedelta(days=1)
TOPICS = {f"{number:02}000000" for number in range(1, 18)}
GEOJSON = "https://geojson.org/schema/GeoJSON.json"


@pytest.fixture(scope="module")
def wire(samples: Path) -> list[Entry]:
    return entries(samples)


@pytest.fixture(scope="module")
def revisions(wire: list[Entry]) -> list[Entry]:
    """Each revision once, in order of time."""
    return sorted({entry.revision: entry for entry in wire}.values(), key=lambda entry: entry.created)


def test_there_are_180_stories_of_four_providers(revisions: list[Entry]) -> None:
    stories = {entry.uri for entry in revisions}
    providers = Counter(Path(entry.file).parts[0].removesuffix(".jsonl") for entry in revisions)
    assert len(stories) >= 180
    assert set(providers) == {"lanternfold", "halyard", "sandpiper", "quillmark"}
    assert min(providers.values()) >= 30


def test_the_guide_counts_right(revisions: list[Entry]) -> None:
    guide = (Path(__file__).parents[2] / "docs" / "samples.md").read_text(encoding="utf-8")
    assert f"{len({entry.uri for entry in revisions})} stories in {len(revisions)} revisions" in guide


def test_every_line_is_valid_by_the_schema_that_it_names(samples: Path, ninjs_schemas: Path) -> None:
    # The schemas refer to GeoJSON, which lies on the web; no sample has any.
    registry = Registry().with_resource(GEOJSON, Resource.from_contents({}, default_specification=DRAFT202012))
    found: Counter[str] = Counter()
    validators: dict[str, Draft4Validator | Draft202012Validator] = {}
    for file in ("lanternfold.jsonl", "halyard.jsonl"):
        for number, item in enumerate(documents(samples / file), 1):
            version = (item.get("standard") or item["$standard"])["version"]
            if version not in validators:
                schema = json.loads((ninjs_schemas / f"ninjs-schema_{version}.json").read_text(encoding="utf-8"))
                old = "draft-04" in schema["$schema"]
                checker = Draft4Validator if old else Draft202012Validator
                validators[version] = checker(schema, registry=registry)
            problems = [f"{file}:{number}: {error.message}" for error in validators[version].iter_errors(item)]
            assert problems == []
            found[version] += 1
    assert set(found) == {"1.4", "2.1", "3.0"}


@pytest.mark.parametrize(("folder", "version"), [("sandpiper", "rss20"), ("quillmark", "atom10")])
def test_every_feed_document_is_well_formed_and_shows_only_what_is_past(
    samples: Path, folder: str, version: str
) -> None:
    files = sorted((samples / folder).iterdir())
    assert len(files) > 12
    for file in files:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            feed = feedparser.parse(file.read_bytes())
        assert not feed.bozo
        assert feed.version == version
        assert 1 <= len(feed.entries) <= 15
        ids = [entry.id for entry in feed.entries]
        assert len(ids) == len(set(ids))
        fetched = DAY + timedelta(hours=int(file.stem[:2]), minutes=int(file.stem[2:]))
        shown = [datetime.fromtimestamp(timegm(entry.updated_parsed), UTC) for entry in feed.entries]
        assert max(shown) <= fetched
        assert shown == sorted(shown, reverse=True)


def test_everything_happens_on_one_day_and_most_of_it_in_office_hours(revisions: list[Entry]) -> None:
    assert all(DAY <= entry.created < NEXT_DAY for entry in revisions)
    hours = Counter(entry.created.hour for entry in revisions)
    assert len(hours) == 24
    assert sum(hours[hour] for hour in range(5, 18)) > 2 * sum(hours[hour] for hour in (*range(5), *range(20, 24)))


def test_versions_of_a_story_count_up_from_one_and_rise_with_time(revisions: list[Entry]) -> None:
    versions: dict[str, list[int]] = defaultdict(list)
    for entry in revisions:
        if entry.version is not None:
            versions[entry.uri].append(entry.version)
    assert all(found == list(range(1, len(found) + 1)) for found in versions.values())
    assert max(map(len, versions.values())) == 3
    assert sum(len(found) > 1 for found in versions.values()) >= 8


def test_each_feed_changes_an_item_under_its_old_id(revisions: list[Entry]) -> None:
    texts: dict[str, set[str]] = defaultdict(set)
    for entry in revisions:
        if entry.version is None and entry.text:
            texts[entry.uri].add(entry.text)
    changed = {uri for uri, found in texts.items() if len(found) == 2}
    assert {uri.split(":")[1].split(".")[0] for uri in changed} == {"sandpiper", "quillmark"}


def test_there_are_kills_of_every_kind_and_a_story_that_is_withheld_first(revisions: list[Entry]) -> None:
    killed = [entry for entry in revisions if entry.status == "canceled"]
    known = {entry.uri for entry in revisions if entry.status == "usable"}
    assert sum(entry.uri in known for entry in killed) == 3
    assert sum(entry.uri not in known for entry in killed) == 1, "one kill comes under a uri of its own"
    assert any(entry.file.startswith("quillmark") for entry in killed), "one is a tombstone"
    states = defaultdict(list)
    for entry in revisions:
        states[entry.uri].append(entry.status)
    assert ["withheld", "usable"] in states.values()


def test_embargoes_end_later_on_the_same_day(revisions: list[Entry]) -> None:
    held = [(entry.created, entry.embargo) for entry in revisions if entry.embargo]
    assert len(held) == 2
    assert all(until is not None and created < until < NEXT_DAY for created, until in held)


def test_two_providers_flash_the_treaty(revisions: list[Entry]) -> None:
    flashes = [entry for entry in revisions if entry.urgency == 1]
    assert {Path(entry.file).stem for entry in flashes} == {"lanternfold", "halyard"}


def test_the_wire_speaks_eight_languages(revisions: list[Entry]) -> None:
    languages = Counter(entry.language for entry in revisions if entry.language)
    assert set(languages) == {"en", "fr", "de", "es", "ar", "zh", "ru", "uk"}
    assert min(languages.values()) >= 3


def test_every_text_is_of_its_own(revisions: list[Entry]) -> None:
    first = {entry.uri: entry for entry in reversed(revisions) if entry.status == "usable"}
    usable = list(first.values())
    assert all(entry.headline and len(entry.text) > 80 for entry in usable)
    openings = Counter(entry.text[:200] for entry in usable)
    assert max(openings.values()) == 1
    assert sum(len(entry.text) > 400 for entry in usable if entry.language == "en") > 150


def test_subjects_are_media_topics_of_the_first_level(revisions: list[Entry]) -> None:
    topics = {topic for entry in revisions for topic in entry.topics}
    assert topics == TOPICS
