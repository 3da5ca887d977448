"""Files, folders and gzip as payloads: the good ones in order, the bad ones named, and no bomb read to its end."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from pipeline.adapters import files


def read(*paths: Path) -> tuple[list[tuple[str, bytes]], list[tuple[str, str]]]:
    refused: list[tuple[str, str]] = []
    found = files.payloads([str(path) for path in paths], lambda origin, reason: refused.append((origin, reason)))
    return [(payload.origin, payload.data) for payload in found], refused


def test_lines_are_payloads_with_their_numbers(tmp_path: Path) -> None:
    file = tmp_path / "a.jsonl"
    file.write_bytes(b'{"a": 1}\n\n  \nnot json\n{"b": 2}')
    found, refused = read(file)
    assert found == [(f"{file}:1", b'{"a": 1}'), (f"{file}:4", b"not json"), (f"{file}:5", b'{"b": 2}')]
    assert refused == []


def test_a_document_is_one_payload_also_packed(tmp_path: Path) -> None:
    plain, packed = tmp_path / "a.xml", tmp_path / "b.xml.gz"
    plain.write_bytes(b"<a>\n</a>")
    packed.write_bytes(gzip.compress(b"<b>\n</b>"))
    assert read(plain, packed)[0] == [(str(plain), b"<a>\n</a>"), (str(packed), b"<b>\n</b>")]


def test_bad_files_are_named_and_cost_no_good_one(tmp_path: Path) -> None:
    empty, cut, good = tmp_path / "empty.xml", tmp_path / "cut.xml.gz", tmp_path / "good.xml"
    empty.write_bytes(b" \n")
    cut.write_bytes(gzip.compress(b"<b></b>" * 100)[:-12])
    good.write_bytes(b"<good/>")
    found, refused = read(tmp_path / "none.xml", empty, cut, good)
    assert found == [(str(good), b"<good/>")]
    assert [reason.split(":")[0] for _origin, reason in refused] == [
        "cannot be read",
        "the file is empty",
        "not a whole gzip file",
    ]


def test_a_folder_is_read_in_order_without_half_written_files(tmp_path: Path) -> None:
    for name in ("b.xml", "a.xml", ".hidden.xml", "c.xml.part", "sub/d.xml"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"<x/>")
    found, _ = read(tmp_path)
    assert [Path(origin).name for origin, _data in found] == ["a.xml", "b.xml", "d.xml"]


def test_a_document_over_the_limit_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "DOCUMENT_LIMIT", 1024)
    bomb = tmp_path / "bomb.xml.gz"
    bomb.write_bytes(gzip.compress(b"<" * 100_000))
    assert read(bomb)[1] == [(str(bomb), "larger than 0 MiB")]


def test_a_line_over_the_limit_costs_no_other_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "DOCUMENT_LIMIT", 1024)
    file = tmp_path / "a.jsonl"
    file.write_bytes(b"x" * 5000 + b'\n{"b": 2}\n')
    found, refused = read(file)
    assert found == [(f"{file}:2", b'{"b": 2}')]
    assert refused == [(f"{file}:1", "the line is longer than 0 MiB")]


def test_a_gzip_bomb_of_lines_is_not_read_to_its_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "DOCUMENT_LIMIT", 1024)
    bomb = tmp_path / "bomb.jsonl.gz"
    bomb.write_bytes(gzip.compress(b'{"a": 1}\n' * 1_000_000))
    found, refused = read(bomb)
    assert len(found) < 1_000_000
    assert refused == [(str(bomb), "unpacks to more than 200 times its size; the rest is not read")]
