"""The control characters that frame a story on a teleprinter line: STX, the text, ETX, and EOT at the end."""

from __future__ import annotations

from collections.abc import Callable

from pipeline.core.errors import InputError
from pipeline.core.flow import Parsed
from pipeline.core.formats.document import Document
from pipeline.core.formats.draft import Draft
from pipeline.core.formats.feeds import finish_all

_ENDS = ("\x03", "\x04")
_END_OF_TRANSMISSION = "\x04"
_MOST = 1000


def read_all(document: Document, read: Callable[[str], Draft], source_format: str) -> Parsed:
    """Return the stories of a file of transmissions, one after the other, each closed by EOT.

    Raises InputError where the last was cut short: what stands before it was sent whole, but may be one file with it.
    """
    text = document.text.replace("\r\n", "\n").replace("\r", "\n")
    refuse_cut_short(text[text.rfind("\x02") :])
    parts = [part for part in text.split(_END_OF_TRANSMISSION, _MOST) if "\x02" in part]
    return finish_all((read(part) for part in parts), document, source_format)


def refuse_cut_short(text: str) -> None:
    """Raise InputError where neither the end of the text nor that of the transmission is there."""
    start = text.find("\x02")
    if not any(text.find(end, start) > 0 for end in _ENDS):
        raise InputError("the transmission was cut short: neither ETX nor EOT stands at its end")
