"""NITF 2.5 to 3.6, the IPTC's News Industry Text Format; its body is also what NewsML and ninjs carry inside."""

from __future__ import annotations

from pipeline.core.errors import InputError
from pipeline.core.formats.text import element_text
from pipeline.core.formats.xml import Element, below, grouped, local, parse_xml

_NOT_BODY = frozenset(("byline", "hedline", "headline"))


def body_of(root: Element) -> str | None:
    """Return the text of ``body.content``, or of ``body`` where it has none."""
    body = root if local(root) == "body" else below(root, "body")
    blocks = grouped(body).get("body.content", [])
    if not blocks:
        return element_text(body, _NOT_BODY)
    return "\n\n".join(text for block in blocks if (text := element_text(block))) or None


def body_of_source(source: str) -> str | None:
    """Return the body text of NITF that stands inside JSON; None where it is not well-formed."""
    try:
        return body_of(parse_xml(source.encode("utf-8", "replace")))
    except InputError:
        return None
