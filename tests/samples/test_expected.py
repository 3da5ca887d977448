"""The shipped tagger and rules find in the sample wire what a reader finds in it.

``expected.jsonl`` holds, for each telling story: ``focus`` and ``mention``, regions that the story is about and that it
names at least; ``absent``, regions that only a trap would give; ``actors``, by id or name; ``rules`` and ``no_rules``.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from pipeline import config, wiring
from pipeline.adapters import files
from pipeline.core.flow import work
from pipeline.core.story import Role, Story

AFTER_THE_DAY = datetime(2026, 6, 16, tzinfo=UTC)


class Expected(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What one revision must, and must not, give."""

    source: str
    uri: str
    version: str | None
    version_created: datetime
    headline: str
    focus: frozenset[str] = frozenset()
    mention: frozenset[str] = frozenset()
    absent: frozenset[str] = frozenset()
    actors: frozenset[str] = frozenset()
    rules: frozenset[str] = frozenset()
    no_rules: frozenset[str] = frozenset()


_LINES = (Path(__file__).parent / "expected.jsonl").read_text(encoding="utf-8").splitlines()
EXPECTED = [msgspec.json.decode(line, type=Expected) for line in _LINES]


@pytest.fixture(scope="module")
def stories(samples: Path) -> dict[tuple[str, datetime | None], Story]:
    """Every revision as the desk leaves it once all embargoes have ended, by uri and time."""
    settings = config.load(str(config.shipped() / "wirewatch.yaml"))
    desk, _rules = wiring.desk(settings, "desk", lambda: AFTER_THE_DAY, lambda problem: pytest.fail(str(problem)))
    found = {}
    for payload in files.payloads([str(samples)], lambda *refused: pytest.fail(str(refused))):
        outcome = work(desk, payload)
        assert not outcome.dead
        assert not outcome.held
        found.update({(story.uri, story.version_created): story for story in outcome.stories})
    return found


@pytest.mark.parametrize(
    "expected", EXPECTED, ids=[f"{expected.uri[-12:]} {expected.headline[:40]}" for expected in EXPECTED]
)
def test_a_story_gives_the_tags_and_matches_that_a_reader_expects(
    stories: dict[tuple[str, datetime | None], Story], expected: Expected
) -> None:
    story = stories[expected.uri, expected.version_created]
    focus = {region.code for region in story.regions if region.role is Role.FOCUS}
    regions = {region.code for region in story.regions}
    matched = {match.rule for match in story.matches}
    assert expected.headline == story.headline
    assert not expected.focus - focus, f"focus {sorted(focus)}"
    assert not expected.mention - regions, f"regions {sorted(regions)}"
    assert not expected.absent & regions, f"regions {sorted(regions)}"
    assert not expected.actors - {name for actor in story.actors for name in (actor.id, actor.name)}
    assert not expected.rules - matched, f"matched {sorted(matched)}"
    assert not expected.no_rules & matched, f"matched {sorted(matched)}"
