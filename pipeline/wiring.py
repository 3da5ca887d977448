"""The composition root: builds each process from the configuration. Straight-line on purpose.

Clients of the distributed pipeline are imported where they are used, so that the embedded one runs without them; and
HTTP and mail, so that a command that asks nobody starts in half the time.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime
from functools import partial
from pathlib import Path

from pipeline import metrics
from pipeline.adapters import dictionaries, rulefiles, sourcefiles, spacy_names
from pipeline.adapters.files import Refuse
from pipeline.adapters.rulecache import RuleCache
from pipeline.adapters.ruleplaces import query_problem
from pipeline.adapters.sqlite import SqliteArchive, SqliteStore
from pipeline.adapters.sqlite.rules import SqliteRules
from pipeline.config import Config, shipped
from pipeline.config import Source as SourceEntry
from pipeline.core import cluster, formats
from pipeline.core.archive import Archive
from pipeline.core.errors import ConfigError, Problem
from pipeline.core.flow import STEPS, Desk
from pipeline.core.payload import DeadLetter
from pipeline.core.rules import Query, RuleSet
from pipeline.core.rules import parse as parse_query
from pipeline.core.rules.book import RuleBook
from pipeline.core.rules.changes import RuleLog
from pipeline.core.story import Story
from pipeline.core.tag import Dictionary, Tagger
from pipeline.core.tag.names import DictionaryNames
from pipeline.core.tag.recognise import GivenNames, Recogniser
from pipeline.runners.clock import Clock
from pipeline.runners.embedded import WORKER, Announce, Embedded, Source
from pipeline.runners.sources import Files, Folder
from pipeline.runners.stored_rules import StoredRules


def dictionary(config: Config) -> Dictionary:
    """Return the shipped dictionaries with the desk's own added."""
    return dictionaries.load([shipped() / "dictionaries", *(config.path(folder) for folder in config.dictionaries)])


def tagger(config: Config, names: Dictionary) -> Tagger:
    """Return the tagger with the homes of the configured providers and the configured recogniser."""
    homes = {name: provider.home for name, provider in config.providers.items() if provider.home}
    return Tagger(names, homes, _recogniser(config, names))


def _recogniser(config: Config, names: Dictionary) -> Recogniser | None:
    if config.recogniser.kind == "given-names":
        return GivenNames(names.words["given"])
    if config.recogniser.model is None:
        return None
    model = config.recogniser.model
    return spacy_names.load(str(config.path(model)) if model.startswith((".", "/")) else model)


def rules(config: Config, names: Dictionary, paths: Sequence[str] | None = None) -> tuple[RuleSet, list[Problem]]:
    """Return the rules of ``paths``, or else those in force, and what is wrong with the others."""
    if not paths:
        problems: list[Problem] = []
        return rules_in_force(config, names, problems.append).rules, problems
    return rulefiles.load(
        paths,
        topics=declared_topics(config),
        names=DictionaryNames(names),
        limits=config.rule_limits,
        today=Clock().now().date(),
    )


def rule_paths(config: Config) -> list[str]:
    """Return the configured rule files and folders."""
    return [str(config.path(path)) for path in config.rules]


def declared_topics(config: Config) -> tuple[str, ...] | None:
    """Return the topics that rules may name; None for any, which only the embedded pipeline has room for."""
    return None if config.mode == "embedded" and not config.topics else config.topics


def unread_book(config: Config, names: Dictionary, today: date, refuse: Callable[[Problem], None]) -> RuleBook:
    """Return a book of rules with none in it."""
    known, topics = DictionaryNames(names), declared_topics(config)
    return RuleBook(known, config.rule_limits, topics, refuse, today, locate=query_problem)


def rule_book(
    config: Config,
    names: Dictionary,
    today: date,
    refuse: Callable[[Problem], None],
    paths: Sequence[str] | None = None,
) -> RuleBook:
    """Return the rules of ``paths``, or else of the configured files; ``refuse`` gets each problem, now and later."""
    topics = declared_topics(config)
    known = DictionaryNames(names)
    book = unread_book(config, names, today, refuse)
    files = rulefiles.read(paths or rule_paths(config), topics)
    files.check_define(files.parser(known, config.rule_limits))
    book.read(files.entries(), files.define)
    for problem in files.problems:
        refuse(problem)
    cache = RuleCache(
        files.digest, files.definitions, names=known, limits=config.rule_limits, topics=topics, today=today
    )

    def whole(found: RuleSet | None) -> RuleSet:
        if found is not None:
            book.start(found)
        book.settle()
        return book.rules

    cache.fill(whole)
    return book


def rules_in_force(config: Config, names: Dictionary, refuse: Callable[[Problem], None]) -> RuleBook:
    """Return the rules as they stand: of the configured files, or what was published of them, and added by command."""
    book = rule_book(config, names, Clock().now().date(), refuse)
    take_changes(config, book)
    return book


