"""Plain text with paragraphs out of HTML, of XML trees and of text with hard line ends.

A paragraph ends in a blank line, a forced line break is one line end, all other white space is one space. Scripts,
styles and what else a reader never sees are left out.
"""

from __future__ import annotations

import binascii
import html
import re
from base64 import b64decode
from collections.abc import Iterable
from functools import lru_cache

from lxml import etree

from pipeline.core.errors import InputError
from pipeline.core.formats.xml import Element

_LARGEST = 2_000_000
_PARAGRAPH, _LINE = "\u2029", "\u2028"
_BLOCKS = frozenset(
    (
        *("p", "div", "section", "article", "header", "footer", "main", "aside", "nav", "address", "blockquote"),
        *("h1", "h2", "h3", "h4", "h5", "h6", "hr", "ul", "ol", "li", "dl", "dt", "dd", "figure", "figcaption"),
        *("table", "thead", "tbody", "tfoot", "tr", "caption", "pre", "form", "fieldset", "body", "center"),
        # NITF
        *("block", "hl1", "hl2", "bq", "media", "media-caption", "nitf-table", "fn", "note", "lead", "body.content"),
        *("media-producer", "credit", "pronounce", "hedline", "byline", "abstract", "tagline", "bibliography"),
    )
)
_CELLS = frozenset(("td", "th"))
_UNSEEN = frozenset(
    (
        *("script", "style", "head", "title", "template", "noscript", "iframe", "object", "embed", "svg", "math"),
        *("textarea", "select", "button", "audio", "video", "canvas", "meta", "link"),
        *("media-metadata", "nitf-table-metadata", "nitf-table-summary", "media-reference"),
    )
)
_names = "|".join(sorted((name for name in _BLOCKS if "." not in name), key=len, reverse=True))
_BLOCK = re.compile(rf"</?(?:{_names})(?![\w.-])[^<>]*>", re.IGNORECASE)
_BREAK = re.compile(r"<br(?![\w.-])[^<>]*>", re.IGNORECASE)
_TAG = re.compile(r"</?([a-zA-Z][\w.-]*)[^<>]*>")
_LEFT = "<"
_MARKS = {
    **dict.fromkeys(_BLOCKS, _PARAGRAPH),
    **dict.fromkeys(_CELLS, " "),
    **dict.fromkeys(_UNSEEN, _LEFT),
    "br": _LINE,
}
"""What a tag leaves in the text: of one whose content is never seen a sign that a parser has to see to it."""

_INLINE = (
    *("a", "abbr", "acronym", "b", "bdi", "bdo", "big", "br", "cite", "code", "del", "dfn", "em", "font", "i", "img"),
    *("ins", "kbd", "label", "mark", "q", "s", "samp", "small", "span", "strike", "strong", "sub", "sup", "time"),
    *("tt", "u", "var", "wbr", "html", "input", "source"),
)
_elements = "|".join(sorted({*_INLINE, *_BLOCKS, *_CELLS, *_UNSEEN}, key=len, reverse=True)).replace(".", "\\.")
_known_tag = rf"/?(?:{_elements})(?:\s[^<>]*=[^<>]*)?\s*/?>"
_LOOKS_LIKE_HTML = re.compile(rf"<{_known_tag}|&(?:#\d+|#[xX][0-9a-fA-F]+|[a-zA-Z]+);", re.IGNORECASE)
# `<Coloroll Group Plc>`, `<TOL.O>` and `<Body Shop Plc>` are how wires name a company, not tags.
_NO_TAG = re.compile(rf"<(?!{_known_tag}|[!?])", re.IGNORECASE)
_BLANK_LINE = re.compile(r"\n[ \t\r]*\n\s*")
_NEXT_LINE = "\x85"
_NEVER_PRINTED = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x9f\u00ad\u200b\ufeff]")

_html_parser = etree.HTMLParser(no_network=True, huge_tree=False, remove_comments=True, remove_pis=True)


def one_line(text: str | None) -> str | None:
    """Return the text with all white space folded and nothing unprintable; None where nothing is left."""
    if not text:
        return None
    return _folded(text) or None


def _folded(text: str) -> str:
    """Fold white space, and leave out what is never printed; the pattern takes four times as long to look for it."""
    if _NEXT_LINE in text:
        text = text.replace(_NEXT_LINE, _meant_by(_NEXT_LINE))
    line = " ".join(text.split())
    return line if line.isprintable() else " ".join(_NEVER_PRINTED.sub(_meant, line).split())


def _meant(found: re.Match[str]) -> str:
    return _meant_by(found.group())


def _meant_by(char: str) -> str:
    """Return what Windows has in place of a control character of Latin-1: the two are often confused."""
    return char.encode("latin-1").decode("cp1252", "ignore") if "\x80" <= char <= "\x9f" else ""


