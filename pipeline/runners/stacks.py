"""Where a process is at this moment: what each of its threads, and each task of an event loop, waits at.

Files, lines and functions alone: what a worker reads, and what it logs in with, stays out of its log.
"""

from __future__ import annotations

import asyncio
import gc
import sys
import threading
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from types import FrameType
from typing import Any

PLACES = 16
"""Places of one thread or task that are told at most: the innermost."""

LINES = 100
"""Lines at most; threads or tasks at the same places have one."""


def stacks(loops: Mapping[str, asyncio.AbstractEventLoop]) -> list[str]:
    """Return a line for each thread, and for each task of ``loops``, by name, which may be those of other threads.

    A line is ``thread NAME: file:line function > …``, the place where it waits at the end.
    """
    names = {thread.ident: thread.name for thread in threading.enumerate()}
    frames = sys._current_frames()  # noqa: SLF001  documented, for this
    found = [f"thread {names.get(ident)}: {_way(_callers(frame))}" for ident, frame in frames.items()]
    for name, loop in loops.items():
        found += [f"task of {name}: {_way(_awaited(task.get_coro()))}" for task in asyncio.all_tasks(loop)]
    lines = [f"{line} ({count} times)" if count > 1 else line for line, count in Counter(found).items()]
    return lines if len(lines) <= LINES else [*lines[: LINES - 1], f"and {len(lines) - LINES + 1} more"]


def _callers(frame: FrameType | None) -> list[FrameType]:
    """Return the frames of a thread, the outermost first."""
    found = []
    while frame is not None:
        found.append(frame)
        frame = frame.f_back
    return found[::-1]


def _awaited(coroutine: Any) -> Iterator[FrameType]:
    """Yield the frames of what a coroutine awaits, through generators and awaitables, the outermost first."""
    seen = set()
    while coroutine is not None and id(coroutine) not in seen:
        seen.add(id(coroutine))
        kind = next((kind for kind in ("cr", "gi", "ag") if hasattr(coroutine, f"{kind}_frame")), None)
        if kind is None:  # one step of an asynchronous generator, or a future's iterator: only the former has a frame
            coroutine = next((one for one in gc.get_referents(coroutine) if hasattr(one, "ag_frame")), None)
            continue
        frame = getattr(coroutine, f"{kind}_frame")
        if frame is not None:
            yield frame
        coroutine = getattr(coroutine, "gi_yieldfrom" if kind == "gi" else f"{kind}_await")


def _way(frames: Iterable[FrameType]) -> str:
    places = [f"{Path(f.f_code.co_filename).name}:{f.f_lineno} {f.f_code.co_name}" for f in frames]
    return " > ".join(["…", *places[-PLACES:]] if len(places) > PLACES else places) or "at its end"
