"""Times moved in a payload: every form in which wires write them, and nothing else."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from email.utils import format_datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.core.shift import shift_times

DAY = timedelta(days=1)
FIRST, LAST = datetime.fromisoformat("1990-01-01"), datetime.fromisoformat("2090-01-01")  # bounds have no zone


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('"versioncreated": "2026-06-15T00:30:23Z"', '"versioncreated": "2026-06-16T00:30:23Z"'),
        ("2026-02-28T23:59:59.250+01:00", "2026-03-01T23:59:59.250+01:00"),
        ("<updated>2026-12-31T23:30-0500</updated>", "<updated>2027-01-01T23:30-0500</updated>"),
        ('norm="20260615T120000Z"', 'norm="20260616T120000Z"'),
        ("<pubDate>Mon, 15 Jun 2026 00:45:58 GMT</pubDate>", "<pubDate>Tue, 16 Jun 2026 00:45:58 GMT</pubDate>"),
        ("15 Jun 2026 23:45 +0200", "Tue, 16 Jun 2026 23:45:00 +0200"),
    ],
)
def test_a_time_keeps_its_form_and_zone(before: str, after: str) -> None:
    assert shift_times(before.encode(), DAY).decode() == after


@pytest.mark.parametrize(
    "text",
    [
        "tag:quillmark.example,2026-06-15:3302",
        "https://halyard.example/2026/06/15/HN-40003",
        "On 15 June 2026 the talks began, at 10:30 GMT.",
        "call 20260615T1200 or 2026-06-15",
        "2026-13-45T99:99:99Z",
        "9999-12-31T23:59:59Z",
        "99 Feb 2026 10:00 GMT",
    ],
)
def test_what_is_no_time_of_day_in_a_zone_stays(text: str) -> None:
    assert shift_times(text.encode(), DAY) == text.encode()


@given(
    st.datetimes(FIRST, LAST).map(lambda moment: moment.replace(microsecond=0)),
    st.integers(-11, 13),
    st.integers(-400_000, 400_000),
)
@settings(max_examples=200, deadline=None)
def test_moving_forth_and_back_gives_the_same_bytes(moment: datetime, hours: int, minutes: int) -> None:
    zoned = moment.replace(tzinfo=timezone(timedelta(hours=hours)))
    text = f"{zoned.isoformat()} | {format_datetime(zoned)} | {moment:%Y%m%dT%H%M%S}Z".encode()
    by = timedelta(minutes=minutes)
    there = shift_times(text, by)
    assert shift_times(there, -by) == text
    assert datetime.fromisoformat(there.split(b" | ")[0].decode()) - zoned == by


@given(st.binary(max_size=300))
@settings(max_examples=200, deadline=None)
def test_bytes_without_a_time_are_not_touched(data: bytes) -> None:
    assert shift_times(data, timedelta()) == data


def test_a_span_of_nothing_changes_nothing() -> None:
    text = f"{datetime(2026, 6, 15, 12, tzinfo=UTC).isoformat()}".encode()
    assert shift_times(text, timedelta()) == text
