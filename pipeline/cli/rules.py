"""``wirewatch rules``: check, test, list, show, format, backtest and change alert rules."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec

from pipeline import config, wiring
from pipeline.adapters import rulefiles
from pipeline.cli import rule_changes
from pipeline.cli.render import BOLD, DIM, GREEN, RED, YELLOW, Style, story_line
from pipeline.cli.times import age
from pipeline.config import Config
from pipeline.core.errors import ConfigError, InputError, Problem
from pipeline.core.rules import QueryError, Rule
from pipeline.core.rules.advice import advice
from pipeline.core.rules.backtest import Backtest, backtest, backtest_need
from pipeline.core.rules.book import Entry, State
from pipeline.core.rules.changes import Origin
from pipeline.core.rules.definition import GENERAL
from pipeline.core.rules.format import format_query
from pipeline.core.rules.parser import Parser
from pipeline.core.rules.selftest import Failure, run_tests
from pipeline.core.story import Story
from pipeline.core.tag.names import DictionaryNames
from pipeline.runners.clock import Clock

BAR = 40
"""The width of the longest bar of a chart."""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the subcommands."""
    commands = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    for name, help_ in (
        ("check", "every problem of every rule file, and advice"),
        ("test", "run the tests that rules carry"),
        ("list", "the rules with owner, state, topic, severity and query"),
        ("show", "one rule: its query in plain form, its state, where it comes from"),
        ("format", "queries in their plain form"),
        ("backtest", "what a rule would have matched, by day"),
    ):
        sub = commands.add_parser(name, help=help_, description=help_[0].upper() + help_[1:] + ".")
        sub.add_argument("--config", metavar="F", help="configuration (config/wirewatch.yaml)")
        if name in ("check", "test", "list", "format"):
            usual = "those in force" if name == "list" else "as configured"
            sub.add_argument("paths", nargs="*", metavar="PATH", help=f"rule files or folders ({usual})")
        else:
            sub.add_argument("rule", metavar="RULE", help="the id of a rule")
            sub.add_argument(
                "--rules", metavar="PATH", action="append", help="rule file or folder (the rules in force)"
            )
        if name in ("list", "show", "check", "test", "backtest"):
            sub.add_argument("--json", action="store_true", help="JSON instead of a table")
        if name == "check":
            sub.add_argument("--no-advice", action="store_true", help="problems only")
        if name == "backtest":
            sub.add_argument("--query", metavar="Q", help="a query to try in place of the rule's own")
            sub.add_argument("--since", type=age, required=True, metavar="AGE", help="stories of the last 12h, 30d, 4w")
    rule_changes.arguments(commands)


def run(options: argparse.Namespace) -> int:
    """Do what is asked; return 3 for rules with problems, 1 for failing tests."""
    settings = config.load(options.config)
    if options.action in rule_changes.ACTIONS:
        return rule_changes.run(options, settings)
    if options.action in FILES:
        return FILES[options.action](options, _Files(options, settings))
    return BOOK[options.action](options, _Book(options, settings))


class _Files:
    """The definitions of the rule files that are meant."""

    def __init__(self, options: argparse.Namespace, settings: Config) -> None:
        self.settings = settings
        self.dictionary = wiring.dictionary(settings)
        self.names = DictionaryNames(self.dictionary)
        self.files = rulefiles.read(options.paths or wiring.rule_paths(settings), wiring.declared_topics(settings))
        self.parser = self.files.parser(self.names, settings.rule_limits)
        self.files.check_define(self.parser)
        self.rules = {rule.id: rule for rule in self.files.rules(self.parser)}
        self.definitions = {definition.id: definition for definition in reversed(self.files.definitions)}

    def tag(self, story: Story) -> Story:
        """Return the story with regions and actors."""
        if not hasattr(self, "_tagger"):
            self._tagger = wiring.tagger(self.settings, self.dictionary)
        tags = self._tagger.tag(story)
        return msgspec.structs.replace(story, regions=tags.regions, actors=tags.actors)


