"""The composition root: builds each process from the configuration. Straight-line on purpose.

Clients of the distributed pipeline are imported where they are used, so that the embedded one runs without them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from pathlib import Path

from pipeline import metrics
from pipeline.adapters import dictionaries, rulefiles
from pipeline.adapters.files import Refuse
from pipeline.adapters.sqlite import SqliteArchive, SqliteStore
from pipeline.config import Config, shipped
from pipeline.config import Source as SourceEntry
from pipeline.core import formats
from pipeline.core.alerts import Alert
from pipeline.core.archive import Archive
from pipeline.core.errors import ConfigError
from pipeline.core.flow import STEPS, Desk
from pipeline.core.payload import DeadLetter
from pipeline.core.rules import RuleSet
from pipeline.core.tag import Dictionary, Tagger
from pipeline.runners.clock import Clock
from pipeline.runners.embedded import WORKER, Embedded, Source
from pipeline.runners.sources import Feed, Files, Folder


def dictionary(config: Config) -> Dictionary:
    """Return the shipped dictionaries with the desk's own added."""
    return dictionaries.load([shipped() / "dictionaries", *(config.path(folder) for folder in config.dictionaries)])


def tagger(config: Config, names: Dictionary) -> Tagger:
    """Return the tagger with the homes of the configured providers."""
    homes = {name: provider.home for name, provider in config.providers.items() if provider.home}
    return Tagger(names, homes)


def rules(config: Config, names: Dictionary, paths: Sequence[str] | None = None) -> RuleSet:
    """Return the rules of ``paths``, or else the configured ones; raises ConfigError where any has a problem."""
    found, problems = rulefiles.load(
        paths or [str(config.path(path)) for path in config.rules], topics=config.topics, names=names
    )
    if problems:
        raise ConfigError(problems)
    return found


def desk(config: Config, worker: str, clock: Callable[[], datetime]) -> Desk:
    """Return the desk: parser, tagger and rules of the configuration, observed under the name of ``worker``."""
    names = dictionary(config)
    matcher = rules(config, names)
    metrics.RULES.labels(worker).set(len(matcher))
    seconds = {step: metrics.STEP_SECONDS.labels(worker, step) for step in STEPS}
    return Desk(
        parse=formats.parse,
        tagger=tagger(config, names),
        matcher=matcher,
        clock=clock,
        observe=lambda step, spent: seconds[step].observe(spent),
        failed=lambda rule, _reason: metrics.RULE_FAILURES.labels(rule).inc(),
    )


def embedded(
    config: Config,
    clock: Clock,
    *,
    announce: Callable[[Alert], None],
    refused: Callable[[DeadLetter], None],
    database: Path | None = None,
) -> Embedded:
    """Return the embedded pipeline over the configured database."""
    works = desk(config, WORKER, clock.now)
    store = SqliteStore(database or config.path(config.database))
    versions = works.matcher.versions
    return Embedded(works, store, versions, clock=clock, announce=announce, refused=refused)


def sources(
    config: Config, named: Sequence[str], refuse: Refuse, *, once: bool, provider: str | None = None
) -> list[Source]:
    """Return the sources named on the command line, or else the configured ones that are enabled."""
    if not named:
        return [
            source for entry in config.sources if entry.enabled for source in _configured(config, entry, refuse, once)
        ]
    found: list[Source] = []
    plain: list[str] = []
    for name in named:
        if name.startswith(("http://", "https://")):
            found.append(Feed(name, refuse, provider, every=None if once else 300.0))
        elif Path(name).is_dir():
            found.append(Folder(Path(name), refuse, provider, watch=not once))
        else:
            plain.append(name)
    return [*([Files(plain, refuse, provider)] if plain else []), *found]


def _configured(config: Config, entry: SourceEntry, refuse: Refuse, once: bool) -> Iterator[Source]:
    if entry.feed is not None:
        yield Feed(entry.feed, refuse, entry.provider, every=None if once else entry.every)
    if entry.folder is not None:
        yield Folder(config.path(entry.folder), refuse, entry.provider, watch=not once)


def archive(config: Config) -> Archive:
    """Return the archive of the configured mode."""
    if config.mode == "embedded":
        return SqliteArchive(config.path(config.database))
    from pipeline.adapters.elastic import ElasticArchive

    return ElasticArchive(config.elasticsearch)
