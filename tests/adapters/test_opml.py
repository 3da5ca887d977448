"""Lists of feeds that other readers export."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.adapters import opml
from pipeline.core.errors import InputError

LIST = b"""<?xml version="1.0"?>
<opml version="2.0"><head><title>Mine</title></head><body>
  <outline text="Agencies">
    <outline type="rss" text="One &amp; more" xmlUrl="https://one.example/rss" htmlUrl="https://one.example/"/>
    <outline type="rss" title="Two" text="x" xmlurl="http://two.example/feed"/>
    <outline type="rss" text="One again" xmlUrl="https://one.example/rss"/>
  </outline>
  <outline text="A page" type="link" url="https://page.example/"/>
  <outline text="Bad" xmlUrl="file:///etc/passwd"/>
</body></opml>"""


def test_each_feed_of_a_nested_list_is_found_once() -> None:
    found, refused = opml.read(LIST)
    assert found == [("https://one.example/rss", "One & more"), ("http://two.example/feed", "Two")]
    assert refused == ["line 9: file:///etc/passwd is no address of the web"]


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"<rss/>", "not OPML: the root element is <rss>"),
        (b"<opml><body>", "not well-formed XML"),
        (b'<!DOCTYPE o [<!ENTITY x SYSTEM "file:///etc/passwd">]><opml>&x;</opml>', "external entity"),
        (b'<!DOCTYPE o [<!ENTITY a "aa"><!ENTITY b "&a;&a;">]><opml>&b;</opml>', "multiplies"),
        (b"<outline>" * 1000, "not well-formed XML"),
        (b"", "not well-formed XML"),
    ],
)
def test_what_is_no_list_is_refused(data: bytes, reason: str) -> None:
    with pytest.raises(InputError, match=reason):
        opml.read(data)


@given(st.binary(max_size=300))
@settings(max_examples=100, deadline=None)
def test_whatever_stands_in_a_list_is_read_or_refused(data: bytes) -> None:
    for text in (data, b"<opml><outline xmlUrl='" + data + b"'/></opml>"):
        try:
            opml.read(text)
        except InputError:
            continue
