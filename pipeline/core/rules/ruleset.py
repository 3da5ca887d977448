"""The rules in force, and which of them a story matches: index, candidates, evaluation."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from zlib import crc32

from pipeline.core.flow import MatchResult
from pipeline.core.rules.definition import Rule
from pipeline.core.rules.evaluate import holds
from pipeline.core.rules.index import Index
from pipeline.core.rules.keys import keys
from pipeline.core.rules.shown import Shown, holds_as, shown, spans_of
from pipeline.core.rules.view import TooCostly, View
from pipeline.core.story import Match, Status, Story

MANY = 32
"""Candidates from which on a story is prepared for more than a few matches."""


class RuleSet:
    """Rules in the order in which they were added; a rule whose evaluation fails is out until it is changed."""

    def __init__(self, rules: Iterable[Rule] = ()) -> None:
        self._rules: list[Rule | None] = []
        self._numbers: dict[str, int] = {}
        self.index = Index()
        """What selects the rules that are looked at."""
        self._shown: list[Shown | None] = []
        """What a match shows, by number; None for the rules that have not matched yet."""
        self.versions: dict[str, str] = {}
        """The version of each rule in force."""
        self.failed: dict[str, str] = {}
        """The rules that are out, with the reason."""
        self._sum = 0
        for rule in rules:
            self.add(rule)

    @classmethod
    def restored(cls, rules: list[Rule], index: Index) -> RuleSet:
        """Return the set of rules that are indexed already, each by its place in the list."""
        found = cls()
        found._rules[:], found.index = rules, index
        found._shown[:] = [None] * len(rules)
        found._numbers.update(zip([rule.id for rule in rules], range(len(rules)), strict=True))
        for rule in rules:
            found._enter(rule)
        return found

    def __len__(self) -> int:
        return len(self._numbers)

    def __iter__(self) -> Iterator[Rule]:
        return (rule for rule in self._rules if rule is not None)

    def get(self, id_: str) -> Rule | None:
        """Return a rule by its id."""
        number = self._numbers.get(id_)
        return None if number is None else self._rules[number]

    def add(self, rule: Rule) -> None:
        """Add a rule, or put it in the place of the one with its id."""
        self.failed.pop(rule.id, None)
        number = self._numbers.get(rule.id)
        if number is None:
            number = self._numbers[rule.id] = len(self._rules)
            self._rules.append(rule)
            self._shown.append(None)
        else:
            self._forget(number)
            self._rules[number] = rule
        self._enter(rule)
        self.index.add(number, keys(rule.node))

    def remove(self, id_: str) -> bool:
        """Take a rule out; return whether it was there."""
        number = self._numbers.pop(id_, None)
        if number is None:
            return False
        self.failed.pop(id_, None)
        self._leave(id_)
        self._forget(number)
        self._rules[number] = None
        return True

    def fail(self, id_: str, reason: str) -> None:
        """Put a rule out until it is changed or added anew."""
        self.failed[id_] = reason
        self._leave(id_)

    @property
    def state(self) -> str:
        """What is the same for the same versions of the same rules in force, in any process and any order."""
        return f"{self._sum:x}"

    def _enter(self, rule: Rule) -> None:
        self._leave(rule.id)
        self.versions[rule.id] = rule.version
        self._sum += _number(rule.id, rule.version)

    def _leave(self, id_: str) -> None:
        version = self.versions.pop(id_, None)
        if version is not None:
            self._sum -= _number(id_, version)

    def _forget(self, number: int) -> None:
        self._shown[number] = None
        before = self._rules[number]
        if before is not None:
            self.index.remove(number, keys(before.node))

    def match(self, story: Story) -> MatchResult:
        """Return the matches in the order of the rules; a rule that fails costs no other one its match."""
        view = View(story)
        return self._decide(view, self.index.candidates(view))

    def near(self, story: Story) -> list[Rule]:
        """Return the rules that the index selects and that do not match: the near misses."""
        view = View(story)
        postings = self.index.candidates(view)
        rules = [rule for posting in postings if (rule := self._rules[posting >> 1]) is not None and not posting & 1]
        return [rule for rule in rules if not holds(rule.node, view)]

    def judge(self, matches: Iterable[Match], story: Story) -> tuple[list[Match], list[Match]]:
        """Return which of the matches of another revision ``story`` denies, and which of them are left undecided.

        Nothing is said of a rule that has been edited since, or is out. Undecided is what cannot be evaluated, and
        what holds: whoever matched ``story`` and did not find it had another version of the rule, or ran out of steps.
        All together may cost as much as the matches of one story.
        """
        denied: list[Match] = []
        undecided: list[Match] = []
        view = View(story)
        for match in matches:
            rule = self.get(match.rule)
            if rule is None or self.versions.get(match.rule) != match.rule_version:
                continue
            (undecided if story.status is Status.USABLE and self._may_hold(rule, view) else denied).append(match)
        return denied, undecided

    def _may_hold(self, rule: Rule, view: View) -> bool:
        try:
            return holds(rule.node, view)
        except Exception:  # noqa: BLE001  too costly, or a fault: then nobody knows
            return True

    def match_unfiltered(self, story: Story) -> MatchResult:
        """Return the same by evaluating every rule: the oracle of the index."""
        return self._decide(View(story), [number * 2 for number, rule in enumerate(self._rules) if rule])

    def _decide(self, view: View, postings: list[int]) -> MatchResult:
        matches: list[Match] = []
        errors: list[tuple[str, str]] = []
        rules, known = self._rules, self._shown
        if len(postings) > MANY:
            view.prepare()
        for posting in postings:
            number = posting >> 1
            rule = rules[number]
            if rule is None or (self.failed and rule.id in self.failed):
                continue
            try:
                what = known[number]
                if what is None:
                    what = known[number] = shown(rule.node)
                if posting & 1 or holds_as(rule.node, what, view):
                    places = spans_of(rule.node, what, view)
                    matches.append(Match(rule.id, rule.topic, places, rule.version, rule.severity))
            except TooCostly as error:  # the fault of the story: the rule stays in force
                errors.append((rule.id, str(error)))
            except Exception as error:  # noqa: BLE001  one rule must not cost the others their matches
                self.fail(rule.id, f"{type(error).__name__}: {error}")
                errors.append((rule.id, self.failed[rule.id]))
        return MatchResult(tuple(matches), tuple(errors), self.state)


def _number(id_: str, version: str) -> int:
    return crc32(f"{id_} {version}".encode())
