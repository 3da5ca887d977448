"""Encodings that say what they are in a way that libxml2 does not know, and those that do not say it at all.

XML in what the standard library knows beside libxml2 is turned into UTF-8: Mac and DOS code pages, ISO 2022, Shift JIS
2004, and EBCDIC, which older mainframes still write. Only what a declaration names counts, read strictly: bytes that do
not fit it are refused. Teleprinter formats declare nothing; there the bytes inside words tell two code pages apart.
"""

from __future__ import annotations

import codecs
import re

_EBCDIC = "<?xm".encode("cp037")
_DECLARED = re.compile(r"(<\?xml[^>]{0,200}?\sencoding\s*=\s*[\"'])([A-Za-z][\w.:-]{0,40})([\"'])")
_LOOK = 400
# Text to Python, and none to a reader of news: `unicode_escape` writes any character in ASCII, UTF-7 hides its markup.
_NEVER = frozenset(("unicode-escape", "raw-unicode-escape", "idna", "punycode", "utf-7", "undefined", "utf-8"))


# Bytes that are letters in the code page of DOS and, in that of Windows, what no word has inside: quotes, or a capital.
_DOS = re.compile(
    rb"(?<=[A-Za-z])[\x81-\x84\x86-\x89\x8b\x8d\x8f\x90\x93-\x95\x98\x99\x9b\x9d](?=[A-Za-z])"
    rb"|(?<=[a-z])[\x8a\x8c](?=[a-z])"
)
_WINDOWS = re.compile(rb"(?<=[A-Za-z])[\xc0-\xff](?=[A-Za-z])")


def code_page(data: bytes) -> str:
    """Return the Western code page that bytes are in which are no UTF-8: Latin-1 as Windows has it, or that of DOS."""
    return "cp850" if len(_DOS.findall(data)) > len(_WINDOWS.findall(data)) else "cp1252"


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
