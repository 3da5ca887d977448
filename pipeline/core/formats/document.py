"""A payload seen as a document: which family it is of, and its content decoded once for every format that asks."""

from __future__ import annotations

import re
from functools import cached_property
from typing import Any

from pipeline.core.errors import InputError
from pipeline.core.formats import strict_json
from pipeline.core.formats.encodings import code_page, is_ebcdic
from pipeline.core.formats.xml import Element, IllFormedError, local, parse_xml, recover_xml
from pipeline.core.payload import Payload

MAX_BYTES = 4 * 1024 * 1024
_BOMS = ((b"\xff\xfe\0\0", "utf-32"), (b"\0\0\xfe\xff", "utf-32"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
_HTML = re.compile(rb"(?:<!doctype\s+html[\s>]|<html[\s>])", re.IGNORECASE)
_PROLOGUE = re.compile(rb"(?:\s+|<\?[^>]{0,2000}\?>|<!--.{0,4000}?-->)*", re.DOTALL)
_FEED_ROOT = re.compile(rb"<(?:rss|feed|(?:\w+:)?RDF|(?:\w+:)?feed)[\s>]")
_FEED_END = re.compile(rb"</(?:rss|feed|(?:\w+:)?RDF|(?:\w+:)?feed)\s*>\s*(?:<!--.{0,4000}?-->\s*)*\Z", re.DOTALL)
_TAIL = 8192


class Document:
    """A payload and what it decodes to; every property raises InputError where the bytes cannot be used."""

    def __init__(self, payload: Payload) -> None:
        self.payload = payload
        self.data = payload.data

    @cached_property
    def kind(self) -> str:
        """``json``, ``xml``, ``html`` or ``text``, by the first characters."""
        if len(self.data) > MAX_BYTES:
            raise InputError(f"{len(self.data):,} bytes are more than a story or feed may have ({MAX_BYTES:,})")
        start = b"<" if is_ebcdic(self.data) else self.data[:4096].lstrip(b"\xef\xbb\xbf\xff\xfe\0 \t\r\n")[:1]
        if not start:
            raise InputError("the document is empty")
        if start in b"{[":
            return "json"
        if start != b"<":
            return "text"
        prologue = _PROLOGUE.match(self.data)
        return "html" if _HTML.match(self.data, prologue.end() if prologue else 0) and not self._is_feed else "xml"

    @property
    def _is_feed(self) -> bool:
        return _FEED_ROOT.search(self.data[:_TAIL]) is not None

    @cached_property
    def json(self) -> Any:
        """The decoded JSON."""
        return strict_json.decode(self.data)

    @cached_property
    def xml(self) -> Element:
        """The root element; a feed that is complete but ill-formed is read as far as it can be."""
        try:
            return parse_xml(self.data)
        except IllFormedError:
            if not self._is_feed or _FEED_END.search(self.data[-_TAIL:]) is None:
                raise
            root = recover_xml(self.data)
            if root is None:
                raise
            return root

    @cached_property
    def root(self) -> str:
        """The local name of the root element; empty for what is no XML."""
        return local(self.xml) if self.kind == "xml" else ""

    @cached_property
    def members(self) -> dict[str, Any]:
        """The members of a JSON object, their names in lower case; empty for anything else."""
        if self.kind != "json" or not isinstance(self.json, dict):
            return {}
        return {name.lower(): value for name, value in self.json.items()}

    @cached_property
    def text(self) -> str:
        """The bytes as text: UTF-8, else what wires of the teleprinter age send."""
        for mark, encoding in _BOMS:
            if self.data.startswith(mark):
                return self.data.decode(encoding, "replace")
        try:
            return self.data.decode("utf-8-sig")
        except UnicodeDecodeError:
            return self.data.decode(code_page(self.data), "replace")
