"""``wirewatch dead``: payloads that could not be processed: look at them, try them again, let them go."""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

import msgspec

from pipeline import config, wiring
from pipeline.adapters.sqlite import SqliteArchive, SqliteStore
from pipeline.cli.run import Notices
from pipeline.config import Config
from pipeline.core.errors import InputError
from pipeline.core.flow import RELEASE
from pipeline.core.formats.key import cheap_key
from pipeline.core.payload import DeadLetter, Payload
from pipeline.core.story import Story, encode
from pipeline.runners.clock import Clock
from pipeline.runners.embedded import Put

SHOWN = 2_000
"""Characters of a payload that ``show`` prints; ``--payload`` writes all of it."""


class DeadLetters(Protocol):
    """The letters of one mode."""

    def all(self) -> list[DeadLetter]:
        """Return the letters, oldest first."""
        ...

    def retry(self, letters: Sequence[DeadLetter]) -> None:
        """Send payloads through the step that failed."""
        ...

    def drop(self, letters: Sequence[DeadLetter]) -> None:
        """Let letters go for good."""
        ...

    def close(self) -> None:
        """Let go of the store."""
        ...


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what to do with which letters."""
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    listing = actions.add_parser("list", help="one line for each letter, oldest first")
    listing.add_argument("--step", help="only those that failed at this step")
    listing.add_argument("--json", action="store_true", help="whole letters, one JSON object a line")
    showing = actions.add_parser("show", help="one letter, with its payload")
    showing.add_argument("id", help="its id, or the beginning of it")
    showing.add_argument("--payload", action="store_true", help="the payload alone, byte for byte")
    for name, help_ in (
        ("retry", "send payloads to the step that failed, once more; one that fails again is a letter again"),
        ("drop", "let letters go for good"),
    ):
        action = actions.add_parser(name, help=help_)
        action.add_argument("ids", nargs="*", metavar="ID", help="ids, or beginnings of ids")
        action.add_argument("--all", action="store_true", help="every letter")
        action.add_argument("--step", help="those that failed at this step")
    for action in actions.choices.values():
        action.add_argument("--config", metavar="F", help="configuration (config/wirewatch.yaml)")


def run(options: argparse.Namespace) -> int:
    """Do it; raises InputError where an id is not that of one letter."""
    letters = MODES[(settings := config.load(options.config)).mode](settings)
    try:
        return {"list": _list, "show": _show, "retry": _retry, "drop": _drop}[options.action](options, letters)
    finally:
        letters.close()


def _list(options: argparse.Namespace, letters: DeadLetters) -> int:
    for letter in letters.all():
        if options.step in (None, letter.step):
            reason = " ".join(letter.reason.split())
            when = f"{letter.time:%Y-%m-%d %H:%M}" if letter.time else "no date         "
            line = f"{letter.id[:12]}  {when}  {letter.step:<6} {letter.attempts:>2}×  {letter.origin}: {reason}"
            print(encode(letter).decode() if options.json else line)
    return 0


def _show(options: argparse.Namespace, letters: DeadLetters) -> int:
    [letter] = _chosen(letters.all(), [options.id])
    if options.payload:
        sys.stdout.buffer.write(letter.payload)
        return 0
    kept = len(letter.payload) if letter.size is None else f"{len(letter.payload)} of {letter.size}"
    for name, value in (
        ("id", letter.id),
        ("step", letter.step),
        ("reason", letter.reason),
        ("time", letter.time),
        ("received", letter.received),
        ("attempts", letter.attempts),
        ("origin", letter.origin),
        ("provider", letter.provider),
        ("content type", letter.content_type),
        ("headers", ", ".join(f"{name}={value}" for name, value in (letter.headers or {}).items()) or None),
        ("payload", f"{kept} bytes"),
    ):
        print(f"{name + ':':<14}{'-' if value is None else value}")
    if letter.traceback:
        print(f"\n{letter.traceback.rstrip()}")
    text = letter.payload.decode("utf-8", "backslashreplace")
    print(f"\n{text[:SHOWN]}" + ("\n… (the rest: --payload)" if len(text) > SHOWN else ""))
    return 0


def _retry(options: argparse.Namespace, letters: DeadLetters) -> int:
    chosen = _wanted(options, letters)
    whole = [letter for letter in chosen if letter.size is None]
    for letter in chosen:
        if letter.size is not None:
            print(f"{letter.id}: only a part of the payload was kept; it came from {letter.origin}", file=sys.stderr)
    letters.retry(whole)
    print(f"{len(whole)} sent once more", file=sys.stderr)
    return int(len(whole) < len(chosen))


def _drop(options: argparse.Namespace, letters: DeadLetters) -> int:
    chosen = _wanted(options, letters)
    letters.drop(chosen)
    print(f"{len(chosen)} dropped", file=sys.stderr)
    return 0


def _wanted(options: argparse.Namespace, letters: DeadLetters) -> list[DeadLetter]:
    """Return the letters named by ids, by their step, or all."""
    there = letters.all()
    if options.ids:
        return _chosen(there, options.ids)
    if options.step is None and not options.all:
        raise InputError("which letters? name ids, a --step, or --all")
    return [letter for letter in there if options.step in (None, letter.step)]


def _chosen(letters: Iterable[DeadLetter], beginnings: Sequence[str]) -> list[DeadLetter]:
    there = list(letters)
    chosen = {}
    for beginning in beginnings:
        found = [letter for letter in there if letter.id.startswith(beginning)]
        if len(found) != 1:
            reason = "no dead letter has this id" if not found else f"{len(found)} dead letters have ids that begin so"
            raise InputError(f"{beginning}: {reason}")
        chosen[found[0].id] = found[0]
    return list(chosen.values())


class _Embedded:
    """The letters of the database; a retry is a short run of the pipeline, which prints the alerts of it."""

    def __init__(self, settings: Config) -> None:
        self.settings = settings
        self.archive = SqliteArchive(settings.path(settings.database))

    def all(self) -> list[DeadLetter]:
        return self.archive.dead()

    def retry(self, letters: Sequence[DeadLetter]) -> None:
        failed: set[str] = set()
        pipeline = wiring.embedded(
            self.settings,
            Clock(),
            announce=Notices("text").alerts,
            refused=lambda letter: failed.add(letter.id),
            refuse_rule=lambda problem: print(problem, file=sys.stderr),
        )
        held = [letter for letter in letters if letter.step == RELEASE]
        with pipeline.store.transaction():
            for letter in held:
                pipeline.store.hold(msgspec.json.decode(letter.payload, type=Story))
        asyncio.run(pipeline.run([_Again([letter for letter in letters if letter.step != RELEASE])]))
        pipeline.store.close()
        self.drop([letter for letter in letters if letter.id not in failed])

    def drop(self, letters: Sequence[DeadLetter]) -> None:
        store = SqliteStore(self.settings.path(self.settings.database))
        for letter in letters:
            store.unbury(letter.id)
        store.close()

    def close(self) -> None:
        self.archive.close()


class _Again:
    """A source of the payloads of dead letters."""

    def __init__(self, letters: Sequence[DeadLetter]) -> None:
        self.letters = letters

    async def run(self, put: Put, _marks: Mapping[str, str]) -> None:
        """Put each payload as it first came."""
        for letter in self.letters:
            await put(
                Payload(
                    data=letter.payload,
                    origin=letter.origin,
                    received=letter.received,
                    provider=letter.provider,
                    content_type=letter.content_type,
                )
            )


def _distributed(settings: Config) -> DeadLetters:
    from pipeline.adapters.kafka.dead import KafkaDeadLetters

    return KafkaDeadLetters(settings.kafka, cheap_key)


MODES = {"embedded": _Embedded, "distributed": _distributed}
