"""What a record of each topic holds: from payloads, stories, alerts and dead letters to Kafka's bytes and back."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import chain
from typing import Any, Protocol

import msgspec

from pipeline.adapters.kafka import topics
from pipeline.core.alerts import Alert, alert_of_event, cloud_event, event_attributes
from pipeline.core.embargo import Lifted
from pipeline.core.payload import DeadLetter, Payload
from pipeline.core.story import Story, encode, story_key, utc

JSON = ("content-type", b"application/json")
CLOUD_EVENT = ("content-type", b"application/cloudevents+json; charset=utf-8")
REPLAY = ("replay", b"1")
AGAIN = ("replay", b"alerts")
COPY = ("copy", b"1")
LIFTED = ("lifted", b"1")

HEADERS, HEADER = 50, 200
"""Headers of a message that its dead letter keeps, and characters of each."""


class Message(msgspec.Struct, frozen=True):
    """A record to be written; ``topic`` has no prefix yet, ``source`` is the origin of the payload behind it."""

    topic: str
    key: bytes
    value: bytes | None
    headers: tuple[tuple[str, bytes], ...] = ()
    source: str = ""

    @property
    def size(self) -> int:
        """Bytes of key, value and headers."""
        return len(self.key) + len(self.value or b"") + sum(map(len, chain.from_iterable(self.headers)))


class Record(Protocol):
    """A record as either client library reads it."""

    @property
    def topic(self) -> str:
        """Return the topic's full name."""

    @property
    def partition(self) -> int:
        """Return the partition's number."""

    @property
    def offset(self) -> int:
        """Return the place in the partition."""

    @property
    def timestamp(self) -> int:
        """Return the record's time in milliseconds; -1 where it has none."""

    @property
    def key(self) -> bytes | None:
        """Return the key."""

    @property
    def value(self) -> bytes | None:
        """Return the value; None drops the key from a compacted topic."""

    @property
    def headers(self) -> Sequence[tuple[str, bytes]] | None:
        """Return the headers."""


def payload_of(record: Record) -> Payload:
    """Return the payload of a record of ``wire.incoming``; ``received`` is the header of it, else the record's time."""
    headers = _texts(record.headers)
    return Payload(
        data=bytes(record.value or b""),
        origin=f"{record.topic}/{record.partition}/{record.offset}",
        received=_moment(headers.get("received")) or _time(record.timestamp),
        provider=headers.get("provider"),
        content_type=headers.get("content-type"),
        replay=headers.get("replay") == "1",
    )


def attempts_of(record: Record) -> int:
    """Return how often the payload has failed before: the header that `wirewatch dead retry` sets."""
    number = _texts(record.headers).get("attempts", "")
    return int(number) if number.isascii() and number.isdecimal() and len(number) < 6 else 0


def payload_headers(payload: Payload, attempts: int = 0) -> list[tuple[str, bytes]]:
    """Return the headers that carry what is known of a payload from outside it, and how often it has failed."""
    headers = []
    if payload.provider:
        headers.append(("provider", payload.provider.encode()))
    if payload.content_type:
        headers.append(("content-type", payload.content_type.encode()))
    if payload.received:
        headers.append(("received", payload.received.isoformat().encode()))
    if payload.replay:
        headers.append(REPLAY)
    return headers + attempts_header(attempts)


def attempts_header(attempts: int) -> list[tuple[str, bytes]]:
    """Return the header that says how often a payload has failed; none for one that has not."""
    return [("attempts", b"%d" % attempts)] if attempts else []


def story_message(story: Story, payload: Payload | None = None) -> Message:
    """Return a story on its way to the index."""
    headers = (JSON, REPLAY) if payload and payload.replay else (JSON,)
    source = payload.origin if payload else ""
    return Message(topics.STORIES, story_key(story.provider, story.uri), encode(story), headers, source)


def held_message(story: Story, payload: Payload) -> Message:
    """Return a story under embargo; each revision has a key of its own, so that none hides another."""
    return Message(topics.HELD, held_key(story), encode(story), (JSON,), payload.origin)


def lifted_message(story: Story, payload: Payload) -> Message:
    """Return the note that a story went on without embargo; it overtakes what is held of its earlier revisions."""
    lifted = encode(Lifted(story.id, story.revision))
    return Message(topics.HELD, f"{story.id}/lifted".encode(), lifted, (JSON, LIFTED), payload.origin)


def held_null(story: Story) -> Message:
    """Return what takes a held revision off the topic."""
    return Message(topics.HELD, held_key(story), None)


def held_key(story: Story) -> bytes:
    """Return the key of a held revision."""
    return f"{story.id}/{story.revision}".encode()


