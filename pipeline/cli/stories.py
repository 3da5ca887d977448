"""``wirewatch parse | tag | match``: stories in, one JSON object a line out, each command with more of the steps."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path
from time import perf_counter

import msgspec

from pipeline.adapters import files
from pipeline.core import formats
from pipeline.core.errors import ConfigError, InputError
from pipeline.core.flow import telling
from pipeline.core.story import MATCHED, PARSED, TAGGED, Story, story_json


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the three commands share, and the rules of ``match``."""
    command = parser.prog.rsplit(" ", 1)[-1]
    parser.add_argument(
        "files", nargs="+", metavar="FILE", help="any accepted format; .jsonl, .gz; - is standard input"
    )
    parser.add_argument("--format", help="the format of the files, where their content does not tell")
    parser.add_argument("--provider", help="the provider of stories that do not name theirs")
    if command != "parse":
        parser.add_argument("--config", metavar="F", help="configuration (config/wirewatch.yaml)")
    if command == "match":
        parser.add_argument("--rules", metavar="PATH", action="append", help="rule file or folder (the rules in force)")
        parser.add_argument("--strict", action="store_true", help="match nothing where a rule has a problem")
        parser.add_argument("--stats", metavar="F", help="write counts and seconds as JSON")


def run(options: argparse.Namespace) -> int:
    """Print the stories; return 1 when any input was refused."""
    return {"parse": _parse, "tag": _tag, "match": _match}[options.command](options)


def _parse(options: argparse.Namespace) -> int:
    reader = _Reader(options)
    for story in reader:
        reader.print(story, PARSED)
    return reader.status


def _tag(options: argparse.Namespace) -> int:
    from pipeline import config, wiring

    settings = config.load(options.config)
    tagger = wiring.tagger(settings, wiring.dictionary(settings))
    reader = _Reader(options)
    for story in reader:
        tags = tagger.tag(story)
        version = tagger.version
        reader.print(
            msgspec.structs.replace(story, regions=tags.regions, actors=tags.actors, dictionary_version=version), TAGGED
        )
    return reader.status


def _match(options: argparse.Namespace) -> int:
    from pipeline import config, wiring

    settings = config.load(options.config)
    names = wiring.dictionary(settings)
    tagger = wiring.tagger(settings, names)
    began = perf_counter()
    rules, problems = wiring.rules(settings, names, options.rules)
    loaded = perf_counter() - began
    if problems and options.strict:
        raise ConfigError(problems)
    for problem in problems:
        print(problem, file=sys.stderr)
    reader = _Reader(options)
    stories, seconds = 0, 0.0
    for story in reader:
        tags = tagger.tag(story)
        tagged = msgspec.structs.replace(
            story, regions=tags.regions, actors=tags.actors, dictionary_version=tagger.version
        )
        began = perf_counter()
        result = rules.match(tagged)
        seconds += perf_counter() - began
        stories += 1
        for rule, reason in result.errors:
            print(f"wirewatch: rule {rule} failed on {story.uri}: {reason}", file=sys.stderr)
        reader.print(msgspec.structs.replace(tagged, matches=result.matches), MATCHED)
    if options.stats:
        stats = {"rules": len(rules), "stories": stories, "load_s": round(loaded, 6), "match_s": round(seconds, 6)}
        Path(options.stats).write_bytes(msgspec.json.encode(stats) + b"\n")
    return 3 if problems else reader.status


class _Reader:
    """Iterates over the stories of the files, reports what is refused, and remembers that something was."""

    def __init__(self, options: argparse.Namespace) -> None:
        self.options = options
        self.status = 0

    def __iter__(self) -> Iterator[Story]:
        for payload in files.payloads(self.options.files, self.refuse, self.options.provider):
            try:
                if self.options.format:
                    parsed = formats.parse_as(self.options.format, payload)
                else:
                    parsed = formats.parse(payload)
            except InputError as error:
                self.refuse(payload.origin, error.reason)
                continue
            if payload.line or self.options.command != "parse":
                parsed = telling(parsed)
            for reason in parsed.refused:
                self.refuse(payload.origin, reason)
            yield from parsed.stories

    def refuse(self, origin: str, reason: str) -> None:
        self.status = 1
        sys.stdout.flush()
        print(f"{origin}: {' '.join(reason.split())}", file=sys.stderr)

    def print(self, story: Story, fields: tuple[str, ...]) -> None:
        sys.stdout.buffer.write(story_json(story, fields) + b"\n")