class _Book:
    """The rules of the files that are named, or else those in force."""

    def __init__(self, options: argparse.Namespace, settings: Config) -> None:
        self.settings = settings
        self.names = wiring.dictionary(settings)
        self.problems: list[Problem] = []
        given = getattr(options, "paths", None) or getattr(options, "rules", None)
        self.book = (
            wiring.rule_book(settings, self.names, Clock().now().date(), self.problems.append, given)
            if given
            else wiring.rules_in_force(settings, self.names, self.problems.append)
        )

    def get(self, id_: str) -> tuple[Entry, Rule | None]:
        """Return a rule; raises ConfigError where it is refused, InputError where there is none."""
        entry = self.book.entry(id_)
        about = [problem for problem in self.problems if f"rule {id_}:" in str(problem)]
        if entry is None:
            if about:
                raise ConfigError(about)
            raise InputError(f"no rule is called {id_!r}; `wirewatch rules list` shows all")
        if self.book.state(id_) is State.REFUSED:
            raise ConfigError(about or self.problems)
        return entry, self.book.rules.get(id_)


def _check(options: argparse.Namespace, book: _Files) -> int:
    found = [
        (definition, sentence)
        for definition in book.files.definitions
        if definition.id in book.rules and not options.no_advice
        for sentence in advice(book.rules[definition.id].node, definition.query)
    ]
    problems = sorted(book.files.problems, key=lambda problem: (problem.file, problem.line or 0))
    if options.json:
        report = {"rules": len(book.rules), "problems": problems, "advice": [[rule.id, text] for rule, text in found]}
        sys.stdout.buffer.write(msgspec.json.encode(report) + b"\n")
        return 3 if problems else 0
    style = Style(sys.stderr)
    for problem in problems:
        print(_pictured(problem, style), file=sys.stderr)
    for definition, sentence in found:
        print(f"{style('advice', YELLOW)} {definition.id}: {sentence}", file=sys.stderr)
    print(f"{_count(len(book.rules), 'rule')}, {_count(len(problems), 'problem')}")
    return 3 if problems else 0


def _pictured(problem: Problem, style: Style) -> str:
    """Return a problem with its line of the file and a caret below its place."""
    text = style(str(problem), RED)
    if problem.line is None or problem.column is None:
        return text
    try:
        line = Path(problem.file).read_text(encoding="utf-8").splitlines()[problem.line - 1]
    except (OSError, UnicodeDecodeError, IndexError):
        return text
    start = max(0, problem.column - 60)
    shown = "".join(mark if mark.isprintable() else " " for mark in line[start : start + 100])
    return f"{text}\n  {shown}\n  {' ' * (problem.column - 1 - start)}^"


def _count(number: int, what: str) -> str:
    return f"{number or 'no'} {what}{'' if number == 1 else 's'}"


def _test(options: argparse.Namespace, book: _Files) -> int:
    failures: list[Failure] = []
    for id_, rule in book.rules.items():
        failures += run_tests(book.definitions[id_], rule, book.tag)
    count = sum(len(book.definitions[id_].tests) for id_ in book.rules)
    if options.json:
        sys.stdout.buffer.write(msgspec.json.encode({"tests": count, "failures": failures}) + b"\n")
    else:
        for failure in failures:
            print(_failure(failure, Style()))
        print(f"{_count(len(book.rules), 'rule')}, {_count(count, 'test')}, {_count(len(failures), 'failure')}")
    for problem in book.files.problems:
        print(_pictured(problem, Style(sys.stderr)), file=sys.stderr)
    return 3 if book.files.problems else 1 if failures else 0


def _failure(failure: Failure, style: Style) -> str:
    got = "no match" if failure.wanted == "match" else "match"
    lines = [style(failure.rule, BOLD), f"  {failure.text}"]
    if failure.reason:
        return "\n".join([*lines, f"  {failure.reason}"])
    lines += [style(f"  - {failure.wanted}", RED), style(f"  + {got}", GREEN)]
    return "\n".join([*lines, *(style(f"      {clause}", DIM) for clause in failure.clauses)])


def _list(options: argparse.Namespace, book: _Book) -> int:
    entries = book.book.entries()
    if options.json:
        for id_, entry in entries.items():
            sys.stdout.buffer.write(msgspec.json.encode(_described(book, id_, entry)) + b"\n")
    else:
        width = max(map(len, entries), default=0)
        for id_, entry in entries.items():
            rule, state = entry.definition, book.book.state(id_)
            columns = f"{entry.origin:<4}  {state:<8}  {rule.topic or GENERAL:<10}  {rule.severity or '-':<8}"
            print(f"{id_:<{width}}  {columns}  {rule.owner or '-':<8}  {' '.join(rule.query.split())}")
    for problem in book.problems:
        print(problem, file=sys.stderr)
    return 3 if book.problems else 0


