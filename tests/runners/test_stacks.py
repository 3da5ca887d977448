"""What a worker that stands still says of itself before it ends."""

from __future__ import annotations

import asyncio
import os
import sys
import threading
from collections.abc import AsyncIterator
from typing import Any

import pytest

from pipeline.runners import liveness, serve, stacks
from pipeline.runners.faust_reads import Records
from tests.runners.batching import consumer, fetch, run

SECRET = b"the text of a story"


async def waits_in_the_thread() -> None:
    await asyncio.Event().wait()


def test_a_worker_that_stands_still_says_what_its_threads_and_tasks_wait_at_and_ends(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    ended = threading.Event()
    errors: list[BaseException] = []

    def end(error: BaseException) -> None:
        errors.append(error)
        ended.set()

    async def test() -> None:
        going = asyncio.Event()

        async def waits_for_what_never_comes(_records: Records) -> None:
            await going.wait()

        async with consumer(waits_for_what_never_comes) as made:
            found: Any = made
            loop = found._thread.thread_loop
            thread = threading.Thread(target=loop.run_forever, name="consumer", daemon=True)
            thread.start()
            waiting = asyncio.run_coroutine_threadsafe(waits_in_the_thread(), loop)
            records: Any = fetch(p0=range(3))
            for batch in records.values():
                batch[:] = [record._replace(value=SECRET) for record in batch]
            working = asyncio.create_task(found.process(records))
            await asyncio.sleep(0.05)
            found.liveness.guard(found.end)
            assert await asyncio.to_thread(ended.wait, 5)
            waiting.cancel()
            going.set()
            await working
            loop.call_soon_threadsafe(loop.stop)
            thread.join(5)

    monkeypatch.setattr(liveness, "STANDSTILL", -1.0)
    monkeypatch.setattr(liveness, "LOOK", 0.01)
    monkeypatch.setattr(serve, "fail", end)
    run(test)
    told = capsys.readouterr().err
    lines = told.splitlines()
    assert list(map(str, errors)) == [
        "messages wait, and none was confirmed for 0 s: ending, so that another process may go on"
    ]
    assert lines[0] == "wirewatch: it stands still at"
    [effect] = [line for line in lines if "waits_for_what_never_comes" in line]
    assert effect.startswith("  task of the main loop: ")
    assert "faust_batches.py" in effect
    assert [line for line in lines if line.startswith("  task of the consumer's loop: test_stacks.py")]
    assert [line for line in lines if line.startswith("  thread guard: ")]
    assert SECRET.decode() not in told


def test_the_way_goes_through_generators_and_every_step_of_asynchronous_ones() -> None:
    async def inner() -> AsyncIterator[int]:
        await asyncio.Event().wait()
        yield 1

    async def outer() -> None:
        async for _ in inner():
            pass

    async def test() -> list[str]:
        task = asyncio.create_task(outer())
        await asyncio.sleep(0)
        found = stacks.stacks({"it": asyncio.get_running_loop()})
        task.cancel()
        return found

    [line] = [line for line in run(test) if " outer" in line]
    assert [place.split()[-1] for place in line.split(" > ")] == ["outer", "inner", "wait"]


def test_many_tasks_at_one_place_are_one_line_and_there_are_never_too_many_lines(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def test() -> list[str]:
        tasks = [asyncio.create_task(waits_in_the_thread()) for _ in range(500)]
        await asyncio.sleep(0)
        loops = {"it": asyncio.get_running_loop()}
        [line] = [line for line in stacks.stacks(loops) if "waits_in_the_thread" in line]
        assert line.endswith("(500 times)")
        monkeypatch.setattr(stacks, "LINES", 2)
        few = stacks.stacks(loops)
        for task in tasks:
            task.cancel()
        return few

    first, last = run(test)
    assert first.startswith("thread ")
    assert last.startswith("and ")


def test_of_a_deep_stack_the_innermost_places_are_told() -> None:
    async def deep(depth: int) -> None:
        if depth:
            await deep(depth - 1)
        else:
            await asyncio.Event().wait()

    async def test() -> list[str]:
        task = asyncio.create_task(deep(40))
        await asyncio.sleep(0)
        found = stacks.stacks({"it": asyncio.get_running_loop()})
        task.cancel()
        return found

    [line] = [line for line in run(test) if " deep" in line]
    assert line.split(": ", 1)[1].split(" > ")[0] == "…"
    assert line.count(" > ") == stacks.PLACES
    assert line.endswith(" wait")


def test_a_process_whose_stacks_cannot_be_told_ends_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "_exit", sys.exit)
    with pytest.raises(SystemExit) as raised:
        serve.end_still("why", {"no loop": None})  # type: ignore[dict-item]
    assert raised.value.code == 1
