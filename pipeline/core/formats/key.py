"""The Kafka key of a payload: provider, NUL and uri, found by a cheap look instead of a parse.

It keeps the revisions of a story in order, so it needs no more than to be the same for all of them: a revision that
is written into the uri (NewsML 1.2) is left out, and a feed is keyed as a whole.
"""

from __future__ import annotations

import re
from hashlib import sha256

from pipeline.core.formats.hosts import authority
from pipeline.core.payload import Payload
from pipeline.core.story import story_key

_LOOK = 256 * 1024
_TOKEN = re.compile(rb'"((?:[^"\\]|\\.)*)"(\s*:)?|[{}\[\]]')
_FEED = re.compile(rb"<(?:rss|feed|(?:\w+:)?RDF)[\s>]|jsonfeed\.org/version")
# What names a story in XML, the surest first.
_XML = (
    re.compile(rb"<(?:\w+:)?newsItem\b[^<>]*?\sguid\s*=\s*[\"']([^\"']{1,2000})[\"']"),
    re.compile(rb"<(?:\w+:)?PublicIdentifier[^<>]*>\s*([^<]{1,2000}?)(?::\d+[A-Z]?)?\s*</"),
    re.compile(rb"<(?:\w+:)?doc-id\b[^<>]*?\sid-string\s*=\s*[\"']([^\"']{1,2000})[\"']"),
)
_FEED_NAMES = (
    re.compile(rb"<(?:\w+:)?channel\b[^<>]*?\sabout\s*=\s*[\"']([^\"']{1,2000})[\"']"),
    re.compile(rb"<link>\s*(?:<!\[CDATA\[)?\s*([^<\]\s]{1,2000})"),
    re.compile(rb"<id>\s*([^<\s]{1,2000})"),
    re.compile(rb"<link\b[^<>]*?\shref\s*=\s*[\"']([^\"']{1,2000})[\"']"),
    re.compile(rb'"(?:feed_url|home_page_url)"\s*:\s*"([^"]{1,2000})"'),
)


def cheap_key(payload: Payload) -> bytes:
    """Return provider, NUL and the uri of the story or feed; a hash in place of the uri where none is found."""
    head = payload.data[:_LOOK]
    is_feed = _FEED.search(head[:8192]) is not None
    if is_feed:
        uri = _first(_FEED_NAMES, head)
    elif head.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in (b"{", b"["):
        uri = _json_uri(head)
    else:
        uri = _first(_XML, head)
    if uri is None:
        uri = sha256(payload.data).hexdigest().encode()
    text = uri.decode("utf-8", "replace")
    provider = payload.provider or authority(text) or ""
    return story_key(provider, text)


def _first(patterns: tuple[re.Pattern[bytes], ...], head: bytes) -> bytes | None:
    return next((found[1].strip() for pattern in patterns if (found := pattern.search(head))), None)


def _json_uri(head: bytes) -> bytes | None:
    """Return the item id of AP Media, else the ``uri`` at the top level: subjects have uris of their own."""
    if found := re.search(rb'"itemid"\s*:\s*"([^"\\]{1,200})"', head):
        return found[1]
    depth = 0
    wanted = False
    for token in _TOKEN.finditer(head):
        sign = token[0]
        if sign in (b"{", b"["):
            depth += 1
        elif sign in (b"}", b"]"):
            depth -= 1
        elif wanted:
            return token[1].replace(b"\\/", b"/") or None
        wanted = depth == 1 and token[2] is not None and token[1] == b"uri"
    return None
