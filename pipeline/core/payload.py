"""A payload: what a provider sent, before anybody has looked at it, and what became of one that failed."""

from __future__ import annotations

from datetime import datetime

import msgspec


class Payload(msgspec.Struct, frozen=True, kw_only=True):
    """Raw bytes as they came in, and what is known from outside them.

    ``origin`` says where they came from, for people (``FILE:LINE``, ``topic/partition/offset``, a URL);
    ``received`` is when they first reached us, kept on replay and retry; ``replay`` means: write stories, no alerts.
    """

    data: bytes
    origin: str
    received: datetime | None = None
    provider: str | None = None
    content_type: str | None = None
    replay: bool = False
    line: bool = False
    """Whether it is one line of JSON Lines."""
    mark: tuple[str, str] | None = None
    """(source, position): stored with the effects of this payload, handed back to the source at the next start."""


class DeadLetter(msgspec.Struct, frozen=True, kw_only=True):
    """A payload that cannot be processed, kept whole with the reason."""

    id: str
    payload: bytes
    origin: str
    step: str
    reason: str
    time: datetime | None
    provider: str | None = None
    content_type: str | None = None
    traceback: str | None = None
    attempts: int = 1
    received: datetime | None = None
    """When the payload first reached us: kept by a retry."""
    headers: dict[str, str] | None = None
    """The headers of the message, where it came by one."""
    size: int | None = None
    """Bytes that the payload had, where it was too large to be kept whole."""
