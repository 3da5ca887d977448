"""What is wrong with a query, and where in it."""

from __future__ import annotations

from pipeline.core.errors import InputError


class QueryError(InputError):
    """A query is refused. ``line`` and ``column`` count from 1; ``hint`` says what to write instead, if we know."""

    def __init__(self, reason: str, text: str, position: int, hint: str | None = None) -> None:
        before = text[:position]
        super().__init__(reason, line=before.count("\n") + 1)
        self.column = position - (before.rfind("\n") + 1) + 1
        self.hint = hint
        self.text = text

    def __str__(self) -> str:
        where = f"column {self.column}" if "\n" not in self.text else f"line {self.line}, column {self.column}"
        return f"{where}: {self.reason}" + (f" ({self.hint})" if self.hint else "")

    def picture(self, width: int = 100) -> str:
        """Return the line of the query with a caret below the place, both cut to ``width`` characters."""
        line = self.text.split("\n")[(self.line or 1) - 1]
        start = max(0, min(self.column - 1 - width // 2, len(line) - width))
        shown = "".join(mark if mark.isprintable() else "�" for mark in line[start : start + width])
        return f"{shown}\n{' ' * (self.column - 1 - start)}^"
