"""``wirewatch rules add | remove | enable | disable | sync``: changes that running processes take over."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence

import msgspec

from pipeline import wiring
from pipeline.adapters import rulefiles
from pipeline.adapters.ruleplaces import query_problem
from pipeline.cli.render import YELLOW, Style
from pipeline.config import Config
from pipeline.core.errors import ConfigError, Problem
from pipeline.core.rules import RuleDefinition
from pipeline.core.rules.advice import advice
from pipeline.core.rules.book import RuleBook
from pipeline.core.rules.changes import Change
from pipeline.core.rules.edits import add, enable, publish, remove
from pipeline.core.rules.parser import Parser
from pipeline.core.tag.names import DictionaryNames
from pipeline.runners.clock import Clock

FIELDS = ("topic", "severity", "description", "owner", "source", "expires")
"""What an added rule may say beside its query."""


def arguments(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Declare the subcommands."""
    for name, help_ in (
        ("add", "add a rule, for every running process at once"),
        ("remove", "take out a rule that was added"),
        ("enable", "bring a rule that was added, or one that failed, into force"),
        ("disable", "put a rule that was added out of force, and keep it"),
        ("sync", "publish the rule files to every running worker"),
    ):
        sub = commands.add_parser(name, help=help_, description=help_[0].upper() + help_[1:] + ".")
        sub.add_argument("--config", metavar="F", help="configuration (config/wirewatch.yaml)")
        if name == "sync":
            sub.add_argument("paths", nargs="*", metavar="PATH", help="rule files or folders (as configured)")
            sub.add_argument("--strict", action="store_true", help="publish nothing where anything is wrong")
            continue
        sub.add_argument("rule", metavar="ID", help="the id of the rule")
        if name == "add":
            sub.add_argument("query", metavar="QUERY", help="what it looks for")
            sub.add_argument("--replace", action="store_true", help="change the rule of this id that was added before")
            sub.add_argument("--topic", metavar="T", help="the topic of its alerts (general)")
            sub.add_argument("--severity", metavar="S", help="low, medium, high or critical")
            sub.add_argument("--description", metavar="TEXT", help="what it is for")
            sub.add_argument("--owner", metavar="NAME", help="who answers for it")
            sub.add_argument("--source", metavar="TEXT", help="where it comes from: a ticket, a request")
            sub.add_argument("--expires", metavar="DATE", help="the last day on which it is in force: 2027-12-31")


def run(options: argparse.Namespace, settings: Config) -> int:
    """Do what is asked; raises ConfigError, InputError and UnreachableError."""
    if options.action == "sync":
        return _sync(options, settings)
    names = wiring.dictionary(settings)
    book = wiring.unread_book(settings, names, Clock().now().date(), lambda problem: print(problem, file=sys.stderr))
    files = rulefiles.read(wiring.rule_paths(settings), wiring.declared_topics(settings))
    book.read(files.entries(), files.define)
    log = wiring.rule_log(settings)
    try:
        with log.edit() as write:
            book.replace(
                log.changes()
            )  # and no more: who owns an id is known without a look at the other rules' queries
            parser = Parser(DictionaryNames(names), dict(book.define), settings.rule_limits)
            changes, done = CHANGES[options.action](options, book, parser)
            write(changes)
    finally:
        log.close()
    print(f"{options.rule}: {done}")
    return 0


def _add(options: argparse.Namespace, book: RuleBook, parser: Parser) -> tuple[Sequence[Change], str]:
    given = {name: value for name in FIELDS if (value := getattr(options, name)) is not None}
    try:
        definition = msgspec.convert({"id": options.rule, "query": options.query, **given}, RuleDefinition)
    except msgspec.ValidationError as error:
        message = str(error).split(" - at `")[0]
        raise ConfigError([Problem(f"rule {options.rule}", message[:1].lower() + message[1:])]) from None
    changes = add(book, definition, parser, replace=options.replace)
    for sentence in advice(parser.parse(definition.query), definition.query):
        print(f"{Style(sys.stderr)('advice', YELLOW)} {definition.id}: {sentence}", file=sys.stderr)
    return changes, "changed" if book.entry(definition.id) else "added"


def _remove(options: argparse.Namespace, book: RuleBook, _parser: Parser) -> tuple[Sequence[Change], str]:
    return remove(book, options.rule), "removed"


def _enable(options: argparse.Namespace, book: RuleBook, parser: Parser) -> tuple[Sequence[Change], str]:
    return enable(book, options.rule, parser, enabled=True), "enabled"


def _disable(options: argparse.Namespace, book: RuleBook, parser: Parser) -> tuple[Sequence[Change], str]:
    return enable(book, options.rule, parser, enabled=False), "disabled"


CHANGES: dict[str, Callable[[argparse.Namespace, RuleBook, Parser], tuple[Sequence[Change], str]]] = {
    "add": _add,
    "remove": _remove,
    "enable": _enable,
    "disable": _disable,
}
ACTIONS = (*CHANGES, "sync")


def _sync(options: argparse.Namespace, settings: Config) -> int:
    """Publish the files; return 3 where some of them were refused."""
    if settings.mode == "embedded":
        hint = "a running embedded pipeline reads its files again by itself, within two seconds"
        raise ConfigError([Problem("mode embedded", "there is no topic to publish rules to", hint=hint)])
    names = DictionaryNames(wiring.dictionary(settings))
    files = rulefiles.read(options.paths or wiring.rule_paths(settings), wiring.declared_topics(settings))
    files.check_define(files.parser(names, settings.rule_limits))
    entries = list(files.entries())
    log = wiring.rule_log(settings)
    with log.edit() as write:
        known = {key: value for key, value in log.changes() if value is not None}
        done = publish(
            known,
            entries,
            files.define,
            Clock().now(),
            names=names,
            limits=settings.rule_limits,
            whole=not files.problems,
            locate=query_problem,
        )
        problems = [*files.problems, *done.problems]
        if options.strict and problems:
            raise ConfigError(problems)
        write(done.changes)
    for problem in problems:
        print(problem, file=sys.stderr)
    print(f"{done.rules} rules published: {done.changed} new or changed, {done.gone} taken out")
    if problems:
        print("wirewatch: nothing is taken out while files have problems", file=sys.stderr)
    return 3 if problems else 0
