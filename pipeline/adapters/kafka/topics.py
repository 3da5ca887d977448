"""The topics: their names, what each may hold, and how they are made."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import msgspec
from kafka import KafkaAdminClient
from kafka.admin import ConfigResource, ConfigResourceType
from kafka.errors import KafkaError

from pipeline.adapters.kafka.connect import client_settings, unreachable
from pipeline.config import Config, Kafka
from pipeline.core.errors import UnreachableError
from pipeline.core.rules.definition import GENERAL

INCOMING = "wire.incoming"
STORIES = "wire.stories"
ALERTS = "wire.alerts"
HELD = "wire.held"
DEAD = "wire.dead"
RULES = "rules"

OVERHEAD = 1024
"""Bytes that Kafka may add to a message that fills its topic's limit: the batch around it and the headers' frames."""

_DAY = 24 * 60 * 60 * 1000


class Topic(msgspec.Struct, frozen=True):
    """A topic as ``wirewatch init`` makes it; ``max_bytes`` is that of one message, key and headers included."""

    name: str
    max_bytes: int
    cleanup: str = "delete"
    retention_ms: int | None = None
    partitions: int | None = None
    """``kafka.partitions`` where it says none."""

    def settings(self, kafka: Kafka) -> dict[str, str]:
        """Return the topic's configuration in Kafka's words."""
        settings = {"max.message.bytes": str(self.max_bytes + OVERHEAD), "cleanup.policy": self.cleanup}
        if self.retention_ms is not None:
            settings["retention.ms"] = str(self.retention_ms)
        if kafka.replication > 2:
            settings["min.insync.replicas"] = "2"
        return settings


def full_name(kafka: Kafka, topic: str) -> str:
    """Return the name of a topic in the cluster."""
    return kafka.prefix + topic


def alert_topic(topic: str) -> str:
    """Return the Kafka topic that carries the alerts of a rule's topic."""
    return f"alerts.{topic}"


def limit(kafka: Kafka, topic: str) -> int:
    """Return how large a message of ``topic`` may be: one incoming payload, or twice that for what is made of it."""
    return kafka.max_message_bytes * (1 if topic == INCOMING else 2)


def declared(config: Config) -> list[Topic]:
    """Return every topic of the pipeline.

    ``wire.held`` is compacted, so that a released story disappears. ``wire.dead`` is, too, for thirty days: the same
    payload failing again is one letter, and a null drops it. ``rules`` is compacted, and has one partition, so that a
    named query comes before the rules that use it.
    """
    kafka = config.kafka
    plain = (INCOMING, STORIES, ALERTS, *alert_topics(config))
    return [
        *(Topic(full_name(kafka, name), limit(kafka, name)) for name in plain),
        Topic(full_name(kafka, HELD), limit(kafka, HELD), "compact"),
        Topic(full_name(kafka, DEAD), limit(kafka, DEAD), "compact,delete", 30 * _DAY),
        Topic(full_name(kafka, RULES), limit(kafka, RULES), "compact", partitions=1),
    ]


def made(config: Config) -> list[str]:
    """Return the topics that desk and index need, beside the one that they read stories from."""
    return [STORIES, ALERTS, HELD, DEAD, RULES, *alert_topics(config)]


def alert_topics(config: Config) -> list[str]:
    """Return the topics that carry alerts: of the declared topics, and of rules that name none."""
    return [alert_topic(topic) for topic in dict.fromkeys((*config.topics, GENERAL))]


def create(config: Config, say: Callable[[str], None]) -> None:
    """Make the topics that do not exist and bring the settings of the others up to date; safe to repeat.

    The number of partitions of an existing topic is left alone: a change would put the revisions of a story out of
    order. ``say`` gets a line for each topic made, changed or different. Raises UnreachableError.
    """
    kafka = config.kafka
    topics = declared(config)
    with admin(kafka) as client:
        try:
            there = set(client.list_topics())
            missing = [topic for topic in topics if topic.name not in there]
            if missing:
                client.create_topics(
                    {
                        topic.name: {
                            "num_partitions": topic.partitions or kafka.partitions,
                            "replication_factor": kafka.replication,
                            "configs": topic.settings(kafka),
                        }
                        for topic in missing
                    },
                    wait_for_metadata=True,
                )
            for topic in missing:
                count = topic.partitions or kafka.partitions
                say(f"made topic {topic.name}: {count} partitions, replication {kafka.replication}")
            _bring_up_to_date(client, kafka, [topic for topic in topics if topic.name in there], say)
        except KafkaError as error:
            raise _refused(kafka, error) from None