def _described(book: _Book, id_: str, entry: Entry) -> dict[str, object]:
    rule, failure = book.book.rules.get(id_), book.book.failures.get(id_)
    state = book.book.state(id_)
    return {
        **msgspec.to_builtins(entry.definition),
        "topic": entry.definition.topic or GENERAL,
        "version": rule.version if rule else None,
        "origin": entry.origin,
        "state": state,
        "file": entry.place.where if entry.origin is Origin.FILE else None,
        **({"failure": failure.reason} if failure and state is State.FAILED else {}),
    }


def _show(options: argparse.Namespace, book: _Book) -> int:
    entry, rule = book.get(options.rule)
    definition, style = entry.definition, Style()
    described = _described(book, definition.id, entry)
    if options.json:
        sys.stdout.buffer.write(msgspec.json.encode(described) + b"\n")
        return 0
    print(style(definition.id, BOLD), definition.description or "")
    for name, value in (
        ("query", definition.query),
        ("plain", format_query(rule.node) if rule else None),
        ("topic", described["topic"]),
        ("severity", definition.severity),
        ("owner", definition.owner),
        ("source", definition.source),
        ("expires", definition.expires),
        ("state", described["state"]),
        ("failure", described.get("failure")),
        ("version", described["version"]),
        ("tests", len(definition.tests)),
        ("from", entry.place.where),
    ):
        if value is not None:
            print(f"  {name:<9} {value}")
    return 0


def _format(_options: argparse.Namespace, book: _Files) -> int:
    parser = Parser(book.names, keep_names=True)
    for definition in book.files.definitions:
        if definition.id in book.rules:
            print(f"{definition.id}: {format_query(parser.parse(definition.query))}")
    for problem in book.files.problems:
        print(problem, file=sys.stderr)
    return 3 if book.files.problems else 0


def _backtest(options: argparse.Namespace, book: _Book) -> int:
    present = _present(options, book)
    if options.query is not None:
        try:
            candidate = Parser(DictionaryNames(book.names), dict(book.book.define), book.settings.rule_limits).parse(
                options.query
            )
        except QueryError as error:
            raise ConfigError([Problem("--query", f"{error}\n{error.picture()}")]) from None
    else:
        entry, rule = book.get(options.rule)
        if rule is None:
            state = book.book.state(options.rule)
            raise ConfigError([entry.place.problem(f"rule {options.rule}: is not in force: {state}")])
        candidate = rule.node
    now = datetime.now(UTC)
    archive = wiring.archive(book.settings)
    try:
        before = present.node if present and present.node != candidate else None
        since = options.since(now)
        found = backtest(archive.stories(backtest_need(candidate, before), since), candidate, before)
    finally:
        archive.close()
    if options.json:
        days = {str(day): number for day, number in found.days.items()}
        report = {"matched": found.matched, "gained": found.gained_count, "lost": found.lost_count, "days": days}
        sys.stdout.buffer.write(msgspec.json.encode(report) + b"\n")
    else:
        _print_backtest(found, since, now, compared=before is not None)
    return 0


def _present(options: argparse.Namespace, book: _Book) -> Rule | None:
    """Return the rule as it is in force, which the candidate is compared with."""
    if options.rules is None:
        return book.book.rules.get(options.rule)
    return wiring.rules_in_force(book.settings, book.names, lambda _problem: None).rules.get(options.rule)


def _print_backtest(found: Backtest, since: datetime, now: datetime, *, compared: bool) -> None:
    style = Style()
    print(f"matches since {since:%Y-%m-%d %H:%M}: {found.matched} (of {found.read} stories that the store offered)")
    most = max(found.days.values(), default=1)
    day = since.date()
    while day <= now.date():
        number = found.days.get(day, 0)
        print(f"{day}  {number:>6}  {'█' * -(-number * BAR // most)}")
        day += timedelta(days=1)
    if found.days.get(None):
        print(f"no date     {found.days[None]:>6}")
    for title, number, stories in (
        ("newest", found.matched, found.samples),
        ("gained against the present version", found.gained_count, found.gained),
        ("lost against the present version", found.lost_count, found.lost),
    ):
        if number or (compared and title != "newest"):
            print(f"\n{style(title, BOLD)}: {number}")
            for story in stories:
                print(story_line(story, style))


FILES: dict[str, Callable[[argparse.Namespace, _Files], int]] = {"check": _check, "test": _test, "format": _format}
BOOK: dict[str, Callable[[argparse.Namespace, _Book], int]] = {"list": _list, "show": _show, "backtest": _backtest}
