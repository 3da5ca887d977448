"""What all formats stand on: strict JSON, XML without trust, dates, plain text, and the words of dialects."""

from __future__ import annotations

import html
import json
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from pipeline.core.errors import InputError
from pipeline.core.formats import strict_json
from pipeline.core.formats.dates import moment
from pipeline.core.formats.text import (
    any_text,
    element_text,
    html_line,
    html_text,
    loose_text,
    plain_text,
    wrapped_text,
)
from pipeline.core.formats.words import signal_of, status_of, urgency_of
from pipeline.core.formats.xml import IllFormedError, parse_xml
from pipeline.core.story import Status


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b'{"a": 1, "a": 2}', "the name 'a' occurs twice"),
        (b'[{"b": {"a": 1, "c": 2, "a": 1}}]', "the name 'a' occurs twice"),
        (b'{"a": "\\ud800"}', "lone surrogate"),
        (b'{"\\udfff": 1}', "lone surrogate"),
        (b'{"a": NaN}', "NaN is not a number"),
        (b'{"a": -Infinity}', "-Infinity is not a number"),
        (b'{"a": 1e999}', "too large"),
        (b'{"a": ' + b"9" * 2000 + b"}", "more than 1000 digits"),
        (b'{"a": 0.' + b"9" * 2000 + b"}", "too large"),
        (b'{"a": "\xe9"}', "not UTF-8: byte 7"),
        ("{}".encode("utf-16"), "not UTF-8"),
        (b"[" * 100_000 + b"]" * 100_000, "nested too deeply"),
        (b"[" * 900 + b'"\\ud800"' + b"]" * 900, "nested too deeply|lone surrogate"),
        (b'{"a": 1} x', "not valid JSON: Extra data at line 1, column 10"),
        (b'{"a": 1', "not valid JSON"),
        (b'{"a": "\n"}', "not valid JSON"),
    ],
)
def test_json_that_two_readers_could_understand_differently_is_refused(data: bytes, reason: str) -> None:
    with pytest.raises(InputError, match=reason):
        strict_json.decode(data)


@settings(max_examples=100, deadline=None)
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
        max_leaves=20,
    )
)
def test_sound_json_reads_as_the_standard_library_reads_it(value: object) -> None:
    for ascii_only in (True, False):
        text = json.dumps(value, ensure_ascii=ascii_only)
        try:
            data = text.encode()
        except UnicodeEncodeError:
            continue
        assert strict_json.decode(data) == json.loads(text)


def test_a_paired_surrogate_is_one_character() -> None:
    assert strict_json.decode(b'"\\ud83d\\ude00"') == "\U0001f600"


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>', "external entity 'x'"),
        (b'<!DOCTYPE a [<!ENTITY % p SYSTEM "http://acme.example/x.dtd"> %p;]><a/>', "external entity 'p'"),
        (b'<!DOCTYPE a [<!ENTITY x "lol"><!ENTITY y "&x;&x;">]><a>&y;</a>', "entity 'y', which multiplies"),
        (b'<!DOCTYPE a [<!ENTITY x "' + b"l" * 1001 + b'">]><a>&x;</a>', "entity 'x', which multiplies"),
        (b'<!DOCTYPE a [<!ENTITY x "' + b"l" * 900 + b'">]><a>' + b"&x;" * 30 + b"</a>", "come to over 20000"),
        (b'<!DOCTYPE a [<!ENTITY x "y">]><a>' + b"&x;" * 10_001 + b"</a>", "uses over 10000 entities"),
        (b"<a>" * 100_000, "Excessive depth"),
        (b'<?xml version="1.0" encoding="UTF-8"?><a>\xe9 x</a>', "Invalid bytes in character encoding"),
        (b'<?xml version="1.0" encoding="none"?><a/>', "Unsupported encoding"),
        (b"<a><b>", "Premature end"),
        (b"", "Document is empty"),
    ],
)
def test_xml_that_reaches_out_multiplies_or_breaks_is_refused(data: bytes, reason: str) -> None:
    with pytest.raises(InputError, match=reason):
        parse_xml(data)


def test_small_entities_and_those_of_html_become_text() -> None:
    root = parse_xml(b'<!DOCTYPE a SYSTEM "a.dtd" [<!ENTITY co "Acme">]><a>&co;&nbsp;<b/>&co; &eacute;&nothing;</a>')
    assert "".join(root.itertext()) == "Acme\u00a0Acme é"  # type: ignore[arg-type]


