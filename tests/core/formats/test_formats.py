"""The table of formats: found by content, overridable, and hard to break."""

from __future__ import annotations

import json
import os
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.core.errors import InputError
from pipeline.core.flow import Parsed
from pipeline.core.formats import FORMATS, parse, parse_as
from pipeline.core.formats.key import cheap_key
from pipeline.core.payload import Payload
from pipeline.core.story import PARSED, story_json
from tests.core.formats.samples import ALL, NINJS, newsml1, newsml_g2, parsed, rss, story

WIRE = Path(__file__).parents[4] / "shared" / "data" / "wire"


def test_every_format_has_a_sample() -> None:
    assert ALL.keys() == FORMATS.keys()


@pytest.mark.parametrize("name", ALL)
def test_each_format_is_found_by_content_and_by_no_other_line_of_the_table(name: str) -> None:
    payload = Payload(data=ALL[name].encode(), origin="x")
    assert [one.source_format for one in parse(payload).stories] == [name]
    assert parse_as(name, payload) == parse(payload)
    others = [other for other in FORMATS if other != name]
    for other in others:
        with pytest.raises(InputError, match=f"not {other}: "):
            parse_as(other, payload)


@pytest.mark.parametrize("name", ALL)
def test_what_the_sender_says_of_the_type_decides_nothing(name: str) -> None:
    data = ALL[name].encode()
    assert parse(Payload(data=data, origin="x", content_type="image/png")) == parse(Payload(data=data, origin="x"))


def test_an_unknown_name_of_a_format_lists_the_known_ones() -> None:
    with pytest.raises(InputError, match=r"unknown format 'teletext': known are ninjs, newsml-g2, rss"):
        parse_as("teletext", Payload(data=b"{}", origin="x"))


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "the document is empty"),
        (b" \n\t", "the document is empty"),
        (b"hello", "neither JSON nor XML nor IPTC 7901 nor ANPA 1312"),
        (b"\x89PNG\r\n\x1a\n\x00", "no known news format"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "the root element is <svg>"),
        (b'{"type": "FeatureCollection"}', "JSON of no known news format"),
        (b"[1, 2]", "JSON of no known news format"),
        (b"<a>" + b" " * (4 * 1024 * 1024), "bytes are more than a story or feed may have"),
    ],
)
def test_what_is_no_news_is_refused_with_one_line(data: bytes, reason: str) -> None:
    with pytest.raises(InputError, match=reason) as caught:
        parse(Payload(data=data, origin="x"))
    assert "\n" not in caught.value.reason


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le"])
def test_xml_in_other_encodings_is_found_too(encoding: str) -> None:
    assert story(rss("<item><title>Café</title></item>").encode(encoding)).headline == "Café"


def test_received_and_provider_come_from_the_payload() -> None:
    moment = datetime.fromisoformat("2026-01-05T10:00:00+00:00")
    found = story(rss("<item><title>A</title></item>"), provider="acme", received=moment)
    assert (found.provider, found.received) == ("acme", moment)


def _is_sound(result: Parsed) -> bool:
    for one in result.stories:
        assert one.uri
        assert one.provider
        for when in (one.version_created, one.first_created, one.embargoed_until):
            assert when is None or when.utcoffset() == timedelta(0)
        assert one.urgency is None or 1 <= one.urgency <= 9
        json.loads(story_json(one, PARSED))
    return all("\n" not in reason for reason in result.refused)


def _parse_or_refuse(data: bytes) -> None:
    """Anything but a result or an InputError fails the test."""
    payload = Payload(data=data, origin="fuzz")
    assert b"\0" in cheap_key(payload)
    for name in FORMATS:
        with suppress(InputError):
            assert _is_sound(parse_as(name, payload))


