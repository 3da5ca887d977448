"""Atom 1.0 and 0.3, and tombstones."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from pipeline.core.errors import InputError
from pipeline.core.story import Link, Status, Subject
from tests.core.formats.samples import atom, parsed, story

ENTRY = (
    "<entry><id>urn:acme:7</id><title>Ferry reopens</title><updated>2026-01-05T10:15:00+01:00</updated>"
    "<published>2026-01-05T08:00:00Z</published><author><name>A. N. Other</name></author>"
    "<category term='ferries' label='Ferries'/>"
    '<link rel="predecessor-version" href="urn:acme:6"/><summary>Short.</summary>'
    '<content type="html">&lt;p&gt;Ferries run.&lt;/p&gt;&lt;p&gt;The fjord.&lt;/p&gt;</content></entry>'
)


def test_an_entry_fills_every_field() -> None:
    found = story(atom(ENTRY))
    assert (found.uri, found.provider, found.headline) == ("urn:acme:7", "acme.example", "Ferry reopens")
    assert found.version_created == datetime(2026, 1, 5, 9, 15, tzinfo=UTC)
    assert found.first_created == datetime(2026, 1, 5, 8, 0, tzinfo=UTC)
    assert (found.byline, found.language, found.body) == ("A. N. Other", "en", "Ferries run.\n\nThe fjord.")
    assert found.links == (Link("previousversion", "urn:acme:6"),)
    assert found.subjects == (Subject(code="ferries", name="Ferries"),)


def test_an_entry_without_an_author_has_that_of_the_feed() -> None:
    assert story(atom("<entry><id>a</id><title>A</title></entry>")).byline == "Desk"


@pytest.mark.parametrize(
    ("title", "text"),
    [
        ("<title>A &lt;b&gt; tag</title>", "A <b> tag"),
        ('<title type="html">A &lt;b&gt;bold&lt;/b&gt; tag</title>', "A bold tag"),
        ('<title type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml">A <b>bold</b> tag</div></title>', "A bold tag"),
        ('<title mode="escaped" type="text/html">A &lt;b&gt;bold&lt;/b&gt; tag</title>', "A bold tag"),
        ('<title type="application/octet-stream">QSBib2xkIHRhZw==</title>', "A bold tag"),
    ],
)
def test_a_title_is_plain_text_whatever_its_type(title: str, text: str) -> None:
    assert story(atom(f"<entry><id>a</id>{title}</entry>")).headline == text


def test_base64_of_plain_text_is_no_html() -> None:
    title = '<title mode="base64" type="text/plain">QSA8Yj50YWc8L2I+</title>'
    assert story(atom(f"<entry><id>a</id>{title}</entry>")).headline == "A <b>tag</b>"


def test_an_entry_without_an_id_is_named_by_its_link_in_full() -> None:
    links = '<link rel="self" href="s"/><link href="7"/>'
    assert (
        story(atom(f'<entry xml:base="https://b.example/x/"><title>A</title>{links}</entry>')).uri
        == "https://b.example/x/7"
    )
    assert story(atom('<entry><title>A</title><link rel="self" href="urn:s"/></entry>')).uri == "urn:s"
    assert story(atom('<entry xml:base="https://b.example/"><title>A</title><id>7</id></entry>')).uri == "7"


def test_what_the_media_module_says_stands_in() -> None:
    media = "<m:group xmlns:m='http://search.yahoo.com/mrss/'><m:title>T</m:title><m:description>D</m:description></m:group>"
    found = story(atom(f"<entry><id>a</id>{media}</entry>"))
    assert (found.headline, found.body) == ("T", "D")


def test_an_author_without_a_name_element_is_read_all_the_same() -> None:
    assert story(atom("<entry><id>a</id><title>A</title><author>N (n@acme.example)</author></entry>")).byline == "N"


def test_a_feed_of_another_vocabulary_is_refused() -> None:
    with pytest.raises(InputError, match="no known news format: the root element is <feed>"):
        parsed('<feed xmlns="https://acme.example/fish"><herring/></feed>')


def test_atom_0_3_has_other_names_for_the_dates() -> None:
    entry = (
        '<feed version="0.3" xmlns="http://purl.org/atom/ns#"><entry><id>a</id><title>A</title>'
        "<issued>2026-01-05T08:00:00Z</issued><modified>2026-01-05T10:00:00Z</modified></entry></feed>"
    )
    found = story(entry)
    assert found.version_created == datetime(2026, 1, 5, 10, tzinfo=UTC)
    assert found.first_created == datetime(2026, 1, 5, 8, tzinfo=UTC)


def test_a_single_entry_is_a_document() -> None:
    assert story('<entry xmlns="http://www.w3.org/2005/Atom"><id>a</id><title>A</title></entry>').uri == "a"


def test_tombstones_stand_between_the_entries_as_canceled_stories() -> None:
    tomb = (
        '<at:deleted-entry ref="urn:acme:6" when="2026-01-05T13:30:00+02:00">'
        "<at:comment>Wrong name</at:comment></at:deleted-entry>"
    )
    result = parsed(atom(ENTRY + tomb + ENTRY.replace("acme:7", "acme:8")))
    assert [one.uri for one in result.stories] == ["urn:acme:7", "urn:acme:6", "urn:acme:8"]
    found = result.stories[1]
    assert (found.status, found.ed_note, found.headline) == (Status.CANCELED, "Wrong name", None)
    assert found.version_created == datetime(2026, 1, 5, 11, 30, tzinfo=UTC)


def test_a_tombstone_may_be_the_root_and_its_date_unreadable() -> None:
    found = story('<at:deleted-entry xmlns:at="http://purl.org/atompub/tombstones/1.0" ref="a" when="once"/>')
    assert (found.uri, found.status, found.version_created) == ("a", Status.CANCELED, None)
