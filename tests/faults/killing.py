"""Workers that are killed and that fail, and what must hold then, whichever runner they have."""

from __future__ import annotations

from random import Random

from tests.faults.crew import Crew
from tests.faults.ledger import Findings, sending, through
from tests.faults.size import Size

KINDS = ["desk", "desk", "desk", "index"]

REPEATED = 250
"""Stories that a kill may repeat: one fetch, of 0.02 s of work, and what is done between two commits, 0.1 s apart."""


def kill_workers(crew: Crew, size: Size) -> Findings:
    """Kill a random worker, or let a fetch of one fail, again and again."""
    ledger = sending(crew.stage, size)
    chance = Random(2)
    through(ledger, size, lambda number: crew.fail() if number % 3 == 1 else crew.kill(chance.randrange(len(KINDS))))
    crew.keep(ledger)
    return ledger.compare()


def holds(found: Findings, size: Size, within: float) -> bool:
    """Whether killed workers have cost nothing, repeated no more than they must, and alerted again in time."""
    return found.harmless and found.repeated <= size.faults * REPEATED and found.delay < within
