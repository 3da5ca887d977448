"""Ages and dates as a person types them: ``90m``, ``7d``, ``2026-06-15``, ``2026-06-15T08:00Z``."""

from __future__ import annotations

import argparse
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}


def age(text: str) -> Callable[[datetime], datetime]:
    """Return a function from now to the moment meant; raises ArgumentTypeError, which argparse shows."""
    found = re.fullmatch(r"(\d{1,6})([smhdw])", text)
    if found:
        span = timedelta(seconds=int(found[1]) * UNITS[found[2]])
        return lambda now: now - span
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is neither an age (90m, 12h, 7d, 4w) nor a date") from None
    fixed = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return lambda _now: fixed
