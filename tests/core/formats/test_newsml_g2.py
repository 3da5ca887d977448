"""NewsML-G2 and its dialects."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from pipeline.core.errors import InputError
from pipeline.core.story import Link, Status, Subject
from tests.core.formats.samples import XHTML, newsml_g2, parsed, story


def test_a_news_item_fills_every_field() -> None:
    found = story(
        newsml_g2("<edNote><p>Adds</p><p>quote</p></edNote>", "<by>By A. N. Other</by><dateline>BERGEN - </dateline>")
    )
    assert (found.uri, found.provider, found.version) == ("urn:acme:1", "ACME", "2")
    assert found.version_created == datetime(2026, 1, 5, 10, 15, tzinfo=UTC)
    assert found.first_created == datetime(2026, 1, 5, 8, 0, tzinfo=UTC)
    assert (found.headline, found.slugline, found.byline) == ("Ferry line reopens", "FERRY", "By A. N. Other")
    assert (found.dateline, found.ed_note, found.urgency, found.language) == ("BERGEN", "Adds quote", 3, "en-GB")
    assert found.body == "Ferries run again.\n\nThe fjord was calm.\nBuses wait."
    assert found.subjects == (Subject(code="20000001", name="transport", scheme="medtop"),)


@pytest.mark.parametrize(
    ("element", "status"),
    [
        ('<pubStatus qcode="stat:usable"/>', Status.USABLE),
        ('<pubStatus qcode="stat:withheld"/>', Status.WITHHELD),
        ('<pubStatus qcode="stat:canceled"/>', Status.CANCELED),
        ('<pubStatus uri="http://cv.iptc.org/newscodes/pubstatusg2/canceled"/>', Status.CANCELED),
        ("", Status.USABLE),
    ],
)
def test_the_status_is_read_in_every_way_of_pointing_to_it(element: str, status: Status) -> None:
    assert story(newsml_g2(element)).status is status


def test_a_signal_is_the_code_after_the_colon() -> None:
    assert story(newsml_g2('<signal qcode="sig:correction"/>')).signal == "correction"
    assert story(newsml_g2('<signal qcode="apsig:consumerready"/>')).signal == "consumerready"


def test_a_signal_with_a_meaning_goes_before_one_without() -> None:
    assert story(newsml_g2('<signal qcode="edStat:U"/><signal qcode="sig:update"/>')).signal == "update"


def test_a_message_gives_a_story_for_each_news_item_in_order() -> None:
    items = newsml_g2(guid="a") + '<packageItem guid="p"/>' + newsml_g2(guid="b")
    message = f'<newsMessage xmlns="http://iptc.org/std/nar/2006-10-01/"><itemSet>{items}</itemSet></newsMessage>'
    result = parsed(message)
    assert ([one.uri for one in result.stories], result.refused) == (["a", "b"], ())


def test_an_envelope_of_another_vocabulary_is_opened() -> None:
    assert (
        story(f"<soap:Envelope xmlns:soap='urn:soap'><soap:Body>{newsml_g2()}</soap:Body></soap:Envelope>").uri
        == "urn:acme:1"
    )


@pytest.mark.parametrize("kind", ["conceptItem", "packageItem", "knowledgeItem", "planningItem"])
def test_items_of_another_kind_hold_no_story(kind: str) -> None:
    with pytest.raises(InputError, match=f"a NewsML-G2 {kind} holds no news item"):
        parsed(f'<{kind} xmlns="http://iptc.org/std/nar/2006-10-01/" guid="a"/>')


def test_an_embargo_without_an_end_withholds_the_story() -> None:
    found = story(newsml_g2("<embargoed/>"))
    assert (found.embargoed_until, found.status) == (None, Status.WITHHELD)


def test_an_embargo_with_an_end_holds_until_then() -> None:
    found = story(newsml_g2("<embargoed>2026-01-06T06:00:00+02:00</embargoed>"))
    assert found.embargoed_until == datetime(2026, 1, 6, 4, 0, tzinfo=UTC)


def test_nitf_inside_gives_body_and_byline() -> None:
    nitf = (
        '<inlineXML contenttype="application/nitf+xml"><nitf xmlns="http://iptc.org/std/NITF/2006-10-18/"><body>'
        "<body.head><byline>By A. N. Other<byttl>Reporter</byttl></byline></body.head>"
        "<body.content><block><p>Ferries run.</p></block></body.content></body></nitf></inlineXML>"
    )
    found = story(newsml_g2(content=nitf))
    assert (found.byline, found.body) == ("By A. N. Other Reporter", "Ferries run.")


def test_inline_data_may_be_plain_html_or_base64() -> None:
    assert story(newsml_g2(content='<inlineData contenttype="text/plain">A &lt; B</inlineData>')).body == "A < B"
    assert (
        story(newsml_g2(content="<inlineData>&lt;p&gt;A&lt;/p&gt;&lt;p&gt;B&lt;/p&gt;</inlineData>")).body == "A\n\nB"
    )
    encoded = '<inlineData encoding="http://cv.example/base64">RmVycmllcyBydW4u</inlineData>'
    assert story(newsml_g2(content=encoded)).body == "Ferries run."


def test_links_keep_their_relation_and_version() -> None:
    link = '<link rel="irel:previousVersion" residref="urn:acme:0" version="1"/>'
    assert story(newsml_g2(link)).links == (Link("previousversion", "urn:acme:0", "1"),)


def test_a_provider_whose_code_says_little_goes_by_its_name() -> None:
    item = newsml_g2().replace('qcode="nprov:ACME"', 'qcode="approviderid:z01122"')
    assert story(item).provider == "Acme News"
    assert story(item.replace("<name>Acme News</name>", "")).provider == "z01122"


def test_a_time_in_the_dateline_gives_way_to_the_place_in_the_text() -> None:
    text = XHTML.replace("<p>Ferries run again.", "<p>OSLO (Reuters) - Ferries run.")
    found = story(newsml_g2(about="<dateline>2026-01-05 10:15:00 GMT+00:00</dateline>", content=text))
    assert found.dateline == "OSLO (Reuters), 2026-01-05 10:15:00 GMT+00:00"
    assert (found.body or "").startswith("Ferries run.")


def test_a_video_without_text_is_a_story() -> None:
    item = newsml_g2(content='<remoteContent href="x.mp4"/>').replace("<headline>Ferry line reopens</headline>", "")
    assert story(item.replace("ninat:text", "ninat:video")).body is None


@pytest.mark.parametrize(
    "lines",
    [
        '<headline role="hld:subHeadline">Sub</headline><headline role="hld:main">Main</headline>',
        '<headline rank="10">Sub</headline><headline rank="2">Main</headline>',
        '<headline role="hld:shortHeadline">Sub</headline><headline>Main</headline>',
        "<headline>Main</headline><headline>Other</headline>",
        '<headline role="x:dachzeile">Over</headline><headline role="x:headline">Main</headline>',
        '<headline xml:lang="de">Andere</headline><headline xml:lang="en-US">Main</headline>',
    ],
)
def test_of_several_headlines_the_main_one_counts(lines: str) -> None:
    document = newsml_g2(about="<language tag='en'/>").replace("<headline>Ferry line reopens</headline>", lines)
    assert story(document).headline == "Main"


def test_of_texts_in_several_languages_that_of_the_item_counts() -> None:
    page = '<inlineXML xml:lang="{0}"><html xmlns="http://www.w3.org/1999/xhtml"><body><p>{0}</p></body></html></inlineXML>'
    document = newsml_g2(about="<language tag='en-GB'/>", content=page.format("de") + page.format("en"))
    assert story(document).body == "en"


def test_the_dateline_is_that_of_the_item_of_the_nitf_inside_or_the_place_where_it_is_located() -> None:
    inner = (
        '<inlineXML contenttype="application/nitf+xml"><nitf><body><body.head><dateline><location>OSLO</location>'
        "</dateline></body.head><body.content><p>Ferries run.</p></body.content></body></nitf></inlineXML>"
    )
    located = "<located qcode='geo:1'><name>Bergen</name></located>"
    assert story(newsml_g2(content=inner, about=located)).dateline == "OSLO"
    assert story(newsml_g2(about=located)).dateline == "Bergen"
