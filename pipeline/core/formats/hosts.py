"""Who stands behind an identifier: the authority of a URN or tag, the host of a web address."""

from __future__ import annotations

import re

_WEB = re.compile(r"https?://(?:[^/@\s]*@)?(?:www\.)?([^/:?#\s]+)", re.IGNORECASE)
_URN = re.compile(r"urn:newsml:([^:\s]+):", re.IGNORECASE)
_TAG = re.compile(r"tag:(?:[^@,\s]*@)?([^,:\s]+),", re.IGNORECASE)
_HOST = re.compile(r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9-]+)+", re.IGNORECASE)


def authority(uri: str | None) -> str | None:
    """Return ``dpa.com`` for ``urn:newsml:dpa.com:…``, ``tag:dpa.com,2024:…`` and ``https://www.dpa.com/…``."""
    if not uri:
        return None
    for pattern in (_WEB, _URN, _TAG):
        if (found := pattern.match(uri)) and _HOST.fullmatch(found[1]):
            return found[1].lower()
    return None
