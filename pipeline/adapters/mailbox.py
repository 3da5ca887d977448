"""A mailbox that providers and colleagues send stories to, over IMAP: read, never changed.

A message with attachments in a news format is those; any other is itself the story: its subject the headline, its
text the body. A message that is forwarded as an attachment is a story beside it. The library is the standard one; it
blocks, so a thread calls it.
"""

from __future__ import annotations

import email
import email.policy
import imaplib
import re
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from email.message import EmailMessage, MIMEPart
from email.utils import getaddresses, parsedate_to_datetime
from urllib.parse import unquote, urlsplit

import msgspec

from pipeline.core.errors import UnreachableError
from pipeline.core.formats.encodings import code_page
from pipeline.core.formats.text import html_text
from pipeline.core.payload import Payload

TIMEOUT = 30.0
MAX_BYTES = 16 * 1024 * 1024
"""Bytes of the largest message that is read."""

AT_ONCE = 100
"""Messages that are read in one look; the rest waits for the next one."""

_WIRE_TYPES = re.compile(r"(application|text)/(.*\+)?(xml|json|x-ndjson|nitf|newsml.*|vnd\.iptc.*)")
_WIRE_NAMES = (".xml", ".json", ".nitf", ".newsml", ".anpa", ".iptc")


class Position(msgspec.Struct, frozen=True):
    """Up to which message a mailbox has been read; another ``validity`` means that its numbers have begun anew."""

    validity: int = 0
    uid: int = 0

    @classmethod
    def of_mark(cls, mark: str | None) -> Position:
        """Return what a stored position says."""
        try:
            return msgspec.json.decode(mark or "{}", type=cls)
        except msgspec.DecodeError:
            return cls()


class Mailbox:
    """``imaps://user@host[:port]/FOLDER``, or ``imap://`` for a server that switches to TLS before the login.

    ``context`` holds the authorities that may have signed the server's certificate, by default the system's.
    """

    def __init__(
        self, url: str, password: str, senders: tuple[str, ...] = (), context: ssl.SSLContext | None = None
    ) -> None:
        parts = urlsplit(url)
        self.host = parts.hostname or ""
        self.secure = parts.scheme == "imaps"
        self.port = parts.port or (993 if self.secure else 143)
        self.user = unquote(parts.username or "")
        self.folder = unquote(parts.path.strip("/")) or "INBOX"
        self.password = password
        self.senders = frozenset(sender.lower() for sender in senders)
        self.context = context or ssl.create_default_context()
        self.name = f"{parts.scheme}://{self.user}@{self.host}/{self.folder}"

    def read(
        self, position: Position, provider: str | None, refuse: Callable[[str, str], None]
    ) -> tuple[list[Payload], Position]:
        """Return the payloads of the messages after ``position``, and the position after them.

        The last payload of a message carries its position as a mark; ``refuse`` gets what is left out. Raises
        UnreachableError with the reason where the mailbox cannot be read.
        """
        found: list[Payload] = []
        with self._open() as server:
            validity = self._validity(server)
            position = Position(validity, position.uid if position.validity == validity else 0)
            for uid in self._uids(server, position.uid)[:AT_ONCE]:
                origin = f"{self.name}#{uid}"
                data = self._message(server, uid)
                position = Position(validity, uid)
                reason = self._unwanted(data)
                if data is None or reason:
                    refuse(origin, reason or "")
                    continue
                *others, last = payloads_of(data, origin, provider or self.host)
                mark = (f"mail:{self.name}", msgspec.json.encode(position).decode())
                found += [*others, msgspec.structs.replace(last, mark=mark)]
                if sum(len(payload.data) for payload in found) > MAX_BYTES:
                    break
        return found, position

    def _unwanted(self, data: bytes | None) -> str | None:
        if data is None:
            return f"gone, or larger than {MAX_BYTES // 2**20} MiB"
        if not self.senders or _sender(data) in self.senders:
            return None
        return "the sender is not among those whose mail is read"

    @contextmanager
    def _open(self) -> Iterator[imaplib.IMAP4]:
        server: imaplib.IMAP4 | None = None
        try:
            if self.secure:
                server = imaplib.IMAP4_SSL(self.host, self.port, ssl_context=self.context, timeout=TIMEOUT)
            else:
                server = imaplib.IMAP4(self.host, self.port, timeout=TIMEOUT)
                server.starttls(self.context)
            server.login(self.user, self.password)
            yield server
        except (imaplib.IMAP4.error, OSError, ValueError) as error:
            text = error.args[0] if error.args else error
            reason = text.decode("utf-8", "replace") if isinstance(text, bytes) else str(error)
            raise UnreachableError(f"{self.name}: {' '.join(reason.split())[:300]}") from None
        finally:
            if server is not None:
                with suppress(imaplib.IMAP4.error, OSError):
                    server.logout()

    def _validity(self, server: imaplib.IMAP4) -> int:
        quoted = '"' + self.folder.replace("\\", "\\\\").replace('"', '\\"') + '"'
        kind, data = server.select(quoted, readonly=True)
        if kind != "OK":
            raise imaplib.IMAP4.error(f"the folder {self.folder} cannot be opened")
        _kind, data = server.response("UIDVALIDITY")
        return int(data[0]) if data and data[0] else 0

    @staticmethod
    def _uids(server: imaplib.IMAP4, after: int) -> list[int]:
        _kind, data = server.uid("SEARCH", "UID", f"{after + 1}:*")
        found = [int(one) for one in (data[0] or b"").split()]
        return sorted(uid for uid in found if uid > after)  # `n:*` names the last message even if it is before n

    @staticmethod
    def _message(server: imaplib.IMAP4, uid: int) -> bytes | None:
        """Return the message; None where it is too large."""
        _kind, data = server.uid("FETCH", str(uid), f"(BODY.PEEK[]<0.{MAX_BYTES + 1}>)")
        parts = [part[1] for part in data if isinstance(part, tuple)]
        return parts[0] if parts and len(parts[0]) <= MAX_BYTES else None


