"""Signatures of pushed messages after Standard Webhooks (www.standardwebhooks.com): HMAC-SHA256 over id, time and body.

A secret is written ``whsec_`` and base64; the header ``webhook-signature`` has one or more ``v1,`` and base64.
"""

from __future__ import annotations

import base64
import binascii
import hmac
from collections.abc import Iterable
from hashlib import sha256

PREFIX = "whsec_"
LEAST_KEY = 24
"""Bytes of the shortest key that the standard allows."""


def key_of(secret: str) -> bytes:
    """Return the key that a secret writes; raises ValueError where it is none."""
    try:
        key = base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except binascii.Error:
        key = b""
    if not secret.startswith(PREFIX) or len(key) < LEAST_KEY:
        raise ValueError(f"a secret is {PREFIX} and the base64 of {LEAST_KEY} or more random bytes")
    return key


def sign(key: bytes, id_: str, timestamp: str, body: bytes) -> str:
    """Return the signature of one message."""
    text = b".".join((id_.encode("latin-1", "replace"), timestamp.encode("latin-1", "replace"), body))
    return "v1," + base64.b64encode(hmac.new(key, text, sha256).digest()).decode()


def verifies(keys: Iterable[bytes], id_: str, timestamp: str, body: bytes, signatures: str) -> bool:
    """Return whether one of the signatures is of one of the keys, in a time that does not tell which."""
    given = [one.encode("utf-8", "replace") for one in signatures.split()[:8]]
    found = False
    for key in keys:
        right = sign(key, id_, timestamp, body).encode()
        for one in given:
            found |= hmac.compare_digest(right, one)
    return found
