"""Dictionary folders on disk: a desk's own beside the shipped ones, and the cache that is never stale."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from pipeline.adapters import dictionaries
from pipeline.core.errors import ConfigError
from pipeline.core.story import Story
from pipeline.core.tag import Tagger

REGIONS = "# table: regions\ncode\tname\nFR\tFrance\nDE\tGermany\n"
ALIASES = "# table: aliases\nalias\tuse\tregion\nFrance\tname\tFR\nGermany\tname\tDE\n"
WATCHED = "# table: actors\nid\tname\tkind\tcountry\tsector\taliases\nacme\tAcme Tools\tcompany\tDE\tBUS\t=ACME\n"


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "wirewatch"


@pytest.fixture
def shipped(tmp_path: Path) -> Path:
    folder = tmp_path / "shipped"
    folder.mkdir()
    (folder / "zz-regions.tsv").write_text(REGIONS, encoding="utf-8")
    (folder / "aliases.tsv").write_text(ALIASES, encoding="utf-8")
    return folder


@pytest.fixture
def own(tmp_path: Path) -> Path:
    folder = tmp_path / "own"
    folder.mkdir()
    return folder


def codes(folders: list[Path], text: str) -> set[str]:
    tags = Tagger(dictionaries.load(folders)).tag(
        Story(uri="u", provider="p", source_format="t", body=text, language="en")
    )
    return {region.code for region in tags.regions} | {actor.id for actor in tags.actors if actor.kind != "state"}


def test_regions_are_read_first_whatever_their_file_is_called(shipped: Path) -> None:
    assert codes([shipped], "France won.") == {"FR"}


def test_a_desk_adds_its_own_actors(shipped: Path, own: Path) -> None:
    (own / "watch.tsv").write_text(WATCHED, encoding="utf-8")
    assert codes([shipped, own], "Acme Tools and ACME met in France.") == {"FR", "acme"}


def test_a_desk_overrides_an_alias(shipped: Path, own: Path) -> None:
    (own / "ours.tsv").write_text("# table: aliases\nalias\tuse\nFrance\tnull\n", encoding="utf-8")
    assert codes([shipped, own], "France beat Germany.") == {"DE"}


def test_every_fault_is_reported_with_file_and_line(shipped: Path, own: Path) -> None:
    (own / "a.tsv").write_text("# table: aliases\nalias\tuse\tregion\nGaul\tname\tXX\n", encoding="utf-8")
    (own / "b.tsv").write_bytes(b"# table: aliases\nalias\tuse\nG\xff\tnull\n")
    with pytest.raises(ConfigError) as error:
        dictionaries.load([shipped, own])
    assert str(error.value) == (
        f"{own / 'b.tsv'}: is not UTF-8 at byte 28 (save the file as UTF-8)\n"
        f"{own / 'a.tsv'}:3: unknown region 'XX' (a code of the table regions, read before all others)"
    )


def test_a_missing_folder_is_named(shipped: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="nowhere: is not a folder"):
        dictionaries.load([shipped, tmp_path / "nowhere"])


def test_the_second_load_comes_from_the_cache_and_is_the_same(shipped: Path, cache: Path) -> None:
    first = dictionaries.load([shipped])
    (stored,) = cache.glob("*.msgpack")
    before = stored.stat().st_mtime_ns
    assert dictionaries.load([shipped]) == first
    assert stored.stat().st_mtime_ns == before


def test_a_changed_byte_is_seen_at_once_even_with_the_same_size_and_time(shipped: Path) -> None:
    file = shipped / "aliases.tsv"
    stat = file.stat()
    assert codes([shipped], "France won.") == {"FR"}
    file.write_text(ALIASES.replace("\tFR", "\tDE"), encoding="utf-8")
    os.utime(file, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    assert codes([shipped], "France won.") == {"DE"}


def test_a_broken_cache_is_written_anew(shipped: Path, cache: Path) -> None:
    first = dictionaries.load([shipped])
    (stored,) = cache.glob("*.msgpack")
    stored.write_bytes(b"not a dictionary")
    assert dictionaries.load([shipped]) == first
    assert stored.read_bytes() != b"not a dictionary"


def test_a_cache_that_cannot_be_written_costs_nothing(
    shipped: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    assert codes([shipped], "France won.") == {"FR"}


def test_old_caches_are_dropped(shipped: Path, cache: Path) -> None:
    for number in range(7):
        (shipped / "aliases.tsv").write_text(ALIASES + "\n" * number, encoding="utf-8")
        dictionaries.load([shipped])
    assert len(list(cache.glob("*.msgpack"))) == 4
