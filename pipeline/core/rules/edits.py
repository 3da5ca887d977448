"""Changes that people ask for, checked against what is in force: the records that the log is to take, or a refusal."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

import msgspec

from pipeline.core.errors import ConfigError, InputError, Problem
from pipeline.core.rules.book import Entry, Locate, RuleBook
from pipeline.core.rules.changes import FILES, Change, Named, Origin, Published, Stored, Value, decoded, encoded
from pipeline.core.rules.definition import Place, Rule, RuleDefinition, compiled, in_force
from pipeline.core.rules.errors import QueryError
from pipeline.core.rules.limits import Limits
from pipeline.core.rules.names import Names
from pipeline.core.rules.parser import Parser


def add(book: RuleBook, definition: RuleDefinition, parser: Parser, *, replace: bool) -> list[Change]:
    """Return the records of a rule that is added, or changed with ``replace``; raises ConfigError."""
    id_, known = definition.id, book.entry(definition.id)
    if known is not None:
        if known.origin is Origin.FILE:
            raise _owned(id_, known)
        if not replace:
            raise ConfigError([Problem(f"rule {id_}", "is there already", hint="--replace changes it")])
    if not in_force(definition, book.today) and definition.enabled:
        raise ConfigError([Problem(f"rule {id_}", f"its last day, {definition.expires}, has passed")])
    undeclared = book.undeclared(definition)
    if undeclared:
        raise ConfigError([undeclared])
    _checked(definition, parser)
    return [(id_, encoded(Stored(Origin.API, definition))), *_mended(book, id_)]


def remove(book: RuleBook, id_: str) -> list[Change]:
    """Return the records that take an added rule out; raises ConfigError, and InputError where there is none."""
    _added(book, id_)
    return [(id_, None), *_mended(book, id_)]


def enable(book: RuleBook, id_: str, parser: Parser, *, enabled: bool) -> list[Change]:
    """Return the records that bring an added rule into force or not; a rule of a file only after it failed.

    Raises ConfigError, and InputError where there is none.
    """
    if enabled and id_ in book.failures and book.entry(id_) is not None:
        mended = _mended(book, id_)
        if book.entries()[id_].origin is Origin.FILE:
            return mended
    else:
        mended = []
    definition = msgspec.structs.replace(_added(book, id_).definition, enabled=enabled)
    if enabled:
        _checked(definition, parser)
    return [(id_, encoded(Stored(Origin.API, definition))), *mended]


class Publication(msgspec.Struct):
    """What `rules sync` does: the records, what is new or changed, what is taken out, and what is wrong."""

    changes: list[Change] = []
    rules: int = 0
    changed: int = 0
    gone: int = 0
    problems: list[Problem] = []


def publish(
    known: Mapping[str, bytes],
    files: Iterable[tuple[RuleDefinition, Place]],
    define: Mapping[str, str],
    now: datetime,
    *,
    names: Names | None,
    limits: Limits,
    whole: bool,
    locate: Locate = Place.query_problem,
) -> Publication:
    """Return what brings the log (``known``: its keys and values) to what the files say.

    A rule that is refused stays as it was published before; unless the files are ``whole``, and nothing is wrong
    with any rule, nothing is taken out, for its rule may only be misspelt.
    """
    done = Publication()
    stored = {key: value for key, value in map(_readable, known.items()) if isinstance(value, Stored)}
    parser = Parser(names, define, limits)
    wanted = {f"${name}": encoded(Named(query)) for name, query in define.items()}
    for definition, place in files:
        id_ = definition.id
        if id_ in stored and stored[id_].origin is Origin.API:
            done.problems.append(place.problem(f"rule {id_}: the id belongs to a rule that was added by command"))
            continue
        try:
            compiled(definition, parser)
        except QueryError as error:
            done.problems.append(locate(place, id_, error))
            continue
        wanted[id_] = encoded(Stored(Origin.FILE, definition, place.where))
        done.rules += 1
        done.changed += known.get(id_) != wanted[id_]
    for id_, one in stored.items():
        if one.origin is Origin.API and "$" in one.rule.query:
            try:
                compiled(one.rule, parser)
            except QueryError as error:
                done.problems.append(Problem("added by command", f"rule {id_}: {error}"))
    changed = [(key, value) for key, value in wanted.items() if known.get(key) != value]
    ours = [key for key in known if key[0] == "$" or (key in stored and stored[key].origin is Origin.FILE)]
    gone = [key for key in ours if key not in wanted] if whole and not done.problems else []
    done.gone = sum(not key.startswith("$") for key in gone)
    done.changes = [*changed, *((key, None) for key in sorted(gone, key=lambda key: key[0] == "$"))]
    if done.changes or FILES not in known:
        done.changes.append((FILES, encoded(Published(done.rules, now))))
    return done


def _readable(change: tuple[str, bytes]) -> tuple[str, Value | None]:
    try:
        return change[0], decoded(*change)
    except ValueError:
        return change[0], None  # nobody's: what is published under its key replaces it


def _checked(definition: RuleDefinition, parser: Parser) -> Rule:
    try:
        return compiled(definition, parser)
    except QueryError as error:
        raise ConfigError([Problem(f"rule {definition.id}", f"{error}\n{error.picture()}")]) from None


def _added(book: RuleBook, id_: str) -> Entry:
    entry = book.entry(id_)
    if entry is None:
        raise InputError(f"no rule was added as {id_!r}; `wirewatch rules list` shows all")
    if entry.origin is Origin.FILE:
        raise _owned(id_, entry)
    return entry


def _owned(id_: str, entry: Entry) -> ConfigError:
    return ConfigError(
        [Problem(f"rule {id_}", f"the id belongs to a rule of a file ({entry.place.where})", hint="edit it there")]
    )


def _mended(book: RuleBook, id_: str) -> list[Change]:
    """Return what takes the failure of a rule out of the log."""
    return [(f"!{id_}", None)] if id_ in book.failures else []
