"""Files and standard input, and watched folders, as sources."""

from __future__ import annotations

import asyncio
import threading
import time
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from pathlib import Path

import msgspec
from watchfiles import awatch

from pipeline.adapters import files
from pipeline.core.payload import Payload
from pipeline.runners.embedded import Put

SETTLED = 1.0
"""Seconds that a file in a watched folder must stand still before it is read: it may be half written."""

RESCAN = 10.0
"""Seconds between two looks at a folder that reports no change: network mounts report none, and reports get lost."""

Refuse = files.Refuse


class Files:
    """The files, folders and standard input named on the command line, read once, in order."""

    def __init__(self, paths: Sequence[str], refuse: Refuse, provider: str | None = None) -> None:
        self.paths = paths
        self.refuse = refuse
        self.provider = provider

    async def run(self, put: Put, marks: Mapping[str, str]) -> None:
        """Put every payload; files named by a person are read again even if they were read before."""
        del marks
        await pump(lambda: files.payloads(self.paths, self.refuse, self.provider), put)


class Folder:
    """A folder in which files appear. ``watch`` goes on for ever; without it, what is there is read once."""

    def __init__(self, path: Path, refuse: Refuse, provider: str | None = None, *, watch: bool) -> None:
        self.path = path
        self.refuse = refuse
        self.provider = provider
        self.watch = watch
        self._moving = False

    async def run(self, put: Put, marks: Mapping[str, str]) -> None:
        """Put the payloads of each file that is new or has changed since it was stored."""
        if not self.path.is_dir():
            self.refuse(str(self.path), "no such folder")
            return
        done = {name: position for name, position in marks.items() if name.startswith("file:")}
        await self._settle(done, put)
        if not self.watch:
            return
        there = True
        wait = int(RESCAN * 1000)
        async for _changes in awatch(self.path, step=100, rust_timeout=wait, yield_on_timeout=True):
            if there and not self.path.is_dir():
                self.refuse(str(self.path), "the folder is gone; it is looked for from time to time")
            there = self.path.is_dir()
            await self._settle(done, put)

    async def _settle(self, done: dict[str, str], put: Put) -> None:
        """Put what is unread, until no file is being written any more."""
        await pump(lambda: self._unread(done), put)
        while self._moving:
            await asyncio.sleep(SETTLED / 2)
            await pump(lambda: self._unread(done), put)

    def _unread(self, done: dict[str, str]) -> Iterator[Payload]:
        """Yield the payloads of the unread files; the last one of each carries the file's mark.

        A file that is still being written is left for the next look.
        """
        self._moving = False
        for file in files.walk(self.path):
            name = f"file:{file}"
            position, age = _position(file)
            if position is None or done.get(name) == position:
                continue
            if self.watch and age < SETTLED:
                self._moving = True
                continue
            done[name] = position
            last: Payload | None = None
            for payload in files.of_file(str(file), self.refuse, self.provider):
                if last is not None:
                    yield last
                last = payload
            if last is not None:
                yield msgspec.structs.replace(last, mark=(name, position))


def _position(file: Path) -> tuple[str | None, float]:
    """Return what tells a state of the file from another, and the seconds since it was last touched."""
    try:
        status = file.stat()
    except OSError:
        return None, 0.0
    return f"{status.st_mtime_ns}-{status.st_size}", time.time() - max(status.st_mtime, status.st_ctime)


async def pump(iterate: Callable[[], Iterator[Payload]], put: Put) -> None:
    """Put what a blocking iterator yields.

    The iterator runs in a daemon thread: one that is blocked in a read of standard input must not keep the process.
    Payloads cross over as many at a time as there are: one by one, changing threads costs more than the story.
    """
    handoff = _Handoff(asyncio.get_running_loop())
    threading.Thread(target=handoff.run, args=(iterate,), name="source", daemon=True).start()
    try:
        async for payload in handoff:
            await put(payload)
    finally:
        handoff.close()


class _Handoff:
    """Payloads on their way from a thread to the loop; AHEAD of them at most, then the thread waits."""

    AHEAD = 256

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.loop = loop
        self.waiting: deque[Payload] = deque()
        self.room = threading.Semaphore(self.AHEAD)
        self.arrived = asyncio.Event()
        self.finished = self.closed = False
        self.error: BaseException | None = None

    def run(self, iterate: Callable[[], Iterator[Payload]]) -> None:
        """Fill up, in the thread."""
        try:
            for payload in iterate():
                self.room.acquire()
                if self.closed:
                    return
                self.waiting.append(payload)
                if len(self.waiting) == 1:  # the loop may have seen none and sleep
                    self._wake()
        except BaseException as caught:  # noqa: BLE001  handed to the loop, which raises it
            self.error = caught
        self.finished = True
        self._wake()

    async def __aiter__(self) -> AsyncIterator[Payload]:
        while True:
            await self.arrived.wait()
            self.arrived.clear()
            while self.waiting:
                payload = self.waiting.popleft()
                self.room.release()
                yield payload
            if self.finished and not self.waiting:
                if self.error is not None:
                    raise self.error
                return

    def close(self) -> None:
        """Let the thread end at its next payload."""
        self.closed = True
        self.room.release()

    def _wake(self) -> None:
        if not self.loop.is_closed():
            self.loop.call_soon_threadsafe(self.arrived.set)