def test_an_error_of_syntax_alone_is_told_apart() -> None:
    with pytest.raises(IllFormedError, match=r"not well-formed XML: .* \(line 2\)"):
        parse_xml(b"<a>\n&</a>")


@pytest.mark.parametrize(
    ("text", "when"),
    [
        ("2026-01-05T10:15:00+01:00", (2026, 1, 5, 9, 15, 0)),
        ("2026-01-05T10:15:00.123456789Z", (2026, 1, 5, 10, 15, 0)),
        ("20260105T101500+0100", (2026, 1, 5, 9, 15, 0)),
        ("20260105T101500Z", (2026, 1, 5, 10, 15, 0)),
        ("2026-01-05 10:15:00 GMT", (2026, 1, 5, 10, 15, 0)),
        ("2026-01-05T10:15-05", (2026, 1, 5, 15, 15, 0)),
        ("2026-01-05 10:15:00 -0530", (2026, 1, 5, 15, 45, 0)),
        ("2026-01-05 10:15:00 GMT+01:00", (2026, 1, 5, 9, 15, 0)),
        ("2026-01-05 10:15:00 GMT-01:00", (2026, 1, 5, 11, 15, 0)),
        ("2026-01-05", (2026, 1, 5, 0, 0, 0)),
        ("20260105", (2026, 1, 5, 0, 0, 0)),
        ("2026-01", (2026, 1, 1, 0, 0, 0)),
        ("2026", (2026, 1, 1, 0, 0, 0)),
        ("2026-06-30T23:59:60Z", (2026, 6, 30, 23, 59, 59)),
        ("Mon, 05 Jan 2026 10:15:00 +0100", (2026, 1, 5, 9, 15, 0)),
        ("Mon, 05 Jan 2026 10:15:00 EST", (2026, 1, 5, 15, 15, 0)),
        ("Mon, 05 Jan 2026 10:15:00 CET", (2026, 1, 5, 9, 15, 0)),
        ("5 Jan 26 10:15 GMT", (2026, 1, 5, 10, 15, 0)),
        ("Mon Jan  5 10:15:00 2026", (2026, 1, 5, 10, 15, 0)),
        ("Mon Jan 05 10:15:00 EST 2026", (2026, 1, 5, 15, 15, 0)),
        ("Mon, 05 Jan 2026 10:15:00 -08:00", (2026, 1, 5, 18, 15, 0)),
        ("Mon, 05 Jan 2026 10:15:00 GMT+1", (2026, 1, 5, 9, 15, 0)),
        ("Mon, 05 Jan 2026 10:15:00 UTC-0530", (2026, 1, 5, 15, 45, 0)),
        ("Mon, 05 Jan 2026 10:15:00 A", (2026, 1, 5, 10, 15, 0)),
        ("Mon, 05 Jan 2026 10:15:00 IST", (2026, 1, 5, 4, 45, 0)),
        ("Mon, 05 Jan 2026 10:15:00 +0100 (CET)", (2026, 1, 5, 9, 15, 0)),
        ("Mon, 05 Jan 2026 24:00:00 GMT", (2026, 1, 6, 0, 0, 0)),
        ("Mon, 05 Jan 2026 10:15:00 PM GMT", (2026, 1, 5, 22, 15, 0)),
        ("Mon, 05 Jan 2026", (2026, 1, 5, 0, 0, 0)),
        ("January 5, 2026 10:15 am EST", (2026, 1, 5, 15, 15, 0)),
        ("lun., 05 janv. 2026 10:15:00 +0100", (2026, 1, 5, 9, 15, 0)),
        ("Mo, 05 Mär 2026 10:15:00 MEZ", (2026, 3, 5, 9, 15, 0)),
        ("5-Jan-26 10:15:00", (2026, 1, 5, 10, 15, 0)),
        ("05.01.2026 10:15", (2026, 1, 5, 10, 15, 0)),
        ("2026/01/05 10:15:00", (2026, 1, 5, 10, 15, 0)),
        ("2026-01-05 10:15:00 PST", (2026, 1, 5, 18, 15, 0)),
        ("20260105101500", (2026, 1, 5, 10, 15, 0)),
        ("20260105T101500EST", (2026, 1, 5, 15, 15, 0)),
        ("2026-01-05+01:00", (2026, 1, 4, 23, 0, 0)),
        ("2026-005T10:15:00Z", (2026, 1, 5, 10, 15, 0)),
        ("2026-01-05T24:00:00Z", (2026, 1, 6, 0, 0, 0)),
    ],
)
def test_dates_are_read_in_the_forms_that_wires_use(text: str, when: tuple[int, ...]) -> None:
    found = moment(text)
    assert found is not None
    assert found.replace(microsecond=0) == datetime(*when, tzinfo=UTC)  # type: ignore[misc,arg-type]


