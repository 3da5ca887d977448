"""A mailbox as a source: new mail is handed over once, also after a restart, and a server that is away is told once."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path

import pytest

from pipeline.config import Source
from pipeline.core.payload import Payload
from pipeline.core.polling import State
from pipeline.runners.health import HealthBook
from pipeline.runners.mail import Mail
from tests.adapters.imap_server import ImapServer, certificate
from tests.adapters.test_mailbox import message


class Taken:
    """What a pipeline would have been handed."""

    def __init__(self) -> None:
        self.payloads: list[Payload] = []
        self.refused: list[str] = []
        self.book = HealthBook(lambda origin, reason: self.refused.append(f"{origin}: {reason}"))

    async def put(self, payload: Payload) -> Awaitable[None]:
        self.payloads.append(payload)
        return asyncio.sleep(0)

    def look(self, server: ImapServer, seconds: float, act: Callable[[], None], marks: dict[str, str]) -> None:
        entry = Source(mail=f"imaps://desk@127.0.0.1:{server.port}/INBOX", password="s3cret", provider="p", every=0.2)  # noqa: S106  of the test server

        async def run() -> None:
            asyncio.get_running_loop().call_later(seconds / 2, act)
            async with asyncio.timeout(seconds):
                await Mail(entry, self.book, once=False).run(self.put, marks)

        with suppress(TimeoutError):
            asyncio.run(run())


def test_mail_is_handed_over_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    serving, _client = certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "cert.pem"))
    with ImapServer(serving) as server:
        server.messages = {4: message("One")}
        taken = Taken()
        taken.look(server, 2, lambda: server.messages.update({5: message("Two")}), {})
        assert [payload.origin.rsplit("#")[-1] for payload in taken.payloads] == ["4", "5"]
        marks = dict(payload.mark for payload in taken.payloads if payload.mark)
        again = Taken()
        again.look(server, 1, lambda: None, marks)
        assert again.payloads == []
        assert server.fetched == [4, 5]


def test_a_server_that_is_away_is_told_once_and_asked_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    serving, _client = certificate(tmp_path)
    taken = Taken()
    with ImapServer(serving) as server:
        server.messages = {1: message("One")}
        trust = str(tmp_path / "cert.pem")
        taken.look(server, 1.5, lambda: None, {})
        (reason,) = taken.refused
        assert "certificate verify failed" in reason
        assert [health.state(taken.book.now()) for health in taken.book.health.values()] == [State.FAILING]
        monkeypatch.setenv("SSL_CERT_FILE", trust)
        taken.look(server, 1.5, lambda: None, {})
    assert len(taken.payloads) == 1
    assert [health.state(taken.book.now()) for health in taken.book.health.values()] == [State.OK]
