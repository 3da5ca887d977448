"""The sources of the embedded pipeline: files and standard input, watched folders, feeds."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import msgspec
from watchfiles import awatch

from pipeline import metrics
from pipeline.adapters import feeds, files
from pipeline.core.errors import UnreachableError
from pipeline.core.payload import Payload
from pipeline.runners.embedded import Put

SETTLED = 0.5
"""Seconds that a file in a watched folder must stand still before it is read: it may be half written."""

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

    async def run(self, put: Put, marks: Mapping[str, str]) -> None:
        """Put the payloads of each file that is new or has changed since it was stored."""
        if not self.path.is_dir():
            self.refuse(str(self.path), "no such folder")
            return
        done = {name: position for name, position in marks.items() if name.startswith("file:")}
        await pump(lambda: self._unread(done), put)
        if not self.watch:
            return
        async for _changes in awatch(self.path, step=int(SETTLED * 500), debounce=1600, rust_timeout=500):
            await asyncio.sleep(SETTLED)
            await pump(lambda: self._unread(done), put)

    def _unread(self, done: dict[str, str]) -> Iterator[Payload]:
        """Yield the payloads of the unread files; the last one of each carries the file's mark."""
        for file in files.walk(self.path):
            name = f"file:{file}"
            position = _position(file)
            if position is None or done.get(name) == position:
                continue
            done[name] = position
            last: Payload | None = None
            for payload in files.of_file(str(file), self.refuse, self.provider):
                if last is not None:
                    yield last
                last = payload
            if last is not None:
                yield msgspec.structs.replace(last, mark=(name, position))


def _position(file: Path) -> str | None:
    try:
        status = file.stat()
    except OSError:
        return None
    return f"{status.st_mtime_ns}-{status.st_size}"


class Feed:
    """A feed. ``every`` is the seconds between two fetches; None fetches once."""

    def __init__(self, url: str, refuse: Refuse, provider: str | None = None, *, every: float | None) -> None:
        self.url = url
        self.refuse = refuse
        self.provider = provider
        self.every = every

    async def run(self, put: Put, marks: Mapping[str, str]) -> None:
        """Fetch, wait, fetch; a fetch that fails is reported and tried again at the next turn, later each time."""
        validators = feeds.Validators.of_mark(marks.get(feeds.mark_name(self.url)))
        failures = 0
        async with feeds.session() as client:
            while True:
                try:
                    fetched = await feeds.fetch(client, self.url, validators, self.provider)
                except UnreachableError as error:
                    failures += 1
                    metrics.FETCHES.labels("failed").inc()
                    self.refuse(self.url, str(error).removeprefix(f"{self.url}: "))
                else:
                    failures = 0
                    validators = fetched.validators
                    metrics.FETCHES.labels("changed" if fetched.payload else "unchanged").inc()
                    if fetched.payload is not None:
                        await put(fetched.payload)
                if self.every is None:
                    return
                await asyncio.sleep(self.every * min(2**failures, 16))


async def pump(iterate: Callable[[], Iterator[Payload]], put: Put) -> None:
    """Put what a blocking iterator yields.

    The iterator runs in a daemon thread: one that is blocked in a read of standard input must not keep the process.
    """
    loop = asyncio.get_running_loop()
    ended: asyncio.Future[None] = loop.create_future()

    def end(error: BaseException | None) -> None:
        if ended.done():
            return
        if error is None:
            ended.set_result(None)
        else:
            ended.set_exception(error)

    def run() -> None:
        error: BaseException | None = None
        try:
            for payload in iterate():
                if ended.done():
                    return
                asyncio.run_coroutine_threadsafe(_put(put, payload), loop).result()
        except BaseException as caught:  # noqa: BLE001  handed to the loop, which raises it
            error = caught
        if not loop.is_closed():
            loop.call_soon_threadsafe(end, error)

    threading.Thread(target=run, name="source", daemon=True).start()
    await ended


async def _put(put: Put, payload: Payload) -> None:
    await put(payload)