@pytest.mark.parametrize(
    "text",
    [
        *("", "soon", "0000-00-00T00:00:00Z", "9999-12-31T23:59:59-14:00", "0001-01-01", "2026-13-01"),
        *("2026-02-30T25:00:00Z", "1" * 5000, "32 Jan 2026 10:15 GMT", None, 20260105),
        *(
            "Mon, 05 Jan 2026 10:15:00 America/New_York",
            "Mon, 05 Jan 2026 10:15:00 XYZ",
            "05/01/2026",
            "2026-01-05T24:30Z",
        ),
        *("29 Feb 2026", "Mon, 05 Foo 2026 10:15:00 GMT", "1767608100"),
    ],
)
def test_what_is_no_date_or_out_of_range_is_none(text: object) -> None:
    assert moment(text) is None


@settings(max_examples=300, deadline=None)
@given(st.text(alphabet="0123456789-+:.TZ ,JanFebMonGMTUTC", max_size=40) | st.text(max_size=40))
def test_any_text_gives_a_date_in_utc_or_none(text: str) -> None:
    found = moment(text)
    assert found is None or found.tzinfo is UTC


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("<p>One</p><p>Two</p>", "One\n\nTwo"),
        ("<p>One\n  line</p>\n<div>Two<br>lines<br/>more</div>", "One line\n\nTwo\nlines\nmore"),
        ("One<br><br>Two", "One\n\nTwo"),
        ("<b>bo</b>ld &amp; <a href='x'>link</a>", "bold & link"),
        ("a<script>alert('<p>no</p>')</script>b<style>p {}</style><!-- c -->", "ab"),
        ("<ul><li>a</li><li>b</li></ul><table><tr><td>c</td><td>d</td></tr></table>", "a\n\nb\n\nc d"),
        ("5 < 7 and 8 > 2", "5 < 7 and 8 > 2"),
        ('<a title="a > b">x</a>', "x"),
        ("<img src=x onerror=alert(1)>", None),
        ("\x93quoted\x94 \x81x", "\u201cquoted\u201d x"),
        ("so\u00adft\u200b\x00 \u00a0x", "soft x"),
        ("&lt;script&gt;", "<script>"),
        ("", None),
    ],
)
def test_html_becomes_plain_text_with_paragraphs(source: str, text: str | None) -> None:
    assert html_text(source) == text


@settings(max_examples=200, deadline=None)
@given(
    st.lists(
        st.sampled_from(
            [
                "<p>",
                "</p>",
                "<br>",
                "<b>",
                "</b>",
                "<div>",
                "</div>",
                "<li>",
                "a",
                "b ",
                "\n",
                "&amp;",
                "<td>",
                "é",
                '<a href="u">',
            ]
        ),
        max_size=25,
    )
)
def test_the_short_way_over_simple_html_gives_what_a_parser_gives(pieces: list[str]) -> None:
    source = "".join(pieces)
    root = etree.fromstring(f"<html><body><i></i>{source}</body></html>", etree.HTMLParser())
    # A closing tag on its own makes an empty paragraph for some parsers and nothing for others.
    assert "".join((html_text(source) or "").split()) == "".join((element_text(root) or "").split())


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("One\ntwo\n\n Three <b>x</b>", "One two\n\nThree x"),
        ("<p>One\n\ntwo</p><p>Three</p>", "One two\n\nThree"),
        ("One\n\ntwo<br>three", "One two\nthree"),
        (None, None),
    ],
)
def test_blank_lines_part_paragraphs_only_where_no_html_does(source: str | None, text: str | None) -> None:
    assert loose_text(source) == text


