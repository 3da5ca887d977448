"""``wirewatch sources``: which there are and how they fare, what one would bring, and more of them."""

from __future__ import annotations

import argparse
import asyncio
import base64
import secrets
import sys
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from time import perf_counter

import msgspec

from pipeline import config, wiring
from pipeline.adapters import feeds, opml, sourcefiles
from pipeline.adapters.mailbox import Mailbox
from pipeline.adapters.sqlite.sources import SourceState
from pipeline.cli import source_report
from pipeline.cli.render import BOLD, DIM, GREEN, RED, YELLOW, Style
from pipeline.config import Config, Source
from pipeline.core.errors import ConfigError, InputError, Problem
from pipeline.core.flow import work
from pipeline.core.polling import Health, State
from pipeline.core.webhooks import PREFIX
from pipeline.runners.clock import Clock
from pipeline.runners.health import HealthBook

_COLOURS = {State.OK: GREEN, State.FAILING: RED, State.QUIET: YELLOW, State.UNVERIFIED: DIM}


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the subcommands."""
    commands = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    for name, help_ in (
        ("list", "the sources and how each of them fares"),
        ("test", "fetch a feed once: what comes, three stories with their tags, the rules that they hit"),
        ("add", "one more feed or folder"),
        ("import", "the feeds of an OPML list, as other readers export it"),
        ("secret", "a new secret for a sender of pushed stories"),
    ):
        sub = commands.add_parser(name, help=help_, description=help_[0].upper() + help_[1:] + ".")
        sub.add_argument("--config", metavar="F", help="configuration (config/wirewatch.yaml)")
        if name in ("list", "test"):
            sub.add_argument("--json", action="store_true", help="JSON instead of a table")
        if name in ("test", "add"):
            what = "URL" if name == "test" else "SOURCE"
            sub.add_argument(
                "source", metavar=what, help="its URL, the name of a listed one" + ", a folder" * (name == "add")
            )
            sub.add_argument("--provider", help="the provider of stories that do not name theirs (the host)")
        if name == "add":
            sub.add_argument("--name", help="what people call it")
            sub.add_argument("--every", type=float, metavar="S", help="seconds between two looks (300)")
        if name == "import":
            sub.add_argument("file", metavar="FILE", help="the OPML file")
            sub.add_argument("--disabled", action="store_true", help="list them, do not poll them")
        if name in ("add", "import"):
            sub.add_argument("--into", metavar="F", help="the file that is added to (own.yaml among the source files)")


def run(options: argparse.Namespace) -> int:
    """Do what is asked; 4 for a feed that cannot be fetched, 1 for what is no feed or no list."""
    actions: dict[str, Callable[[argparse.Namespace, Config], int]] = {
        "list": _list,
        "test": _test,
        "add": _add,
        "import": _import,
        "secret": _secret,
    }
    return actions[options.action](options, config.load(options.config))


def name_of(entry: Source) -> str:
    """Return the name under which the health of a source is kept."""
    if entry.feed is not None:
        return feeds.shown(entry.feed)
    return Mailbox(entry.mail, "").name if entry.mail else str(entry.folder)


def _list(options: argparse.Namespace, settings: Config) -> int:
    entries = wiring.source_entries(settings)
    enabled = {name_of(entry) for entry in entries if entry.enabled}
    entries = [entry for entry in entries if entry.enabled or name_of(entry) not in enabled]
    health: dict[str, Health] = {}
    path = settings.path(settings.source_state)
    if path.exists():
        with SourceState(path) as state:
            health = state.health()
    now = Clock().now()
    for entry in entries:
        known = health.get(name_of(entry), Health())
        state_ = None if entry.folder else known.state(now)
        if options.json:
            row = {
                "source": name_of(entry),
                "name": entry.name,
                "provider": entry.provider,
                "enabled": entry.enabled,
                "state": state_,
                **msgspec.to_builtins({name: getattr(known, name) for name in _TOLD}),
            }
            sys.stdout.buffer.write(msgspec.json.encode(row) + b"\n")
        else:
            print(_row(entry, known, state_))
    if not entries and not options.json:
        print("wirewatch: no sources; `wirewatch sources add URL` adds one", file=sys.stderr)
    return 0


_TOLD = ("checked", "succeeded", "changed", "failures", "reason", "moved")


def _row(entry: Source, known: Health, state: State | None) -> str:
    style = Style()
    label = state.value if state else "folder"
    colours = (_COLOURS[state],) if state else ()
    told = [
        "" if entry.enabled else "disabled",
        f"every {entry.every:g} s" if not entry.folder and entry.enabled else "",
        f"fetched {_time(known.succeeded)}" if known.succeeded else "",
        f"changed {_time(known.changed)}" if known.changed else "",
        f"{known.failures} failures: {known.reason}" if known.failures else "",
        f"has moved to {known.moved}" if known.moved else "",
    ]
    head = f"{style(f'{label:<10}', *colours)}  {style(entry.name or entry.provider or '', BOLD):<20}  {name_of(entry)}"
    about = " · ".join(part for part in told if part)
    return head + (f"\n{'':12}{style(about, DIM)}" if about else "")


def _time(moment: datetime | None) -> str:
    return f"{moment:%Y-%m-%d %H:%M}" if moment else ""


def _test(options: argparse.Namespace, settings: Config) -> int:
    entry = _known(settings, options.source) or Source(feed=_feed_url(options.source))
    url = entry.feed or ""
    problems: list[Problem] = []
    desk, rules = wiring.desk(settings, "sources", Clock().now, problems.append)
    wiring.take_changes(settings, rules)
    book = HealthBook(
        lambda origin, reason: print(f"{origin}: {reason}", file=sys.stderr), settings.path(settings.source_state)
    )
    began = perf_counter()
    try:
        fetched = asyncio.run(source_report.fetch(settings, url, options.provider or entry.provider))
    except feeds.FetchError as error:
        book.failed(feeds.shown(url), error.reason)
        book.write()
        return error.exit_status
    seconds = perf_counter() - began
    if fetched.payload is None:  # no validators were sent
        raise InputError(f"{feeds.shown(url)}: the server answers {fetched.status} to a plain request")
    outcome = work(desk, fetched.payload)
    if outcome.stories or outcome.held:
        book.fetched(feeds.shown(url), changed=True, moved=fetched.moved)
    for letter in outcome.dead:
        book.failed(feeds.shown(url), letter.reason)
    book.write()
    for problem in problems:
        print(problem, file=sys.stderr)
    if options.json:
        sys.stdout.buffer.write(msgspec.json.encode(source_report.as_json(fetched, outcome, seconds)) + b"\n")
    else:
        print("\n".join(source_report.report(fetched, outcome, seconds)))
    return 1 if outcome.dead else 0


def _add(options: argparse.Namespace, settings: Config) -> int:
    entries = wiring.source_entries(settings)
    entry = _known(settings, options.source) or _new(options.source)
    if any(other.enabled and name_of(other) == name_of(entry) for other in entries):
        raise InputError(f"{name_of(entry)} is a source already")
    given = {"name": options.name, "provider": options.provider, "every": options.every}
    changes = {name: value for name, value in given.items() if value is not None}
    entry = msgspec.structs.replace(entry, enabled=True, **changes)
    file = _file(options, settings)
    sourcefiles.add(file, [entry])
    print(f"{name_of(entry)}: added to {file}")
    return 0


def _import(options: argparse.Namespace, settings: Config) -> int:
    try:
        data = Path(options.file).read_bytes()
    except OSError as error:
        raise InputError(f"{options.file}: cannot be read: {error.strerror or error}") from None
    try:
        listed, refused = opml.read(data)
    except InputError as error:
        raise InputError(f"{options.file}: {error.reason}") from None
    known = {name_of(entry) for entry in wiring.source_entries(settings) if entry.enabled or options.disabled}
    fresh = [
        Source(feed=url, name=title, enabled=not options.disabled)
        for url, title in listed
        if feeds.shown(url) not in known
    ]
    file = _file(options, settings)
    if fresh:
        sourcefiles.add(file, fresh)
    for reason in refused:
        print(f"{options.file}: {reason}", file=sys.stderr)
    print(f"{len(fresh)} feeds added to {file}, {len(listed) - len(fresh)} were there")
    return 1 if refused else 0


def _secret(_options: argparse.Namespace, _settings: Config) -> int:
    print(PREFIX + base64.b64encode(secrets.token_bytes(32)).decode())
    return 0


def _known(settings: Config, text: str) -> Source | None:
    """Return the listed source that is called ``text``, or has it as its URL."""
    for entry in wiring.source_entries(settings):
        if entry.feed is not None and text.lower() in ((entry.name or "").lower(), entry.feed.lower()):
            return entry
    return None


def _new(text: str) -> Source:
    if Path(text).is_dir():
        return Source(folder=str(Path(text).absolute()))
    if text.startswith(("imap://", "imaps://")):
        raise InputError(f"{text}: a mailbox needs a password: write it into a source file by hand (docs/sources.md)")
    return Source(feed=_feed_url(text))


def _feed_url(text: str) -> str:
    if not text.startswith(("http://", "https://")):
        raise InputError(f"{text}: neither a URL nor a listed name nor a folder; `wirewatch sources list` lists them")
    return text


def _file(options: argparse.Namespace, settings: Config) -> Path:
    if options.into:
        return Path(options.into)
    for name in settings.source_files:
        path = settings.path(name)
        return path if path.suffix in sourcefiles.SUFFIXES else path / "own.yaml"
    where = options.config or "config/wirewatch.yaml"
    raise ConfigError([Problem(where, "source_files names no file to add to", hint="write source_files: [sources/]")])
