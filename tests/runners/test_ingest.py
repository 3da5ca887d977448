"""Stories pushed over HTTP: who may, when the answer comes, and what a repeat does."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from pipeline.adapters.sqlite import SqliteArchive
from pipeline.config import Ingest as Settings
from pipeline.config import Sender
from pipeline.core.archive import AlertFilter
from pipeline.core.errors import UnreachableError
from pipeline.core.need import ANYTHING
from pipeline.core.payload import Payload
from pipeline.core.webhooks import key_of, sign
from pipeline.runners import ingest
from pipeline.runners.embedded import Receipt
from pipeline.runners.ingest import Ingest

SECRET, OTHER = "whsec_" + "QUJD" * 8, "whsec_" + "REVG" * 8
SETTINGS = Settings(
    port=1, senders=(Sender(provider="halyard", secrets=(SECRET, "whsec_" + "R0hJ" * 8)),), max_bytes=5000
)
STORY = b'{"uri": "urn:h:1", "version": "1", "headline": "Troops attacked near Kyiv", "body_text": "So."}'


def signed(body: bytes, id_: str = "msg_1", *, secret: str = SECRET, moment: float | None = None) -> dict[str, str]:
    timestamp = str(int(time.time() if moment is None else moment))
    return {
        "webhook-id": id_,
        "webhook-timestamp": timestamp,
        "webhook-signature": sign(key_of(secret), id_, timestamp, body),
        "Content-Type": "application/json",
    }


class Pipeline:
    """Stands where the pipeline stands: says when a payload is safe."""

    def __init__(self) -> None:
        self.taken: list[Payload] = []
        self.receipts: list[asyncio.Future[None]] = []
        self.at_once = True

    async def put(self, payload: Payload) -> Receipt:
        self.taken.append(payload)
        receipt: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.receipts.append(receipt)
        if self.at_once:
            receipt.set_result(None)
        return receipt


Post = Callable[[bytes, dict[str, str]], Coroutine[Any, Any, tuple[int, dict[str, str]]]]


@asynccontextmanager
async def serving(pipeline: Pipeline, marks: dict[str, str] | None = None) -> AsyncIterator[Post]:
    source = Ingest(SETTINGS)
    source.settings = Settings(port=0, senders=SETTINGS.senders, max_bytes=SETTINGS.max_bytes)
    source.port = 0
    running = asyncio.create_task(source.run(pipeline.put, marks or {}))
    while not source.port:  # noqa: ASYNC110  the source tells by its port alone that it listens
        await asyncio.sleep(0.01)
    async with aiohttp.ClientSession() as client:

        async def post(body: bytes, headers: dict[str, str]) -> tuple[int, dict[str, str]]:
            async with client.post(f"http://127.0.0.1:{source.port}/ingest", data=body, headers=headers) as answer:
                return answer.status, await answer.json()

        try:
            yield post
        finally:
            running.cancel()
            await asyncio.wait([running])


def answer(body: bytes, headers: dict[str, str]) -> tuple[int, str]:
    async def once() -> tuple[int, str]:
        pipeline = Pipeline()
        async with serving(pipeline) as post:
            status, said = await post(body, headers)
            assert bool(pipeline.taken) == (status == 200)
            return status, next(iter(said.values()))

    return asyncio.run(once())


def test_a_signed_story_is_taken_in_under_its_senders_name() -> None:
    async def once() -> None:
        pipeline = Pipeline()
        async with serving(pipeline) as post:
            assert await post(STORY, signed(STORY)) == (200, {"status": "stored"})
        (payload,) = pipeline.taken
        assert (payload.data, payload.provider, payload.origin) == (STORY, "halyard", "ingest/halyard/msg_1")

    asyncio.run(once())


def test_who_does_not_sign_is_refused() -> None:
    good = signed(STORY)
    assert answer(STORY, {}) == (401, "the headers webhook-id, webhook-timestamp and webhook-signature are needed")
    assert answer(STORY, signed(STORY, secret=OTHER)) == (401, "no signature is of a known sender")
    assert answer(STORY + b" ", good) == (401, "no signature is of a known sender")
    assert answer(STORY, {**good, "webhook-id": "msg_2"}) == (401, "no signature is of a known sender")
    late = signed(STORY, moment=time.time() - 400)
    assert answer(STORY, late) == (401, "webhook-timestamp is more than 300 s away from now")
    assert answer(STORY, {**good, "webhook-timestamp": "9" * 40})[0] == 401
    assert answer(STORY, {**good, "webhook-signature": "v1,²"})[0] in (400, 401)


def test_what_is_no_body_is_refused() -> None:
    assert answer(b" ", signed(b" ")) == (400, "the body is empty")
    large = b"x" * 6000
    assert answer(large, signed(large)) == (413, "larger than 5000 bytes")
    assert answer(STORY, {**signed(STORY), "Content-Encoding": "gzip"})[0] in (400, 415)


def test_the_answer_waits_until_the_story_is_safe() -> None:
    async def once() -> None:
        pipeline = Pipeline()
        pipeline.at_once = False
        async with serving(pipeline) as post:
            asked = asyncio.create_task(post(STORY, signed(STORY)))
            again = asyncio.create_task(post(STORY, signed(STORY)))
            await asyncio.sleep(0.3)
            assert not asked.done()
            assert len(pipeline.taken) == 1, "the same message at the same time is one"
            pipeline.receipts[0].set_result(None)
            assert await asked == await again == (200, {"status": "stored"})

    asyncio.run(once())


def test_a_story_that_is_not_safe_in_time_is_to_be_sent_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ingest, "PATIENCE", 0.3)

    async def once() -> None:
        pipeline = Pipeline()
        pipeline.at_once = False
        async with serving(pipeline) as post:
            assert (await post(STORY, signed(STORY)))[0] == 503
            pipeline.receipts[0].set_exception(UnreachableError("Kafka has gone"))
            await asyncio.sleep(0)
            pipeline.at_once = True
            assert await post(STORY, signed(STORY)) == (200, {"status": "stored"})

    asyncio.run(once())


def test_a_repeat_is_known_also_after_a_restart() -> None:
    async def once() -> None:
        pipeline = Pipeline()
        async with serving(pipeline) as post:
            await post(STORY, signed(STORY))
            assert await post(STORY, signed(STORY)) == (200, {"status": "known"})
            assert await post(STORY, signed(STORY, "msg_2")) == (200, {"status": "stored"})
        marks = dict(payload.mark for payload in pipeline.taken if payload.mark)
        async with serving(pipeline, marks) as post:
            assert await post(STORY, signed(STORY)) == (200, {"status": "known"})

    asyncio.run(once())


def test_lines_of_json_are_a_story_each() -> None:
    async def once() -> None:
        pipeline = Pipeline()
        body = STORY + b"\n\n" + STORY.replace(b"h:1", b"h:2") + b"\n"
        async with serving(pipeline) as post:
            await post(body, {**signed(body), "Content-Type": "application/x-ndjson"})
        assert [payload.origin for payload in pipeline.taken] == ["ingest/halyard/msg_1:1", "ingest/halyard/msg_1:3"]
        assert [payload.mark is None for payload in pipeline.taken] == [True, False]

    asyncio.run(once())


def test_more_than_can_be_read_at_a_time_are_told_to_come_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ingest, "AT_A_TIME", 3)

    async def once() -> list[int]:
        pipeline = Pipeline()
        pipeline.at_once = False
        async with serving(pipeline) as post:
            asked = [asyncio.create_task(post(STORY, signed(STORY, f"msg_{number}"))) for number in range(8)]
            await asyncio.sleep(0.5)
            for receipt in pipeline.receipts:
                receipt.set_result(None)
            return [(await one)[0] for one in asked]

    assert sorted(asyncio.run(once())) == [200] * 3 + [503] * 5


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def push(port: int, body: bytes, id_: str) -> int:
    request = urllib.request.Request(f"http://127.0.0.1:{port}/ingest", body, signed(body, id_))
    for _ in range(1000):
        try:
            with urllib.request.urlopen(request, timeout=10) as answered:  # noqa: S310  loopback
                return int(answered.status)
        except urllib.error.HTTPError as error:
            return error.code
        except OSError:
            time.sleep(0.05)
    raise AssertionError("nobody listens")


def test_what_was_answered_200_is_there_after_a_kill(tmp_path: Path) -> None:
    port = free_port()
    (tmp_path / "rules.yaml").write_text("topic: security\nrules:\n  - {id: attack, query: attacked}\n")
    (tmp_path / "w.yaml").write_text(
        f"database: w.db\nrules: [rules.yaml]\ntopics: [security]\nsource_state: s.db\n"
        f"ingest: {{port: {port}, senders: [{{provider: halyard, secrets: [{SECRET}]}}]}}\n"
    )
    command = [sys.executable, "-m", "pipeline", "run", "--config", str(tmp_path / "w.yaml")]
    for round_ in range(2):
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        try:
            for number in range(5):
                body = json.dumps({**json.loads(STORY), "uri": f"urn:h:{round_}:{number}"}).encode()
                assert push(port, body, f"msg_{round_}_{number}") == 200
            assert push(port, STORY, "msg_same") == 200
        finally:
            os.kill(process.pid, signal.SIGKILL if round_ == 0 else signal.SIGTERM)
            process.communicate(timeout=20)
    archive = SqliteArchive(tmp_path / "w.db")
    assert len(list(archive.stories(ANYTHING))) == 11
    assert len(list(archive.alerts(AlertFilter()))) == 11
    archive.close()
