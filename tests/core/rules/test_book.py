"""Rules that change: what is in force follows from files, log and day alone, in whatever order they became known."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.core.errors import ConfigError, InputError, Problem
from pipeline.core.rules import Limits, RuleDefinition
from pipeline.core.rules.book import RuleBook, State
from pipeline.core.rules.changes import FILES, Change, Failure, Named, Origin, Published, Stored, decoded, encoded
from pipeline.core.rules.definition import Place
from pipeline.core.rules.edits import add, enable, publish, remove
from pipeline.core.rules.parser import Parser
from pipeline.core.rules.view import View
from pipeline.core.story import Story

TODAY = date(2026, 6, 15)
NOON = datetime(2026, 6, 15, 12, tzinfo=UTC)
LIMITS = Limits(clauses=5)


class Told(list[str]):
    def __call__(self, problem: Problem) -> None:
        self.append(str(problem))


def rule(id_: str, query: str, **more: object) -> RuleDefinition:
    return RuleDefinition(id=id_, query=query, **more)  # type: ignore[arg-type]


def place(id_: str) -> Place:
    return Place("rules.yaml", len(id_))


def book(*files: RuleDefinition, told: Told | None = None, **define: str) -> RuleBook:
    made = RuleBook(None, LIMITS, ("security",), told if told is not None else Told(), TODAY)
    made.read([(one, place(one.id)) for one in files], define)
    made.settle()
    return made


def stored(origin: Origin, id_: str, query: str, **more: object) -> Change:
    return id_, encoded(Stored(origin, rule(id_, query, **more)))


def added(id_: str, query: str, **more: object) -> Change:
    return stored(Origin.API, id_, query, **more)


def took(made: RuleBook, *changes: Change) -> RuleBook:
    made.take(changes)
    made.settle()
    return made


def matched(made: RuleBook, text: str) -> list[str]:
    story = Story(uri="x", provider="p", source_format="t", body=text)
    return [match.rule for match in made.rules.match(story).matches]


def test_an_added_rule_is_in_force_beside_the_files_until_it_is_taken_out() -> None:
    made = took(book(rule("aid", "aid"), war="attack OR invasion"), added("war", "$war"))
    assert matched(made, "aid against an invasion") == ["aid", "war"]
    assert matched(took(made, added("war", "siege")), "aid in a siege, no invasion") == ["aid", "war"]
    assert matched(took(made, ("war", None)), "aid in a siege") == ["aid"]


def test_what_is_published_stands_for_the_files_of_the_worker() -> None:
    made = took(book(rule("aid", "aid")), stored(Origin.FILE, "pact", "pact"))
    assert matched(made, "aid pact") == ["aid"]  # half a publication is none
    took(made, (FILES, encoded(Published(1, NOON))))
    assert matched(made, "aid pact") == ["pact"]
    assert matched(took(made, (FILES, None)), "aid pact") == ["aid"]


def test_a_file_that_claims_the_id_of_an_added_rule_is_refused() -> None:
    told = Told()
    made = took(book(rule("war", "attack"), told=told), added("war", "invasion"))
    assert (matched(made, "attack"), matched(made, "invasion")) == ([], ["war"])
    assert told == ["rules.yaml:3: rule war: the id belongs to a rule that was added by command"]
    assert matched(took(made, ("war", None)), "attack") == ["war"]
    assert made.problems == {}


def test_a_named_query_that_changes_changes_the_rules_that_use_it() -> None:
    made = took(book(war="attack"), added("a", "$war"), added("b", "siege"), (FILES, encoded(Published(0, NOON))))
    assert made.state("a") is State.REFUSED  # what was published names nothing
    took(made, ("$war", encoded(Named("invasion"))))
    assert (matched(made, "attack"), matched(made, "invasion siege")) == ([], ["b", "a"])
    assert made.problems == {}


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (("bad", b"{"), "the record of 'bad' cannot be read: Input data was truncated"),
        (("bad", b"\xff\x00"), "the record of 'bad' cannot be read: JSON is malformed"),
        (("bad", added("other", "x1")[1]), "the record of 'bad' cannot be read: it is of the rule other"),
        (("$bad", b"3"), "the record of '$bad' cannot be read: Expected `object`, got `int`"),
        (("!bad", b"{}"), "the record of '!bad' cannot be read: Object missing required field `version`"),
        (("", b"{}"), "the record of '' cannot be read: Object missing required field"),
        (added("bad", "x1 AND"), "rule bad: something is missing after AND"),
        (added("bad", "a b c d e f"), "rule bad: the query has 6 terms, 5 are allowed"),
        (added("bad", "x1", topic="sport"), "rule bad: the topic sport is not declared (declared are security)"),
    ],
)
def test_a_bad_record_is_told_once_and_costs_no_other_rule(change: Change, reason: str) -> None:
    told = Told()
    made = took(book(rule("aid", "aid"), told=told), added("bad", "attack"), change, added("war", "war"))
    took(made, change)
    assert matched(made, "aid attack war x1") == (
        ["aid", "bad", "war"] if change[0] in ("$bad", "!bad", "") else ["aid", "war"]
    )
    assert len(told) == 1
    assert reason in told[0]
    took(made, (change[0], None), ("bad", None))
    assert made.problems == {}


def test_an_expired_rule_leaves_when_its_last_day_is_over() -> None:
    made = took(book(rule("aid", "aid", expires=TODAY)), added("war", "war", expires=date(2026, 6, 16)))
    assert matched(made, "aid war") == ["aid", "war"]
    for day, left in ((16, ["war"]), (17, [])):
        made.turn(date(2026, 6, day))
        made.settle()
        assert matched(made, "aid war") == left
    assert made.state("aid") is State.EXPIRED


def test_a_rule_that_failed_is_out_everywhere_until_it_changes_or_is_enabled(monkeypatch: pytest.MonkeyPatch) -> None:
    told = Told()
    here, there = book(rule("bad", "lead:aid"), rule("aid", "aid"), told=told), book(rule("bad", "lead:aid"))
    ranges = View.ranges
    with monkeypatch.context() as patch:
        patch.setattr(View, "ranges", lambda view, field: 1 // 0 if field == "lead" else ranges(view, field))
        assert matched(here, "aid") == ["aid"]
    here.fail("bad", here.rules.failed["bad"], "desk", NOON)
    here.fail("aid", "too costly a story", "desk", NOON)  # the rule is in force
    assert here.rules.versions.keys() == {"aid"}  # so that nothing of the rule is taken back
    assert here.rules.state == book(rule("aid", "aid")).rules.state
    why = "ZeroDivisionError: integer division or modulo by zero (change it, or `wirewatch rules enable bad`)"
    assert told == [f"rule bad: is out since 2026-06-15 12:00, when it failed on a story: {why}"]
    assert [key for key, _value in here.unwritten] == ["!bad"]
    took(there, *here.unwritten)
    assert (there.state("bad"), matched(there, "aid")) == (State.FAILED, [])
    changes = enable(there, "bad", Parser(), enabled=True)
    assert changes == [("!bad", None)]
    assert matched(took(there, *changes), "aid") == ["bad"]
    took(there, *here.unwritten)
    there.read([(rule("bad", "aid"), place("bad"))], {})
    there.settle()
    assert matched(there, "aid") == ["bad"]  # it says something else than what failed


def test_a_log_read_again_whole_takes_out_what_it_does_not_have_any_more() -> None:
    made = took(
        book(rule("aid", "aid")), added("a", "a1"), ("$n", encoded(Named("b1"))), (FILES, encoded(Published(0, NOON)))
    )
    made.replace([added("b", "b1")])
    made.settle()
    assert sorted(matched(made, "aid a1 b1")) == ["aid", "b"]
    assert made.published is False


_ids = st.sampled_from(("a", "b", "c"))
_queries = st.sampled_from(("x1", "x2", "$n", "$m", "x1 AND", "x1 x2"))
_changes = st.one_of(
    st.tuples(_ids, _queries, st.sampled_from(Origin), st.booleans()).map(
        lambda drawn: stored(drawn[2], drawn[0], drawn[1], enabled=drawn[3])
    ),
    st.tuples(st.sampled_from(("a", "b", "c", "$n", "$m", "!a", FILES)), st.none()),
    st.tuples(st.sampled_from(("$n", "$m")), st.sampled_from(("x1", "x2", "$n"))).map(
        lambda drawn: (drawn[0], encoded(Named(drawn[1])))
    ),
    st.just((FILES, encoded(Published(1, NOON)))),
    st.just(("!a", encoded(Failure("v", "r", "w", NOON)))),
    st.tuples(_ids, st.just(b"{")),
)


@given(st.lists(_changes, max_size=12), st.integers(1, 3))
@settings(max_examples=300, deadline=None)
def test_change_by_change_and_whole_after_compaction_give_the_same(changes: list[Change], slice_: int) -> None:
    """Followed from the beginning, a few ids at a time, or read at the end from a log that kept the last values."""
    followed, late = (book(rule("a", "x1"), rule("b", "$n"), n="x2") for _ in range(2))
    for change in changes:
        followed.take([change])
        followed.settle(slice_)
    while followed.settle(slice_):
        pass
    late.replace((key, value) for key, value in dict(changes).items() if value is not None)
    late.settle()
    assert followed.rules.versions == late.rules.versions
    assert followed.rules.state == late.rules.state
    assert followed.problems == late.problems
    for text in ("x1", "x2", "x1 x2"):
        assert sorted(matched(followed, text)) == sorted(matched(late, text))


@pytest.mark.parametrize(
    ("definition", "reason"),
    [
        (rule("aid", "x1"), r"rule aid: the id belongs to a rule of a file \(rules.yaml:3\) \(edit it there\)"),
        (rule("war", "x1"), r"rule war: is there already \(--replace changes it\)"),
        (rule("new", "x1 OR"), "rule new: column 4: something is missing after OR"),
        (rule("new", "a b c d e f"), "rule new: column 1: the query has 6 terms, 5 are allowed"),
        (rule("new", "x1", topic="sport"), "rule new: the topic sport is not declared"),
        (rule("new", "x1", expires=date(2026, 6, 14)), "rule new: its last day, 2026-06-14, has passed"),
    ],
)
def test_an_addition_that_is_refused_says_why(definition: RuleDefinition, reason: str) -> None:
    made = took(book(rule("aid", "aid")), added("war", "war"))
    with pytest.raises(ConfigError, match=reason):
        add(made, definition, Parser(limits=LIMITS), replace=False)


def test_a_rule_is_disabled_and_enabled_by_who_owns_it() -> None:
    made = took(book(rule("aid", "aid")), added("war", "war"))
    took(made, *enable(made, "war", Parser(), enabled=False))
    assert (made.state("war"), matched(made, "war")) == (State.DISABLED, [])
    took(made, *enable(made, "war", Parser(), enabled=True))
    assert (made.state("war"), matched(made, "war")) == (State.IN_FORCE, ["war"])
    with pytest.raises(ConfigError, match="the id belongs to a rule of a file"):
        enable(made, "aid", Parser(), enabled=False)
    with pytest.raises(ConfigError, match="the id belongs to a rule of a file"):
        remove(made, "aid")
    with pytest.raises(InputError, match="no rule was added as 'none'"):
        remove(made, "none")


def published(
    known: dict[str, bytes], *files: RuleDefinition, whole: bool = True, **define: str
) -> tuple[int, int, int, list[str]]:
    """Publish onto ``known``; return rules, changed, gone and the problems."""
    entries = [(one, place(one.id)) for one in files]
    done = publish(known, entries, define, NOON, names=None, limits=LIMITS, whole=whole)
    for key, value in done.changes:
        if value is None:
            del known[key]
        else:
            known[key] = value
    return done.rules, done.changed, done.gone, list(map(str, done.problems))


def test_a_publication_writes_what_differs_and_takes_out_what_is_gone() -> None:
    known = {"war": added("war", "$n")[1] or b""}
    assert published(known, rule("a", "x1"), rule("b", "$n"), n="x2") == (2, 2, 0, [])
    before = dict(known)
    assert published(known, rule("a", "x1"), rule("b", "$n"), n="x2") == (2, 0, 0, [])
    assert known == before
    assert published(known, rule("b", "x3"), n="x2") == (1, 1, 1, [])
    assert isinstance(decoded(FILES, known[FILES]), Published)
    assert sorted(known) == ["$n", FILES, "b", "war"]


def test_a_publication_with_a_problem_takes_nothing_out_and_changes_no_refused_rule() -> None:
    known = {"war": added("war", "$n")[1] or b""}
    published(known, rule("a", "x1"), rule("b", "x2"), n="x2")
    before = dict(known)
    *counts, problems = published(known, rule("b", "x2 AND"), rule("war", "x1"), rule("c", "x3"), n="x2")
    assert counts == [1, 1, 0]
    assert problems == [
        "rules.yaml:1: rule b: something is missing after AND",
        "rules.yaml:3: rule war: the id belongs to a rule that was added by command",
    ]
    assert {key: value for key, value in known.items() if key not in ("c", FILES)} == {
        key: value for key, value in before.items() if key != FILES
    }
    assert published(known, rule("b", "x2"), whole=False)[2] == 0
    problems = published(known, rule("b", "x2"))[3]
    assert problems == ["added by command: rule war: column 1: $n is not defined"]
    assert "$n" in known
