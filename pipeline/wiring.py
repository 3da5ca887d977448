"""The composition root: builds each process from the configuration. Straight-line on purpose.

Clients of the distributed pipeline are imported where they are used, so that the embedded one runs without them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from pipeline import metrics
from pipeline.adapters import dictionaries, rulefiles
from pipeline.config import Config, shipped
from pipeline.core import formats
from pipeline.core.errors import ConfigError
from pipeline.core.flow import Desk
from pipeline.core.rules import RuleSet
from pipeline.core.tag import Dictionary, Tagger


def utcnow() -> datetime:
    """Return the time; the only clock of the live pipeline."""
    return datetime.now(UTC)


def dictionary(config: Config) -> Dictionary:
    """Return the shipped dictionaries with the desk's own added."""
    return dictionaries.load([shipped() / "dictionaries", *(config.path(folder) for folder in config.dictionaries)])


def tagger(config: Config) -> Tagger:
    """Return the tagger with the homes of the configured providers."""
    homes = {name: provider.home for name, provider in config.providers.items() if provider.home}
    return Tagger(dictionary(config), homes)


def rules(config: Config, paths: Sequence[str] | None = None) -> RuleSet:
    """Return the rules of ``paths``, or else the configured ones; raises ConfigError where any has a problem."""
    found, problems = rulefiles.load(
        paths or [str(config.path(path)) for path in config.rules],
        topics=config.topics,
        names=dictionary(config),
    )
    if problems:
        raise ConfigError(problems)
    return found


def desk(config: Config, worker: str, clock: Callable[[], datetime] = utcnow) -> Desk:
    """Return the desk: parser, tagger and rules of the configuration, observed under the name of ``worker``."""
    matcher = rules(config)
    metrics.RULES.labels(worker).set(len(matcher))
    return Desk(
        parse=formats.parse,
        tagger=tagger(config),
        matcher=matcher,
        clock=clock,
        observe=lambda step, seconds: metrics.STEP_SECONDS.labels(worker, step).observe(seconds),
        failed=lambda rule, _reason: metrics.RULE_FAILURES.labels(rule).inc(),
    )
