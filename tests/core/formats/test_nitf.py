"""NITF."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from pipeline.core.story import Link, Status, Subject
from tests.core.formats.samples import nitf, story


def test_a_document_fills_every_field() -> None:
    found = story(
        nitf(
            '<ed-msg info="Adds quote"/><du-key key="FERRY" version="2"/><key-list><keyword key="ferries"/></key-list>',
            'management-status="usable"',
            "<byline>By <person>A. N. Other</person></byline><dateline><location>BERGEN</location></dateline>",
        )
    )
    assert (found.uri, found.provider, found.version) == ("acme.7", "ACME", "2")
    assert found.version_created == datetime(2026, 1, 5, 9, 15, tzinfo=UTC)
    assert (found.headline, found.byline, found.dateline) == ("Ferry line reopens", "By A. N. Other", "BERGEN")
    assert (found.body, found.ed_note, found.urgency) == ("Ferries run again.", "Adds quote", 4)
    assert (found.language, found.slugline, found.status) == ("en", "FERRY", Status.USABLE)
    assert found.subjects == (Subject(name="ferries"),)


@pytest.mark.parametrize(
    ("word", "status"),
    [
        ("usable", Status.USABLE),
        ("withheld", Status.WITHHELD),
        ("canceled", Status.CANCELED),
        ("killed", Status.CANCELED),
    ],
)
def test_the_management_status_is_the_status(word: str, status: Status) -> None:
    assert story(nitf(attributes=f'management-status="{word}"')).status is status


def test_the_date_of_release_is_an_embargo_only_under_that_status() -> None:
    release = '<date.release norm="20260106T060000+0200"/>'
    until = datetime(2026, 1, 6, 4, 0, tzinfo=UTC)
    assert story(nitf(release, 'management-status="embargoed"')).embargoed_until == until
    assert story(nitf(release, 'management-status="usable"')).embargoed_until is None


def test_an_embargo_without_a_date_withholds_the_story() -> None:
    assert story(nitf(attributes='management-status="embargoed"')).status is Status.WITHHELD


def test_a_correction_names_what_it_corrects() -> None:
    found = story(nitf('<correction info="Name" id-string="acme.6"/>'))
    assert (found.signal, found.links) == ("correction", (Link("previousversion", "acme.6"),))


def test_parts_of_a_headline_and_a_byline_do_not_run_together() -> None:
    head = "<byline>By<person>A. N. Other</person><byttl>Reporter</byttl>, Acme</byline>"
    found = story(nitf(head=head).replace("Ferry line reopens", "Ferry line<br/>reopens"))
    assert (found.headline, found.byline) == ("Ferry line reopens", "By A. N. Other Reporter, Acme")


def test_the_title_stands_in_for_a_missing_headline() -> None:
    assert story(nitf().replace("<hl1>Ferry line reopens</hl1>", "")).headline == "Ferry"


def test_lists_tables_and_captions_are_paragraphs_and_metadata_are_not() -> None:
    body = (
        "<p>One</p><ul><li>Two</li><li>Three</li></ul><table><tr><td>a</td><td>b</td></tr><tr><td>c</td></tr></table>"
        "<media media-type='image'><media-metadata value='no'>no</media-metadata>"
        "<media-caption>Cap</media-caption></media>"
    )
    assert story(nitf(body=body)).body == "One\n\nTwo\n\nThree\n\na b\n\nc\n\nCap"


def test_a_body_without_body_content_is_read_without_its_head() -> None:
    bare = nitf().replace("<body.content>", "<byline>By A. N. Other</byline>").replace("</body.content>", "")
    assert story(bare).body == "Ferries run again."


def test_a_document_type_is_not_fetched_and_characters_of_html_are_known_without_it() -> None:
    assert story(nitf(body="<p>Caf&eacute;&nbsp;open</p>")).body == "Café open"


def test_a_prefix_without_a_namespace_is_no_fault_of_form() -> None:
    assert story(nitf(body="<p>Ferries <x:b>run</x:b>.</p>")).body == "Ferries run."


def test_a_date_of_issue_may_be_text_or_stand_with_the_publication() -> None:
    issued = nitf().replace('<date.issue norm="20260105T101500+0100"/>', "<date.issue>20260105T101500Z</date.issue>")
    assert story(issued).version_created == datetime(2026, 1, 5, 10, 15, tzinfo=UTC)
    published = nitf().replace(
        '<date.issue norm="20260105T101500+0100"/></docdata>', "</docdata><pubdata date.publication='20260105'/>"
    )
    assert story(published).version_created == datetime(2026, 1, 5, tzinfo=UTC)


def test_parts_of_a_dateline_do_not_run_together() -> None:
    head = "<dateline><location><city>BERGEN</city><country>Norway</country></location></dateline>"
    assert story(nitf(head=head)).dateline == "BERGEN Norway"


def test_messages_to_editors_and_what_a_correction_says_are_the_note() -> None:
    data = "<ed-msg info='One'/><ed-msg>Two</ed-msg><correction info='Three'/><ed-msg info=''/>"
    assert story(nitf(data)).ed_note == "One | Two | Three"


def test_markup_that_is_escaped_whole_is_read_as_markup() -> None:
    assert story(nitf(body="<![CDATA[<p>One</p><p>Two</p>]]>")).body == "One\n\nTwo"


def test_an_empty_headline_gives_way_to_the_next() -> None:
    document = nitf().replace("<hl1>Ferry line reopens</hl1>", "<hl1 class='kicker'/><hl1><em>Ferry</em> reopens</hl1>")
    assert story(document).headline == "Ferry reopens"
