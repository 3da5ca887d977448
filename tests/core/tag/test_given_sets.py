"""The figures on the given sets, read from ``../shared`` and never kept: none may fall by more than half a point."""

from __future__ import annotations

import gzip
import importlib.util
import json
import os
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest

from pipeline.core.story import Story
from pipeline.core.tag import Tagger

SETS = Path(__file__).parents[4] / "shared" / "data" / "tagging"
SLACK = 0.005
EVERY = {"reuters_train": 8}
"""Of the largest set every eighth story: the figures are those of this part."""
FIGURES = {
    "reuters_train": {
        "focus.F1": 0.876,
        "focus_non_us.F1": 0.8077,
        "focus_top1.accuracy": 0.9811,
        "people.F1": 0.8188,
        "orgs.F1": 0.8731,
    },
    "tr_news": {"mentions.R": 0.9771, "mentions.P": 0.8912},
    "lgl": {"mentions.R": 0.926, "mentions.P": 0.833},
    "gum_news": {"mentions.F1": 0.8899, "people.F1": 0.5288, "orgs.F1": 0.6079},
}


@pytest.mark.parametrize("name", FIGURES)
def test_no_figure_has_fallen(tagger: Tagger, name: str, tmp_path: Path) -> None:
    if not SETS.is_dir():
        if os.environ.get("CI") == "true":
            pytest.fail(f"the tagging sets are not at {SETS}")
        pytest.skip("the tagging sets are not at ../shared/data/tagging")
    step = EVERY.get(name, 1)
    gold = [line for index, line in enumerate(_lines(SETS / name / "gold.jsonl.gz")) if index % step == 0]
    told = [line for index, line in enumerate(_lines(SETS / name / "stories.jsonl.gz")) if index % step == 0]
    (tmp_path / "gold.jsonl").write_text("\n".join(gold), encoding="utf-8")
    (tmp_path / "tags.jsonl").write_text("\n".join(_tagged(tagger, line) for line in told), encoding="utf-8")
    found, notes = _scorer().evaluate(str(tmp_path / "gold.jsonl"), str(tmp_path / "tags.jsonl"))
    assert not any(notes.values())
    figures = {path: found[path.partition(".")[0]][path.partition(".")[2]] for path in FIGURES[name]}
    fallen = {path: figure for path, figure in figures.items() if figure < FIGURES[name][path] - SLACK}
    assert not fallen, f"now {figures}"


def _lines(path: Path) -> Iterator[str]:
    with gzip.open(path, "rt", encoding="utf-8") as file:
        yield from (line.strip() for line in file if line.strip())


def _tagged(tagger: Tagger, line: str) -> str:
    given = json.loads(line)
    created = given.get("versioncreated")
    tags = tagger.tag(
        Story(
            uri=given["uri"],
            provider=given.get("provider", ""),
            headline=given.get("headline"),
            body=given.get("body_text"),
            dateline=given.get("located"),
            language=given.get("language"),
            version_created=datetime.fromisoformat(created) if created else None,
            source_format="ninjs",
        )
    )
    return json.dumps({"uri": given["uri"], **msgspec.to_builtins(tags)})


def _scorer() -> Any:
    spec = importlib.util.spec_from_file_location("score", SETS / "score.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
