"""The batch consumer without a server: what it hands over, what it acknowledges, what it lets go."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterator
from contextlib import asynccontextmanager
from typing import Any, NamedTuple, TypeVar

import pytest
from aiokafka import TopicPartition
from faust.types import TP

from pipeline.config import Config, Kafka
from pipeline.runners import faust_batches
from pipeline.runners.faust_batches import BatchConsumer, Records
from pipeline.runners.liveness import Liveness

T = TypeVar("T")
P0, P1 = TopicPartition("t", 0), TopicPartition("t", 1)


class Read(NamedTuple):
    """A record, as far as the consumer looks at it."""

    offset: int
    value: bytes = b""
    timestamp: int = 0
    timestamp_type: int = 0


@pytest.fixture(autouse=True)
def tidy() -> Iterator[None]:
    """Let each test's app go here: one that goes in the middle of an import upsets CPython 3.11's compiler."""
    yield
    gc.collect()


def fetch(**partitions: range) -> dict[TopicPartition, list[Read]]:
    return {TopicPartition("t", int(name[1:])): [Read(o) for o in offsets] for name, offsets in partitions.items()}


async def nothing(_records: Records) -> None:
    pass


@asynccontextmanager
async def consumer(effect: Callable[[Records], Awaitable[None]] = nothing) -> AsyncIterator[BatchConsumer]:
    """Yield a consumer in an assignment of two partitions; commits are noted in ``committed``."""
    app = faust_batches.make_app(Config(kafka=Kafka(prefix="x.")), "desk", ["t"], effect)
    app.finalize()
    found: Any = app.consumer
    found.committed = []
    found.fetches = asyncio.Queue()

    async def commit(offsets: dict[TP, int]) -> bool:
        found.committed.append({tp.partition: offset for tp, offset in offsets.items()})
        return True

    async def getmany(active_partitions: set[TP], timeout: float) -> Any:  # noqa: ARG001, ASYNC109  Faust's names
        return await found.fetches.get()

    found.positions, found.sought = {P0: 0, P1: 0}, []

    async def position(tp: TP) -> int:
        return int(found.positions[tp])

    async def seek_wait(partitions: dict[TopicPartition, int]) -> None:
        found.sought.append(partitions)

    found.position, found.seek_wait = position, seek_wait
    found._commit_offsets = lambda offsets, **_: commit(offsets)
    found._getmany = getmany
    found.room, found._room = 0, lambda: found.room
    found.highwater = lambda _tp: 100
    found.assignment = lambda: {TP("t", 0), TP("t", 1)}
    found._set_active_tps({TP("t", 0), TP("t", 1)})
    yield found


def run(test: Callable[[], Coroutine[Any, Any, T]]) -> T:
    return asyncio.run(asyncio.wait_for(test(), 10))


async def next_of(found: Any) -> Any:
    messages = [message async for _tp, message in found.getmany(timeout=0.05)]
    return messages[0] if messages else None


def test_a_fetch_of_many_partitions_is_one_message_with_all_records() -> None:
    async def test() -> None:
        async with consumer() as found:
            records = fetch(p0=range(3), p1=range(5, 9))
            found.fetches.put_nowait(records)
            message = await next_of(found)
            assert message.value is records
            assert message.generation_id == found.app.consumer_generation_id

    run(test)


def test_the_next_fetch_waits_until_the_last_is_done() -> None:
    async def test() -> None:
        async with consumer() as found:
            found.fetches.put_nowait(fetch(p0=range(3)))
            found.fetches.put_nowait(fetch(p0=range(3, 6)))
            first = await next_of(found)
            assert await next_of(found) is None
            await found.process(first.value)
            assert (await next_of(found)).value == fetch(p0=range(3, 6))

    run(test)


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


def test_a_little_that_was_fetched_ahead_is_taken_with_what_has_come_since() -> None:
    async def test() -> None:
        async with consumer() as found:
            for room, expected in ((6, range(6)), (5, range(3)), (0, range(3))):
                found.room = room
                found.fetches = asyncio.Queue()
                found.fetches.put_nowait(fetch(p0=range(3)))
                found.fetches.put_nowait(fetch(p0=range(3, 6), p1=range(7, 9)))
                message = await next_of(found)
                assert [record.offset for record in message.value[P0]] == list(expected)
                await found.process(message.value)

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


class Unguarded(Liveness):
    """Ends nobody."""

    def guard(self, end: Callable[[str], None]) -> None:
        pass


def test_a_client_that_hangs_when_its_broker_is_back_is_for_the_guard_to_see(monkeypatch: pytest.MonkeyPatch) -> None:
    async def test() -> None:
        async with consumer() as made:
            found: Any = made
            asked = asyncio.Event()

            async def for_ever(*_partitions: TP) -> dict[TP, int]:
                await asyncio.Event().wait()
                raise AssertionError

            async def lets_in() -> str | None:
                asked.set()
                return None

            monkeypatch.setattr(faust_batches, "WATCH", 0.01)
            found.liveness = Unguarded(found.worker)
            await found.outage.tell(TimeoutError("it was away"))
            assert found.liveness.waits_for() == ["kafka"]
            found.highwaters, found.outage.reason = for_ever, lets_in
            watching = asyncio.ensure_future(BatchConsumer._watch.fun(found))
            await asyncio.wait_for(asked.wait(), 5)
            await asyncio.sleep(0.05)
            assert found.liveness.waits_for() == []
            watching.cancel()

    run(test)


def test_what_a_read_brings_of_an_assignment_that_ended_moves_no_position_forward() -> None:
    async def test() -> None:
        async with consumer() as found:
            waiting = asyncio.ensure_future(next_of(found))
            await asyncio.sleep(0)
            found.stop_flow()
            found.fetches.put_nowait(fetch(p0=range(3, 6)))
            assert await waiting is None
            found._term += 1
            found.resume_flow()
            found.positions = {P0: 1, P1: 0}  # the commit: what came after it was never confirmed
            found.fetches.put_nowait(fetch(p0=range(1, 6)))
            assert (await next_of(found)).value == fetch(p0=range(1, 6))
            assert found.sought == []

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


def test_a_read_whose_reader_is_cancelled_is_not_lost() -> None:
    async def test() -> None:
        async with consumer() as found:
            waiting = asyncio.ensure_future(next_of(found))
            await asyncio.sleep(0)
            waiting.cancel()
            await asyncio.sleep(0)
            found.fetches.put_nowait(fetch(p0=range(3)))
            assert (await next_of(found)).value == fetch(p0=range(3))

    run(test)


def test_a_fetch_asked_for_while_the_flow_stood_still_belongs_to_the_assignment_after_it() -> None:
    async def test() -> None:
        async with consumer() as found:
            found.stop_flow()
            waiting = asyncio.ensure_future(next_of(found))
            await asyncio.sleep(0)
            found._term += 1  # a rebalance
            found.resume_flow()
            found.fetches.put_nowait(fetch(p0=range(3)))
            assert await waiting is not None

    run(test)


def test_only_what_is_confirmed_is_committed_and_the_offset_is_that_of_the_next_record() -> None:
    async def test() -> None:
        going = asyncio.Event()

        async def effect(_records: Records) -> None:
            await going.wait()

        async with consumer(effect) as found:
            task = asyncio.ensure_future(found.process(fetch(p0=range(3), p1=range(7, 8))))
            await asyncio.sleep(0.01)
            await found.commit()
            assert found.committed == []
            going.set()
            await task
            await found.commit()
            assert found.committed == [{0: 3, 1: 8}]

    run(test)


def test_acknowledging_a_message_as_streams_do_for_skipped_ones_commits_nothing() -> None:
    async def test() -> None:
        async with consumer() as found:
            found.fetches.put_nowait(fetch(p0=range(3)))
            message = await next_of(found)
            found.ack(message)
            await found._add_gap(TP("t", 0), 0, 2)
            await found.commit()
            assert found.committed == []

    run(test)


def test_an_effect_that_raises_ends_the_process_and_acknowledges_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    class Ended(BaseException):
        pass

    def fail(error: BaseException) -> None:
        raise Ended from error

    async def effect(_records: Records) -> None:
        raise ValueError("unexpected")

    async def test() -> None:
        async with consumer(effect) as found:
            with pytest.raises(Ended):
                await found.process(fetch(p0=range(3)))
            await found.commit()
            assert found.committed == []

    monkeypatch.setattr(faust_batches, "fail", fail)
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


async def note(told: list[Any], what: Any, _partitions: Any) -> None:
    told.append(what)


def test_what_was_deleted_before_anybody_read_it_does_not_wait() -> None:
    async def test() -> None:
        async with consumer() as found:
            found.positions = {P0: 1_000}
            assert await found._worked_off(TP("t", 0)) == 1_000
            found.fetches.put_nowait(fetch(p0=range(1_000, 1_003)))
            message = await next_of(found)
            found.positions = {P0: 1_003}
            assert await found._worked_off(TP("t", 0)) == 0  # read, not confirmed, and never committed
            await found.process(message.value)
            assert await found._worked_off(TP("t", 0)) == 1_003

    run(test)
