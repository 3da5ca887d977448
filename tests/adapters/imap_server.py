"""A small IMAP server on loopback, in a thread: as much of RFC 3501 as a reader of mail needs, over TLS."""

from __future__ import annotations

import re
import socketserver
import ssl
import subprocess
import threading
from pathlib import Path
from typing import Self, cast


def certificate(folder: Path) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """Return the contexts of a server on 127.0.0.1 and of a client that trusts it alone."""
    key, pem = folder / "key.pem", folder / "cert.pem"
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"),
            *("-keyout", str(key), "-out", str(pem), "-days", "2", "-subj", "/CN=localhost"),
            *("-addext", "subjectAltName=IP:127.0.0.1"),
        ],
        check=True,
        capture_output=True,
        timeout=30,
    )
    serving = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    serving.load_cert_chain(pem, key)
    return serving, ssl.create_default_context(cafile=str(pem))


class ImapServer(socketserver.ThreadingTCPServer):
    """Serves ``messages``, by uid, to whoever knows the password."""

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self, context: ssl.SSLContext, *, tls_first: bool = True) -> None:
        super().__init__(("127.0.0.1", 0), _Session)
        self.context = context
        self.tls_first = tls_first
        self.messages: dict[int, bytes] = {}
        self.validity = 1
        self.fetched: list[int] = []
        self.port = int(self.server_address[1])

    def __enter__(self) -> Self:
        threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_error: object) -> None:
        self.shutdown()
        self.server_close()


class _Session(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        server = cast("ImapServer", self.server)
        try:
            if server.tls_first:
                self._to_tls(server)
            self._say("* OK ready")
            while line := self.rfile.readline().decode().rstrip("\r\n"):
                tag, _, rest = line.partition(" ")
                if not self._command(server, tag, rest):
                    return
        except (OSError, ValueError):
            return

    def _to_tls(self, server: ImapServer) -> None:
        self.connection = server.context.wrap_socket(self.request, server_side=True)
        self.rfile = self.connection.makefile("rb")

    def _say(self, line: str, literal: bytes | None = None) -> None:
        self.connection.sendall(line.encode() + b"\r\n" + (literal + b")\r\n" if literal is not None else b""))

    def _command(self, server: ImapServer, tag: str, rest: str) -> bool:
        verb = rest.upper()
        if verb == "CAPABILITY":
            self._say("* CAPABILITY IMAP4rev1 STARTTLS")
        elif verb == "STARTTLS":
            self._say(f"{tag} OK begin")
            self._to_tls(server)
            return True
        elif verb.startswith("LOGIN") and not rest.endswith('"s3cret"'):
            self._say(f"{tag} NO wrong password")
            return True
        elif verb.startswith("EXAMINE"):
            if "INBOX" not in rest:
                self._say(f"{tag} NO no such folder")
                return True
            self._say(f"* {len(server.messages)} EXISTS")
            self._say(f"* OK [UIDVALIDITY {server.validity}] valid")
        elif found := re.fullmatch(r"UID SEARCH UID (\d+):\*", verb):
            last = max(server.messages, default=0)
            uids = [uid for uid in server.messages if uid >= int(found[1]) or uid == last]
            self._say("* SEARCH " + " ".join(map(str, uids)))
        elif found := re.fullmatch(r"UID FETCH (\d+) \(BODY\.PEEK\[\]<0\.(\d+)>\)", verb):
            uid = int(found[1])
            server.fetched.append(uid)
            data = server.messages[uid][: int(found[2])]
            self._say(f"* {uid} FETCH (UID {uid} BODY[]<0> {{{len(data)}}}", data)
        elif verb == "LOGOUT":
            self._say(f"* BYE\r\n{tag} OK bye")
            return False
        self._say(f"{tag} OK done")
        return True
