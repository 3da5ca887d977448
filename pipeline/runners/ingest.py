"""Stories pushed over HTTP: ``POST /ingest``, signed after Standard Webhooks, answered when they are safe.

200 means that the story is committed, or confirmed by Kafka; with anything else, or nothing, the sender sends again.
The same ``webhook-id`` again is answered 200 and not taken in a second time. A body that is no story is taken in, too:
it is kept whole as a dead letter, because sending it again would not mend it.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from datetime import datetime
from hashlib import sha256

import msgspec
from aiohttp import web

from pipeline import metrics
from pipeline.config import Ingest as IngestSettings
from pipeline.core.errors import InputError, UnreachableError
from pipeline.core.payload import Payload
from pipeline.core.webhooks import key_of, verifies
from pipeline.runners.clock import Clock
from pipeline.runners.embedded import Put, Receipt

TOLERANCE = 300.0
"""Seconds by which the sender's clock may differ; an older message is a recording played again."""

PATIENCE = 20.0
"""Seconds for a body to come in, and again for the story to be safe."""

AT_A_TIME = 32
"""Requests that are read or stored at a time; more are told to come again."""

SLOTS = 65_536
"""Ids of messages that are remembered for a provider: a new one takes the place of an old one with the same hash."""

_ID = re.compile(r"[\x21-\x7e]{1,255}")
_TIME = re.compile(r"[0-9]{1,12}")
_LINES = frozenset({"application/x-ndjson", "application/jsonl", "application/x-jsonlines", "application/json-lines"})


class _Refused(Exception):  # noqa: N818  an answer, no error of ours
    """The request is answered with this status and reason."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason


class Ingest:
    """The server, as a source. ``port`` is the one that it listens at, once ``run`` has begun."""

    def __init__(self, settings: IngestSettings, clock: Clock | None = None) -> None:
        self.settings = settings
        self.clock = clock or Clock()
        self.keys: dict[str, list[bytes]] = {}
        for sender in settings.senders:
            self.keys.setdefault(sender.provider, []).extend(map(key_of, sender.secrets))
        self.port = settings.port
        self._busy = 0
        self._pending: dict[str, asyncio.Future[None]] = {}

    async def run(self, put: Put, marks: Mapping[str, str]) -> None:
        """Serve until cancelled; requests that have begun are answered first."""
        self._put = put
        self._known = {name: position for name, position in marks.items() if name.startswith("ingest:")}
        app = web.Application(client_max_size=self.settings.max_bytes)
        app.router.add_post("/ingest", self._answer)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=PATIENCE, handle_signals=False)
        await runner.setup()
        try:
            site = web.TCPSite(runner, self.settings.host, self.settings.port, backlog=256)
            await site.start()
            self.port = runner.addresses[0][1]
            await asyncio.Event().wait()
        except OSError as error:
            reason = error.strerror or error
            raise UnreachableError(f"ingest: cannot listen at {self.settings.host}:{self.port}: {reason}") from None
        finally:
            await runner.cleanup()

    async def _answer(self, request: web.Request) -> web.Response:
        try:
            status = await self._admit(request)
        except _Refused as refused:
            metrics.INGESTED.labels(str(refused.status)).inc()
            headers = {"Retry-After": "5"} if refused.status == 503 else {}
            return web.json_response({"error": refused.reason}, status=refused.status, headers=headers)
        metrics.INGESTED.labels(status).inc()
        return web.json_response({"status": status})

    async def _admit(self, request: web.Request) -> str:
        if self._busy >= AT_A_TIME:
            raise _Refused(503, "busy")
        self._busy += 1
        try:
            return await self._take(request)
        finally:
            self._busy -= 1

    async def _take(self, request: web.Request) -> str:
        """Take one request in; returns ``stored`` or ``known``, raises _Refused."""
        id_, timestamp = request.headers.get("webhook-id", ""), request.headers.get("webhook-timestamp", "")
        signatures = request.headers.get("webhook-signature", "")
        if not (_ID.fullmatch(id_) and _TIME.fullmatch(timestamp) and signatures):
            raise _Refused(401, "the headers webhook-id, webhook-timestamp and webhook-signature are needed")
        now = self.clock.now()
        if abs(now.timestamp() - int(timestamp)) > TOLERANCE:
            raise _Refused(401, f"webhook-timestamp is more than {TOLERANCE:.0f} s away from now")
        if request.headers.get("Content-Encoding", "identity").lower() != "identity":
            raise _Refused(415, "the body must not be packed")
        body = await self._body(request)
        provider = next(
            (name for name, keys in self.keys.items() if verifies(keys, id_, timestamp, body, signatures)), None
        )
        if provider is None:
            raise _Refused(401, "no signature is of a known sender")
        if not body.strip():
            raise _Refused(400, "the body is empty")
        return await self._once(provider, id_, body, request, now)

    async def _body(self, request: web.Request) -> bytes:
        try:
            async with asyncio.timeout(PATIENCE):
                return await request.read()
        except web.HTTPRequestEntityTooLarge:
            raise _Refused(413, f"larger than {self.settings.max_bytes} bytes") from None
        except TimeoutError:
            raise _Refused(408, f"the body has not come within {PATIENCE:.0f} s") from None

    async def _once(self, provider: str, id_: str, body: bytes, request: web.Request, now: datetime) -> str:
        """Put the body, unless it is known, and wait until it is safe."""
        slot = int.from_bytes(sha256(id_.encode()).digest()[:4]) % SLOTS
        name = f"ingest:{provider}:{slot}"
        if self._known.get(name) == id_:
            return "known"
        key = f"{provider}\0{id_}"
        storing = self._pending.get(key)
        if storing is None:
            storing = asyncio.ensure_future(self._store(provider, (name, id_), body, request.content_type, now))
            self._pending[key] = storing
            storing.add_done_callback(lambda done: self._stored(key, name, id_, done))
        try:
            async with asyncio.timeout(PATIENCE):
                await asyncio.shield(storing)
        except TimeoutError:
            raise _Refused(503, f"not stored within {PATIENCE:.0f} s") from None
        except InputError as error:
            raise _Refused(413, error.reason) from None
        except UnreachableError as error:
            raise _Refused(503, str(error)) from None
        return "stored"

    async def _store(self, provider: str, mark: tuple[str, str], body: bytes, content_type: str, now: datetime) -> None:
        lines = body.splitlines() if content_type in _LINES else [body]
        payloads = [
            Payload(
                data=line.strip(),
                origin=f"ingest/{provider}/{mark[1]}" + (f":{number}" if len(lines) > 1 else ""),
                received=now,
                provider=provider,
                content_type=content_type,
            )
            for number, line in enumerate(lines, 1)
            if line.strip()
        ]
        payloads[-1] = msgspec.structs.replace(payloads[-1], mark=mark)
        receipts: list[Receipt] = [await self._put(payload) for payload in payloads]
        for receipt in receipts:
            await receipt

    def _stored(self, key: str, name: str, id_: str, done: asyncio.Future[None]) -> None:
        self._pending.pop(key, None)
        if not done.cancelled() and done.exception() is None:
            self._known[name] = id_
