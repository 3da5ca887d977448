"""Effects that leave a rest: it is done in order, while the next fetch is worked on, and only then acknowledged."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import Any

import pytest
from faust.types import TP

from pipeline.runners import faust_batches
from pipeline.runners.ends import Ends
from pipeline.runners.faust_batches import Rest
from pipeline.runners.faust_reads import Records
from tests.runners.batching import P0, P1, consumer, fetch, next_of, run


class Halves:
    """An effect whose rests wait to be let go; notes what is done, by the first offset of a fetch."""

    def __init__(self, *, whole: frozenset[int] = frozenset()) -> None:
        self.whole = whole
        """Fetches that leave nothing to do."""
        self.noted: list[str] = []
        self.going: dict[int, asyncio.Event] = {}

    def let_go(self, *fetches: int) -> None:
        for number in fetches:
            self.going.setdefault(number, asyncio.Event()).set()

    async def __call__(self, records: Records) -> Rest | None:
        number = records[P0][0].offset
        self.noted.append(f"work {number}")
        return None if number in self.whole else partial(self.rest, number)

    async def rest(self, number: int) -> None:
        self.noted.append(f"write {number}")
        await self.going.setdefault(number, asyncio.Event()).wait()
        self.noted.append(f"written {number}")


async def begin(found: Any, *firsts: int) -> asyncio.Task[None]:
    """Hand fetches over as an agent does, each when the one before it is processed; return what processes them."""

    async def process() -> None:
        for first in firsts:
            await found.process(fetch(p0=range(first, first + 10)))

    task = asyncio.ensure_future(process())
    await asyncio.sleep(0.02)
    return task


def test_one_fetch_is_worked_on_while_the_one_before_is_written_and_no_more() -> None:
    async def test() -> None:
        effect = Halves()
        async with consumer(effect) as found:
            task = await begin(found, 0, 10, 20)
            assert effect.noted == ["work 0", "write 0", "work 10"]
            effect.let_go(0)
            await asyncio.sleep(0.02)
            assert effect.noted[3:] == ["written 0", "write 10", "work 20"]
            effect.let_go(10, 20)
            await task

    run(test)


def test_the_next_fetch_is_read_when_the_work_on_one_is_done() -> None:
    async def test() -> None:
        effect = Halves()
        async with consumer(effect) as found:
            for first in (0, 10, 20):
                found.fetches.put_nowait(fetch(p0=range(first, first + 10)))
            await found.process((await next_of(found)).value)
            second = await next_of(found)
            processing = asyncio.ensure_future(found.process(second.value))
            assert await next_of(found) is None  # its work is done, but two may not be written at a time
            effect.let_go(0)
            await processing
            assert await next_of(found) is not None

    run(test)


def test_nothing_is_committed_before_its_rest_is_done() -> None:
    async def test() -> None:
        effect = Halves()
        async with consumer(effect) as found:
            task = await begin(found, 0, 10)
            await found.commit()
            assert found.committed == []
            assert await found.worked_off(TP("t", 0)) == 0
            effect.let_go(0)
            await task
            await found.commit()
            assert found.committed == [{0: 10}]
            effect.let_go(10)
            await asyncio.sleep(0.02)
            await found.commit()
            assert found.committed == [{0: 10}, {0: 20}]
            assert found.done == 20

    run(test)


def test_a_fetch_that_leaves_nothing_to_do_is_acknowledged_after_the_one_before_it() -> None:
    async def test() -> None:
        effect = Halves(whole=frozenset({10}))
        async with consumer(effect) as found:
            task = await begin(found, 0, 10)
            assert effect.noted == ["work 0", "write 0", "work 10"]
            await found.commit()
            assert found.committed == []  # or the offset behind both would be
            effect.let_go(0)
            await task
            await found.commit()
            assert found.committed == [{0: 20}]

    run(test)


def test_a_revocation_lets_what_is_written_end_and_writes_nothing_of_the_next_one() -> None:
    async def test() -> None:
        effect = Halves()
        async with consumer(effect) as found:
            told: list[Any] = []

            async def forget(_revoked: set[TP]) -> None:
                told.append(list(found.committed))

            found._on_partitions_revoked = forget
            task = await begin(found, 0, 10)
            asyncio.get_running_loop().call_later(0.05, effect.let_go, 0)
            await found.on_partitions_revoked({TP("t", 0), TP("t", 1)})
            await task
            assert effect.noted == ["work 0", "write 0", "work 10", "written 0"]
            assert told == [[{0: 10}]]

    run(test)


def test_a_revocation_ends_a_rest_that_hangs_and_the_next_assignment_begins_anew(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def test() -> None:
        effect = Halves()
        async with consumer(effect) as found:

            async def nothing(*_: Any) -> None:
                pass

            found._on_partitions_revoked = found._on_partitions_assigned = nothing
            found.app.on_rebalance_return = lambda: None
            task = await begin(found, 0, 10)
            await found.on_partitions_revoked({TP("t", 0), TP("t", 1)})
            await task
            assert effect.noted == ["work 0", "write 0", "work 10"]
            await found.on_partitions_assigned({TP("t", 0)}, 2)
            found._sought = found._term  # as Faust seeks
            found.resume_flow()
            effect.let_go(0)
            await found.process(fetch(p0=range(10)))
            await asyncio.sleep(0)
            await found.commit()
            assert effect.noted[3:] == ["work 0", "write 0", "written 0"]
            assert found.committed == [{0: 10}]

    monkeypatch.setattr(faust_batches, "GRACE", 0.05)
    run(test)


def test_a_rest_that_raises_ends_the_process_at_once_and_acknowledges_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    failed: list[BaseException] = []

    async def rest() -> None:
        raise ValueError("unexpected")

    async def effect(_records: Records) -> Rest:
        return rest

    async def test() -> None:
        async with consumer(effect) as made:
            found: Any = made
            await found.process(fetch(p0=range(3)))
            await asyncio.sleep(0.02)  # nothing comes after it
            assert [str(error) for error in failed] == ["unexpected"]
            await found.commit()
            assert found.committed == []
            with pytest.raises(ValueError, match="unexpected"):
                await found._writing

    monkeypatch.setattr(faust_batches, "fail", failed.append)
    run(test)


def test_what_may_end_the_process_is_written_with_nothing_else_in_hand() -> None:
    async def test() -> None:
        effect = Halves()
        async with consumer(effect) as made:
            found: Any = made
            found._notes.book.learn({P1: (7, str(Ends(1, 8)))})

            async def make(notes: Any, still: Any) -> bool:
                effect.noted += [f"note {note.offset}" for note in notes.values()]
                return bool(still())

            found._notes.make = make
            first = asyncio.ensure_future(found.process(fetch(p0=range(10))))
            await first
            noted = asyncio.ensure_future(found.process(fetch(p0=range(10, 20), p1=range(7, 8))))
            await asyncio.sleep(0.02)
            assert effect.noted == ["work 0", "write 0"]
            effect.let_go(0)
            await asyncio.sleep(0.02)
            assert effect.noted[2:] == ["written 0", "note 7", "work 10", "write 10"]
            assert not noted.done()  # nothing is read beside it
            effect.let_go(10)
            await noted
            assert found.committed == [{0: 20, 1: 8}]

    run(test)


def test_a_note_that_is_written_down_while_the_partitions_go_is_taken_back() -> None:
    async def test() -> None:
        effect = Halves()
        async with consumer(effect) as made:
            found: Any = made
            found._on_partitions_revoked = lambda *_: asyncio.sleep(0)
            found._notes.book.learn({P0: (0, str(Ends(2, 3)))})
            notes: list[str] = []

            async def commit(made: dict[Any, tuple[int, str]]) -> None:
                await asyncio.sleep(0.02)
                notes.extend(text for _offset, text in made.values())

            found._notes._commit = commit
            task = asyncio.ensure_future(found.process(fetch(p0=range(3))))
            await asyncio.sleep(0.01)
            await found.on_partitions_revoked({TP("t", 0)})
            await task
            assert notes == ["ends 3 until 3 alone", "ends 2 until 3"]
            assert effect.noted == []

    run(test)


def test_what_is_behind_a_rest_that_failed_is_not_written(monkeypatch: pytest.MonkeyPatch) -> None:
    async def test() -> None:
        written: list[int] = []

        async def effect(records: Records) -> Rest:
            async def rest() -> None:
                if not written and records[P0][0].offset == 0:
                    raise ValueError("unexpected")
                written.append(records[P0][0].offset)

            return rest

        async with consumer(effect) as found:
            await found.process(fetch(p0=range(3)))
            await asyncio.sleep(0)
            await found.process(fetch(p0=range(3, 6)))
            await asyncio.sleep(0)
            await found.commit()
            assert (written, found.committed) == ([], [])

    monkeypatch.setattr(faust_batches, "fail", lambda _error: None)  # as where the process does not end
    run(test)


def test_a_note_stays_ours_until_something_of_its_own_partition_is_confirmed(monkeypatch: pytest.MonkeyPatch) -> None:
    async def test() -> None:
        second = asyncio.Event()

        async def effect(records: Records) -> None:
            if P1 in records:
                second.set()
                await asyncio.Event().wait()

        async with consumer(effect) as made:
            found: Any = made
            found._notes.book.learn({P0: (0, None), P1: (7, None)})
            noted: list[dict[Any, str]] = []

            async def commit(notes: dict[Any, tuple[int, str]]) -> None:
                noted.append({partition: text for partition, (_offset, text) in notes.items()})

            found._notes._commit = commit
            task = asyncio.ensure_future(found.process(fetch(p0=range(3), p1=range(7, 8))))
            await second.wait()
            await found.settle()
            await task
            assert noted == [{P0: "ends 1 until 3", P1: "ends 1 until 8"}, {P1: ""}]

    monkeypatch.setattr(faust_batches, "GRACE", 0.05)
    monkeypatch.setattr(faust_batches, "slices", lambda records: ({p: batch} for p, batch in records.items()))
    run(test)
