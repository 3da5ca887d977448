"""What ``wirewatch sources test`` says of a feed."""

from __future__ import annotations

from pipeline.adapters import feeds
from pipeline.cli.render import GREEN, YELLOW, Style, story_line
from pipeline.config import Config
from pipeline.core.flow import Outcome
from pipeline.core.story import MATCHED, Story

SHOWN = 3
"""Stories that ``test`` shows."""


async def fetch(settings: Config, url: str, provider: str | None) -> feeds.Fetched:
    """Fetch a feed once, as if for the first time; raises FetchError."""
    async with feeds.Client(settings.fetching) as client:
        return await client.fetch(url, feeds.Validators(), provider)


def report(fetched: feeds.Fetched, outcome: Outcome, seconds: float) -> list[str]:
    """Return the lines for a person."""
    style = Style()
    payload, stories = fetched.payload, outcome.stories
    held = f", {len(outcome.held)} under embargo" if outcome.held else ""
    formats = sorted({story.source_format for story in stories})
    dates = [story.version_created for story in stories if story.version_created]
    hits = _hits(stories)
    lines = [
        f"fetch     {fetched.status}, {fetched.received:,} bytes in {seconds:.2f} s, {_type(fetched)}",
        *([f"redirects {fetched.hops}, to {fetched.url}"] if fetched.hops else []),
        *([style("moved     for good: put the new address into the configuration", YELLOW)] if fetched.moved else []),
        f"unchanged is told by {_validators(fetched)}",
        f"unpacked  {len(payload.data) if payload else 0:,} bytes of {', '.join(formats) or 'no known format'}",
        f"stories   {len(stories)}{held}" + (f", newest of {max(dates):%Y-%m-%d %H:%M} UTC" if dates else ", undated"),
        "rules     " + (", ".join(f"{rule} {count}" for rule, count in hits.items()) or "none of yours is hit"),
    ]
    for story in stories[:SHOWN]:
        rules = ", ".join(f"{match.topic}/{match.rule}" for match in story.matches)
        lines += ["", story_line(story, style), " " * 18 + (style(f"alerts: {rules}", GREEN) if rules else "no rule")]
    return lines


def _type(fetched: feeds.Fetched) -> str:
    return (fetched.payload.content_type if fetched.payload else None) or "no content type"


def _validators(fetched: feeds.Fetched) -> str:
    names = [
        name
        for name, value in (("ETag", fetched.validators.etag), ("Last-Modified", fetched.validators.modified))
        if value
    ]
    return " and ".join(names) or "nothing: every look fetches the whole feed"


def _hits(stories: list[Story]) -> dict[str, int]:
    found: dict[str, int] = {}
    for story in stories:
        for match in story.matches:
            name = f"{match.topic}/{match.rule}"
            found[name] = found.get(name, 0) + 1
    return dict(sorted(found.items(), key=lambda pair: -pair[1]))


def as_json(fetched: feeds.Fetched, outcome: Outcome, seconds: float) -> dict[str, object]:
    """Return the same for a program, with the shown stories whole."""
    return {
        "url": fetched.url,
        "status": fetched.status,
        "redirects": fetched.hops,
        "moved": fetched.moved,
        "content_type": _type(fetched),
        "bytes": fetched.received,
        "seconds": round(seconds, 3),
        "stories": len(outcome.stories),
        "held": len(outcome.held),
        "refused": [letter.reason for letter in outcome.dead],
        "rules": _hits(outcome.stories),
        "shown": [{name: getattr(story, name) for name in MATCHED} for story in outcome.stories[:SHOWN]],
    }
