"""``wirewatch demo``: the shipped day on the wires, on a simulated clock, through the real embedded pipeline."""

from __future__ import annotations

import argparse
import asyncio
import tempfile
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path

import msgspec

from pipeline import config, wiring
from pipeline.adapters import files
from pipeline.cli.render import BOLD, DIM, Style, alert_lines
from pipeline.cli.run import Notices, until_stopped
from pipeline.core import formats
from pipeline.core.alerts import Alert
from pipeline.core.payload import Payload
from pipeline.runners.clock import Clock, SimulatedClock
from pipeline.runners.embedded import Embedded, Put


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare how fast the day runs."""
    parser.add_argument("--speed", type=float, default=1.2, metavar="H", help="hours of the day in a second (1.2)")
    parser.add_argument("--config", metavar="F", help="configuration (the shipped one)")
    parser.add_argument("--keep", metavar="FILE", help="keep the database here, for `wirewatch search`")


def run(options: argparse.Namespace) -> int:
    """Play the day and print its alerts as they come, then what came of it."""
    settings = config.load(options.config or str(config.shipped() / "wirewatch.yaml"))
    notices = Notices("text")
    day = timed(config.shipped() / "samples", notices)
    start = day[0][0].replace(minute=0, second=0, microsecond=0)
    print(_opening(start, len(day), options.speed), flush=True)
    with tempfile.TemporaryDirectory() as folder:
        clock = SimulatedClock(start, options.speed * 3600)
        database = Path(options.keep or Path(folder) / "demo.db")
        announcer = Announcer(clock)
        pipeline = wiring.embedded(
            settings, clock, announce=announcer, refused=notices.dead, refuse_rule=notices.rule, database=database
        )
        clock.restart()  # loading the dictionaries takes no part of the day
        interrupted = asyncio.run(until_stopped(pipeline, [Day(day, clock)]))
        print(_closing(pipeline, announcer.topics))
    return 130 if interrupted else notices.status


class Announcer:
    """Prints each alert with the time of the simulated day, and counts topics."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.style = Style()
        self.topics: Counter[str] = Counter()

    def __call__(self, alerts: Sequence[Alert]) -> None:
        """Print the alerts of a story."""
        self.topics.update(alert.topic for alert in alerts if alert.topic)
        print(alert_lines(alerts, self.style, self.clock.now()), flush=True)


class Day:
    """The payloads of the day, each put when its time has come; the clock stands until it is stored and told.

    So the day is the same on a machine that is slow or busy.
    """

    def __init__(self, day: list[tuple[datetime, Payload]], clock: SimulatedClock) -> None:
        self.day = day
        self.clock = clock

    async def run(self, put: Put, marks: Mapping[str, str]) -> None:
        """Put the whole day, then wait until midnight has passed, so that every embargo of the day ends."""
        del marks
        for moment, payload in self.day:
            await self._until(moment)
            with self.clock.standing(moment):
                await (await put(msgspec.structs.replace(payload, received=moment)))
        midnight = self.day[-1][0].replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
        await self._until(midnight)

    async def _until(self, moment: datetime) -> None:
        wait = (moment - self.clock.now()).total_seconds()
        if wait > 0:
            await self.clock.sleep(wait)


def timed(folder: Path, notices: Notices) -> list[tuple[datetime, Payload]]:
    """Return the payloads below ``folder`` with the time of their newest story, in order."""
    day = []
    for payload in files.payloads([str(folder)], notices.refuse):
        moments = [story.version_created for story in formats.parse(payload).stories if story.version_created]
        if moments:
            day.append((max(moments), payload))
    return sorted(day, key=lambda pair: pair[0])


def _opening(start: datetime, payloads: int, speed: float) -> str:
    style = Style()
    title = style(f"A day on the wires: {start:%A, %-d %B %Y}", BOLD)
    about = f"{payloads} payloads of four invented providers, {speed:g} hours a second. Ctrl-C ends it."
    return f"{title}\n{style(about, DIM)}\n"


def _closing(pipeline: Embedded, topics: Counter[str]) -> str:
    style = Style()
    report = pipeline.report
    told = report.stories - report.repeats  # a feed holds its items for hours
    held = f"; {report.held} held under embargo, {report.released} released on time" if report.held else ""
    lines = [
        "",
        style(f"{told} story revisions, {report.alerts} alerts, {report.dead} dead letters{held}.", BOLD),
        "Alerts by topic: " + ", ".join(f"{topic} {count}" for topic, count in topics.most_common()),
        "",
        "Next:",
        "  wirewatch rules list           the rules that raised these: config/rules/",
        "  wirewatch explain FILE         why a story is tagged and matched as it is",
        "  wirewatch run FOLDER|FEED…     the same pipeline over your own wire",
    ]
    return "\n".join(lines)
