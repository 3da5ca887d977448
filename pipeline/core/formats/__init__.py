"""Wire formats, one file each; ``parse`` finds out by content which one a payload is in.

To add a format, write a file with two functions and add its line to FORMATS::

    detect(document: Document) -> bool      is it this format? a cheap look
    read(document: Document) -> Parsed      its stories; raises InputError where there is nothing to use

What all formats share stands beside them: ``draft`` (the one place where a story is made), ``dates``, ``text``,
``words``, ``labels``, ``datelines``, ``xml`` and ``strict_json``.
"""

from __future__ import annotations

from collections.abc import Callable

from pipeline.core.errors import InputError
from pipeline.core.flow import Parsed
from pipeline.core.formats import (
    anpa1312,
    ap_media,
    atom,
    html_page,
    iptc7901,
    json_feed,
    newsml1,
    newsml_g2,
    ninjs,
    nitf,
    rss,
)
from pipeline.core.formats.document import Document
from pipeline.core.payload import Payload

Detect = Callable[[Document], bool]
Read = Callable[[Document], Parsed]

# The first that recognises a document reads it.
FORMATS: dict[str, tuple[Detect, Read]] = {
    "ninjs": (ninjs.detect, ninjs.read),
    "newsml-g2": (newsml_g2.detect, newsml_g2.read),
    "rss": (rss.detect, rss.read),
    "atom": (atom.detect, atom.read),
    "jsonfeed": (json_feed.detect, json_feed.read),
    "ap-media": (ap_media.detect, ap_media.read),
    "nitf": (nitf.detect, nitf.read),
    "newsml-1.2": (newsml1.detect, newsml1.read),
    "iptc7901": (iptc7901.detect, iptc7901.read),
    "anpa1312": (anpa1312.detect, anpa1312.read),
    "html": (html_page.detect, html_page.read),
}


def parse(payload: Payload) -> Parsed:
    """Return the stories of a payload in their order; raises InputError where nothing of it can be used.

    The format is found by content; nothing that the sender says about it is believed.
    """
    document = Document(payload)
    for detect, read in FORMATS.values():
        if detect(document):
            return _read(read, document)
    raise InputError(_unknown(document))


def parse_as(name: str, payload: Payload) -> Parsed:
    """Return the stories of a payload read as the named format; raises InputError where it is not in that format."""
    if name not in FORMATS:
        raise InputError(f"unknown format {name!r}: known are {', '.join(FORMATS)}")
    detect, read = FORMATS[name]
    document = Document(payload)
    if not detect(document):
        raise InputError(f"not {name}: {_unknown(document)}")
    return _read(read, document)


def _read(read: Read, document: Document) -> Parsed:
    parsed = read(document)
    if not parsed.stories and parsed.refused:
        raise InputError("; ".join(parsed.refused[:3]))
    return parsed


def _unknown(document: Document) -> str:
    if document.kind == "json":
        return "JSON of no known news format (ninjs, AP Media, JSON Feed)"
    if document.kind == "xml":
        return f"XML of no known news format: the root element is <{document.root}>"
    if document.kind == "html":
        return "an HTML page that does not say it is an article, in place of a story or feed"
    return "no known news format: neither JSON nor XML nor IPTC 7901 nor ANPA 1312"
