"""The errors that a person may read, and the exit status of each.

::

    WirewatchError            1
    ├── InputError            1   a payload or file that cannot be used: `FILE[:LINE]: reason`
    ├── ConfigError           3   the configuration, rules or dictionaries; carries every problem found
    └── UnreachableError      4   a server does not answer, or not as it should

Wrong usage of a command (2) is argparse's, an interrupt (130) the shell's. Anything else that escapes is a
fault of ours and shows its traceback.
"""

from __future__ import annotations

import msgspec


class WirewatchError(Exception):
    """The base of every error with a sentence for the reader."""

    exit_status = 1


class InputError(WirewatchError):
    """One payload, or a part of it, cannot be used; the others are not affected."""

    def __init__(self, reason: str, *, line: int | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.line = line


class Problem(msgspec.Struct, frozen=True):
    """One fault of a file that a person wrote: where it is, what it is, what to do."""

    file: str
    message: str
    line: int | None = None
    column: int | None = None
    hint: str | None = None

    def __str__(self) -> str:
        where = ":".join(str(part) for part in (self.file, self.line, self.column) if part is not None)
        return f"{where}: {self.message}" + (f" ({self.hint})" if self.hint else "")


class ConfigError(WirewatchError):
    """The configuration, the rules or the dictionaries are wrong; ``problems`` holds every fault found."""

    exit_status = 3

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = problems


class UnreachableError(WirewatchError):
    """A server cannot be reached, refuses us, or is not what the configuration says."""

    exit_status = 4
