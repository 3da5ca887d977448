"""``wirewatch history``: every stored revision of a story and of its chain, and what changed between them."""

from __future__ import annotations

import argparse
import sys

from pipeline import config, wiring
from pipeline.cli.render import BOLD, CYAN, DIM, GREEN, RED, YELLOW, Style
from pipeline.core.diff import Piece, words_changed
from pipeline.core.story import MATCHED, Status, Story, story_json

_MARKS = {"removed": ("[-", "-]", RED), "added": ("{+", "+}", GREEN)}
_STATUS = {Status.USABLE: CYAN, Status.WITHHELD: YELLOW, Status.CANCELED: RED}


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare which story."""
    parser.add_argument("uri", metavar="URI", help="the story's uri, as `wirewatch search` shows it")
    parser.add_argument("--json", action="store_true", help="the revisions, one JSON object a line")
    parser.add_argument("--config", metavar="F", help="configuration (config/wirewatch.yaml)")


def run(options: argparse.Namespace) -> int:
    """Print the revisions, oldest first; return 1 when there is none."""
    archive = wiring.archive(config.load(options.config))
    try:
        revisions = archive.history(options.uri)
    finally:
        archive.close()
    if not revisions:
        print(f"wirewatch: no story {options.uri} is stored", file=sys.stderr)
        return 1
    style = Style()
    several = len({story.uri for story in revisions}) > 1
    told: dict[str, Story] = {}
    last: Story | None = None
    for story in revisions:
        before = told.get(story.id, last)
        if options.json:
            sys.stdout.buffer.write(story_json(story, MATCHED) + b"\n")
        else:
            print(revision_lines(before, story, style, named=several))
        told[story.id] = last = story
    return 0


def revision_lines(before: Story | None, story: Story, style: Style, *, named: bool) -> str:
    """Return one revision: its head, with its uri where ``named``, and what changed since the one before."""
    moment = f"{story.time:%Y-%m-%d %H:%M:%S}" if story.time else "no date"
    facts = [f"version {story.version}" if story.version else "", story.signal or "", story.provider]
    head = f"{moment}  {style(story.status, BOLD, _STATUS[story.status])}  {', '.join(fact for fact in facts if fact)}"
    if named:
        head += style(f"  {story.uri}", DIM)
    lines = [head, "  " + style(story.headline or "(no headline)", BOLD)]
    lines += ["  " + style(f"note: {story.ed_note}", DIM)] if story.ed_note else []
    if before is not None:
        silent = story.status is Status.CANCELED and not story.body
        for field in () if silent else ("headline", "body"):
            pieces = words_changed(getattr(before, field) or "", getattr(story, field) or "")
            if pieces:
                lines.append(f"  {field}: " + "".join(_piece(piece, style) for piece in pieces).replace("\n", "\n    "))
        lines += _rules(before, story)
    return "\n".join(lines)


def _rules(before: Story, story: Story) -> list[str]:
    old, new = ({match.rule for match in revision.matches} for revision in (before, story))
    was_open, is_open = ({match.rule for match in revision.undecided or ()} for revision in (before, story))
    changes = [f"-{rule}" for rule in sorted((old | was_open) - new - is_open)]
    changes += [f"+{rule}" for rule in sorted(new - old)] + [f"?{rule}" for rule in sorted(is_open)]
    return [f"  rules: {' '.join(changes)}"] if changes else []


def _piece(piece: Piece, style: Style) -> str:
    if piece.kind not in _MARKS:
        return style(piece.text, DIM) if piece.kind == "cut" else piece.text
    opening, closing, colour = _MARKS[piece.kind]
    return style(piece.text, colour) if style.colour else f"{opening}{piece.text}{closing}"
