"""How to reach the brokers: the settings of each client library, and their errors as one sentence."""

from __future__ import annotations

import socket
import ssl
from pathlib import Path
from typing import Any

from pipeline.adapters.kafka import login
from pipeline.config import Kafka
from pipeline.core.errors import UnreachableError

PROTOCOLS = {"plaintext": "PLAINTEXT", "tls": "SSL", "sasl-tls": "SASL_SSL", "sasl-plaintext": "SASL_PLAINTEXT"}


def client_settings(kafka: Kafka) -> dict[str, Any]:
    """Return what every client of kafka-python is made with.

    Raises UnreachableError where nothing listens, or where what listens does not let us in.
    """
    secured = _security(kafka)  # a file that cannot be read is named before a broker that does not answer
    if not any(_listens(broker) for broker in kafka.brokers):  # the client would try for its whole timeout
        raise unreachable(kafka)
    if kafka.security != "plaintext" and (error := login.refusal(kafka, secured)) is not None:
        raise unreachable(kafka, error)
    return {"bootstrap_servers": list(kafka.brokers), "client_id": "wirewatch", **secured}


def worker_settings(kafka: Kafka) -> dict[str, Any]:
    """Return what every client of aiokafka is made with."""
    return {"bootstrap_servers": list(kafka.brokers), "client_id": "wirewatch", **_security(kafka)}


def faust_credentials(kafka: Kafka) -> Any:
    """Return the login in Faust's words; None for a plain connection."""
    import faust  # noqa: PLC0415  half a second that only a worker pays

    if kafka.security == "plaintext":
        return None
    if kafka.security == "tls":
        return faust.SSLCredentials(tls_context(kafka))
    return faust.SASLCredentials(
        username=kafka.username, password=kafka.password, mechanism=kafka.mechanism, ssl_context=tls_context(kafka)
    )


def tls_context(kafka: Kafka) -> ssl.SSLContext | None:
    """Return the context that trusts ``kafka.ca``, or the system's authorities; None without TLS.

    Raises UnreachableError where the file cannot be read.
    """
    if not kafka.security.endswith("tls"):
        return None
    try:
        return ssl.create_default_context(cafile=str(Path(kafka.ca).expanduser()) if kafka.ca else None)
    except OSError as error:
        raise UnreachableError(f"kafka.ca: {kafka.ca} cannot be used: {error.strerror or error}") from None


def _security(kafka: Kafka) -> dict[str, Any]:
    """Return what a client of either library is told of TLS and login; raises as ``tls_context``."""
    settings: dict[str, Any] = {"security_protocol": PROTOCOLS[kafka.security], "ssl_context": tls_context(kafka)}
    if kafka.security.startswith("sasl"):
        settings["sasl_mechanism"] = kafka.mechanism
        settings["sasl_plain_username"] = kafka.username
        settings["sasl_plain_password"] = kafka.password
    return settings


def unreachable(kafka: Kafka, error: BaseException | None = None) -> UnreachableError:
    """Return the sentence for a broker that does not answer as it should: which, why, what to do."""
    name = type(error).__name__ if error is not None else ""
    brokers = ", ".join(kafka.brokers)
    if isinstance(error, ssl.SSLError):
        if isinstance(error, ssl.SSLCertVerificationError):
            return UnreachableError(f"Kafka at {brokers} is not trusted: {error.verify_message} (kafka.ca)")
        return UnreachableError(
            f"what listens at {brokers} does not speak TLS as we do: {error.reason} (kafka.security)"
        )
    if "Authentication" in name or "SaslHandshake" in name or "SaslMechanism" in name:
        return UnreachableError(
            f"Kafka at {brokers} refuses the login of {kafka.username or 'nobody'} ({kafka.mechanism}): "
            "check kafka.username, kafka.password and kafka.mechanism"
        )
    if "Authorization" in name:
        return UnreachableError(f"Kafka at {brokers} does not allow {kafka.username or 'us'} to do this: {error}")
    closed = [broker for broker in kafka.brokers if not _listens(broker)]
    if len(closed) == len(kafka.brokers):
        return UnreachableError(f"Kafka at {brokers} cannot be reached: nothing listens there (kafka.brokers)")
    if "Timeout" in name and "bootstrap" not in str(error):  # we have talked with it before
        sentence = f"Kafka at {brokers} does not answer within the time it has: {error}"
    else:
        sentence = f"what listens at {brokers} does not answer as Kafka with security {kafka.security} does: "
        sentence += "check kafka.brokers and kafka.security"
    return UnreachableError(sentence)


def _listens(broker: str) -> bool:
    host, _, port = broker.rpartition(":")
    try:
        with socket.create_connection((host.strip("[]"), int(port)), timeout=2):
            return True
    except (OSError, ValueError):
        return False