def _sender(data: bytes) -> str | None:
    """Return the address that a message says it is from; None where it names none or several."""
    try:
        head = email.message_from_bytes(data.partition(b"\r\n\r\n")[0], policy=email.policy.default)
        addresses = [address.lower() for _name, address in getaddresses([str(head.get("From", ""))])]
    except Exception:  # noqa: BLE001  the library fails on some ill-formed headers
        return None
    return addresses[0] if len(addresses) == 1 else None


def payloads_of(data: bytes, origin: str, provider: str) -> list[Payload]:
    """Return the attachments in a news format, or else the message itself as a ninjs story; never nothing."""
    try:
        return list(_payloads(data, origin, provider))
    except Exception:  # noqa: BLE001  the library fails on some ill-formed mail; the desk then keeps it whole
        return [Payload(data=data, origin=origin, received=datetime.now(UTC), provider=provider)]


def _payloads(data: bytes, origin: str, provider: str) -> Iterator[Payload]:
    message = email.message_from_bytes(data, policy=email.policy.default)
    now = datetime.now(UTC)
    found = False
    for number, part in enumerate(message.walk()):
        name = (part.get_filename() or "").lower()
        kind = part.get_content_type()
        if part.is_multipart() or not (_WIRE_TYPES.fullmatch(kind) or name.endswith(_WIRE_NAMES)):
            continue
        content = part.get_payload(decode=True)
        if isinstance(content, bytes) and content.strip():
            found = True
            yield Payload(data=content, origin=f"{origin}/{number}", received=now, provider=provider, content_type=kind)
    forwarded = [part for part in message.walk() if part.get_content_type() == "message/rfc822"]
    inner = [one for part in forwarded for one in part.iter_parts() if isinstance(one, EmailMessage)]
    for number, one in enumerate(() if found else (message, *inner)):
        place = f"{origin}/{number}" if number else origin
        story = msgspec.json.encode(_story(one, place))
        yield Payload(data=story, origin=place, received=now, provider=provider, content_type="application/json")


def _story(message: EmailMessage, origin: str) -> dict[str, str]:
    """Return the message as the members of a ninjs story."""
    id_ = str(message.get("Message-ID", "")).strip().strip("<>")
    names = [name or address for name, address in getaddresses([str(message.get("From", ""))])]
    found = {
        "uri": f"mid:{id_}" if id_ else origin,
        "versioncreated": _date(message) or "",
        "headline": str(message.get("Subject", "")),
        "byline": ", ".join(names),
        "body_text": _text(message),
        "language": str(message.get("Content-Language", "")),
    }
    return {name: text for name, text in found.items() if text}


def _date(message: EmailMessage) -> str | None:
    try:
        return parsedate_to_datetime(str(message["Date"])).astimezone(UTC).isoformat()
    except (TypeError, ValueError, OverflowError):
        return None


def _text(message: EmailMessage) -> str:
    """Return the plain text, or that of the HTML where there is none."""
    for kind in ("plain", "html"):
        part = message.get_body((kind,))
        content = part.get_payload(decode=True) if part is not None else None
        if part is None or not isinstance(content, bytes):
            continue
        text = _decoded(content, part.get_content_charset("utf-8"))
        text = (html_text(text) or "") if kind == "html" else _as_written(text, part)
        if text.strip():
            return text
    return ""


def _decoded(content: bytes, charset: str) -> str:
    """Return the text in its charset; where that is unknown or does not fit, in UTF-8, else in a Western code page."""
    for name in (charset, "utf-8"):
        with suppress(LookupError, ValueError):
            return content.decode(name)
    return content.decode(code_page(content), "replace")


def _as_written(text: str, part: MIMEPart) -> str:
    """Return plain text without the signature, its lines as long as they were written (RFC 3676)."""
    text = text.replace("\r\n", "\n").partition("\n-- \n")[0]
    if str(part.get_param("format", "")).lower() != "flowed":
        return text
    blank = "" if str(part.get_param("delsp", "")).lower() == "yes" else " "
    return text.replace(" \n", blank)
