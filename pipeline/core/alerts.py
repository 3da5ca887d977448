"""Alerts: the events that matches cause, as CloudEvents 1.0 with ids that a repeat shares."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from hashlib import sha256
from typing import Any

import msgspec

from pipeline.core.story import Actor, Match, Region, Span, Status, Story


class AlertType(StrEnum):
    """What happened to a rule's match; ``withdrawn`` is about a whole story."""

    NEW = "new"
    UPDATED = "updated"
    RETRACTED = "retracted"
    WITHDRAWN = "withdrawn"


class AlertStory(msgspec.Struct, frozen=True, kw_only=True):
    """What an alert says of its story."""

    headline: str | None
    uri: str
    provider: str
    version: str | None
    urgency: int | None
    status: Status
    version_created: datetime | None
    received: datetime | None
    time: datetime | None
    """``Story.time``: when this revision was made, as far as anybody knows."""
    regions: tuple[Region, ...]
    actors: tuple[Actor, ...]
    fingerprint: str | None = None
    cluster: str | None = None
    also_from: tuple[str, ...] = ()
    """The other providers known to have sent the same text."""


class Alert(msgspec.Struct, frozen=True, kw_only=True):
    """A rule (none for ``withdrawn``) and the story revision that it is about."""

    id: str
    type: AlertType
    rule: str | None
    rule_version: str | None
    topic: str | None
    severity: str | None
    revision: int
    story: AlertStory
    spans: tuple[Span, ...]
    reason: str | None


def alert_id(type_: AlertType, rule: str | None, provider: str, uri: str, revision: int) -> str:
    """Return the deterministic id: the same event has the same id however often, and wherever, it is raised."""
    key = "\0".join((type_, rule or "", provider, uri, str(revision)))
    return sha256(key.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def raise_alerts(story: Story) -> list[Alert]:
    """Return the alerts of one revision, from itself alone: ``new``, ``updated`` or, for a kill, ``withdrawn``."""
    if story.status is Status.CANCELED:
        return [make_alert(story, AlertType.WITHDRAWN, None, "kill")]
    if story.status is Status.WITHHELD:
        return []
    if story.replaces:
        reason = "correction" if story.signal == "correction" else "update"
        return [make_alert(story, AlertType.UPDATED, match, reason) for match in story.matches]
    return [make_alert(story, AlertType.NEW, match, None) for match in story.matches]


def make_alert(story: Story, type_: AlertType, match: Match | None, reason: str | None) -> Alert:
    """Return the alert that ``match`` (none for ``withdrawn``) causes on this revision."""
    rule = match.rule if match else None
    return Alert(
        id=alert_id(type_, rule, story.provider, story.uri, story.revision),
        type=type_,
        rule=rule,
        rule_version=match.rule_version if match else None,
        topic=match.topic if match else None,
        severity=match.severity if match else None,
        revision=story.revision,
        story=AlertStory(
            headline=story.headline,
            uri=story.uri,
            provider=story.provider,
            version=story.version,
            urgency=story.urgency,
            status=story.status,
            version_created=story.version_created,
            received=story.received,
            time=story.time,
            regions=story.regions,
            actors=story.actors,
            fingerprint=story.fingerprint,
            cluster=story.cluster,
        ),
        spans=match.spans if match else (),
        reason=reason,
    )


def also_from(alert: Alert, providers: tuple[str, ...]) -> Alert:
    """Return the alert with the other providers that sent its story's text; its id stays."""
    return msgspec.structs.replace(alert, story=msgspec.structs.replace(alert.story, also_from=providers))


def told_together(alert: Alert) -> tuple[str, str, str, int]:
    """Return what alerts share that a person reads as one: type, story and revision."""
    return alert.type, alert.story.provider, alert.story.uri, alert.revision


def cloud_event(alert: Alert, attributes: Mapping[str, str] | None = None) -> dict[str, Any]:
    """Return the alert as a CloudEvent in structured mode, ready to be encoded; ``attributes`` are those it has."""
    return {**(attributes or event_attributes(alert)), "data": {name: getattr(alert, name) for name in _DATA}}


def event_attributes(alert: Alert) -> dict[str, str]:
    """Return the CloudEvents attributes, which Kafka messages carry as ``ce_`` headers too."""
    attributes = {
        "specversion": "1.0",
        "id": alert.id,
        "type": f"wirewatch.alert.{alert.type}",
        "source": "wirewatch",
        "datacontenttype": "application/json",
    }
    if alert.rule is not None:
        attributes["subject"] = alert.rule
    moment = alert.story.time
    if moment is not None:
        attributes["time"] = moment.isoformat().replace("+00:00", "Z")
    return attributes


def alert_of_event(event: dict[str, Any]) -> Alert:
    """Return the alert of a CloudEvent that ``cloud_event`` made; raises msgspec.ValidationError on another one."""
    type_ = str(event.get("type", "")).removeprefix("wirewatch.alert.")
    return msgspec.convert({**event.get("data", {}), "id": event.get("id"), "type": type_}, Alert)


_DATA = ("rule", "rule_version", "topic", "severity", "revision", "story", "spans", "reason")
