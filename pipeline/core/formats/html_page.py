"""A plain HTML page that says of itself that it is an article: by Open Graph or by a schema.org description.

Source: ogp.me and schema.org/NewsArticle. A page that says nothing of the kind is refused: it came in place of a feed.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from lxml import etree

from pipeline.core.errors import InputError
from pipeline.core.flow import Parsed
from pipeline.core.formats.dates import moment
from pipeline.core.formats.document import Document
from pipeline.core.formats.draft import Draft, finish
from pipeline.core.formats.feeds import people
from pipeline.core.formats.hosts import authority
from pipeline.core.formats.text import element_text, html_line, plain_text
from pipeline.core.formats.xml import Element, content
from pipeline.core.story import Subject

_ARTICLES = frozenset(
    ("article", "newsarticle", "reportagenewsarticle", "blogposting", "analysisnewsarticle", "liveblogposting")
)
# Every branch begins with letters of its own, so that a page of nothing but openings of tags costs nothing.
_CLAIM = re.compile(
    rb"og:type[^<>]{0,100}?article|content=.article[^<>]{0,100}?og:type|article:published_time"
    rb'|"@type"\s{0,9}:\s{0,9}\[?\s{0,9}"(?:\w{0,20}NewsArticle|Article|BlogPosting|LiveBlogPosting)"',
    re.IGNORECASE,
)
_LOOK = 512 * 1024
_SIDE = frozenset(("nav", "aside", "footer", "form", "figcaption"))


def detect(document: Document) -> bool:
    """Recognise HTML whose metadata call it an article."""
    return document.kind == "html" and _CLAIM.search(document.data[:_LOOK]) is not None


def read(document: Document) -> Parsed:
    """Return the article; raises InputError for a page of which nothing can be read."""
    root = _tree(document.data)
    metas = _metas(root)
    about = next(_described(root), {})
    uri = _canonical(root) or metas.get("og:url") or _string(about, "url") or _string(about, "@id")
    draft = Draft(
        uri=uri,
        host=authority(uri) or metas.get("og:site_name"),
        version_created=moment(_string(about, "dateModified") or metas.get("article:modified_time"))
        or moment(_string(about, "datePublished") or metas.get("article:published_time")),
        first_created=moment(_string(about, "datePublished") or metas.get("article:published_time")),
        headline=html_line(_string(about, "headline") or metas.get("og:title")) or content(root.find(".//title")),
        byline=people(_authors(about.get("author"))) or metas.get("author") or metas.get("article:author"),
        body=_body(root) or plain_text(_string(about, "articleBody")) or plain_text(metas.get("og:description")),
        language=root.get("lang") or _string(about, "inLanguage"),
        subjects=[
            Subject(name=name)
            for name in metas.get("news_keywords", metas.get("keywords", "")).split(",")
            if name.strip()
        ],
    )
    return Parsed([finish(draft, document.payload, "html")])


def _tree(data: bytes) -> Element:
    parser = etree.HTMLParser(no_network=True, huge_tree=False, encoding=_encoding(data))
    try:
        root = etree.fromstring(data, parser)
    except (etree.LxmlError, ValueError):
        root = None
    if root is None:
        raise InputError("not readable as HTML: there is no element in it")
    return root


def _encoding(data: bytes) -> str | None:
    """Return UTF-8 where the bytes are that; else the page's own declaration decides."""
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return None
    return "utf-8"


def _metas(root: Element) -> dict[str, str]:
    found: dict[str, str] = {}
    for meta in root.iter("meta"):
        name, value = meta.get("property") or meta.get("name"), meta.get("content")
        if name and value:
            found.setdefault(name.lower(), value)
    return found


def _described(root: Element) -> Iterator[dict[str, Any]]:
    """Yield the schema.org descriptions of an article."""
    for script in root.iter("script"):
        if (script.get("type") or "").lower() != "application/ld+json":
            continue
        try:
            value = json.loads(script.text or "")
        except (ValueError, RecursionError):
            continue
        graph = value.get("@graph", [value]) if isinstance(value, dict) else value
        for one in graph if isinstance(graph, list) else ():
            kinds = one.get("@type") if isinstance(one, dict) else None
            if any(str(kind).lower() in _ARTICLES for kind in (kinds if isinstance(kinds, list) else [kinds])):
                yield one


def _canonical(root: Element) -> str | None:
    return next(
        (link.get("href") for link in root.iter("link") if (link.get("rel") or "").lower() == "canonical"), None
    )


def _string(about: dict[str, Any], name: str) -> str | None:
    value = about.get(name)
    return value if isinstance(value, str) and value.strip() else None


def _authors(value: Any) -> Iterator[str | None]:
    for one in value if isinstance(value, list) else [value]:
        yield one if isinstance(one, str) else _string(one, "name") if isinstance(one, dict) else None


def _body(root: Element) -> str | None:
    """Return the text of ``article``, else of ``main``: the fullest where a page has several."""
    for name in ("article", "main"):
        texts = [text for one in root.iter(name) if (text := element_text(one, _SIDE))]
        if texts:
            return max(texts, key=len)
    return None
