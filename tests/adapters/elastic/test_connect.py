"""What a person is told when Elasticsearch is away, wrong or closed to us; no server is needed to see it."""

from __future__ import annotations

import json
import os
import shutil
import ssl
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar

import pytest

from pipeline.adapters.elastic import ElasticArchive, connect
from pipeline.config import Elasticsearch
from pipeline.core.errors import UnreachableError
from pipeline.core.need import ANYTHING
from tests.servers.process import free_port


class Answer(BaseHTTPRequestHandler):
    """Answers everything in the same way."""

    status = 200
    product: ClassVar[dict[str, str]] = {"X-Elastic-Product": "Elasticsearch"}

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        error = {"error": {"type": "security_exception", "reason": "as the test says"}, "status": self.status}
        body = json.dumps(error).encode()
        self.send_response(self.status)
        for name, value in {
            **self.product,
            "Content-Type": "application/json",
            "Content-Length": str(len(body)),
        }.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def answering(handler: type[Answer], context: ssl.SSLContext | None = None) -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    if context:
        server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield f"http{'s' if context else ''}://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


def told(settings: Elasticsearch) -> str:
    """Return the sentence that a search ends with."""
    archive = ElasticArchive(settings)
    with pytest.raises(UnreachableError) as caught:
        list(archive.stories(ANYTHING))
    archive.close()
    return str(caught.value)


@pytest.mark.parametrize(
    ("status", "key", "sentence"),
    [
        (401, None, "wants to know who we are: set elasticsearch.api_key"),
        (401, "key", "wants to know who we are: elasticsearch.api_key is wrong or has expired"),
        (
            403,
            "key",
            "does not allow this: 403 security_exception: as the test says (the role of elasticsearch.api_key)",
        ),
        (404, None, "lacks what is asked for: 404 security_exception: as the test says (run `wirewatch init` first)"),
        (503, None, "cannot be reached: it is not ready (503 security_exception: as the test says)"),
        (400, None, "refuses: 400 security_exception: as the test says"),
    ],
)
def test_an_answer_that_is_no_result_is_one_sentence(status: int, key: str | None, sentence: str) -> None:
    with answering(type("Refuses", (Answer,), {"status": status})) as url:
        assert told(Elasticsearch(url=url, api_key=key)) == f"Elasticsearch at {url} {sentence}"


def test_another_server_than_elasticsearch_is_named() -> None:
    with answering(type("Other", (Answer,), {"product": {}})) as url:
        assert told(Elasticsearch(url=url)) == f"what listens at {url} is not Elasticsearch: check elasticsearch.url"


def test_a_port_where_nothing_listens_is_named() -> None:
    url = f"http://127.0.0.1:{free_port()}"
    assert told(Elasticsearch(url=url)).startswith(f"Elasticsearch at {url} cannot be reached: ")


@pytest.mark.skipif(shutil.which("openssl") is None and "CI" not in os.environ, reason="openssl makes the certificate")
def test_a_certificate_is_trusted_by_its_authority_alone(tmp_path: Path) -> None:
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    made = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=node"]
    names = ["-addext", "subjectAltName=IP:127.0.0.1", "-keyout", str(key), "-out", str(certificate)]
    subprocess.run([str(shutil.which("openssl")), *made, *names], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    with answering(type("Secure", (Answer,), {"status": 403}), context) as url:
        assert "is not trusted: " in told(Elasticsearch(url=url))
        assert "does not allow this" in told(Elasticsearch(url=url, ca=str(certificate)))


def test_a_missing_certificate_file_is_named() -> None:
    with pytest.raises(UnreachableError, match=r"elasticsearch.ca: nowhere.pem cannot be read: no such file"):
        connect.client(Elasticsearch(ca="nowhere.pem"))
