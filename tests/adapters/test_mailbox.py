"""A mailbox over a real connection: each message once, attachments or the message itself, one reason for a failure."""

from __future__ import annotations

import json
import ssl
from collections.abc import Iterator
from email.message import EmailMessage

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.adapters import mailbox
from pipeline.adapters.mailbox import Mailbox, Position, payloads_of
from pipeline.core import formats
from pipeline.core.errors import UnreachableError
from pipeline.core.payload import Payload
from tests.adapters.imap_server import ImapServer, certificate


@pytest.fixture(scope="module")
def contexts(tmp_path_factory: pytest.TempPathFactory) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    return certificate(tmp_path_factory.mktemp("tls"))


@pytest.fixture
def server(contexts: tuple[ssl.SSLContext, ssl.SSLContext]) -> Iterator[ImapServer]:
    with ImapServer(contexts[0]) as running:
        yield running


def message(subject: str, text: str = "Dockers begin a strike.", sender: str = "Desk <desk@halyard.example>") -> bytes:
    made = EmailMessage()
    made["From"], made["Subject"], made["Message-ID"] = sender, subject, f"<{subject.replace(' ', '.')}@h.example>"
    made["Date"] = "Mon, 15 Jun 2026 10:00:00 +0200"
    made.set_content(text)
    return made.as_bytes(policy=made.policy.clone(linesep="\r\n"))


class Reader:
    """Reads a mailbox on and on, as the source does."""

    def __init__(self, server: ImapServer, context: ssl.SSLContext, *senders: str, scheme: str = "imaps") -> None:
        url = f"{scheme}://desk%40h.example@127.0.0.1:{server.port}/INBOX"
        self.box = Mailbox(url, "s3cret", senders, context)
        self.position = Position()
        self.refused: list[str] = []

    def read(self) -> list[Payload]:
        payloads, self.position = self.box.read(
            self.position, "halyard", lambda origin, reason: self.refused.append(f"{origin}: {reason}")
        )
        return payloads


def test_a_message_is_a_story_and_is_read_once(
    server: ImapServer, contexts: tuple[ssl.SSLContext, ssl.SSLContext]
) -> None:
    server.messages = {3: message("Port strike"), 7: message("Second")}
    reader = Reader(server, contexts[1])
    first, second = reader.read()
    (story,) = formats.parse(first).stories
    assert (story.uri, story.headline, story.provider) == ("mid:Port.strike@h.example", "Port strike", "halyard")
    assert story.version_created is not None
    assert story.version_created.isoformat() == "2026-06-15T08:00:00+00:00"
    assert story.body == "Dockers begin a strike."
    assert reader.read() == []
    server.messages[9] = message("Third")
    assert [payload.origin.rsplit("#")[-1] for payload in reader.read()] == ["9"]
    assert server.fetched == [3, 7, 9]
    assert second.mark is not None
    assert Position.of_mark(second.mark[1]) == Position(1, 7)


def test_a_mailbox_whose_numbers_begin_anew_is_read_anew(
    server: ImapServer, contexts: tuple[ssl.SSLContext, ssl.SSLContext]
) -> None:
    server.messages = {3: message("Port strike")}
    reader = Reader(server, contexts[1])
    reader.read()
    server.validity, server.messages = 2, {1: message("Other")}
    assert len(reader.read()) == 1


def test_only_those_who_may_are_read(server: ImapServer, contexts: tuple[ssl.SSLContext, ssl.SSLContext]) -> None:
    server.messages = {1: message("Spam", sender="x@spam.example"), 2: message("News")}
    reader = Reader(server, contexts[1], "Desk@Halyard.example")
    assert len(reader.read()) == 1
    assert [line.split(": ")[-1] for line in reader.refused] == ["the sender is not among those whose mail is read"]
    reader.read()
    assert len(reader.refused) == 1, "what was left out is not looked at again"


def test_a_huge_message_is_left_out(
    server: ImapServer, contexts: tuple[ssl.SSLContext, ssl.SSLContext], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mailbox, "MAX_BYTES", 2**20)
    server.messages = {1: message("Huge", "x" * 2**21), 2: message("News")}
    reader = Reader(server, contexts[1])
    assert len(reader.read()) == 1
    assert reader.refused[0].endswith(": gone, or larger than 1 MiB")


def test_a_server_that_switches_to_tls_is_read(contexts: tuple[ssl.SSLContext, ssl.SSLContext]) -> None:
    with ImapServer(contexts[0], tls_first=False) as server:
        server.messages = {1: message("News")}
        assert len(Reader(server, contexts[1], scheme="imap").read()) == 1