def html_text(source: str | None) -> str | None:
    """Return HTML as plain text with paragraphs; None where nothing is to be read.

    Raises InputError for more than 2,000,000 characters: no news text has them, and cleaning them takes seconds.
    """
    if not source:
        return None
    if "<" not in source and "&" not in source:
        return _joined(source)
    if len(source) > _LARGEST:
        raise InputError(f"a text of {len(source):,} characters of HTML: more than {_LARGEST:,} are refused")
    text = _TAG.sub(_mark, source)
    if "<" not in text and ">" not in text:
        return _joined(html.unescape(text))
    # Not plain enough for one substitution. libxml2's parser bounds the depth; lexbor and html5ever do not, and
    # take 20 s and 35 s over 100,000 nested elements.
    try:
        root = etree.fromstring(source, _html_parser)
    except (etree.LxmlError, ValueError):
        return None
    return element_text(root)


def from_base64(source: str) -> str | None:
    """Return the UTF-8 text that stands in base64; None where it is no base64, or no text."""
    try:
        return b64decode("".join(source.split()), validate=True).decode("utf-8")
    except (binascii.Error, ValueError):
        return None


def loose_text(source: str | None) -> str | None:
    """Return HTML as plain text; where it has no block or break of HTML, its blank lines part the paragraphs."""
    if source and "\n" in source and not _BLOCK.search(source) and not _BREAK.search(source):
        source = _BLANK_LINE.sub("<p>", source)
    return html_text(source)


def _mark(tag: re.Match[str]) -> str:
    return _MARKS.get(tag[1].lower(), "")


def html_line(source: str | None) -> str | None:
    """Return a title that may hold HTML as one line of plain text; what only looks like a tag (``5 < 7``) stays."""
    if source and _LOOKS_LIKE_HTML.search(source):
        source = html_text(_NO_TAG.sub("&lt;", source))
    return one_line(source)


def any_text(source: str | None) -> str | None:
    """Return text that may be plain or HTML; without any block of HTML its own line ends count."""
    if not source or ("<" not in source and "&" not in source) or not _LOOKS_LIKE_HTML.search(source):
        return plain_text(source)
    if not _BLOCK.search(source) and not _BREAK.search(source):
        source = source.replace("\n", "<br>")
    return html_text(_NO_TAG.sub("&lt;", source))


def element_text(element: Element | None, skip: frozenset[str] = frozenset()) -> str | None:
    """Return the text below an XML element (XHTML, NITF), with paragraphs; elements named in ``skip`` are left out."""
    if element is None:
        return None
    pieces: list[str] = []
    _gather(element, pieces, skip)
    return _joined("".join(pieces))


def element_line(element: Element | None) -> str | None:
    """Return the text below an XML element as one line; a break or a paragraph inside is a space."""
    if element is None:
        return None
    return one_line(element_text(element) if len(element) else element.text)


def _gather(element: Element, pieces: list[str], skip: frozenset[str]) -> None:
    # Recursion is bounded: libxml2 refuses more than 256 levels.
    if element.text:
        pieces.append(element.text)
    for child in element:
        name, mark = _role(child.tag)
        if mark is not None and name not in skip:
            pieces.append(mark)
            if len(child):
                _gather(child, pieces, skip)
            elif child.text:
                pieces.append(child.text)
            if mark == _PARAGRAPH:
                pieces.append(mark)
        elif name in _BLOCKS:
            pieces.append(_PARAGRAPH)
        if child.tail:
            pieces.append(child.tail)


@lru_cache(maxsize=1000)
def _role(tag: object) -> tuple[str, str | None]:
    """Return the name of an element and the mark that stands before its text; None where the text is never seen."""
    name = tag[tag.rfind("}") + 1 :].lower() if isinstance(tag, str) else ""
    if name in _BLOCKS:
        return name, _PARAGRAPH
    if name in _UNSEEN or not name:
        return name, None
    return name, _LINE if name == "br" else " " if name in _CELLS else ""


def plain_text(text: str | None) -> str | None:
    """Return text whose paragraphs are set apart by blank lines, its line ends kept; None where it is blank."""
    if not text or text.isspace():
        return None
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return _joined(text.replace(_PARAGRAPH, "\n\n").replace("\n", _LINE))


def wrapped_text(lines: Iterable[str]) -> str | None:
    """Return the lines of a hard-wrapped wire as paragraphs: a blank line or an indented one begins a new one."""
    pieces: list[str] = []
    for line in lines:
        if not line.strip() or line[:1] in " \t":
            pieces.append(_PARAGRAPH)
        pieces.append(line)
        pieces.append(" ")
    return _joined("".join(pieces))


def _joined(marked: str) -> str | None:
    """Fold white space between the marks, and turn these into line ends."""
    paragraphs = []
    for part in marked.split(_PARAGRAPH):
        if _LINE in part:
            lines = "\n".join(map(_folded, part.split(_LINE)))
            paragraphs += [one.strip("\n") for one in lines.split("\n\n") if one.strip("\n")]
        elif part and (line := _folded(part)):
            paragraphs.append(line)
    return "\n\n".join(paragraphs) or None
