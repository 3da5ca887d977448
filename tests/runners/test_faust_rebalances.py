"""The batch consumer over a rebalance: what it lets go and reads again, what still counts as done."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest
from aiokafka import TopicPartition
from faust.types import TP

from pipeline import metrics
from pipeline.runners import faust_batches
from pipeline.runners.faust_reads import Records
from tests.runners.batching import P0, P1, consumer, deal, fetch, next_of, run


async def note(told: list[Any], what: Any, _partitions: Any) -> None:
    told.append(what)


def test_what_a_read_brings_over_a_rebalance_is_let_go_and_read_again_from_there() -> None:
    async def test() -> None:
        async with consumer() as found:
            waiting = asyncio.ensure_future(next_of(found))
            await asyncio.sleep(0)
            found._term += 1  # the read goes on, and takes from the new assignment
            found.fetches.put_nowait(fetch(p0=range(3, 6)))
            assert await waiting is None
            found.positions = {P0: 6, P1: 0}
            found.fetches.put_nowait(fetch(p0=range(3, 6)))
            assert (await next_of(found)).value == fetch(p0=range(3, 6))
            assert found.sought == [{P0: 3}]

    run(test)


def test_what_two_reads_bring_over_a_rebalance_is_let_go_from_the_first_of_either() -> None:
    async def test() -> None:
        async with consumer() as found:
            found.room = 100
            waiting = asyncio.ensure_future(next_of(found))
            found.fetches.put_nowait(fetch(p0=range(5, 7)))
            await asyncio.sleep(0.01)
            found._term += 1  # between the reads; the new assignment begins at the commit
            found.fetches.put_nowait(fetch(p0=range(3, 9)))
            assert await waiting is None
            found.positions = {P0: 9, P1: 0}
            found.room = 0
            found.fetches.put_nowait(fetch(p0=range(3, 9)))
            await next_of(found)
            assert found.sought == [{P0: 3}]

    run(test)


def test_what_a_read_brings_of_an_assignment_that_ended_moves_no_position_forward() -> None:
    async def test() -> None:
        async with consumer() as found:
            waiting = asyncio.ensure_future(next_of(found))
            await asyncio.sleep(0)
            found.stop_flow()
            found.fetches.put_nowait(fetch(p0=range(3, 6)))
            assert await waiting is None
            deal(found)
            found.positions = {P0: 1, P1: 0}  # the commit: what came after it was never confirmed
            found.fetches.put_nowait(fetch(p0=range(1, 6)))
            assert (await next_of(found)).value == fetch(p0=range(1, 6))
            assert found.sought == []

    run(test)


def test_what_was_let_go_is_forgotten_where_nothing_is_dealt_out() -> None:
    async def test() -> None:
        async with consumer() as found:
            found._let_go[P0] = 100
            found.assignment = set
            found._set_active_tps(set())
            assert await next_of(found) is None
            found.assignment = lambda: {TP("t", 0)}
            found._set_active_tps({TP("t", 0)})
            found.positions = {P0: 1_000_000}  # hours later, and committed by others
            found.fetches.put_nowait(fetch(p0=range(3)))
            assert await next_of(found) is not None
            assert found.sought == []

    run(test)


def test_the_seek_of_an_assignment_that_has_ended_lets_nothing_through() -> None:
    async def test() -> None:
        async with consumer() as made:
            found: Any = made
            app = found.app
            recovery = app.tables.recovery
            app._fetcher = SimpleNamespace(maybe_start=lambda: asyncio.sleep(0))
            app.on_rebalance_end = app.on_rebalance_return = lambda: None
            found._on_partitions_assigned = lambda *_: asyncio.sleep(0)
            found.seek_to_committed = lambda: asyncio.sleep(0.05, {})

            async def dealt(generation: int) -> asyncio.Future[None]:
                app.consumer_generation_id = generation
                await found.on_partitions_assigned({TP("t", 0)}, generation)
                seeking: asyncio.Future[None] = asyncio.ensure_future(
                    recovery._resume_streams(generation_id=generation)
                )
                await asyncio.sleep(0.01)
                return seeking

            found.stop_flow()
            seeking = await dealt(1)
            await found.on_partitions_revoked({TP("t", 0)})
            await seeking
            assert not found.flow_active
            seeking = await dealt(2)
            assert not found.flow_active
            await seeking
            assert found.flow_active

    run(test)


def test_who_waited_for_another_system_waits_no_more_when_the_partitions_go() -> None:
    async def test() -> None:
        async with consumer() as found:
            found._on_partitions_revoked = lambda revoked: note([], None, revoked)
            metrics.BLOCKED.labels(found.worker, "elasticsearch").set(1)
            await found.on_partitions_revoked({TP("t", 0)})
            assert found.liveness.waits_for() == []

    run(test)


def test_positions_are_moved_back_again_when_a_rebalance_comes_in_between() -> None:
    async def test() -> None:
        async with consumer() as found:
            found._let_go[P0] = 3
            found.positions = {P0: 6}
            seek = found.seek_wait

            async def disturbed(partitions: dict[TopicPartition, int]) -> None:
                await seek(partitions)
                found._term += 1

            found.seek_wait = disturbed
            assert await next_of(found) is None
            found.seek_wait = seek
            found.fetches.put_nowait(fetch(p0=range(3, 6)))
            assert await next_of(found) is not None
            assert found.sought == [{P0: 3}, {P0: 3}]

    run(test)


def test_a_fetch_asked_for_while_the_flow_stood_still_belongs_to_the_assignment_after_it() -> None:
    async def test() -> None:
        async with consumer() as found:
            found.stop_flow()
            waiting = asyncio.ensure_future(next_of(found))
            await asyncio.sleep(0)
            deal(found)
            found.fetches.put_nowait(fetch(p0=range(3)))
            assert await waiting is not None

    run(test)


def test_a_revocation_lets_the_running_effect_end_and_commits_it_before_faust_forgets() -> None:
    async def test() -> None:
        async def effect(_records: Records) -> None:
            await asyncio.sleep(0.05)

        async with consumer(effect) as found:
            told: list[Any] = []
            found._on_partitions_revoked = lambda revoked: note(told, list(found.committed), revoked)
            running = asyncio.ensure_future(found.process(fetch(p0=range(3))))
            await asyncio.sleep(0)
            await found.on_partitions_revoked({TP("t", 0), TP("t", 1)})
            assert told == [[{0: 3}]]
            await running

    run(test)


def test_a_revocation_ends_an_effect_that_hangs_and_it_is_not_acknowledged(monkeypatch: pytest.MonkeyPatch) -> None:
    async def test() -> None:
        async def effect(_records: Records) -> None:
            await asyncio.sleep(60)

        async with consumer(effect) as found:
            found._on_partitions_revoked = lambda revoked: note([], None, revoked)
            running = asyncio.ensure_future(found.process(fetch(p0=range(3))))
            await asyncio.sleep(0)
            await found.on_partitions_revoked({TP("t", 0), TP("t", 1)})
            await running
            assert found.committed == []

    monkeypatch.setattr(faust_batches, "GRACE", 0.05)
    run(test)


def test_an_effect_that_outlives_its_assignment_acknowledges_nothing() -> None:
    async def test() -> None:
        going = asyncio.Event()

        async def effect(_records: Records) -> None:
            await going.wait()

        async with consumer(effect) as found:
            running = asyncio.ensure_future(found.process(fetch(p0=range(3))))
            await asyncio.sleep(0)
            found._term += 1
            going.set()
            await running
            await found.commit()
            assert found.committed == []

    run(test)


def test_a_new_assignment_frees_the_gate_that_a_lost_fetch_has_closed() -> None:
    async def test() -> None:
        async with consumer() as found:
            found._on_partitions_assigned = lambda assigned, _generation: note([], None, assigned)
            found.app.on_rebalance_return = lambda: None
            found.fetches.put_nowait(fetch(p0=range(3)))
            assert await next_of(found) is not None
            await found.on_partitions_assigned({TP("t", 0)}, 2)
            found._set_active_tps({TP("t", 0)})
            found.fetches.put_nowait(fetch(p0=range(3)))
            assert await next_of(found) is not None
            assert found.liveness.partitions == 1

    run(test)
