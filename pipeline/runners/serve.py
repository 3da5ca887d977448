"""Run a worker as a process: wait for its servers, run until a signal, stop within bounds, end when it stands still."""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import signal
import sys
import time
import traceback
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from typing import Any

import uvloop

from pipeline.adapters.kafka import topics
from pipeline.config import Config
from pipeline.core.errors import UnreachableError, WirewatchError
from pipeline.runners.stacks import stacks

PAUSE = 2.0
"""Seconds between two attempts to reach a server at start."""

WAITED_FOR = ("cannot be reached", "does not answer within", "run `wirewatch init`")
"""What the sentences of an UnreachableError say where it is worth to wait."""

TOPICS_WAIT = 20.0
"""Seconds that topics may take to be made: a worker may start while `wirewatch init` runs."""

STOP = 25.0
"""Seconds that a stop may take; a fetch has five of them to end."""

GARBAGE = 10_000
"""New objects after which Python looks for cycles among them; after 700, as it has it, they cost a story 3 % more."""

EVERY = 60.0
"""Seconds for which a client of Kafka says a thing once."""


class _Once(logging.Filter):
    """Lets a kind of line through once in so many seconds: aiokafka tells of an outage ten times a second."""

    def __init__(self) -> None:
        super().__init__()
        self._said: dict[tuple[str, str], float] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Say whether the line is new."""
        kind = record.name, record.msg
        new = record.created - self._said.get(kind, -EVERY) >= EVERY
        if new:
            self._said[kind] = record.created
        return new


def quieten() -> None:
    """Let aiokafka repeat itself once in EVERY seconds."""
    handler = logging.StreamHandler()
    handler.setLevel(logging.WARNING)
    handler.addFilter(_Once())
    client = logging.getLogger("aiokafka")
    client.addHandler(handler)
    client.propagate = False


def say(text: str) -> None:
    """Tell the person at the terminal, or the log that collects stderr."""
    print(f"wirewatch: {text}", file=sys.stderr, flush=True)  # noqa: T201  the log of a worker is its stderr


def fail(error: BaseException) -> None:
    """End the process at once, without an acknowledgement; the supervisor starts it again.

    ``os._exit``, because Faust's own way of stopping after an error commits what was not confirmed.
    """
    status = 1
    try:
        if isinstance(error, WirewatchError):
            status = error.exit_status
            say(str(error))
        else:
            trace = "".join(traceback.format_exception(error))
            say(f"the worker ends, nothing of this fetch is acknowledged\n{trace}")
    finally:  # also where nobody reads stderr any more
        os._exit(status)


def end_still(why: str, loops: Mapping[str, asyncio.AbstractEventLoop]) -> None:
    """End the process because it stands still, and say first what each thread and task of ``loops`` waits at."""
    try:
        _tell("it stands still at", loops)
    finally:  # whatever cannot be told, it ends
        fail(WirewatchError(f"{why}: ending, so that another process may go on"))


def _tell(what: str, loops: Mapping[str, asyncio.AbstractEventLoop]) -> None:
    say("\n  ".join([what, *stacks(loops)]))


def wait_for(check: Callable[[], object]) -> None:
    """Wait until ``check()`` raises UnreachableError no more; each of its reasons is said once.

    Raises what waiting does not mend: a login that is refused, a server that is another.
    """
    told = ""
    while True:
        try:
            check()
        except UnreachableError as error:
            if not any(word in str(error) for word in WAITED_FOR):
                raise
            if str(error) != told:
                say(f"waiting: {error}")
                told = str(error)
            time.sleep(PAUSE)
        else:
            return


def wait_for_topics(config: Config, names: Sequence[str]) -> None:
    """Wait for Kafka, and a little for its topics; raises UnreachableError naming those that are missing.

    What is not as configured is said.
    """
    kafka = config.kafka
    wait_for(lambda: topics.missing_topics(kafka, names))
    until = time.monotonic() + TOPICS_WAIT
    missing = topics.missing_topics(kafka, names)
    if missing:
        say(f"waiting {TOPICS_WAIT:.0f} s for topics: {', '.join(missing)}")
    while missing:
        if time.monotonic() > until:
            raise topics.no_such_topic(missing)
        time.sleep(PAUSE)
        missing = topics.missing_topics(kafka, names)
    for difference in topics.differences(config, names):
        say(difference)


async def _at_once() -> None:
    """Wait for nothing."""


def run(
    make: Callable[[], Any],
    close: Callable[[], Awaitable[None]],
    before: Callable[[], Coroutine[Any, Any, None]] = _at_once,
) -> int:
    """Make the Faust app in a loop of its own, run it until SIGTERM or Ctrl-C, ``close``; return the exit status.

    The app starts when ``before`` has ended.
    """
    asyncio.set_event_loop_policy(uvloop.EventLoopPolicy())  # Faust's consumer thread makes its loop from it, too
    with asyncio.Runner() as runner:
        return runner.run(_serve(make, close, before))


async def _serve(
    make: Callable[[], Any], close: Callable[[], Awaitable[None]], before: Callable[[], Coroutine[Any, Any, None]]
) -> int:
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopped.set)
    stopping = asyncio.ensure_future(stopped.wait())
    preparing = asyncio.ensure_future(before())
    await asyncio.wait([preparing, stopping], return_when=asyncio.FIRST_COMPLETED)
    if not preparing.done():
        preparing.cancel()
        await close()
        return 0
    preparing.result()
    gc.collect()
    gc.freeze()  # dictionaries and rules stay: to look through them for garbage takes 40 ms, while stories wait
    gc.set_threshold(GARBAGE)
    app = make()
    starting = asyncio.ensure_future(app.start())
    await asyncio.wait([starting, stopping], return_when=asyncio.FIRST_COMPLETED)
    if starting.done():
        starting.result()
        await stopping
    say("stopping")
    others = app.loops() if hasattr(app, "loops") else {}
    loop.call_later(STOP, give_up, {"the main loop": loop} | others)
    starting.cancel()
    await app.stop()
    await close()
    return 0


def give_up(loops: Mapping[str, asyncio.AbstractEventLoop]) -> None:
    """End without waiting any longer, and say for what: what is not committed is read again."""
    try:
        say(f"not stopped after {STOP:.0f} s: ending without waiting; what is not acknowledged is read again")
        _tell("it waits at", loops)
    finally:  # whatever cannot be told, it ends
        os._exit(1)
