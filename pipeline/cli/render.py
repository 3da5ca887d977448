"""How alerts and stories look on a terminal. Colour only there, and never with NO_COLOR."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from datetime import datetime
from typing import TextIO

from pipeline.core.alerts import Alert, AlertType
from pipeline.core.cluster import Gathered
from pipeline.core.story import Actor, Kind, Region, Role, Story

BOLD, DIM, RED, GREEN, YELLOW, CYAN = "1", "2", "31", "32", "33", "36"
_TYPE = {
    AlertType.NEW: ("NEW      ", GREEN),
    AlertType.UPDATED: ("UPDATED  ", CYAN),
    AlertType.RETRACTED: ("RETRACTED", YELLOW),
    AlertType.WITHDRAWN: ("WITHDRAWN", RED),
}

_INDENT = " " * 16


class Style:
    """Paints for one stream, or leaves plain."""

    def __init__(self, stream: TextIO | None = None) -> None:
        stream = stream or sys.stdout
        self.colour = stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"

    def __call__(self, text: str, *codes: str) -> str:
        """Return the text in these colours."""
        return f"\x1b[{';'.join(codes)}m{text}\x1b[0m" if self.colour and codes else text


def alert_lines(alerts: Sequence[Alert], style: Style, now: datetime | None = None) -> str:
    """Return the alerts of one type on one story: what happened to which story; to which rules; where and who."""
    alert = alerts[0]
    label, colour = _TYPE[alert.type]
    story = alert.story
    moment = now or story.time
    clock = f"{moment:%H:%M}" if moment else "--:--"
    urgent = style("FLASH", BOLD, RED) + " " if story.urgency == 1 else ""
    head = f"{clock} {style(label, BOLD, colour)} {urgent}{style(story.headline or story.uri, BOLD)}"
    rules = [f"{one.topic}/{one.rule}" for one in alerts if one.rule]
    reason = f"({alert.reason})" if alert.reason else ""
    what = " ".join(part for part in (style("  ".join(rules), colour), reason) if part)
    also = f"also from {', '.join(story.also_from)}" if story.also_from else ""
    about = " · ".join(part for part in (story.provider, also, _regions(story.regions), _actors(story.actors)) if part)
    return "\n".join([head, *(_INDENT + line for line in (what, style(about, DIM)) if line)])


def story_line(story: Story, style: Style, known: Gathered | None = None) -> str:
    """Return a found story as two lines, and a third where other providers sent the same text."""
    moment = f"{story.time:%Y-%m-%d %H:%M}" if story.time else "no date         "
    about = [story.provider, _regions(story.regions), _actors(story.actors), story.uri]
    headline = style(story.headline or "(no headline)", BOLD)
    lines = [f"{moment}  {headline}", style(" " * 18 + " · ".join(part for part in about if part), DIM)]
    if known and known.others(story):
        lines.append(style(" " * 18 + _also(story, known), DIM))
    return "\n".join(lines)


def _also(story: Story, known: Gathered) -> str:
    """Return who else sent the text, and which copies are worth opening."""
    first, fullest = (
        f"{kind} {copy.provider} {copy.uri}" if copy.id != story.id else f"{kind} this one"
        for kind, copy in (("first", known.first), ("fullest", known.fullest))
    )
    return f"also from {', '.join(known.others(story))} · {first} · {fullest}"


def _regions(regions: tuple[Region, ...]) -> str:
    focus = [region.code for region in regions if region.role is Role.FOCUS]
    others = [region.code for region in regions if region.role is not Role.FOCUS]
    return " ".join(focus) + (f" ({' '.join(others[:4])})" if others else "")


def _actors(actors: tuple[Actor, ...]) -> str:
    named = [actor.name for actor in actors if actor.kind is not Kind.STATE]
    return ", ".join(named[:4]) + (f" +{len(named) - 4}" if len(named) > 4 else "")
