"""Watched folders: whole files once, half-written ones later, and no way to miss one."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest

from pipeline.core.payload import Payload
from pipeline.runners import sources
from pipeline.runners.sources import Folder


class Taken:
    """What a pipeline would have been handed."""

    def __init__(self) -> None:
        self.payloads: list[Payload] = []
        self.refused: list[str] = []

    async def put(self, payload: Payload) -> Awaitable[None]:
        self.payloads.append(payload)
        return asyncio.sleep(0)

    def data(self) -> list[bytes]:
        return [payload.data for payload in self.payloads]

    def marks(self) -> dict[str, str]:
        return dict(payload.mark for payload in self.payloads if payload.mark)


Act = Callable[[], Coroutine[Any, Any, None]]


def watch(taken: Taken, folder: Path, act: Act, marks: dict[str, str] | None = None) -> None:
    async def run() -> None:
        source = Folder(folder, lambda origin, reason: taken.refused.append(f"{origin}: {reason}"), watch=True)
        watching = asyncio.create_task(source.run(taken.put, marks or {}))
        await act()
        watching.cancel()
        await asyncio.wait([watching])

    asyncio.run(run())


async def until(true: Callable[[], bool], seconds: float = 8) -> None:
    async with asyncio.timeout(seconds):
        while not true():  # noqa: ASYNC110  a file system tells by what stands in it
            await asyncio.sleep(0.05)


def test_a_file_that_is_still_being_written_is_left_alone(tmp_path: Path) -> None:
    taken = Taken()

    async def act() -> None:
        with (tmp_path / "a.xml").open("wb", buffering=0) as file:
            for _ in range(20):
                file.write(b"<p/>")
                await asyncio.sleep(0.1)
                assert taken.payloads == []
        await until(lambda: bool(taken.payloads))

    watch(taken, tmp_path, act)
    assert taken.data() == [b"<p/>" * 20]


def test_a_file_that_was_there_or_is_renamed_or_changed_is_read(tmp_path: Path) -> None:
    taken = Taken()
    (tmp_path / "there").write_bytes(b"1")

    async def act() -> None:
        await until(lambda: taken.data() == [b"1"])
        (tmp_path / "deep").mkdir()
        (tmp_path / "deep" / "x.part").write_bytes(b"2")
        (tmp_path / "deep" / "x.filepart").write_bytes(b"no")
        (tmp_path / "deep" / "x.part").rename(tmp_path / "deep" / "x.xml")
        await until(lambda: taken.data() == [b"1", b"2"])
        (tmp_path / "there").write_bytes(b"3")
        await until(lambda: taken.data() == [b"1", b"2", b"3"])

    watch(taken, tmp_path, act)
    again = Taken()

    async def wait() -> None:
        await asyncio.sleep(1.5)

    watch(again, tmp_path, wait, taken.marks())
    assert again.payloads == [], "what was stored is not read again after a restart"


def test_a_folder_that_reports_nothing_is_looked_at_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sources, "RESCAN", 0.3)
    taken = Taken()
    folder = tmp_path / "in"
    folder.mkdir()

    async def act() -> None:
        await asyncio.sleep(0.3)
        folder.rmdir()
        await until(lambda: bool(taken.refused))
        folder.mkdir()
        (folder / "a").write_bytes(b"1")
        await until(lambda: bool(taken.payloads))

    watch(taken, folder, act)
    assert taken.refused == [f"{folder}: the folder is gone; it is looked for from time to time"]
