"""Parsing: stories a second on one core, by format, and the whole command over a file of many stories.

The documents are those of the tests with a text of 2 KB, and where they lie beside the repository the samples of the
agencies' own dialects. The peer is the bare decoding of the same bytes: what no parser can undercut.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from time import process_time

from lxml import etree

from pipeline.core.formats import parse
from pipeline.core.payload import Payload
from tests.bench import Figure
from tests.core.formats import samples

GOALS = {"ninjs": 10_000, "newsml-g2": 2_000}
ROUNDS, SECONDS = 5, 0.4
LINES = 20_000
WIRE = Path(__file__).parents[3] / "shared" / "data" / "wire" / "files"
DIALECTS = {
    "ninjs": ("ninjs1/*MediumText1.json", "ninjs2/*ntb_text.json", "ninjs2/*dpa_text.json"),
    "newsml-g2": ("newsml-g2/*ap.xml", "newsml-g2/*reuters*", "newsml-g2/dpa*"),
    "nitf": ("nitf/*pa5.xml",),
    "newsml-1.2": ("newsml-1.2/*afp20.xml",),
    "iptc7901": ("iptc7901/*IPTC7901.txt",),
    "anpa1312": ("anpa1312/*anpa-1.tst",),
    "rss": ("rss2/*spiegel.xml",),
}
PARAGRAPH = (
    "The harbour authority of Bergen said on Monday that the ferries would run again after a week of storms. " * 2
)


def run() -> Iterator[Figure]:
    """Yield stories a second for each document, then for the command."""
    for name, data in _documents():
        yield _rate(name, data)
    yield _command()


def _documents() -> Iterator[tuple[str, bytes]]:
    paragraphs = "".join(f"<p>{PARAGRAPH}</p>" for _ in range(10))
    item = {**samples.NINJS, "body_xhtml": paragraphs}
    html = f'<html xmlns="http://www.w3.org/1999/xhtml"><body>{paragraphs}</body></html>'
    yield "ninjs, 2 KB of text", json.dumps(item).encode()
    yield "newsml-g2, 2 KB of text", samples.newsml_g2(content=f"<inlineXML>{html}</inlineXML>").encode()
    for name, patterns in DIALECTS.items():
        for path in (path for pattern in patterns for path in sorted(WIRE.glob(pattern))):
            yield f"{name}, {path.name.split('__')[-1][:24]}, {path.stat().st_size / 1000:.1f} KB", path.read_bytes()


def _rate(name: str, data: bytes) -> Figure:
    payload = Payload(data=data, origin="bench")
    stories = len(parse(payload).stories)
    rate = stories / _each(lambda: parse(payload))
    decode: Callable[[bytes], object] = json.loads if name.startswith("ninjs") else etree.fromstring
    peer = ""
    if data.lstrip()[:1] in b"{<":
        peer = f"decoding alone {stories / _each(lambda: decode(data)):,.0f}"
    goal = GOALS.get(name.split(",", 1)[0])
    return Figure(
        name=name,
        value=rate,
        unit="stories/s",
        goal=f"at least {goal:,}" if goal else "",
        peer=peer,
        met=rate >= goal if goal else None,
    )


def _each(work: Callable[[], object]) -> float:
    """Return the seconds of processor time that one call takes, the best of five rounds."""
    rounds = []
    for _ in range(ROUNDS):
        began, calls = process_time(), 0
        while process_time() - began < SECONDS / ROUNDS:
            work()
            calls += 1
        rounds.append((process_time() - began) / calls)
    return min(rounds)


def _command() -> Figure:
    """Return what ``wirewatch parse`` makes of a file of ninjs, its start and its printing included."""
    line = json.dumps({**samples.NINJS, "body_xhtml": "".join(f"<p>{PARAGRAPH}</p>" for _ in range(10))}) + "\n"
    with TemporaryDirectory() as folder:
        path = Path(folder) / "wire.jsonl"
        path.write_text(line * LINES, encoding="utf-8")
        process = subprocess.Popen([sys.executable, "-m", "pipeline", "parse", path], stdout=subprocess.DEVNULL)
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"wirewatch parse ended with {process.returncode}")
    spent = used.ru_utime + used.ru_stime
    return Figure(name=f"wirewatch parse, {LINES:,} ninjs in one file", value=LINES / spent, unit="stories/s")