def test_what_stands_in_the_way_is_told_in_one_line(
    server: ImapServer, contexts: tuple[ssl.SSLContext, ssl.SSLContext]
) -> None:
    reader = Reader(server, contexts[1])
    reader.box.password = "guess"  # noqa: S105  a wrong one
    with pytest.raises(UnreachableError, match=r"^imaps://desk@h.example@127.0.0.1/INBOX: wrong password$"):
        reader.read()
    reader = Reader(server, contexts[1])
    reader.box.folder = "Nowhere"
    with pytest.raises(UnreachableError, match="the folder Nowhere cannot be opened"):
        reader.read()
    with pytest.raises(UnreachableError, match="certificate verify failed"):
        Reader(server, ssl.create_default_context()).read()
    server.shutdown()
    server.server_close()
    with pytest.raises(UnreachableError, match="refused"):
        Reader(server, contexts[1]).read()


def test_attachments_in_a_news_format_are_the_stories() -> None:
    made = EmailMessage()
    made["Subject"] = "Today's stories"
    made.set_content("Two attached.")
    for number in (1, 2):
        story = json.dumps({"uri": f"urn:{number}", "headline": "H", "body_text": "b"}).encode()
        made.add_attachment(story, "application", "octet-stream", filename=f"{number}.json")
    made.add_attachment(b"GIF89a", "image", "gif", filename="logo.gif")
    uris = [formats.parse(payload).stories[0].uri for payload in payloads_of(made.as_bytes(), "x", "p")]
    assert uris == ["urn:1", "urn:2"]


def test_active_html_becomes_plain_text() -> None:
    made = EmailMessage()
    made["Subject"] = "News"
    made.set_content("<p>One</p><script>alert(1)</script><p>Two</p>", subtype="html")
    (payload,) = payloads_of(made.as_bytes(), "x", "p")
    assert formats.parse(payload).stories[0].body == "One\n\nTwo"


@given(st.binary(max_size=400) | st.text(max_size=300).map(str.encode))
@settings(max_examples=150, deadline=None)
def test_whatever_comes_is_a_payload(data: bytes) -> None:
    head = b"Content-Type: multipart/mixed; boundary=x\r\nSubject: =?utf-8?q?=ff?=\r\n"
    for mail in (data, head + b"\r\n--x\r\n" + data, b"Content-Type: text/plain; charset=" + data):
        assert payloads_of(mail, "x", "p")


HEAD = "From: A. N. Other <a@acme.example>\r\nMessage-ID: <m1@acme.example>\r\nSubject: Ferry reopens\r\n"


def texts(mail: str, encoding: str = "utf-8") -> list[str | None]:
    return [formats.parse(one).stories[0].body for one in payloads_of((HEAD + mail).encode(encoding), "x", "p")]


def test_plain_text_is_as_long_as_it_was_written_and_without_the_signature() -> None:
    plain = "Ferries run \r\nagain.\r\n\r\nThe fjord.\r\n-- \r\nA. N. Other\r\n"
    assert texts(f"Content-Type: text/plain\r\n\r\n{plain}") == ["Ferries run\nagain.\n\nThe fjord."]
    assert texts(f"Content-Type: text/plain; format=flowed\r\n\r\n{plain}") == ["Ferries run again.\n\nThe fjord."]
    plain = plain.replace("run ", "ru ").replace("again", "n again")
    assert (
        texts(f"Content-Type: text/plain; format=flowed; delsp=yes\r\n\r\n{plain}")[0]
        == "Ferries run again.\n\nThe fjord."
    )


def test_a_blank_plain_part_gives_way_to_html() -> None:
    parts = (
        "--b\r\nContent-Type: text/plain\r\n\r\n \r\n--b\r\nContent-Type: text/html\r\n\r\n<p>Ferries</p>\r\n--b--\r\n"
    )
    assert texts(f"Content-Type: multipart/alternative; boundary=b\r\n\r\n{parts}") == ["Ferries"]


@pytest.mark.parametrize("charset", ["us-ascii", "unknown-8bit", "iso-8859-1"])
def test_bytes_that_do_not_fit_the_charset_lose_no_letter(charset: str) -> None:
    assert texts(f"Content-Type: text/plain; charset={charset}\r\n\r\nFähre\r\n", "iso-8859-1") == ["Fähre"]


def test_a_message_forwarded_as_an_attachment_is_a_story_beside_the_one_that_brings_it() -> None:
    inner = "Message-ID: <m0@acme.example>\r\nSubject: Ferry\r\nContent-Type: text/plain\r\n\r\nFerries run.\r\n"
    parts = f"--b\r\n\r\nFor you\r\n--b\r\nContent-Type: message/rfc822\r\n\r\n{inner}--b--\r\n"
    mail = f"{HEAD}Content-Type: multipart/mixed; boundary=b\r\n\r\n{parts}"
    found = [formats.parse(one).stories[0] for one in payloads_of(mail.encode(), "x", "p")]
    assert [(one.uri, one.body) for one in found] == [
        ("mid:m1@acme.example", "For you"),
        ("mid:m0@acme.example", "Ferries run."),
    ]
