"""The log of rule changes: one contract, over SQLite and over the real Kafka."""

from __future__ import annotations

import sqlite3
import threading
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from kafka import KafkaAdminClient

from pipeline.adapters.kafka import topics
from pipeline.adapters.kafka.rules import KafkaRules
from pipeline.adapters.sqlite.rules import SqliteRules
from pipeline.config import Config, Kafka
from pipeline.core.errors import InputError, UnreachableError
from pipeline.core.rules.changes import Change, RuleLog

A, B, GONE = ("a", b"1"), ("b", b"2"), ("a", None)


@pytest.fixture(params=["sqlite", pytest.param("kafka", marks=pytest.mark.servers)])
def log(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[RuleLog]:
    if request.param == "sqlite":
        made = SqliteRules(tmp_path / "w.db")
        yield made
        made.close()
        return
    kafka = Kafka(brokers=(request.getfixturevalue("kafka_address"),), prefix=f"rules-{uuid.uuid4().hex[:8]}.")
    config = Config(mode="distributed", kafka=kafka)
    topics.create(config, lambda _line: None)
    yield KafkaRules(kafka)
    with KafkaAdminClient(bootstrap_servers=list(kafka.brokers)) as admin:
        admin.delete_topics([topic.name for topic in topics.declared(config)])


def write(log: RuleLog, *changes: Change) -> None:
    with log.edit() as put:
        put(changes)


def test_the_last_value_of_each_key_counts_in_the_order_of_writing(log: RuleLog) -> None:
    assert list(log.changes()) == []
    write(log, A, B)
    write(log, ("a", b"3"))
    assert list(log.changes()) == [B, ("a", b"3")]
    write(log, GONE)
    write(log, GONE, ("c", b"4"))
    assert list(log.changes()) == [B, ("c", b"4")]


def test_an_edit_that_fails_changes_nothing(log: RuleLog) -> None:
    write(log, A)
    with pytest.raises(ZeroDivisionError), log.edit() as put:
        raise ZeroDivisionError
    if isinstance(log, SqliteRules):  # Kafka commits what one call has written
        with pytest.raises(sqlite3.ProgrammingError), log.edit() as put:
            put([B, 3])  # type: ignore[list-item]
    assert list(log.changes()) == [A]


def test_of_two_edits_at_a_time_one_sees_what_the_other_wrote_or_is_refused(log: RuleLog) -> None:
    """Both take the id if it is free: only one of them may get it."""
    began, outcomes = threading.Barrier(2), list[str]()

    def claim(name: str, mine: RuleLog) -> None:
        began.wait(20)
        try:
            with mine.edit() as put:
                if dict(mine.changes()).get("id") is None:
                    put([("id", name.encode())])
                    outcomes.append(f"{name} wrote")
                else:
                    outcomes.append(f"{name} saw")
        except InputError:
            outcomes.append(f"{name} refused")

    logs = [SqliteRules(log.path), log] if isinstance(log, SqliteRules) else [KafkaRules(log.kafka), log]  # type: ignore[attr-defined]  # one of the two
    threads = [threading.Thread(target=claim, args=(name, mine)) for name, mine in zip("xy", logs, strict=True)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    winner = dict(log.changes()).get("id")
    assert winner is not None
    assert sorted(outcomes) != ["x wrote", "y wrote"]
    assert f"{winner.decode()} wrote" in outcomes


def test_sqlite_hands_out_what_is_new_and_what_was_taken_out(tmp_path: Path) -> None:
    log = SqliteRules(tmp_path / "w.db")
    write(log, A, B)
    changes, number = log.after(0)
    assert changes == [A, B]
    assert log.after(number) == ([], number)
    write(log, GONE)
    assert log.after(number)[0] == [GONE]


def test_a_store_that_is_away_is_named(tmp_path: Path) -> None:
    (tmp_path / "w.db").write_bytes(b"no database, by far longer than a header " * 20)
    with pytest.raises(UnreachableError, match=r"w\.db: cannot be opened"):
        SqliteRules(tmp_path / "w.db")
    away = KafkaRules(Kafka(brokers=("127.0.0.1:1",)))
    with pytest.raises(UnreachableError, match="nothing listens there"), away.edit():
        pass


@pytest.mark.servers
def test_a_topic_that_is_not_there_is_named(kafka_address: str) -> None:
    log = KafkaRules(Kafka(brokers=(kafka_address,), prefix="nobody."))
    with pytest.raises(UnreachableError, match=r"no topic nobody\.rules: run `wirewatch init`"), log.edit():
        pass
    with pytest.raises(UnreachableError, match=r"no topic nobody\.rules"):
        log.changes()