def admin(kafka: Kafka) -> KafkaAdminClient:
    """Return an administrator's connection; raises UnreachableError."""
    try:
        return KafkaAdminClient(**client_settings(kafka), bootstrap_timeout_ms=10_000, request_timeout_ms=20_000)
    except (KafkaError, OSError, ValueError) as error:
        raise unreachable(kafka, error) from None


def missing_topics(kafka: Kafka, names: Iterable[str]) -> list[str]:
    """Return those of ``names`` (without prefix) that the cluster does not have; raises UnreachableError."""
    with admin(kafka) as client:
        try:
            there = set(client.list_topics())
        except KafkaError as error:
            raise _refused(kafka, error) from None
    return [name for name in (full_name(kafka, name) for name in names) if name not in there]


def partitions(kafka: Kafka, name: str) -> int:
    """Return how many partitions a topic has; raises UnreachableError where it does not exist."""
    with admin(kafka) as client:
        try:
            return len(client.describe_topics([full_name(kafka, name)])[0]["partitions"])
        except KafkaError as error:
            raise _refused(kafka, error) from None


def differences(config: Config, names: Iterable[str]) -> list[str]:
    """Return a sentence for each of ``names`` (without prefix) that is not as configured; raises UnreachableError.

    A worker goes on with such topics: it says so, because replicas and partitions are what its promises rest on.
    """
    kafka = config.kafka
    wanted = {topic.name: topic for topic in declared(config)}
    full = [name for name in (full_name(kafka, name) for name in names) if name in wanted]
    found = []
    with admin(kafka) as client:
        try:
            settings = client.describe_configs([ConfigResource(ConfigResourceType.TOPIC, name) for name in full])[
                "topic"
            ]
            described = {entry["name"]: entry["partitions"] for entry in client.describe_topics(full)}
        except KafkaError as error:  # not everybody may ask for this
            return [f"topics cannot be compared with the configuration: {_refused(kafka, error)}"]
    for name in full:
        counts = [
            ("partitions", len(described[name]), wanted[name].partitions or kafka.partitions),
            ("replication", min(len(partition["replica_nodes"]) for partition in described[name]), kafka.replication),
            ("max.message.bytes", int(settings[name]["max.message.bytes"]["value"]), wanted[name].max_bytes + OVERHEAD),
        ]
        found += [
            f"topic {name}: {what} is {there}, and {ours} as configured"
            for what, there, ours in counts
            if there != ours
        ]
    return found


def no_such_topic(names: Iterable[str]) -> UnreachableError:
    """Return the sentence for topics that are not there."""
    return UnreachableError(f"Kafka has no topic {', '.join(names)}: run `wirewatch init` first")


def _bring_up_to_date(client: KafkaAdminClient, kafka: Kafka, topics: list[Topic], say: Callable[[str], None]) -> None:
    if not topics:
        return
    resources = [ConfigResource(ConfigResourceType.TOPIC, topic.name) for topic in topics]
    found = client.describe_configs(resources)["topic"]
    counts = {entry["name"]: len(entry["partitions"]) for entry in client.describe_topics([t.name for t in topics])}
    for topic in topics:
        wanted = topic.settings(kafka)
        now = {key: entry["value"] for key, entry in found[topic.name].items()}
        changed = {key: value for key, value in wanted.items() if now.get(key, _DEFAULTS.get(key)) != value}
        if changed:
            client.alter_configs([ConfigResource(ConfigResourceType.TOPIC, topic.name, configs=changed)])
            say(f"changed topic {topic.name}: " + ", ".join(f"{key}={value}" for key, value in changed.items()))
        if topic.partitions is None and counts[topic.name] != kafka.partitions:
            say(
                f"topic {topic.name} has {counts[topic.name]} partitions, kafka.partitions says {kafka.partitions}: "
                "left as it is, because a change puts the revisions of a story out of order"
            )


_DEFAULTS = {"cleanup.policy": "delete"}


def _refused(kafka: Kafka, error: KafkaError) -> UnreachableError:
    name = type(error).__name__
    if "Replication" in name:
        return UnreachableError(f"Kafka cannot make the topics: kafka.replication {kafka.replication}: {error}")
    if "Authorization" in name or "Authentication" in name or "Timeout" in name or "Connection" in name:
        return unreachable(kafka, error)
    return UnreachableError(f"Kafka at {', '.join(kafka.brokers)} refuses: {error}")
