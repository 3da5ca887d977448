"""``wirewatch run``: the embedded pipeline."""

from __future__ import annotations

import argparse
import asyncio
import signal
import sys
from collections.abc import Sequence

from pipeline import config, metrics, wiring
from pipeline.cli.render import Style, alert_lines
from pipeline.core.alerts import Alert, cloud_event
from pipeline.core.errors import ConfigError, Problem
from pipeline.core.payload import DeadLetter
from pipeline.core.story import encode
from pipeline.runners.clock import Clock
from pipeline.runners.embedded import Embedded, Report, Source

BAD_RULES = 3


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the sources and how long to run."""
    parser.add_argument(
        "sources", nargs="*", metavar="SOURCE", help="files, folders, feed URLs, - for standard input (as configured)"
    )
    parser.add_argument("--config", metavar="F", help="configuration (config/wirewatch.yaml)")
    parser.add_argument("--once", action="store_true", help="end when the sources are drained")
    parser.add_argument("--strict", action="store_true", help="do not run where a rule has a problem")
    parser.add_argument("--provider", help="the provider of stories that do not name theirs")
    parser.add_argument("--format", choices=("text", "json"), default="text", help="how alerts are printed (text)")


def run(options: argparse.Namespace) -> int:
    """Run until the sources end (--once), SIGTERM (0) or Ctrl-C (130)."""
    settings = config.load(options.config)
    notices = Notices(options.format)
    sources = wiring.sources(settings, options.sources, notices.refuse, once=options.once, provider=options.provider)
    if not sources:
        where = options.config or "config/wirewatch.yaml"
        hint = "name files, folders, feed URLs or -, or add some to the configuration"
        raise ConfigError([Problem(where, "there is no source to read", hint=hint)])
    pipeline = wiring.embedded(
        settings, Clock(), announce=notices.alerts, refused=notices.dead, refuse_rule=notices.rule
    )
    if options.strict and notices.status == BAD_RULES:
        return BAD_RULES
    serve_metrics(settings)
    interrupted = asyncio.run(until_stopped(pipeline, sources))
    print(notices.summary(pipeline.report), file=sys.stderr)
    if interrupted:
        return 130
    return notices.status


async def until_stopped(pipeline: Embedded, sources: Sequence[Source]) -> bool:
    """Run the pipeline; a first signal lets it finish its batch. Return whether it was Ctrl-C."""
    received: list[int] = []

    def stop(number: int) -> None:
        received.append(number)
        pipeline.stop()

    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop, number)
    await pipeline.run(sources)
    return signal.SIGINT in received


class Notices:
    """Prints alerts to stdout and everything else to stderr, and remembers what was refused."""

    def __init__(self, format_: str) -> None:
        self.format = format_
        self.style = Style()
        self.status = 0
        """The exit status so far: bad rules before bad input before what cannot be reached."""

    def alerts(self, alerts: Sequence[Alert]) -> None:
        """Print alerts and flush: somebody may be waiting for them."""
        if self.format == "json":
            print("\n".join(encode(cloud_event(alert)).decode() for alert in alerts), flush=True)
        else:
            print(alert_lines(alerts, self.style), flush=True)

    def refuse(self, origin: str, reason: str) -> None:
        """Print why a source or file cannot be read."""
        unreachable = "://" in origin
        self._note(4 if unreachable else 1, f"{origin}: {reason}")

    def dead(self, letter: DeadLetter) -> None:
        """Print why a payload cannot be processed."""
        self._note(1, f"{letter.origin}: {letter.reason}")

    def rule(self, problem: Problem) -> None:
        """Print what is wrong with a rule; the others go on."""
        self._note(3, str(problem))

    def _note(self, status: int, line: str) -> None:
        self.status = max(self.status, status, key=(0, 4, 1, 3).index)
        print(" ".join(line.split()), file=sys.stderr, flush=True)

    def summary(self, report: Report) -> str:
        """Return what the run has done, in one line."""
        parts = [f"{report.stories - report.repeats} stories", f"{report.alerts} alerts"]
        parts += [f"{report.repeats} seen before"] if report.repeats else []
        parts += [f"{report.held} held under embargo, {report.released} released"] if report.held else []
        parts += [f"{report.dead} dead letters"] if report.dead else []
        return f"wirewatch: {', '.join(parts)} in {report.seconds:.1f} s"


def serve_metrics(settings: config.Config) -> None:
    """Serve the metrics where the configuration says so, and say where."""
    if settings.metrics.port:
        port = metrics.serve(settings.metrics.host, settings.metrics.port)
        print(f"wirewatch: metrics at http://{settings.metrics.host}:{port}/metrics", file=sys.stderr)
