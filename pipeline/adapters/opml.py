"""OPML: the lists of feeds that readers export (opml.org, versions 1.0 to 2.0)."""

from __future__ import annotations

from pipeline.core.errors import InputError
from pipeline.core.formats.xml import attribute, local, parse_xml

MAX_BYTES = 16 * 1024 * 1024

Listed = tuple[str, str | None]
"""The URL of a feed and its title."""


def read(data: bytes) -> tuple[list[Listed], list[str]]:
    """Return the feeds in the order of the list, each once, and the reasons why others are left out.

    Raises InputError where the document is no OPML; entities that reach outside or multiply are refused.
    """
    if len(data) > MAX_BYTES:
        raise InputError(f"larger than {MAX_BYTES // 2**20} MiB")
    root = parse_xml(data)
    if local(root).lower() != "opml":
        raise InputError(f"not OPML: the root element is <{local(root)}>")
    found: dict[str, str | None] = {}
    refused: list[str] = []
    for element in root.iter():
        if local(element).lower() != "outline":
            continue
        title = attribute(element, "title", "text")
        url = attribute(element, "xmlUrl", "xmlurl", "xmlURL")
        if url is None:
            continue
        if not url.lower().startswith(("http://", "https://")):
            refused.append(f"line {element.sourceline}: {url[:100]} is no address of the web")
        else:
            found.setdefault(url, title)
    return list(found.items()), refused
