"""Several worker processes on one machine: started, started again when one ends, stopped together."""

from __future__ import annotations

import json
import signal
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path

import msgspec

from pipeline.runners.serve import STOP, say

FIRST_PAUSE, LONGEST_PAUSE = 0.5, 30.0
"""Seconds before a process that has ended is started again; doubled while it ends soon after its start."""

SETTLED = 60.0
"""Seconds after which a process counts as running well."""

FINAL = (2, 3, 4)
"""Exit statuses that a restart does not mend: usage, configuration, a server that refuses us."""


class _Child(msgspec.Struct):
    """One process: how it is started, since when it runs, how long to wait before the next start."""

    command: list[str]
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    pause: float = FIRST_PAUSE
    due: float = 0.0


def supervise(commands: Sequence[Sequence[str]]) -> int:
    """Keep one process for each command running until SIGTERM or Ctrl-C; return the exit status.

    A process that ends with a status that no restart mends ends all of them, with that status.
    """
    children = [_Child(list(command)) for command in commands]
    stopped: list[int] = []
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda received, _frame: stopped.append(received))
    status = 0
    while not stopped and not status:
        for place, child in enumerate(children):
            status = status or _look_after(child, place)
        time.sleep(0.1)
    _stop(children)
    return status


def write_discovery(file: Path, worker: str, addresses: Sequence[str]) -> None:
    """Write the targets for Prometheus' ``file_sd_configs``, whole or not at all."""
    half = file.with_name(f".{file.name}.half")
    half.write_text(json.dumps([{"targets": list(addresses), "labels": {"worker": worker}}], indent=2) + "\n")
    half.replace(file)


def _look_after(child: _Child, number: int) -> int:
    """Start a process that does not run, when it is due; return a status that is final, else 0."""
    now = time.monotonic()
    if child.process is None:
        if now >= child.due:
            child.process, child.started = subprocess.Popen(child.command), now  # noqa: S603  our own command
        return 0
    status = child.process.poll()
    if status is None:
        return 0
    child.process = None
    if status in FINAL:
        say(f"process {number} ended with status {status}: ending all")
        return status
    child.pause = FIRST_PAUSE if now - child.started > SETTLED else min(2 * child.pause, LONGEST_PAUSE)
    child.due = now + child.pause
    say(f"process {number} ended with status {status}: starting it again in {child.pause:.0f} s")
    return 0


def _stop(children: Sequence[_Child]) -> None:
    running = [child.process for child in children if child.process is not None]
    for process in running:
        process.send_signal(signal.SIGTERM)
    end = time.monotonic() + STOP + 3
    for process in running:
        try:
            process.wait(max(0.0, end - time.monotonic()))
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
