"""The rules in force while they change: those of files, those added by command, each id once.

``read`` takes the files of this process, ``take`` the changes of the log (``changes.py``); both note which ids they
touch, and ``settle`` brings the RuleSet up to date, some ids at a time where stories wait meanwhile. What is in force
follows from files, log and day alone, never from the order in which they became known.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import date, datetime
from enum import StrEnum
from itertools import islice
from typing import TypeVar

import msgspec

from pipeline.core.errors import Problem
from pipeline.core.rules.changes import FILES, Change, Failure, Named, Origin, Published, Stored, decoded, encoded
from pipeline.core.rules.definition import Place, Rule, RuleDefinition, compiled, in_force
from pipeline.core.rules.errors import QueryError
from pipeline.core.rules.limits import Limits
from pipeline.core.rules.names import Names
from pipeline.core.rules.parser import Parser
from pipeline.core.rules.ruleset import RuleSet

T = TypeVar("T")

UNREADABLE = "record "

Locate = Callable[[Place, str, QueryError], Problem]

CHURN = 100_000
"""Rules read beyond twice those in force after which the parser forgets terms that may be in no rule any more."""


class State(StrEnum):
    """How a rule stands."""

    IN_FORCE = "in force"
    DISABLED = "disabled"
    EXPIRED = "expired"
    FAILED = "failed"
    REFUSED = "refused"


class Entry(msgspec.Struct, frozen=True):
    """A rule as it is defined, who owns it, and where it stands."""

    definition: RuleDefinition
    origin: Origin
    place: Place


class RuleBook:
    """Keeps ``rules`` so. ``refuse`` is told of each problem once; ``topics`` are the declared ones (None: any).

    ``locate`` finds the place of a wrong query.
    """

    def __init__(
        self,
        names: Names | None,
        limits: Limits,
        topics: Collection[str] | None,
        refuse: Callable[[Problem], None],
        today: date,
        *,
        locate: Locate = Place.query_problem,
    ) -> None:
        self.rules = RuleSet()
        self.problems: dict[str, Problem] = {}
        """What is wrong now, by what it is wrong with."""
        self.unwritten: list[Change] = []
        """Failures that the log does not have yet."""
        self.published = False
        self.failures: dict[str, Failure] = {}
        self.today = today
        self._names, self._limits, self._topics, self._refuse = names, limits, topics, refuse
        self._locate = locate
        self._files: dict[str, Entry] = {}
        self._stored: dict[str, Entry] = {}
        self._define: dict[Origin, dict[str, str]] = {Origin.FILE: {}, Origin.API: {}}
        self._touched: dict[str, None] = {}
        self._parser = Parser(names, {}, limits)
        self._parsed = 0

    def entry(self, id_: str) -> Entry | None:
        """Return the rule of this id, in force or not."""
        stored = self._stored.get(id_)
        if self.published or (stored is not None and stored.origin is Origin.API):
            return stored
        return self._files.get(id_)

    def entries(self) -> dict[str, Entry]:
        """Return every rule by its id, those of files first."""
        ids = dict.fromkeys((*self._files, *self._stored))
        found = {id_: entry for id_ in ids if (entry := self.entry(id_)) is not None}
        return dict(sorted(found.items(), key=lambda pair: pair[1].origin is Origin.API))

    def state(self, id_: str) -> State:
        """Return how a rule stands."""
        entry = self.entry(id_)
        if id_ in self.problems or entry is None:
            return State.REFUSED
        if not entry.definition.enabled:
            return State.DISABLED
        if not in_force(entry.definition, self.today):
            return State.EXPIRED
        return State.FAILED if id_ in self.rules.failed else State.IN_FORCE

    @property
    def define(self) -> Mapping[str, str]:
        """The named queries in force."""
        return self._define[Origin.API if self.published else Origin.FILE]

    def read(
        self, entries: Iterable[tuple[RuleDefinition, Place]], define: Mapping[str, str], *, whole: bool = True
    ) -> None:
        """Take the files of this process; where they are not ``whole``, what they lack stays as it was before."""
        before, named = self._files, self._define[Origin.FILE]
        found = {rule.id: Entry(rule, Origin.FILE, place) for rule, place in entries}
        self._files = found if whole else {**before, **found}
        self._define[Origin.FILE] = dict(define) if whole else {**named, **define}
        self._touch(before.keys() - self._files.keys())
        self._touch(id_ for id_, entry in self._files.items() if before.get(id_) != entry)

    def start(self, rules: RuleSet) -> None:
        """Begin with rules of the files just read that have been compiled before; ``settle`` sees to the others."""
        self.rules = rules
        for id_ in rules.versions:
            self._touched.pop(id_, None)

    def replace(self, changes: Iterable[Change]) -> None:
        """Take the log whole: what it does not have any more is out."""
        now = dict(changes)
        known = [
            *self._stored,
            *(f"${name}" for name in self._define[Origin.API]),
            *(f"!{id_}" for id_ in self.failures),
        ]
        known += [about.removeprefix(UNREADABLE) for about in self.problems if about.startswith(UNREADABLE)]
        gone = [key for key in (*known, FILES) if key not in now]
        self.take([*now.items(), *((key, None) for key in gone)])

    def take(self, changes: Iterable[Change]) -> None:
        """Take changes of the log; one that cannot be read is a problem, and takes its key out."""
        for key, value in changes:
            found, problem = None, None
            try:
                found = decoded(key, value) if value is not None else None
            except ValueError as error:
                message = f"the record of {key!r} cannot be read: {error}"
                problem = Problem("rules", " ".join(message.split())[:500])
            self._note(f"{UNREADABLE}{key}", problem)
            self._put(key, found)

    def _put(self, key: str, value: Stored | Named | Failure | Published | None) -> None:
        if key == FILES:
            if self.published != (value is not None):
                self.published = value is not None
                self._touch((*self._files, *self._stored))
        elif key.startswith("$"):
            _set(self._define[Origin.API], key[1:], value.query if isinstance(value, Named) else None)
        elif key.startswith("!"):
            _set(self.failures, key[1:], value if isinstance(value, Failure) else None)
            self._touch([key[1:]])
        else:
            stored = value if isinstance(value, Stored) else None
            place = Place((stored.place if stored else None) or "added by command")
            _set(self._stored, key, Entry(stored.rule, stored.origin, place) if stored else None)
            self._touch([key])

    def turn(self, today: date) -> None:
        """Let the day begin: rules that have expired leave."""
        if today != self.today:
            self.today = today
            self._touch(id_ for id_, entry in self.entries().items() if entry.definition.expires is not None)

    def settle(self, most: int | None = None) -> bool:
        """Bring ``rules`` up to date with at most so many of the touched ids; return whether any are left."""
        if self.define != self._parser.define or self._parsed > CHURN + 2 * len(self.rules):
            changed = self.define != self._parser.define
            self._parser, self._parsed = Parser(self._names, dict(self.define), self._limits), 0
            if changed:
                self._touch(id_ for id_, entry in self.entries().items() if "$" in entry.definition.query)
        enabled = gc.isenabled()
        gc.disable()  # a million rules are many objects, none of them garbage
        try:
            for id_ in list(islice(self._touched, most)):
                del self._touched[id_]
                self._settle(id_)
        finally:
            if enabled:
                gc.enable()
        return bool(self._touched)

    def _settle(self, id_: str) -> None:
        entry, own = self.entry(id_), self._files.get(id_)
        claimed = own is not None and not self.published and entry is not own
        owner = "the id belongs to a rule that was added by command"
        self._note(f"file {id_}", own.place.problem(f"rule {id_}: {owner}") if own and claimed else None)
        rule, problem = self._compiled(entry) if entry is not None else (None, None)
        self._note(id_, problem)
        if rule is None or entry is None or not in_force(entry.definition, self.today):
            self.rules.remove(id_)
            self._note(f"!{id_}", None)
            return
        failure = self.failures.get(id_)
        if failure is not None and failure.version != rule.version:
            failure = None
        if self.rules.get(id_) != rule or (failure is None and id_ in self.rules.failed):
            self.rules.add(rule)
        if failure is not None:
            self.rules.fail(id_, failure.reason)
        self._note(f"!{id_}", _failed(id_, failure) if failure else None)

    def _compiled(self, entry: Entry) -> tuple[Rule | None, Problem | None]:
        """Return the rule ready to match, or why it is refused."""
        undeclared = self.undeclared(entry.definition)
        if undeclared is not None:
            return None, undeclared
        self._parsed += 1
        try:
            return compiled(entry.definition, self._parser), None
        except QueryError as error:
            return None, self._locate(entry.place, entry.definition.id, error)

    def undeclared(self, definition: RuleDefinition) -> Problem | None:
        """Return what is wrong with the topic of a rule; without one, its alerts go to GENERAL."""
        if self._topics is None or definition.topic is None or definition.topic in self._topics:
            return None
        hint = f"declared are {', '.join(sorted(self._topics)) or 'none'}"
        return Problem(f"rule {definition.id}", f"the topic {definition.topic} is not declared", hint=hint)

    def fail(self, id_: str, reason: str, worker: str, now: datetime) -> None:
        """Note that a rule failed on a story and is out; a story that was too costly leaves its rules in force."""
        rule = self.rules.get(id_)
        if rule is None or id_ not in self.rules.failed:
            return
        failure = self.failures[id_] = Failure(rule.version, reason, worker, now)
        self.unwritten.append((f"!{id_}", encoded(failure)))
        self._note(f"!{id_}", _failed(id_, failure))

    def _touch(self, ids: Iterable[str]) -> None:
        self._touched.update(dict.fromkeys(ids))

    def _note(self, about: str, problem: Problem | None) -> None:
        if problem is None:
            self.problems.pop(about, None)
        elif self.problems.get(about) != problem:
            self.problems[about] = problem
            self._refuse(problem)


def _failed(id_: str, failure: Failure) -> Problem:
    message = f"is out since {failure.time:%Y-%m-%d %H:%M}, when it failed on a story: {failure.reason}"
    return Problem(f"rule {id_}", message, hint=f"change it, or `wirewatch rules enable {id_}`")


def _set(values: dict[str, T], key: str, value: T | None) -> None:
    if value is None:
        values.pop(key, None)
    else:
        values[key] = value
