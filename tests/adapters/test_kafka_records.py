"""What records hold: payloads, stories, alerts and dead letters there and back."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import NamedTuple

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.adapters.kafka import records, topics
from pipeline.adapters.kafka.records import Message
from pipeline.core.alerts import raise_alerts
from pipeline.core.payload import DeadLetter, Payload
from pipeline.core.story import Match, Status, Story

NOON = datetime(2026, 6, 15, 12, tzinfo=UTC)


class Written(NamedTuple):
    """A record as a client reads it."""

    value: bytes | None
    headers: tuple[tuple[str, bytes], ...] | None = ()
    key: bytes | None = None
    timestamp: int = 1_781_524_800_000
    topic: str = topics.INCOMING
    partition: int = 3
    offset: int = 41


def read_back(message: Message) -> Written:
    return Written(message.value, message.headers, message.key, topic=message.topic)


def test_a_payload_comes_back_with_what_is_known_from_outside_it() -> None:
    payload = Payload(
        data=b"x", origin="here", received=NOON, provider="Ägence", content_type="application/xml", replay=True
    )
    back = records.payload_of(Written(payload.data, tuple(records.payload_headers(payload))))
    assert back == msgspec.structs.replace(payload, origin="wire.incoming/3/41")


def test_a_record_without_key_value_or_headers_is_a_payload_received_at_its_time() -> None:
    payload = records.payload_of(Written(None, None))
    assert (payload.data, payload.provider, payload.replay) == (b"", None, False)
    assert payload.received == NOON


@pytest.mark.parametrize("timestamp", [-1, 10**18])
def test_a_record_of_an_impossible_time_was_received_at_no_known_time(timestamp: int) -> None:
    assert records.payload_of(Written(b"x", timestamp=timestamp)).received is None


@given(st.lists(st.tuples(st.sampled_from(["received", "attempts", "provider", "replay"]), st.binary(max_size=30))))
@settings(max_examples=100, deadline=None)
def test_no_headers_whatever_they_hold_make_reading_fail(headers: list[tuple[str, bytes]]) -> None:
    record = Written(b"x", tuple(headers))
    assert records.payload_of(record).data == b"x"
    assert records.attempts_of(record) >= 0


def test_an_alert_goes_to_everybody_and_to_its_topic_as_the_same_cloud_event() -> None:
    story = Story(uri="u:1", provider="p", source_format="ninjs", matches=(Match("aid", "security", ()),))
    [alert] = raise_alerts(story)
    first, second = records.alert_messages(alert)
    assert (first.topic, second.topic) == ("wire.alerts", "alerts.security")
    assert (first.key, first.value, first.headers) == (second.key, second.value, second.headers)
    assert dict(first.headers)["ce_type"] == b"wirewatch.alert.new"
    assert first.key == b"p\0u:1"
    assert records.alert_of(read_back(first)) == alert


def test_a_withdrawal_is_for_everybody_alone() -> None:
    killed = Story(uri="u", provider="p", source_format="ninjs", status=Status.CANCELED)
    [alert] = raise_alerts(killed)
    assert [message.topic for message in records.alert_messages(alert)] == ["wire.alerts"]


def test_a_story_comes_back_whole_and_a_replay_says_so() -> None:
    story = Story(uri="u", provider="p", source_format="ninjs", received=NOON, body="Bericht über äöü")
    live = read_back(records.story_message(story, Payload(data=b"", origin="")))
    again = read_back(records.story_message(story, Payload(data=b"", origin="", replay=True)))
    assert records.story_of(live) == story
    assert (records.is_replay(live), records.is_replay(again)) == (False, True)


@given(st.binary(max_size=5000), st.text(max_size=300), st.integers(2500, 8000))
@settings(max_examples=100, deadline=None)
def test_a_dead_letter_fits_and_names_what_was_cut(payload: bytes, reason: str, room: int) -> None:
    letter = DeadLetter(
        id="i" * 32, payload=payload, origin="t/0/1", step="parse", reason=reason, time=NOON, traceback="line\n" * 100
    )
    message = records.dead_message(letter, room)
    back = records.dead_letter_of(read_back(message))
    assert payload.startswith(back.payload)
    if back.payload != payload:
        assert "cut to" in back.reason
        assert "t/0/1" in back.reason
