"""The batch consumer without a server: what it hands over, what it acknowledges."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from aiokafka.errors import GroupAuthorizationFailedError
from faust.types import TP

from pipeline.runners import faust_batches, faust_watch
from pipeline.runners.faust_batches import BatchConsumer
from pipeline.runners.faust_reads import Records
from pipeline.runners.liveness import Liveness
from tests.runners.batching import P0, consumer, fetch, next_of, run


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

            monkeypatch.setattr(faust_watch, "WATCH", 0.01)
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


def test_a_client_of_which_a_task_has_died_ends_the_process_at_once_and_says_of_what(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Client(SimpleNamespace):
        """What the watch looks at."""

        def __init__(self, sync: Any, fetch: Any, coordination: Any) -> None:
            super().__init__(
                _client=SimpleNamespace(_sync_task=sync),
                _fetcher=SimpleNamespace(_fetch_task=fetch),
                _coordinator=SimpleNamespace(_coordination_task=coordination),
            )

    async def test() -> None:
        async with consumer() as made:
            found: Any = made
            ends: list[BaseException] = []
            going, stopped, dead = (asyncio.get_running_loop().create_future() for _ in range(3))
            stopped.set_result(None)
            dead.set_exception(RuntimeError("the handler is closed"))
            monkeypatch.setattr(faust_watch, "WATCH", 0.01)
            monkeypatch.setattr(faust_watch, "fail", ends.append)
            found.liveness, found._lag = Unguarded(found.worker), lambda: going
            starting = Client(None, None, None)
            starting._fetcher = starting._coordinator = None
            for client in (None, starting):
                found._thread._consumer = client
                assert found._died_of() is None
            for tasks in ((None, going, stopped), (going, stopped, dead), (dead, going, going), (going, dead, going)):
                found._thread._consumer = Client(*tasks)
                watching = asyncio.ensure_future(BatchConsumer._watch.fun(found))
                await asyncio.sleep(0.05)
                watching.cancel()
                assert (dead in tasks) == (repr(ends[:1]) == "[RuntimeError('the handler is closed')]")
                ends.clear()

    run(test)


def test_an_error_of_the_group_is_told_and_the_client_asked_to_try_again(monkeypatch: pytest.MonkeyPatch) -> None:
    async def test() -> None:
        async with consumer() as made:
            found: Any = made
            told: list[BaseException] = []

            async def tell(error: BaseException) -> None:
                told.append(error)

            class Coordinator(SimpleNamespace):
                """Keeps an error until it is asked for it."""

                _pending_exception: Any

                def check_errors(self) -> None:
                    error, self._pending_exception = self._pending_exception, None
                    raise error

            kept = Coordinator(_pending_exception=GroupAuthorizationFailedError("x."))
            found._thread._consumer = SimpleNamespace(_client=None, _fetcher=None, _coordinator=kept)
            found._thread.thread_loop = asyncio.get_running_loop()
            monkeypatch.setattr(faust_watch, "WATCH", 0.01)
            found.liveness = Unguarded(found.worker)
            found.outage.tell = tell
            watching = asyncio.ensure_future(BatchConsumer._watch.fun(found))
            await asyncio.sleep(0.05)
            watching.cancel()
            assert type(told[0]) is GroupAuthorizationFailedError
            assert kept._pending_exception is None

    run(test)


def test_a_rebalance_that_does_not_end_is_for_the_guard_to_see_where_a_broker_lets_us_in(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def test() -> None:
        async with consumer() as made:
            found: Any = made
            away: str | None = None

            async def reason() -> str | None:
                return away

            found.outage.reason = reason
            found.highwaters = lambda *_: asyncio.sleep(0, {})
            found.stop_flow()
            assert await found._lag() == 0
            monkeypatch.setattr(faust_watch, "REBALANCE", 0.0)
            assert await found._lag() == 1
            away = "nothing listens there"
            assert await found._lag() == 0
            found.resume_flow()
            assert await found._lag() == 0

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
    failed: list[BaseException] = []

    async def effect(_records: Records) -> None:
        raise ValueError("unexpected")

    async def test() -> None:
        async with consumer(effect) as found:
            await found.process(fetch(p0=range(3)))
            await found.commit()
            assert found.committed == []

    monkeypatch.setattr(faust_batches, "fail", failed.append)
    run(test)
    assert [str(error) for error in failed] == ["unexpected"]


def test_what_was_deleted_before_anybody_read_it_does_not_wait() -> None:
    async def test() -> None:
        async with consumer() as found:
            found.positions = {P0: 1_000}
            assert await found.worked_off(TP("t", 0)) == 1_000
            found.fetches.put_nowait(fetch(p0=range(1_000, 1_003)))
            message = await next_of(found)
            found.positions = {P0: 1_003}
            assert await found.worked_off(TP("t", 0)) == 0  # read, not confirmed, and never committed
            await found.process(message.value)
            assert await found.worked_off(TP("t", 0)) == 1_003

    run(test)
