"""``wirewatch produce``: files, folders, feeds or standard input to ``wire.incoming``."""

from __future__ import annotations

import argparse
import asyncio
import signal
import sys
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from time import monotonic

import msgspec

from pipeline import config, wiring
from pipeline.core import formats
from pipeline.core.errors import InputError
from pipeline.core.formats.key import cheap_key
from pipeline.core.payload import Payload
from pipeline.core.shift import shift_times
from pipeline.runners.embedded import Put, Receipt, Source
from pipeline.runners.producing import Producing


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the sources, the pace and the shift."""
    parser.add_argument(
        "sources", nargs="*", metavar="SOURCE", help="files, folders, feed URLs, - for standard input (as configured)"
    )
    parser.add_argument("--config", metavar="F", help="configuration (config/wirewatch.yaml)")
    parser.add_argument("--provider", help="the provider of stories that do not name theirs")
    parser.add_argument("--rate", type=_rate, metavar="N", help="at most so many payloads a second")
    parser.add_argument(
        "--shift-to", choices=("now",), help="move all times, embargoes too, so that the newest story is of now"
    )
    parser.add_argument(
        "--follow", action="store_true", help="go on: poll feeds, watch folders, take in what is pushed"
    )


def run(options: argparse.Namespace) -> int:
    """Send everything and return when it is confirmed; 1 when any payload was refused."""
    from pipeline.adapters.kafka.produce import Producer

    settings = config.load(options.config)
    refused: list[str] = []

    def refuse(origin: str, reason: str) -> None:
        refused.append(origin)
        print(f"{origin}: {' '.join(reason.split())}", file=sys.stderr)

    sources = wiring.sources(settings, options.sources, refuse, once=not options.follow, provider=options.provider)
    producer = Producer(settings.kafka, cheap_key, refuse)
    began = monotonic()
    try:
        if options.follow:
            pace = _Pace(options.rate)
            asyncio.run(_follow(Producing(producer.send, settings.path(settings.source_state), pace.wait), sources))
        else:
            asyncio.run(_feed(sources, producer.send, options.rate, shift=options.shift_to is not None))
    finally:
        sent = producer.finish()
        seconds = monotonic() - began
        print(f"wirewatch: {sent.confirmed} payloads confirmed by {producer.topic} in {seconds:.1f} s", file=sys.stderr)
    if any("://" in origin for origin in refused):
        return 4
    return 1 if refused else 0


async def _feed(sources: list[Source], send: Callable[[Payload], None], rate: float | None, *, shift: bool) -> None:
    pace = _Pace(rate)
    if shift:
        kept: list[Payload] = []
        for source in sources:
            await source.run(_keep(kept), {})
        by = _span(kept)
        for payload in kept:
            await pace.wait()
            send(msgspec.structs.replace(payload, data=shift_times(payload.data, by)))
        return

    confirmed = _confirmed()

    async def put(payload: Payload) -> Receipt:
        await pace.wait()
        send(payload)
        return confirmed

    async with asyncio.TaskGroup() as group:
        for source in sources:
            group.create_task(source.run(put, {}))


def _confirmed() -> Receipt:
    """Return a receipt for all payloads: everything is confirmed by the end, and sources that end ask no earlier."""
    receipt: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    receipt.set_result(None)
    return receipt


def _keep(kept: list[Payload]) -> Put:
    confirmed = _confirmed()

    async def put(payload: Payload) -> Receipt:
        kept.append(payload)
        return confirmed

    return put


async def _follow(producing: Producing, sources: list[Source]) -> None:
    """Run until SIGTERM or Ctrl-C; what was taken in is sent."""
    running = asyncio.ensure_future(producing.run(sources))
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, running.cancel)
    with suppress(asyncio.CancelledError):
        await running


def _span(payloads: list[Payload]) -> timedelta:
    """Return how far the newest story that can be parsed is from now."""
    newest: datetime | None = None
    for payload in payloads:
        try:
            stories = formats.parse(payload).stories
        except InputError:
            continue  # sent as it is: the desk says what is wrong with it
        for story in stories:
            if story.version_created and (newest is None or story.version_created > newest):
                newest = story.version_created
    return datetime.now(UTC) - newest if newest else timedelta()


class _Pace:
    """Spreads payloads evenly over time."""

    def __init__(self, rate: float | None) -> None:
        self.rate = rate
        self.next = monotonic()

    async def wait(self) -> None:
        """Wait for this payload's turn."""
        if self.rate is None:
            await asyncio.sleep(0)
            return
        self.next = max(self.next + 1 / self.rate, monotonic() - 1)
        await asyncio.sleep(max(0.0, self.next - monotonic()))


def _rate(text: str) -> float:
    try:
        rate = float(text)
    except ValueError:
        rate = 0.0
    if not 0 < rate < 1e9:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of payloads a second above 0")
    return rate
