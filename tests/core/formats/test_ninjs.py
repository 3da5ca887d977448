"""ninjs in its three generations."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from pipeline.core.errors import InputError
from pipeline.core.story import Link, Status, Subject
from tests.core.formats.samples import NINJS, parsed, story


def test_version_1_fills_every_field() -> None:
    found = story(NINJS)
    assert found.uri == "urn:newsml:acme.example:20260105:1"
    assert found.provider == "acme.example"
    assert found.version == "3"
    assert found.version_created == datetime(2026, 1, 5, 9, 15, tzinfo=UTC)
    assert found.first_created == datetime(2026, 1, 5, 8, 0, tzinfo=UTC)
    assert (found.status, found.urgency, found.language) == (Status.USABLE, 2, "en-GB")
    assert (found.headline, found.byline, found.slugline) == ("Ferry line reopens", "By A. N. Other", "FERRY-REOPENS")
    assert found.dateline == "BERGEN, Norway (Acme)"
    assert found.body == "Ferries run again.\n\nThe fjord was calm."
    assert found.subjects == (Subject(code="20000001", name="transport", scheme="medtop"),)
    assert found.source_format == "ninjs"


def test_version_2_has_lists_of_roles() -> None:
    item = {
        "uri": "urn:x:1",
        "headlines": [{"role": "sub", "value": "Less"}, {"role": "main", "value": "Ferry reopens"}],
        "bodies": [
            {"contenttype": "text/plain", "value": "Plain."},
            {"contenttype": "text/html", "value": "<p>Ferries run.</p>"},
        ],
        "by": "A. N. Other",
        "subjects": [{"uri": "http://cv.example/medtop/20000001", "name": "transport"}],
    }
    found = story(item)
    assert (found.headline, found.body, found.byline) == ("Ferry reopens", "Ferries run.", "A. N. Other")
    assert found.subjects == (Subject(code="20000001", name="transport", scheme="http://cv.example/medtop"),)


def test_version_3_is_in_camel_case() -> None:
    item = {
        "uri": "urn:x:1",
        "versionCreated": "2026-01-05T10:15:00Z",
        "pubStatus": "canceled",
        "edNote": "Withdrawn",
        "embargoedUntil": "2026-01-06T00:00:00Z",
        "headlines": [{"role": "main", "value": "Ferry reopens"}],
    }
    found = story(item)
    assert found.status is Status.CANCELED
    assert found.ed_note == "Withdrawn"
    assert found.embargoed_until == datetime(2026, 1, 6, tzinfo=UTC)


def test_nitf_inside_a_body_is_read_as_nitf() -> None:
    nitf = "<nitf><head><title>No</title></head><body><body.content><p>Ferries run.</p></body.content></body></nitf>"
    body = {"contentType": "text/vnd.IPTC.NITF", "role": "nitf", "value": nitf}
    assert story({"uri": "urn:x:1", "type": "text", "bodies": [body]}).body == "Ferries run."


def test_an_item_without_uri_gets_the_same_one_each_time_and_another_text_another() -> None:
    item = {"headline": "Ferry reopens", "body_text": "Ferries run."}
    first, again, other = story(item), story(item), story({**item, "body_text": "No ferries run."})
    assert first.uri == again.uri != other.uri
    assert first.uri.startswith("urn:wirewatch:sha256:")


def test_the_provider_of_the_content_goes_before_the_one_of_the_payload_and_that_before_the_host() -> None:
    item = {"uri": "https://www.acme.example/1", "headline": "Ferry reopens"}
    assert story({**item, "provider": "Acme"}, provider="desk").provider == "Acme"
    assert story(item, provider="desk").provider == "desk"
    assert story(item).provider == "acme.example"
    assert story({**item, "uri": "x"}).provider == "unknown"


def test_a_kill_needs_no_text() -> None:
    assert story({"uri": "urn:x:1", "pubstatus": "canceled"}).status is Status.CANCELED


def test_a_picture_needs_no_text_and_its_caption_is_its_body() -> None:
    assert story({"uri": "urn:x:1", "type": "picture"}).body is None
    assert story({"uri": "urn:x:1", "type": "picture", "description_text": "A ferry."}).body == "A ferry."


@pytest.mark.parametrize(
    "member",
    ["type", "charcount", "contentCreated", "infoSources", "person", "wordcount", "plannedCoverage", "expires"],
)
def test_a_uri_and_one_member_of_any_schema_are_an_item(member: str) -> None:
    assert story({"uri": "urn:x:1", member: "x"}).uri == "urn:x:1"
    assert story({"uri": "urn:x:1"}).uri == "urn:x:1"


@pytest.mark.parametrize("item", [{"uri": "urn:x:1", "kind": "x"}, {"uri": 7, "type": "text"}, {"type": "text"}])
def test_other_json_is_no_item(item: dict[str, object]) -> None:
    with pytest.raises(InputError, match="JSON of no known news format"):
        parsed(item)


def test_a_list_of_items_gives_a_story_each() -> None:
    result = parsed(
        '[{"uri": "a", "headline": "A"}, {"headline": " ", "body_text": ""}, {"uri": "c", "headline": "C"}]'
    )
    assert [one.uri for one in result.stories] == ["a", "c"]
    assert result.refused == ("item 2: an item has neither headline nor body: it holds no story",)


def test_the_main_text_goes_before_a_teaser_and_html_before_plain_text() -> None:
    teaser = {"role": "teaser", "contentType": "text/html", "value": "<p>Short.</p>"}
    plain = {"role": "Main", "contentType": "text/plain", "value": "Plain."}
    markup = {"role": "main", "contentType": "text/html", "value": "<p>Rich.</p>"}
    assert story({"uri": "a", "bodies": [teaser, plain, markup]}).body == "Rich."
    assert story({"uri": "a", "bodies": [teaser, plain]}).body == "Plain."
    assert (
        story({"uri": "a", "headlines": [{"role": "short", "value": "S"}, {"role": "Main", "value": "M"}]}).headline
        == "M"
    )


def test_an_embargo_without_an_end_withholds() -> None:
    assert story({"uri": "a", "headline": "A", "pubStatus": "embargoed"}).status is Status.WITHHELD


def test_the_place_that_the_item_is_located_at_stands_in_for_a_missing_dateline_only() -> None:
    assert story({**NINJS, "located": "Oslo"}).dateline == "BERGEN, Norway (Acme)"
    assert story({**NINJS, "located": "Oslo", "body_xhtml": "<p>Ferries run.</p>"}).dateline == "Oslo"


def test_an_embargo_that_cannot_be_read_withholds_the_story() -> None:
    assert story({**NINJS, "embargoed": "next week"}).status is Status.WITHHELD


def test_links_to_what_the_item_replaces_are_kept() -> None:
    assert story({**NINJS, "evolvedfrom": "urn:x:0"}).links == (Link("evolvedfrom", "urn:x:0"),)


def test_what_is_no_text_where_text_belongs_is_passed_over() -> None:
    wrong = {"uri": "urn:x:1", "headline": "Ferry", "byline": 7, "ednote": [], "urgency": "high", "subject": {"a": 1}}
    found = story({**wrong, "language": None, "version": True, "bodies": "x", "associations": [1]})
    assert (found.byline, found.ed_note, found.urgency, found.subjects, found.version) == (None, None, None, (), None)


def test_a_list_of_what_it_replaces_names_each_as_its_predecessor() -> None:
    found = story({"uri": "c", "headline": "C", "replacing": ["a", "b"]})
    assert found.links == (Link("previousversion", "a"), Link("previousversion", "b"))
    assert found.replaces


@pytest.mark.parametrize(
    "headlines",
    [
        [{"role": "subheadline", "value": "Other"}, {"role": "headline", "value": "Main"}],
        [{"role": "short", "value": "Other"}, {"value": "Main"}],
        [{"role": "x", "value": "Other"}, {"role": "acme:main", "value": "Main"}],
        [{"language": "de", "value": "Andere"}, {"language": "en-US", "value": "Main"}],
    ],
)
def test_of_several_headlines_the_main_one_in_the_language_of_the_item_counts(headlines: list[dict[str, str]]) -> None:
    assert story({"uri": "a", "language": "en", "headlines": headlines}).headline == "Main"


def test_of_several_bodies_the_one_in_the_language_of_the_item_counts() -> None:
    bodies = [{"language": "de", "value": "Fähren."}, {"language": "en", "value": "Ferries."}]
    assert story({"uri": "a", "language": "en-GB", "bodies": bodies}).body == "Ferries."
    bodies = [{"role": "caption", "value": "Caption."}, {"role": "acme:article", "value": "Ferries."}]
    assert story({"uri": "a", "bodies": bodies}).body == "Ferries."


def test_names_in_a_list_are_the_byline_and_keywords_are_subjects() -> None:
    item = {"uri": "a", "headline": "Ferry", "keywords": ["ferries", ""]}
    assert story({**item, "bylines": [{"by": "A. Other"}, {"by": "B. Other"}]}).byline == "A. Other, B. Other"
    assert story({**item, "authors": [{"name": "A. Other"}]}).byline == "A. Other"
    assert story(item).subjects == (Subject(name="ferries"),)
