"""The rules of the embedded pipeline while it runs: files that change, failures that last, the day that ends."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pipeline import config, wiring
from pipeline.core.errors import Problem
from pipeline.core.rules import RuleDefinition
from pipeline.core.rules.book import State
from pipeline.core.rules.changes import Origin, Stored, encoded
from pipeline.core.rules.view import View
from pipeline.core.story import Story
from pipeline.runners import stored_rules
from pipeline.runners.clock import Clock
from pipeline.runners.embedded import Embedded

NOON = datetime(2026, 6, 15, 12, tzinfo=UTC)
TEXT = "topic: security\nrules:\n  - {id: aid, query: 'lead:aid'}\n"


class At(Clock):
    moment = NOON

    def now(self) -> datetime:
        return self.moment


class Pipeline:
    """One that does not run: its rules, and what is told of them."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(stored_rules, "LOOK", 0)
        self.rules = folder / "rules.yaml"
        if not self.rules.exists():
            self.write(TEXT)
        file = folder / "wirewatch.yaml"
        file.write_text("database: w.db\nrules: [rules.yaml]\ntopics: [security]\n")
        self.settings = config.load(str(file))
        self.clock, self.told = At(), list[str]()
        self.embedded: Embedded = wiring.embedded(
            self.settings, self.clock, announce=lambda _: None, refused=lambda _: None, refuse_rule=self.refuse
        )

    def refuse(self, problem: Problem) -> None:
        self.told.append(str(problem).rpartition("/")[2])

    def write(self, text: str) -> None:
        """Write the file as an editor does: another file in its place, of another time."""
        again = self.rules.with_suffix(".new")
        again.write_text(text)
        again.replace(self.rules)

    def add(self, id_: str, query: str, **more: object) -> None:
        definition = RuleDefinition(id=id_, query=query, **more)  # type: ignore[arg-type]
        log = wiring.rule_log(self.settings)
        with log.edit() as put:
            put([(id_, encoded(Stored(Origin.API, definition)))])
        log.close()

    def matched(self, text: str) -> list[str]:
        self.embedded.refresh()
        desk = self.embedded.desk
        result = desk.matcher.match(Story(uri="x", provider="p", source_format="t", body=text))
        for rule, reason in result.errors:
            desk.failed(rule, reason)
        return [match.rule for match in result.matches]


def test_a_file_that_changes_is_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pipeline = Pipeline(tmp_path, monkeypatch)
    assert pipeline.matched("aid war") == ["aid"]
    pipeline.write(TEXT + "  - {id: war, query: war}\n")
    assert pipeline.matched("aid war") == ["aid", "war"]
    pipeline.write(TEXT)
    assert pipeline.matched("aid war") == ["aid"]
    assert pipeline.told == []


@pytest.mark.parametrize("text", ["rules: [", "rules: [{id: bad, qurey: aid}]", ""])
def test_a_file_that_cannot_be_read_whole_takes_nothing_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    pipeline = Pipeline(tmp_path, monkeypatch)
    pipeline.write(text)
    assert pipeline.matched("aid") == ["aid"]
    told = len(pipeline.told)
    assert told
    assert pipeline.matched("aid") == ["aid"]
    assert len(pipeline.told) == told


def test_a_rule_whose_file_comes_to_refuse_it_is_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pipeline = Pipeline(tmp_path, monkeypatch)
    pipeline.write(TEXT.replace("lead:aid", "lead:aid OR"))
    assert pipeline.matched("aid") == []
    assert pipeline.told == ["rules.yaml:3:32: rule aid: something is missing after OR"]


def test_an_added_rule_leaves_at_the_end_of_its_last_day(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pipeline = Pipeline(tmp_path, monkeypatch)
    pipeline.add("war", "war", expires=NOON.date())
    assert pipeline.matched("war") == ["war"]
    pipeline.clock.moment = NOON + timedelta(hours=12)
    assert pipeline.matched("war") == []


def test_a_rule_that_fails_is_out_over_a_restart_until_it_is_enabled(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pipeline = Pipeline(tmp_path, monkeypatch)
    ranges = View.ranges
    with monkeypatch.context() as patch:
        patch.setattr(View, "ranges", lambda view, field: 1 // 0 if field == "lead" else ranges(view, field))
        assert pipeline.matched("aid") == []
    assert pipeline.told[0].startswith("rule aid: is out since 2026-06-15 12:00, when it failed on a story: Zero")
    assert pipeline.matched("aid") == []  # and written down now
    again = Pipeline(tmp_path, monkeypatch)
    assert again.matched("aid") == []
    assert again.told == pipeline.told
    book = wiring.rules_in_force(again.settings, wiring.dictionary(again.settings), again.refuse)
    assert book.state("aid") is State.FAILED
    log = wiring.rule_log(again.settings)
    with log.edit() as put:
        put([("!aid", None)])
    log.close()
    assert again.matched("aid") == ["aid"]
