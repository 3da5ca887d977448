"""Where in its file a query is wrong: from a place in the query to line and column, found when a problem is told.

YAML folds lines and both YAML and JSON know escapes, so the query is followed through the text of the file, character
by character; white space may have become other white space.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

import msgspec

from pipeline.core.errors import Problem
from pipeline.core.rules.definition import Place
from pipeline.core.rules.errors import QueryError

_escape = re.compile(r"\\(?:u([0-9A-Fa-f]{4})|x([0-9A-Fa-f]{2})|U([0-9A-Fa-f]{8})|(.))", re.DOTALL)
_plain_escapes = {"n": "\n", "t": "\t", "r": "\r", "0": "\0", "b": "\b", "f": "\f", "e": "\x1b", "a": "\a", "v": "\v"}


def query_problem(place: Place, rule: str, error: QueryError) -> Problem:
    """Return the problem with the query of a rule, at its own place in the file where that can be found."""
    problem = place.query_problem(rule, error)
    try:
        found = _located(Path(place.file).read_text(encoding="utf-8-sig"), place, error)
    except (OSError, UnicodeDecodeError, IndexError):
        return problem
    if found is None:
        return problem
    return msgspec.structs.replace(problem, line=found[0], column=found[1])


def _located(text: str, place: Place, error: QueryError) -> tuple[int, int] | None:
    if place.line is None:
        return None
    lines = text.splitlines(keepends=True)
    style = place.style
    at = sum(map(len, lines[: place.line - 1]))
    if place.column is None:  # JSON Lines
        found = _json_query(lines[place.line - 1])
        if found is None:
            return None
        at, style = at + found, '"'
    elif style in ("|", ">"):
        at += len(lines[place.line - 1])
    else:
        at += place.column - 1
    before = error.text.split("\n")[: (error.line or 1) - 1]
    at = _followed(text, at, error.text[: sum(len(line) + 1 for line in before) + error.column - 1], style)
    if at < 0:
        return None
    return text.count("\n", 0, at) + 1, at - (text.rfind("\n", 0, at) + 1) + 1


def _json_query(line: str) -> int | None:
    """Return where the query of a line begins, behind its quotation mark."""
    for key in re.finditer(r'"query"\s*:\s*"', line):
        try:
            json.JSONDecoder().raw_decode(line, key.end() - 1)
        except ValueError:
            continue
        return key.end()
    return None


def _followed(text: str, at: int, query: str, style: str | None) -> int:
    """Return where in ``text`` the character after ``query`` is, whose first one is at ``at``; -1 where they part."""
    for mark in query:
        if mark.isspace():
            continue
        at = _solid(text, at, style)
        found, end = _character(text, at, style)
        if found != mark:
            return -1
        at = end
    return _solid(text, at, style) if query[-1:].isspace() or style in ("|", ">") else at


def _solid(text: str, at: int, style: str | None) -> int:
    """Return the next place that is no white space, written out or as an escape."""
    while at < len(text):
        found, end = _character(text, at, style)
        if not found.isspace():
            break
        at = end
    return at


def _character(text: str, at: int, style: str | None) -> tuple[str, int]:
    """Return the character that stands at a place, and where the next one does."""
    if style == "'" and text.startswith("''", at):
        return "'", at + 2
    escape = _escape.match(text, at) if style == '"' else None
    if escape is None:
        return text[at : at + 1], at + 1
    if escape[4] is None:
        return chr(int(escape[1] or escape[2] or escape[3], 16)), escape.end()
    return _plain_escapes.get(escape[4], escape[4]), escape.end()