def held_of(key: bytes) -> tuple[str, int] | None:
    """Return story and revision of a key of ``wire.held``; None for any other."""
    id_, _, revision = key.decode("utf-8", "replace").partition("/")
    return (id_, int(revision)) if revision.isascii() and revision.isdecimal() else None


def embargo_of(record: Record) -> Story | Lifted | None:
    """Return what a record of ``wire.held`` says; None where it is nothing of ours."""
    lifted = _has(record, LIFTED)
    value = record.value or b""
    try:
        return msgspec.json.decode(value, type=Lifted) if lifted else msgspec.json.decode(value, type=Story)
    except (msgspec.MsgspecError, ValueError):
        return None


def story_of(record: Record) -> Story:
    """Return the story of a record; raises msgspec.DecodeError or ValidationError on anything else."""
    return msgspec.json.decode(record.value or b"", type=Story)


def is_replay(record: Record) -> bool:
    """Whether a record comes of a replay that raises no alerts."""
    return _has(record, REPLAY)


def was_replayed(record: Record) -> bool:
    """Whether a record comes of any replay: a copy of another that is there."""
    return "replay" in (name for name, _value in record.headers or ())


def was_copied(record: Record) -> bool:
    """Whether a replay has sent a record once more as it was: not what a step made of one, which is new."""
    return _has(record, COPY)


def _has(record: Record, header: tuple[str, bytes]) -> bool:
    return header in ((name, bytes(value)) for name, value in record.headers or ())


def alert_messages(alert: Alert, source: str = "") -> list[Message]:
    """Return an alert as a CloudEvent (structured, its attributes as headers too): for all, and for its topic."""
    key = story_key(alert.story.provider, alert.story.uri)
    attributes = event_attributes(alert)
    headers = (CLOUD_EVENT, *((f"ce_{name}", value.encode()) for name, value in attributes.items()))
    value = encode(cloud_event(alert, attributes))
    names = [topics.ALERTS] + ([topics.alert_topic(alert.topic)] if alert.topic else [])
    return [Message(name, key, value, headers, source) for name in names]


def alert_of(record: Record) -> Alert:
    """Return the alert of a record; raises msgspec.DecodeError or ValidationError on anything else."""
    event = msgspec.json.decode(record.value or b"", type=dict[str, Any])
    return alert_of_event(event)


def dead_message(letter: DeadLetter, room: int) -> Message:
    """Return a dead letter of at most ``room`` bytes; a payload that does not fit is cut, and the reason says so."""
    message = _dead(letter)
    excess = message.size - room
    if excess <= 0:
        return message
    kept = max(0, (len(base64.b64encode(letter.payload)) - excess) // 4 * 3 - 512)
    trace = letter.traceback[-4000:] if letter.traceback else None
    note = f"; payload of {len(letter.payload)} bytes cut to {kept}, the whole of it is {letter.origin}"
    size = letter.size or len(letter.payload)
    cut = {"payload": letter.payload[:kept], "reason": letter.reason[:2000] + note, "traceback": trace, "size": size}
    texts = {"headers": None, "provider": _short(letter.provider), "content_type": _short(letter.content_type)}
    return _dead(msgspec.structs.replace(letter, **cut, **texts))


def dead_letter_of(record: Record) -> DeadLetter:
    """Return the dead letter of a record; raises msgspec.DecodeError or ValidationError on anything else."""
    return msgspec.json.decode(record.value or b"", type=DeadLetter)


def _dead(letter: DeadLetter) -> Message:
    headers = (JSON, ("step", letter.step.encode()))
    return Message(topics.DEAD, letter.id.encode(), encode(letter), headers, letter.origin)


def headers_of(record: Record) -> dict[str, str] | None:
    """Return the headers as a dead letter keeps them: the first so many, cut to a length."""
    texts = list(_texts(record.headers).items())[:HEADERS]
    return {name[:HEADER]: value[:HEADER] for name, value in texts} or None


def _short(text: str | None) -> str | None:
    return text[:HEADER] if text else text


def _texts(headers: Sequence[tuple[str, bytes]] | None) -> dict[str, str]:
    return {name: bytes(value or b"").decode("utf-8", "replace") for name, value in headers or ()}


def _moment(text: str | None) -> datetime | None:
    try:
        return utc(datetime.fromisoformat(text)) if text else None
    except ValueError:
        return None


def _time(milliseconds: int) -> datetime | None:
    try:
        return datetime.fromtimestamp(milliseconds / 1000, UTC) if milliseconds >= 0 else None
    except (OverflowError, ValueError, OSError):
        return None
