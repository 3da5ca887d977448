"""Source files: read with every problem, added to without harm."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.adapters import sourcefiles
from pipeline.config import Source
from pipeline.core.errors import UnreachableError

TEXT = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=40).filter(lambda t: "${" not in t)


def test_a_folder_is_read_whole_and_its_files_place_their_folders(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("sources:\n  - {folder: in, provider: a}\n")
    (tmp_path / "b.yml").write_text("sources: [{feed: 'https://b.example/'}]\n")
    (tmp_path / "c.txt").write_text("nothing of ours")
    entries, problems = sourcefiles.load([tmp_path, tmp_path / "none"])
    assert problems == []
    assert [entry.folder or entry.feed for entry in entries] == [str(tmp_path / "in"), "https://b.example/"]


def test_a_file_that_is_named_and_not_there_is_a_problem(tmp_path: Path) -> None:
    _entries, (problem,) = sourcefiles.load([tmp_path / "none.yaml"])
    assert str(problem) == f"{tmp_path / 'none.yaml'}: cannot be read: No such file or directory"


def test_a_password_comes_from_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "a.yaml"
    file.write_text("sources:\n  - mail: imaps://me@h.example/INBOX\n    password: ${MAIL_PASSWORD}\n")
    _entries, (missing, _no_password) = sourcefiles.load([file])
    assert str(missing).startswith(f"{file}:3: the environment has no MAIL_PASSWORD")
    monkeypatch.setenv("MAIL_PASSWORD", "s3cret")
    ((entry,), problems) = sourcefiles.load([file])
    assert (entry.password, problems) == ("s3cret", [])


@given(st.lists(st.tuples(TEXT, TEXT, st.floats(1, 1e6), st.booleans()), min_size=1, max_size=4))
@settings(max_examples=60, deadline=None)
def test_what_is_added_is_what_is_read(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, str, float, bool]]
) -> None:
    file = tmp_path_factory.mktemp("sources") / "own.yaml"
    file.write_text("# mine\nsources: []\n")
    entries = [
        Source(feed=f"https://{path}", name=name, every=every, enabled=enabled) for path, name, every, enabled in rows
    ]
    for entry in entries:
        sourcefiles.add(file, [entry])
    assert sourcefiles.load([file]) == (entries, [])
    assert file.read_text().startswith("# mine\n")


def test_a_file_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "plain").write_text("")
    with pytest.raises(UnreachableError, match="cannot be written"):
        sourcefiles.add(tmp_path / "plain" / "own.yaml", [Source(feed="https://a.example/")])
