"""XML read without trusting it: no entity reaches outside or multiplies, nothing is fetched, depth is bounded.

libxml2 refuses nesting beyond 256 levels and texts over 10 MB by itself. Entities are never expanded by it: a document
type that only names its DTD is normal in NITF and RSS 0.91, and the characters that it would declare are those of HTML.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from html import unescape
from html.entities import html5
from typing import Any

from lxml import etree

from pipeline.core.errors import InputError
from pipeline.core.formats.encodings import as_utf8

Element = etree._Element  # noqa: SLF001  lxml has no public name for it
Group = dict[str, list[Element]]

_ENTITY_LENGTH = 1000
_REFERENCE = re.compile(r"[&%](?!#)")
_ENTITY_USES = 10_000
_ENTITY_TEXT = 20_000
"""Characters that all uses of the declared entities may come to: a name and a copyright line, not a bomb."""

_FINAL = frozenset((6, 31, 32, 73, 77, 81, 110, 114))
"""libxml2's numbers for wrong bytes, an unknown encoding, an early end and depth: nothing to recover from."""

_UNREAD = frozenset((6, 31, 32, 81))
"""Those of wrong bytes and unknown encodings: another decoder may know them."""

_WIDE = 64
"""Bytes among which UTF-16 has a null."""

_BARE_AND = re.compile(rb"&(?!#?\w{1,40};)")
"""The sign of ``AT&T`` in a feed, of which libxml2's recovery would keep ``AT``."""


def _safe_parser(*, recover: bool) -> etree.XMLParser:
    return etree.XMLParser(
        recover=recover,
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )


# Made once: a parser keeps no state between documents, and making one costs as much as parsing a story.
_parser = _safe_parser(recover=False)
_recovering = _safe_parser(recover=True)


class IllFormedError(InputError):
    """The XML is ill-formed in a way that a feed may be recovered from."""


def parse_xml(data: bytes) -> Element:
    """Return the root element; raises InputError, or IllFormedError where no more than the syntax is at fault."""
    try:
        root = etree.fromstring(data, _parser)
    except etree.XMLSyntaxError as error:
        if getattr(error, "code", None) in _UNREAD and (known := as_utf8(data)) is not None:
            return parse_xml(known)
        # A prefix without a namespace is well-formed XML all the same.
        if {entry.domain_name for entry in _parser.error_log} == {"NAMESPACE"}:
            root = recover_xml(data)
            if root is not None:
                return root
        what = (error.msg or "no reason given").split(", line ")[0].replace("\n", " ")[:120]
        kind = InputError if getattr(error, "code", None) in _FINAL else IllFormedError
        raise kind(f"not well-formed XML: {what} (line {error.lineno or 1})") from None
    except (ValueError, LookupError) as error:
        raise InputError(f"not readable as XML: {error}") from None
    return _without_entities(root)


def recover_xml(data: bytes) -> Element | None:
    """Return what can be read of ill-formed XML, None where that is nothing; raises InputError for entities."""
    try:
        root = etree.fromstring(_with_ands(data.lstrip()), _recovering)
    except (etree.XMLSyntaxError, ValueError, LookupError):
        return None
    return _without_entities(root, recovered=True) if root is not None else None


def _with_ands(data: bytes) -> bytes:
    """Return the document with every bare ``&`` outside of CDATA escaped."""
    if b"\0" in data[:_WIDE]:
        return data
    outside, *sections = data.split(b"<![CDATA[")
    parts = [section.partition(b"]]>") for section in sections]
    escaped = (b"".join((b"<![CDATA[", text, end, _BARE_AND.sub(b"&amp;", rest))) for text, end, rest in parts)
    return _BARE_AND.sub(b"&amp;", outside) + b"".join(escaped)


def _without_entities(root: Element, *, recovered: bool = False) -> Element:
    """Refuse entities that reach outside or multiply; turn the others into the text that they stand for."""
    dtd: Any = root.getroottree().docinfo.internalDTD
    declared: dict[str, str] = {}
    for entity in dtd.entities() if dtd is not None else ():
        if entity.content is None:
            raise InputError(f"the XML declares the external entity {entity.name!r}; such documents are refused")
        text = unescape(entity.content)
        if _REFERENCE.search(entity.content) or len(text) > _ENTITY_LENGTH:
            raise InputError(f"the XML declares the entity {entity.name!r}, which multiplies text; it is refused")
        declared[entity.name] = text
    # Without a document type only recovery leaves entities behind, and it is rare enough to look.
    uses = list(root.iter(etree.Entity)) if dtd is not None or recovered else []
    if len(uses) > _ENTITY_USES:
        raise InputError(f"the XML uses over {_ENTITY_USES} entities; it is refused")
    if sum(len(declared.get((use.text or "")[1:-1], "")) for use in uses) > _ENTITY_TEXT:
        raise InputError(f"the entities that the XML declares come to over {_ENTITY_TEXT} characters; it is refused")
    for use in uses:
        _replace(use, declared)
    return root


def _replace(use: Element, declared: Mapping[str, str]) -> None:
    parent = use.getparent()
    if parent is None:
        return
    name = (use.text or "")[1:-1]
    text = declared.get(name, html5.get(name + ";", "")) + (use.tail or "")
    before = use.getprevious()
    if before is not None:
        before.tail = (before.tail or "") + text
    else:
        parent.text = (parent.text or "") + text
    parent.remove(use)


def local(element: Element) -> str:
    """Return the name of the element without its namespace."""
    tag = element.tag
    return tag[tag.rfind("}") + 1 :] if isinstance(tag, str) else ""


def grouped(element: Element | None) -> Group:
    """Return the children by local name, each list in document order."""
    found: Group = {}
    for child in element if element is not None else ():
        tag = child.tag
        if isinstance(tag, str):
            found.setdefault(tag[tag.rfind("}") + 1 :], []).append(child)
    return found


def first(group: Group, *names: str) -> Element | None:
    """Return the first child that has the earliest of these names."""
    for name in names:
        if found := group.get(name):
            return found[0]
    return None


def below(element: Element | None, *path: str) -> Element | None:
    """Return the first element along a path of local names."""
    for name in path:
        if element is None:
            return None
        element = next((child for child in element if local(child) == name), None)
    return element


def content(element: Element | None) -> str | None:
    """Return the text of the element and all below it, white space folded; None where there is none."""
    if element is None:
        return None
    text = element.text if not len(element) else "".join(element.itertext())  # type: ignore[arg-type]
    return " ".join(text.split()) or None if text else None


def attribute(element: Element | None, *names: str) -> str | None:
    """Return the first of these attributes that is there and not blank, in any namespace."""
    if element is None:
        return None
    for name in names:
        if value := element.get(name, "").strip():
            return value
    return None


def language(element: Element | None) -> str | None:
    """Return ``xml:lang`` of the element."""
    return attribute(element, "{http://www.w3.org/XML/1998/namespace}lang", "lang")
