"""RSS in its versions and dialects."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from pipeline.core.errors import InputError
from pipeline.core.story import Subject
from tests.core.formats.samples import parsed, rss, story

ITEM = (
    "<item><title>Ferry &amp;amp; bus &lt;b&gt;reopen&lt;/b&gt;</title><link>https://acme.example/7</link>"
    '<guid isPermaLink="false">acme-7</guid><pubDate>Mon, 05 Jan 2026 10:15:00 +0100</pubDate>'
    "<author>desk@acme.example (A. N. Other)</author><category domain='medtop'>transport</category>"
    "<description>&lt;p&gt;Short.&lt;/p&gt;</description>"
    "<content:encoded><![CDATA[<p>BERGEN (Reuters) - Ferries run.</p><script>x()</script><p>The fjord.</p>]]>"
    "</content:encoded></item>"
)


def test_an_item_fills_every_field() -> None:
    found = story(rss(ITEM))
    assert (found.uri, found.provider, found.source_format) == ("acme-7", "acme.example", "rss")
    assert found.version_created == datetime(2026, 1, 5, 9, 15, tzinfo=UTC)
    assert (found.headline, found.byline, found.language) == ("Ferry & bus reopen", "A. N. Other", "en-gb")
    assert (found.dateline, found.body) == ("BERGEN (Reuters)", "Ferries run.\n\nThe fjord.")
    assert found.subjects == (Subject(name="transport", scheme="medtop"),)


@pytest.mark.parametrize("version", ["0.91", "0.92", "0.93", "0.94", "2.0", "2.0.1"])
def test_every_version_with_rss_as_root_is_read(version: str) -> None:
    found = story(rss("<item><title>A</title><link>https://acme.example/7</link></item>", version=version))
    assert (found.headline, found.uri) == ("A", "https://acme.example/7")


@pytest.mark.parametrize("space", ["http://purl.org/rss/1.0/", "http://my.netscape.com/rdf/simple/0.9/"])
def test_rss_1_0_and_0_90_have_their_items_beside_the_channel(space: str) -> None:
    feed = (
        f'<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="{space}" '
        'xmlns:dc="http://purl.org/dc/elements/1.1/"><channel><title>W</title><link>https://acme.example</link></channel>'
        '<item rdf:about="https://acme.example/7"><title>A</title><dc:date>2026-01-05</dc:date><dc:creator>N</dc:creator></item>'
        "</rdf:RDF>"
    )
    found = story(feed)
    assert (found.uri, found.headline, found.byline) == ("https://acme.example/7", "A", "N")
    assert found.version_created == datetime(2026, 1, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("author", "name"),
    [
        ("desk@acme.example (A. N. Other)", "A. N. Other"),
        ("A. N. Other (desk@acme.example)", "A. N. Other"),
        ("A. N. Other &lt;desk@acme.example&gt;", "A. N. Other"),
        ("A. N. Other", "A. N. Other"),
        ("desk@acme.example (A. N. (Andy) Other)", "A. N. (Andy) Other"),
        ("desk@acme.example", None),
    ],
)
def test_an_author_is_a_name_never_an_address(author: str, name: str | None) -> None:
    assert story(rss(f"<item><title>A</title><author>{author}</author></item>")).byline == name


@pytest.mark.parametrize(
    ("inner", "uri"),
    [
        ("<link>/7</link>", "https://www.acme.example/7"),
        ('<link>7</link><guid isPermaLink="true">https://acme.example/g</guid>', "https://acme.example/g"),
        ("<guid>7</guid>", "7"),
        ("<enclosure url='https://acme.example/7.mp3' type='audio/mpeg' length='1'/>", "https://acme.example/7.mp3"),
    ],
)
def test_an_item_is_named_by_guid_link_or_enclosure_a_relative_link_in_full(inner: str, uri: str) -> None:
    assert story(rss(f"<item><title>A</title>{inner}</item>")).uri == uri


def test_a_link_is_relative_to_the_base_that_the_item_names() -> None:
    item = '<item xml:base="https://b.example/x/"><title>A</title><link>y/7</link></item>'
    assert story(rss(item)).uri == "https://b.example/x/y/7"


@pytest.mark.parametrize(
    ("inner", "body"),
    [
        ("<description>One\n\ntwo</description>", "One\n\ntwo"),
        ("<content>Full.</content>", "Full."),
        (
            (
                "<m:group xmlns:m='http://search.yahoo.com/mrss/'><m:content url='u'/><m:description>D</m:description>"
                "</m:group>"
            ),
            "D",
        ),
        (
            (
                "<c:items xmlns:c='http://purl.org/rss/1.0/modules/content/' "
                "xmlns:r='http://www.w3.org/1999/02/22-rdf-syntax-ns#'><r:Bag><r:li><c:item>"
                "<r:value r:parseType='Literal'><p xmlns='http://www.w3.org/1999/xhtml'>L</p></r:value></c:item></r:li></r:Bag></c:items>"
            ),
            "L",
        ),
    ],
)
def test_a_body_stands_in_the_members_that_feeds_use(inner: str, body: str) -> None:
    assert story(rss(f"<item><title>A</title>{inner}</item>")).body == body


def test_names_of_elements_may_be_in_capitals() -> None:
    found = story("<RSS version='2.0'><CHANNEL><ITEM><TITLE>A</TITLE><GUID>7</GUID></ITEM></CHANNEL></RSS>")
    assert (found.headline, found.uri) == ("A", "7")


@pytest.mark.parametrize("root", ["<channel id='1'><display-name>A</display-name></channel>", "<rdf><x/></rdf>"])
def test_a_channel_of_another_vocabulary_is_no_feed(root: str) -> None:
    with pytest.raises(InputError, match="no known news format"):
        parsed(root)


def test_a_channel_as_the_root_gives_each_item_once() -> None:
    assert story("<channel><title>W</title><item><title>A</title></item></channel>").headline == "A"


def test_an_item_without_guid_and_link_has_a_uri_of_its_content() -> None:
    assert story(rss("<item><title>A</title></item>")).uri.startswith("urn:wirewatch:sha256:")


def test_an_empty_item_is_refused_and_the_others_kept() -> None:
    result = parsed(rss("<item/><item><title>A</title></item>"))
    assert [one.headline for one in result.stories] == ["A"]
    assert result.refused == ("item 1: an item has neither headline nor body: it holds no story",)


def test_a_feed_without_items_is_no_error() -> None:
    assert parsed(rss("")).stories == []


def test_a_complete_feed_that_is_ill_formed_is_recovered() -> None:
    item = "<item><title>Caf&eacute; & bar</title><guid>7</guid><description>A<br>B</description></item>"
    found = story("\n" + rss(item))
    assert (found.uri, found.headline) == ("7", "Café bar")


def test_a_feed_cut_short_is_refused() -> None:
    with pytest.raises(InputError, match="not well-formed"):
        parsed(rss(ITEM)[:-40])


def test_more_items_than_any_feed_has_are_left_out() -> None:
    result = parsed(rss("<item><title>A</title></item>" * 10_001))
    assert len(result.stories) == 10_000
    assert result.refused == ("item 10001: more than 10,000 items: the rest is left out",)


def test_rss_1_1_has_the_channel_as_its_root() -> None:
    feed = (
        '<Channel xmlns="http://purl.org/net/rss1.1#" xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" '
        'rdf:about="https://acme.example/feed"><title>W</title><link>https://acme.example/</link>'
        '<items><item rdf:about="https://acme.example/7"><title>A</title></item></items></Channel>'
    )
    found = story(feed)
    assert (found.uri, found.headline, found.provider) == ("https://acme.example/7", "A", "acme.example")


def test_a_bare_ampersand_costs_no_letter() -> None:
    feed = rss(
        "<item><title>AT&T & Co &amp; Fjord</title><guid>1</guid><description><![CDATA[a & b]]></description></item>"
    )
    found = story(feed)
    assert (found.headline, found.body) == ("AT&T & Co & Fjord", "a & b")