CUTS = st.tuples(
    st.integers(0, 10_000), st.integers(0, 60), st.binary(max_size=12) | st.sampled_from([b"<", b'"', b"&", b"\x02"])
)


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(sorted(ALL)), st.lists(CUTS, min_size=1, max_size=4))
def test_damaged_documents_are_read_or_refused(name: str, cuts: list[tuple[int, int, bytes]]) -> None:
    data = ALL[name].encode()
    for place, length, put in cuts:
        place %= len(data) + 1  # noqa: PLW2901  anywhere in what is left
        data = data[:place] + put + data[place + length :]
    _parse_or_refuse(data)


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=200) | st.text(alphabet='<>&{}[]":,\x01\x02\x03 a1', max_size=100).map(str.encode))
def test_random_bytes_are_read_or_refused(data: bytes) -> None:
    _parse_or_refuse(data)


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=20)
    | st.sampled_from(["<p>", "2026-01-05", "a:b"]),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["name", "value", "role", "by", "uri"]), inner)
    ),
    max_leaves=6,
)


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(["ninjs", "ap-media", "jsonfeed"]), st.data())
def test_json_members_of_any_type_are_read_or_refused(name: str, data: st.DataObject) -> None:
    document: Any = json.loads(ALL[name])
    item = document["data"]["item"] if name == "ap-media" else document["items"][0] if name == "jsonfeed" else document
    for member in data.draw(
        st.lists(st.sampled_from([*item, "headlines", "bodies", "associations", "bylines"]), max_size=3)
    ):
        item[member] = data.draw(VALUES)
    _parse_or_refuse(json.dumps(document).encode())


def test_the_key_is_the_same_for_all_revisions_of_a_story() -> None:
    def key(text: str, provider: str | None = None) -> bytes:
        return cheap_key(Payload(data=text.encode(), origin="x", provider=provider))

    ninjs = json.dumps({"subjects": [{"uri": "urn:other"}], **NINJS})
    assert key(ninjs) == key(ninjs.replace('"3"', '"4"')) == b"acme.example\0urn:newsml:acme.example:20260105:1"
    assert key(ninjs, "acme").startswith(b"acme\0")
    assert key(newsml_g2()) == b"\0urn:acme:1"
    assert (
        key(newsml1())
        == key(newsml1().replace("ferry:2", "ferry:3"))
        == b"acme.example\0urn:newsml:acme.example:20260105:ferry"
    )
    assert key(ALL["nitf"]) == b"\0acme.7"
    assert key(ALL["ap-media"]) == b"\0abc"
    assert key(rss("<item/>")) == key(rss("")) == b"acme.example\0https://www.acme.example/"
    assert key(ALL["atom"]) == b"acme.example\0https://acme.example/feed"
    assert key(ALL["iptc7901"]) == key(ALL["iptc7901"]) != key(ALL["anpa1312"])


def _given() -> list[dict[str, Any]]:
    if not (WIRE / "expected.jsonl").is_file():
        return []
    rows = [json.loads(line) for line in (WIRE / "expected.jsonl").read_text(encoding="utf-8").splitlines()]
    return [row for row in rows if "generate" not in row and not row.get("absent")]


def test_the_given_files_are_read_or_refused_as_they_must() -> None:
    rows = _given()
    if not rows:
        if os.environ.get("CI"):
            pytest.fail(f"the given files are not at {WIRE}")
        pytest.skip(f"the given files are not at {WIRE}")
    for row in rows:
        result, reason = _result(Payload(data=(WIRE / row["file"]).read_bytes(), origin=row["file"]))
        if row["must"] != "either":
            assert (result is None) == (row["must"] == "reject"), f"{row['file']}: {reason}"
        if result is not None and row["must"] == "parse":
            _check_given(row, result)


def _result(payload: Payload) -> tuple[Parsed | None, str]:
    try:
        return parse(payload), ""
    except InputError as error:
        return None, error.reason


def _check_given(row: dict[str, Any], result: Parsed) -> None:
    expect = row["expect"]
    assert result.refused == (), row["file"]
    assert len(result.stories) == expect.get("items", len(result.stories)), row["file"]
    if isinstance(uri := expect.get("uri"), str):
        named = next(one for one in result.stories if one.uri == uri)
        for field in ("version", "status", "urgency"):
            assert getattr(named, field) == expect.get(field, getattr(named, field)), f"{row['file']}: {field}"


def test_a_story_that_cannot_be_named_twice_is_the_same_twice() -> None:
    first, second = parsed(ALL["iptc7901"]), parsed(ALL["iptc7901"])
    assert first == second
