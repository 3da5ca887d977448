"""NewsML 1.2."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from pipeline.core.errors import InputError
from pipeline.core.story import Link, Status
from tests.core.formats.samples import newsml1, parsed, story


def test_a_news_item_fills_every_field() -> None:
    found = story(newsml1('<Status FormalName="Usable"/><Urgency FormalName="3"/>'))
    assert (found.uri, found.provider) == ("urn:newsml:acme.example:20260105:ferry:2", "acme.example")
    assert (found.version, found.urgency, found.language) == ("2", 3, "en")
    assert found.first_created == datetime(2026, 1, 5, 8, 0, tzinfo=UTC)
    assert found.version_created == datetime(2026, 1, 5, 9, 15, tzinfo=UTC)
    assert (found.headline, found.dateline, found.body) == (
        "Ferry line reopens",
        "BERGEN, Norway",
        "Ferries run again.",
    )


def test_the_revision_before_is_a_link_since_each_revision_has_its_own_uri() -> None:
    assert story(newsml1()).links == (Link("previousversion", "urn:newsml:acme.example:20260105:ferry:1", "1"),)


@pytest.mark.parametrize(("word", "status"), [("Canceled", Status.CANCELED), ("Withheld", Status.WITHHELD)])
def test_the_status_is_read(word: str, status: Status) -> None:
    assert story(newsml1(f'<Status FormalName="{word}"/>')).status is status


def test_an_embargoed_item_becomes_usable_at_its_time() -> None:
    change = (
        '<StatusWillChange><FutureStatus FormalName="Usable"/>'
        "<DateAndTime>20260106T000000Z</DateAndTime></StatusWillChange>"
    )
    found = story(newsml1(f'<Status FormalName="Embargoed"/>{change}'))
    assert (found.status, found.embargoed_until) == (Status.USABLE, datetime(2026, 1, 6, tzinfo=UTC))


def test_an_instruction_is_the_signal() -> None:
    assert story(newsml1('<Instruction FormalName="Correction"/>')).signal == "correction"


def test_content_may_be_nitf_elements_escaped_html_or_plain_text() -> None:
    nitf = "<nitf><body><body.content><p>One</p><p>Two</p></body.content></body></nitf>"
    assert story(newsml1(content=nitf)).body == "One\n\nTwo"
    assert story(newsml1(content="&lt;p&gt;One&lt;/p&gt;&lt;p&gt;Two&lt;/p&gt;")).body == "One\n\nTwo"
    assert story(newsml1(content="One\n\nTwo\nlines")).body == "One\n\nTwo\nlines"


def test_the_main_component_goes_before_a_caption() -> None:
    extra = (
        '<NewsComponent><Role FormalName="Main"/><ContentItem><DataContent><p>Main text.</p></DataContent>'
        "</ContentItem>"
        "</NewsComponent></NewsComponent></NewsItem>"
    )
    assert story(newsml1().replace("</NewsComponent></NewsItem>", extra)).body == "Main text."


def test_items_inside_an_item_are_stories_of_their_own() -> None:
    inner = newsml1().split("<NewsML>")[1].removesuffix("</NewsML>").replace("ferry", "bus")
    outer = newsml1().replace("</NewsComponent></NewsItem>", f"{inner}</NewsComponent></NewsItem>")
    outer = outer.replace("<HeadLine>Ferry line reopens</HeadLine>", "", 1)
    first, second = parsed(outer).stories
    assert (first.uri.split(":")[4], second.uri.split(":")[4]) == ("ferry", "bus")
    assert (first.headline, second.headline) == (None, "Ferry line reopens")


def test_a_set_of_topics_holds_no_story() -> None:
    with pytest.raises(InputError, match="no news item with content"):
        parsed("<NewsML><TopicSet/></NewsML>")


def test_base64_is_decoded_and_the_nitf_inside_names_author_and_place() -> None:
    encoded = newsml1(content="PHA+RmVycmllcyBydW4uPC9wPg==").replace(
        "<DataContent>", "<Encoding Notation='Base64'><DataContent>"
    )
    assert story(encoded.replace("</DataContent>", "</DataContent></Encoding>")).body == "Ferries run."
    inner = (
        "<nitf><body><body.head><byline>By A. N. Other</byline><dateline>OSLO</dateline></body.head>"
        "<body.content><p>Ferries run.</p></body.content></body></nitf>"
    )
    found = story(newsml1(content=inner).replace("<DateLine>BERGEN, Norway</DateLine>", ""))
    assert (found.byline, found.dateline, found.body) == ("By A. N. Other", "OSLO", "Ferries run.")


@pytest.mark.parametrize(
    ("urgency", "priority", "importance", "expected"),
    [("2", "4", "5", 2), (None, "4", "5", 4), (None, None, "5", 5), (None, None, "x", None)],
)
def test_the_urgency_goes_before_a_priority(
    urgency: str | None, priority: str | None, importance: str, expected: int | None
) -> None:
    document = newsml1(f'<Urgency FormalName="{urgency}"/>' if urgency else "")
    if priority:
        document = document.replace(
            "<NewsML>", f'<NewsML><NewsEnvelope><Priority FormalName="{priority}"/></NewsEnvelope>'
        )
    document = document.replace("<Language", f'<Property FormalName="Importance" Value="{importance}"/><Language')
    assert story(document).urgency == expected
