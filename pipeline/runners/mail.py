"""A mailbox as a source: looked into from time to time, each message read once."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from random import Random

from pipeline.adapters.mailbox import Mailbox, Position
from pipeline.config import Source
from pipeline.core.errors import UnreachableError
from pipeline.core.polling import pause
from pipeline.runners.embedded import Put
from pipeline.runners.health import HealthBook


class Mail:
    """One mailbox. ``once`` looks a single time."""

    def __init__(self, entry: Source, book: HealthBook, *, once: bool) -> None:
        self.entry = entry
        self.box = Mailbox(entry.mail or "", entry.password or "", entry.senders)
        self.book = book
        self.once = once
        self.chance = Random()  # noqa: S311  spreads the looks, keeps no secret

    async def run(self, put: Put, marks: Mapping[str, str]) -> None:
        """Look, wait, look; what has been put is not read again, unless the process ended before it was stored."""
        position = Position.of_mark(marks.get(f"mail:{self.box.name}"))
        try:
            while True:
                try:
                    payloads, position = await asyncio.to_thread(
                        self.box.read, position, self.entry.provider, self.book.refuse
                    )
                except UnreachableError as error:
                    health = self.book.failed(self.box.name, str(error).removeprefix(f"{self.box.name}: "))
                else:
                    health = self.book.fetched(self.box.name, changed=bool(payloads))
                    for payload in payloads:
                        await put(payload)
                if self.once:
                    return
                await asyncio.sleep(pause(self.entry.every, health.failures, self.chance.random()))
        finally:
            self.book.write()
