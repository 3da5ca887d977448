"""The workers of a pipeline, as a supervisor has them: each a static member, started again when it ends."""

from __future__ import annotations

import os
import subprocess
import time

from tests.e2e.stage import Stage
from tests.faults.ledger import AGAIN_WITHIN, Findings, Ledger
from tests.faults.load import load


class Crew:
    """One worker for each of ``kinds``; ready when it is made.

    With ``runner``, desks are those of ``hooked.py``; where it is ``plain``, all are.
    """

    def __init__(self, stage: Stage, kinds: list[str], runner: str | None = None) -> None:
        self.stage = stage
        self.kinds = kinds
        self.runner = runner
        self.began = time.monotonic()
        self.load = load() if "PYTEST_XDIST_WORKER" in os.environ else None
        """Of the machine where other tests run beside these, as in ``make test``."""
        self.logs = [stage.folder / f"{kind}-{place}.log" for place, kind in enumerate(kinds)]
        self.workers = [self._start(place) for place in range(len(kinds))]
        for place in range(len(kinds)):
            self._wait_reading(place)

    @property
    def again_within(self) -> float:
        """Seconds in which a story must alert after a kill: more where other tests make the machine busy.

        What a killed worker needs is mostly its start, which then takes so much longer as the machine is busy.
        """
        return AGAIN_WITHIN * (self.load.most(self.began, AGAIN_WITHIN) if self.load else 1.0)

    def kill(self, place: int) -> None:
        """End a worker without a word, and start it again."""
        self.stage.kill(self.workers[place])
        self.workers[place] = self._start(place)

    def fail(self) -> None:
        """Let the next fetch of a hooked desk raise, and start again the worker that ends of it."""
        file = self.stage.folder / "fail"
        file.touch()
        end = time.monotonic() + 30  # a group may have to find itself anew before
        while file.exists() and time.monotonic() < end:
            time.sleep(0.1)
        file.unlink(missing_ok=True)  # nothing has come
        time.sleep(1)
        self.look_after()

    def restart(self, place: int) -> float:
        """Stop a worker as a deployment does, and start it again until it reads; return the seconds of the stop."""
        seconds = self.stage.stop(self.workers[place])
        self.workers[place] = self._start(place)
        self._wait_reading(place)
        return seconds

    def visit(self, kind: str) -> None:
        """Let one more worker join for a while, and leave."""
        log = self.stage.folder / "guest.log"
        guest = self.stage.start(kind, module=self._module(kind), log=log)
        self.stage.until(lambda: " reads " in log.read_text(), "the guest reads")
        time.sleep(1)
        self.stage.stop(guest)

    def look_after(self) -> None:
        """Start again what has ended."""
        for place, worker in enumerate(self.workers):
            if worker.poll() is not None:
                self.workers[place] = self._start(place)

    def keep(self, ledger: Ledger) -> None:
        """Look after the workers while stories are sent, and until the pipeline is through."""
        while ledger.sending() or not self.stage.through():
            self.look_after()
            time.sleep(0.5)

    def finish(self, ledger: Ledger) -> Findings:
        """Look after the workers until everything is worked off, and compare."""
        self.keep(ledger)
        return ledger.compare(600)

    def _start(self, place: int) -> subprocess.Popen[bytes]:
        kind = self.kinds[place]
        name, log = f"{kind}-{place}", self.logs[place]
        return self.stage.start(kind, "--instance", name, module=self._module(kind), log=log)

    def _module(self, kind: str) -> tuple[str, ...]:
        if self.runner == "plain" or (self.runner and kind == "desk"):
            return "tests.faults.hooked", self.runner, str(self.stage.folder)
        return ("pipeline",)

    def _wait_reading(self, place: int) -> None:
        log = self.logs[place]
        self.stage.until(lambda: " reads " in log.read_text(), f"{log} says that it reads", 180)