@pytest.mark.parametrize("name", ["cp437", "mac-roman", "iso2022-jp", "cp037", "cp1140", "latin-1"])
def test_xml_in_an_encoding_that_only_python_knows_is_read(name: str) -> None:
    word = "ファ" if name == "iso2022-jp" else "Café"
    data = f'<?xml version="1.0" encoding="{name}"?><a>{word}</a>'.encode(name)
    assert parse_xml(data).text == word


@pytest.mark.parametrize("name", ["utf-7", "unicode_escape", "punycode", "base64", "none", "utf-16"])
def test_an_encoding_that_hides_text_or_does_not_fit_is_refused(name: str) -> None:
    with pytest.raises(InputError):
        parse_xml(f'<?xml version="1.0" encoding="{name}"?><a>+ADw-b+AD4-</a>'.encode())


def test_a_title_keeps_what_only_looks_like_a_tag() -> None:
    assert html_line("Caf&eacute;: 5 < 7 <b>bold</b>") == "Café: 5 < 7 bold"
    assert html_line("AT&T & 5 < 7") == "AT&T & 5 < 7"


def test_text_that_should_be_plain_keeps_its_lines_around_a_stray_tag() -> None:
    assert any_text("One &amp; <b>two</b>\n\nThree") == "One & two\n\nThree"
    assert any_text("<p>One\ntwo</p><p>Three</p>") == "One two\n\nThree"
    assert any_text("One < two\nthree") == "One < two\nthree"


def test_plain_text_keeps_its_lines_and_paragraphs() -> None:
    assert plain_text("One\r\nline \n \n\n Two") == "One\nline\n\nTwo"


def test_hard_wrapped_lines_are_joined_and_indents_begin_paragraphs() -> None:
    assert wrapped_text(["  One", "line", "", "Two", "\tThree"]) == "One line\n\nTwo\n\nThree"


def test_a_text_beyond_any_news_is_refused() -> None:
    with pytest.raises(InputError, match="2,000,007 characters of HTML"):
        html_text("<p>" + "a" * 2_000_000 + "</p>")


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet="<>/!-&;pbrascit \n\"'=[]", max_size=60) | st.text(max_size=60))
def test_no_html_breaks_the_cleaning(source: str) -> None:
    text = html_text(source)
    assert text is None or text == text.strip()
    assert text is None or "\x00" not in text


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=60))
def test_escaped_text_comes_back_whole(text: str) -> None:
    visible = "".join(char if char.isprintable() else " " for char in text if char not in "\u00ad\u200b\ufeff")
    assert html_text(html.escape(visible)) == (" ".join(visible.split()) or None)


@pytest.mark.parametrize(
    ("word", "status"),
    [
        ("usable", Status.USABLE),
        ("stat:withheld", Status.WITHHELD),
        ("Cancelled", Status.CANCELED),
        ("KILLED", Status.CANCELED),
        ("withdrawn", Status.CANCELED),
        ("http://cv.iptc.org/newscodes/pubstatusg2/canceled", Status.CANCELED),
        ("odd", None),
        (3, None),
    ],
)
def test_a_status_is_known_in_every_dialect(word: object, status: Status | None) -> None:
    assert status_of(word) is status


@pytest.mark.parametrize(
    ("value", "urgency"),
    [(1, 1), ("4", 4), (5.0, 5), ("flash", 1), ("B", 3), (0, None), (10, None), (True, None), ("", None), (2.5, None)],
)
def test_an_urgency_is_a_number_a_letter_or_a_word(value: object, urgency: int | None) -> None:
    assert urgency_of(value) == urgency


def test_the_first_signal_with_a_meaning_counts() -> None:
    assert signal_of(["x:odd", "sig:Corrected"]) == "correction"
    assert signal_of(["x:Odd"]) == "odd"
    assert signal_of([]) is None


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("Tolland <TOL> fell", "Tolland <TOL> fell"),
        ("<Coloroll Group Plc> said profit & loss", "<Coloroll Group Plc> said profit & loss"),
        ("a <b>bold</b> <Body Shop Plc>", "a bold <Body Shop Plc>"),
        ("AT&amp;T and <T.N>", "AT&T and <T.N>"),
    ],
)
def test_a_company_in_angle_brackets_is_no_tag(written: str, read: str) -> None:
    assert any_text(written) == read
    assert html_line(written) == read
