"""JSON Feed, the AP Media API and article pages."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from pipeline.core.errors import InputError
from pipeline.core.story import Status, Subject
from tests.core.formats.samples import AP_ITEM, JSON_FEED, PAGE, parsed, story

WHEN = datetime(2026, 1, 5, 10, 15, tzinfo=UTC)


def test_a_json_feed_item_fills_every_field() -> None:
    found = story(JSON_FEED)
    assert (found.uri, found.provider, found.headline) == ("7", "acme.example", "Ferry line reopens")
    assert (found.version_created, found.first_created) == (WHEN, WHEN)
    assert (found.byline, found.language, found.body) == ("A. N. Other", "en", "Ferries run again.")
    assert found.subjects == (Subject(name="ferries"),)


def test_a_modified_item_keeps_the_date_of_its_first_revision() -> None:
    item = {**JSON_FEED["items"][0], "date_modified": "2026-01-06T00:00:00Z"}  # type: ignore[dict-item]
    found = story({**JSON_FEED, "items": [item]})
    assert (found.version_created, found.first_created) == (datetime(2026, 1, 6, tzinfo=UTC), WHEN)


def test_json_feed_1_0_has_one_author_and_the_feed_may_have_it() -> None:
    feed = {
        "version": "https://jsonfeed.org/version/1",
        "author": {"name": "Desk"},
        "items": [{"id": "a", "content_text": "A"}],
    }
    assert story(feed).byline == "Desk"


def test_an_ap_item_fills_every_field() -> None:
    found = story({"api_version": "1.1", "data": {"item": AP_ITEM}})
    assert (found.uri, found.provider, found.version, found.urgency) == ("abc", "AP", "0", 4)
    assert (found.headline, found.byline, found.status) == ("Ferry line reopens", "By A. N. OTHER", Status.USABLE)
    assert (found.version_created, found.signal) == (WHEN, None)


def test_an_ap_feed_holds_several_items() -> None:
    items = [{"meta": {}, "item": AP_ITEM}, {"item": {**AP_ITEM, "altids": {"itemid": "b"}, "pubstatus": "canceled"}}]
    result = parsed({"api_version": "1.1", "data": {"items": items}})
    assert [(one.uri, one.status) for one in result.stories] == [("abc", Status.USABLE), ("b", Status.CANCELED)]


def test_an_ap_answer_without_items_is_no_error() -> None:
    assert parsed({"api_version": "1.1", "data": {"items": []}}).stories == []


def test_an_article_page_is_a_story() -> None:
    found = story(PAGE)
    assert (found.uri, found.provider, found.language) == ("https://acme.example/7", "acme.example", "en")
    assert (found.headline, found.version_created) == ("Ferry line reopens", WHEN)
    assert found.body == "Ferry line reopens\n\nFerries run again."


def test_the_fullest_article_of_a_page_is_the_story() -> None:
    page = PAGE.replace("<article>", "<article><p>Teaser.</p></article><article>", 1)
    assert story(page).body == "Ferry line reopens\n\nFerries run again."


def test_a_page_may_describe_itself_in_linked_data() -> None:
    article = {"@type": "NewsArticle", "headline": "Ferry", "author": {"name": "N"}, "articleBody": "Ferries run."}
    data = json.dumps({"@graph": [article]})
    page = f'<html><head><script type="application/ld+json">{data}</script></head><body>x</body></html>'
    found = story(page)
    assert (found.headline, found.byline, found.body) == ("Ferry", "N", "Ferries run.")


@pytest.mark.parametrize(
    "page", ["<html><body><h1>404</h1></body></html>", "\n<!doctype HTML><title>Not found</title><img src=x>"]
)
def test_a_page_that_is_no_article_came_in_place_of_a_feed(page: str) -> None:
    with pytest.raises(InputError, match="an HTML page that does not say it is an article"):
        parsed(page)


def test_an_empty_list_of_authors_leaves_the_author_of_version_1_0() -> None:
    item = {"id": "1", "title": "A", "authors": [], "author": {"name": "N"}}
    assert story({**JSON_FEED, "items": [item]}).byline == "N"


def test_an_embargo_of_ap_without_an_end_withholds() -> None:
    item = {**AP_ITEM, "pubstatus": "embargoed"}
    assert story({"data": {"item": item}}).status is Status.WITHHELD
    assert story({"data": {"item": {**item, "embargoed": "2030-01-01T00:00:00Z"}}}).status is Status.USABLE


def test_a_page_of_which_nothing_can_be_read_is_refused() -> None:
    with pytest.raises(InputError, match="not readable as HTML"):
        parsed(b'<!DOCTYPE html><html l\xff\xff og:type" content="article"')
