"""XML in encodings that libxml2 does not know and the standard library does, turned into UTF-8.

Mac and DOS code pages, ISO 2022, Shift JIS 2004, and EBCDIC, which older mainframes still write. Only what a
declaration names counts, read strictly: bytes that do not fit it are refused.
"""

from __future__ import annotations

import codecs
import re

_EBCDIC = "<?xm".encode("cp037")
_DECLARED = re.compile(r"(<\?xml[^>]{0,200}?\sencoding\s*=\s*[\"'])([A-Za-z][\w.:-]{0,40})([\"'])")
_LOOK = 400
# Text to Python, and none to a reader of news: `unicode_escape` writes any character in ASCII, UTF-7 hides its markup.
_NEVER = frozenset(("unicode-escape", "raw-unicode-escape", "idna", "punycode", "utf-7", "undefined", "utf-8"))


def is_ebcdic(data: bytes) -> bool:
    """Whether the document begins with the XML declaration as EBCDIC has it."""
    return data.startswith(_EBCDIC)


def as_utf8(data: bytes) -> bytes | None:
    """Return the document in UTF-8, its declaration changed; None where its encoding is unknown or does not fit."""
    start = data[:_LOOK].decode("cp037" if is_ebcdic(data) else "latin-1")
    declared = _DECLARED.match(start)
    if declared is None:
        return None
    try:
        codec = codecs.lookup(declared[2])
        text = data.decode(codec.name) if codec.name not in _NEVER else None
    except (LookupError, ValueError):
        return None
    if text is None or not (found := _DECLARED.match(text)):
        return None
    return f"{found[1]}utf-8{found[3]}{text[found.end() :]}".encode("utf-8", "replace")
