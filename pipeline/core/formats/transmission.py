"""The control characters that frame a story on a teleprinter line: STX, the text, ETX, and EOT at the end."""

from __future__ import annotations

from pipeline.core.errors import InputError

_ENDS = ("\x03", "\x04")


def refuse_cut_short(text: str) -> None:
    """Raise InputError where neither the end of the text nor that of the transmission is there."""
    start = text.find("\x02")
    if not any(text.find(end, start) > 0 for end in _ENDS):
        raise InputError("the transmission was cut short: neither ETX nor EOT stands at its end")
