"""``wirewatch search``: the query language over what is stored, decided by the matcher itself."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from itertools import islice

from pipeline import config, wiring
from pipeline.cli.render import Style, story_line
from pipeline.cli.times import age
from pipeline.core.archive import Archive
from pipeline.core.cluster import Gathered, gathered
from pipeline.core.story import MATCHED, Story, story_json

FOUND = (*MATCHED, "cluster")
"""The fields of a story that is found; copies of one text have their cluster in common."""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the query and its bounds."""
    parser.add_argument(
        "query", nargs="?", metavar="QUERY", help='the language of the rules: `"mutual aid" AND region:KP`'
    )
    parser.add_argument(
        "--since", type=age, metavar="AGE", help="only stories of the last 90m, 12h, 7d, 4w or since a date"
    )
    parser.add_argument("--region", metavar="X", help="only stories with this country or group: KP, EU, Middle East")
    parser.add_argument("--actor", metavar="X", help="only stories with this actor: a QID or a name")
    parser.add_argument(
        "--killed", action="store_true", help="for audits: only what was withdrawn, with the text that it last had"
    )
    parser.add_argument("--limit", type=int, default=20, metavar="N", help="how many at most (20); 0 for all")
    parser.add_argument("--json", action="store_true", help="whole stories, one JSON object a line")
    parser.add_argument("--config", metavar="F", help="configuration (config/wirewatch.yaml)")


def run(options: argparse.Namespace) -> int:
    """Print the stories, newest first, of copies of one text only one (--json: all); return 0, found or not."""
    settings = config.load(options.config)
    query = wiring.query(settings, " AND ".join(_parts(options)))
    since = options.since(datetime.now(UTC)) if options.since else None
    archive = wiring.archive(settings)
    try:
        stored = archive.killed(since) if options.killed else archive.stories(query.need(), since)
        found = (story for story in stored if query.matches(story) is not None)
        told = tellings(found, archive) if not options.json else ((story, None) for story in found)
        empty = True
        for story, known in islice(told, options.limit or None):
            empty = False
            if options.json:
                sys.stdout.buffer.write(story_json(story, FOUND) + b"\n")
            else:
                print(story_line(story, Style(), known))
    finally:
        archive.close()
    if empty and not options.json:
        print("wirewatch: no story matches", file=sys.stderr)
    return 0


def tellings(found: Iterable[Story], archive: Archive) -> Iterator[tuple[Story, Gathered | None]]:
    """Yield the first found story of each cluster, with what is known of its copies."""
    seen: set[str] = set()
    for story in found:
        if (cluster := story.cluster or story.id) not in seen:
            seen.add(cluster)
            yield story, gathered(archive.copies(cluster))


def _parts(options: argparse.Namespace) -> list[str]:
    parts = [f"({options.query})"] if options.query else []
    parts += [f'{field}:"{value}"' for field, value in (("region", options.region), ("actor", options.actor)) if value]
    return parts