def take_changes(config: Config, book: RuleBook) -> None:
    """Bring the rules of files up to what commands have changed; an embedded pipeline that never ran has no changes."""
    if config.mode == "embedded" and not config.path(config.database).exists():
        return
    log = rule_log(config)
    try:
        book.replace(log.changes())
    finally:
        log.close()
    book.settle()


def rule_log(config: Config) -> RuleLog:
    """Return where commands write their changes of rules."""
    if config.mode == "embedded":
        return SqliteRules(config.path(config.database))
    from pipeline.adapters.kafka.rules import KafkaRules

    return KafkaRules(config.kafka)


def query(config: Config, text: str) -> Query:
    """Return a query of the rules' language, with the names of the dictionaries; raises QueryError."""
    return parse_query(text, names=DictionaryNames(dictionary(config)), limits=config.rule_limits)


def desk(
    config: Config, worker: str, clock: Callable[[], datetime], refuse: Callable[[Problem], None]
) -> tuple[Desk, RuleBook]:
    """Return the desk, observed under the name of ``worker``, and its rules; ``refuse`` gets every bad one."""
    names = dictionary(config)
    book = rule_book(config, names, clock().date(), refuse)
    metrics.RULES.labels(worker).set(len(book.rules))
    seconds = {step: metrics.STEP_SECONDS.labels(worker, step) for step in STEPS}

    def failed(rule: str, reason: str) -> None:
        metrics.RULE_FAILURES.labels(rule).inc()
        book.fail(rule, reason, worker, clock())

    works = Desk(
        parse=formats.parse,
        tagger=tagger(config, names),
        matcher=book.rules,
        clock=clock,
        observe=lambda step, spent: seconds[step].observe(spent),
        failed=failed,
    )
    _warm(works)
    return works, book


def _warm(works: Desk) -> None:
    """Load what the first story would otherwise wait for: vocabularies, libraries, patterns; some tenths of a second.

    Each of the two bodies needs a pattern over all of Unicode, which takes 20 ms to make.
    """
    for body in ("It is short, señor.", "It is short: 北京."):
        story = Story(uri="", provider="", headline="A first story", body=body, language="en", source_format="")
        works.tagger.tag(story)
        works.matcher.match(story)
        cluster.fingerprint(story)


def embedded(
    config: Config,
    clock: Clock,
    *,
    announce: Announce,
    refused: Callable[[DeadLetter], None],
    refuse_rule: Callable[[Problem], None],
    database: Path | None = None,
) -> Embedded:
    """Return the embedded pipeline over the configured database."""
    works, book = desk(config, WORKER, clock.now, refuse_rule)
    path = database or config.path(config.database)
    store, paths = SqliteStore(path), rule_paths(config)
    read = partial(rulefiles.read, paths, declared_topics(config))
    refresh = StoredRules(
        book, SqliteRules(path), paths=paths, read=read, refuse=refuse_rule, now=clock.now, worker=WORKER
    )
    return Embedded(works, store, book.rules, clock=clock, announce=announce, refused=refused, refresh=refresh)


def sources(
    config: Config, named: Sequence[str], refuse: Refuse, *, once: bool, provider: str | None = None
) -> list[Source]:
    """Return the sources named on the command line, or else the configured ones that are enabled.

    All feeds are one source. What is pushed is taken in where the sources are the configured ones and go on.
    """
    entries = [] if named else [entry for entry in source_entries(config) if entry.enabled]
    plain: list[str] = []
    for name in named:
        if name.startswith(("http://", "https://")):
            entries.append(SourceEntry(feed=name, provider=provider))
        elif Path(name).is_dir():
            entries.append(SourceEntry(folder=str(Path(name).absolute()), provider=provider))
        else:
            plain.append(name)
    from pipeline.runners.health import HealthBook
    from pipeline.runners.ingest import Ingest
    from pipeline.runners.mail import Mail
    from pipeline.runners.polling import Feeds, Polled

    book = HealthBook(refuse, config.path(config.source_state) if not once else None)
    found: list[Source] = [Files(plain, refuse, provider)] if plain else []
    for entry in entries:
        if entry.folder is not None:
            found.append(Folder(config.path(entry.folder), refuse, entry.provider, watch=not once))
        if entry.mail is not None:
            found.append(Mail(entry, book, once=once))
    polled = [
        Polled(entry.feed, entry.provider, None if once else entry.every) for entry in entries if entry.feed is not None
    ]
    found += [Feeds(polled, book, config.fetching)] if polled else []
    found += [Ingest(config.ingest)] if config.ingest.port and not named and not once else []
    return found


def source_entries(config: Config) -> list[SourceEntry]:
    """Return the sources of the configuration and of its source files; raises ConfigError with every problem."""
    entries, problems = sourcefiles.load([config.path(name) for name in config.source_files])
    if problems:
        raise ConfigError(problems)
    return [*config.sources, *entries]


def archive(config: Config) -> Archive:
    """Return the archive of the configured mode."""
    if config.mode == "embedded":
        return SqliteArchive(config.path(config.database))
    from pipeline.adapters.elastic import ElasticArchive

    return ElasticArchive(config.elasticsearch)
