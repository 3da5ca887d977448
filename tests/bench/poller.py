"""The poller alone, as in ``wirewatch produce``, its payloads dropped: ``python -m tests.bench.poller SECONDS FILE``.

Prints the payloads taken, and the largest resident memory in bytes.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable
from contextlib import suppress
from pathlib import Path

from pipeline.adapters import sourcefiles
from pipeline.config import Fetching
from pipeline.core.payload import Payload
from pipeline.runners.health import HealthBook
from pipeline.runners.polling import Feeds, Polled


async def poll(seconds: float, file: Path) -> int:
    """Poll the feeds of a source file for so long; return how many payloads came of it."""
    entries, _problems = sourcefiles.load([file])
    polled = [Polled(entry.feed, entry.provider, entry.every) for entry in entries if entry.feed]
    taken = 0

    async def put(_payload: Payload) -> Awaitable[None]:
        nonlocal taken
        taken += 1
        return asyncio.sleep(0)

    book = HealthBook(lambda _origin, _reason: None, file.with_name("poller.db"))
    source = Feeds(polled, book, Fetching(allow_private=("127.0.1.0/24",), timeout=20))
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await source.run(put, {})
    return taken


if __name__ == "__main__":
    count = asyncio.run(poll(float(sys.argv[1]), Path(sys.argv[2])))
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()  # ru_maxrss begins with the parent's
    print(count, next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) * 1024)
