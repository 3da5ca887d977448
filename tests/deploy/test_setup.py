"""deploy/setup.py: on a real Elasticsearch with security, and its import by a stand-in for Kibana."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from email.parser import BytesParser
from email.policy import HTTP
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from pipeline import config
from pipeline.adapters.elastic import connect, templates
from pipeline.core.errors import UnreachableError
from tests.deploy.expressions import DEPLOY
from tests.servers.elastic import PASSWORD, status

ELASTIC, KIBANA, READER = PASSWORD, 'kib"ana', "reader\\pass"
NOW = datetime(2026, 6, 15, tzinfo=UTC)


def setup(what: str, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(DEPLOY / "setup.py"), what]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, check=False)


@pytest.mark.servers
def test_wirewatch_gets_a_key_that_is_enough_and_readers_see_all_but_stories_under_embargo(
    secured_elasticsearch: str, tmp_path: Path
) -> None:
    file = tmp_path / "api_key"
    secrets = {"ELASTIC_PASSWORD": ELASTIC, "KIBANA_PASSWORD": KIBANA, "READER_PASSWORD": READER}
    environment = {**secrets, "ELASTICSEARCH_URL": secured_elasticsearch, "WIREWATCH_API_KEY_FILE": str(file)}

    first = setup("elasticsearch", environment)
    assert first.returncode == 0, first.stderr
    key = file.read_text(encoding="utf-8")
    assert file.stat().st_mode & 0o077 == 0
    assert status(f"{secured_elasticsearch}/_security/_authenticate", "kibana_system", KIBANA) == 200

    settings = config.Elasticsearch(url=secured_elasticsearch, api_key=key)
    with connect.client(settings) as client:
        templates.init(settings, client, NOW, lambda _line: None)
        templates.check(settings, client)
        client.index(index="stories-2026.06", document={"uri": "a", "provider": "p"}, refresh=True)
        with pytest.raises(UnreachableError, match="does not allow"), connect.reaching(settings):
            client.security.get_user(username="reader")
    assert status(f"{secured_elasticsearch}/stories/_search", "reader", READER) == 200
    assert status(f"{secured_elasticsearch}/alerts/_search", "reader", READER) == 200
    assert status(f"{secured_elasticsearch}/stories-held/_search", "reader", READER) == 403

    again = setup("elasticsearch", environment)
    assert "still good" in again.stdout
    assert file.read_text(encoding="utf-8") == key
    file.write_text("c3RhbGU6c3RhbGU=", encoding="utf-8")  # the data were deleted, the volume with the key was not
    assert "new API key" in setup("elasticsearch", environment).stdout


@pytest.mark.servers
def test_a_wrong_password_is_one_clear_line(secured_elasticsearch: str, tmp_path: Path) -> None:
    secrets = {"ELASTIC_PASSWORD": "wrong", "KIBANA_PASSWORD": KIBANA, "READER_PASSWORD": READER}
    environment = {
        **secrets,
        "ELASTICSEARCH_URL": secured_elasticsearch,
        "WIREWATCH_API_KEY_FILE": str(tmp_path / "api_key"),
    }
    outcome = setup("elasticsearch", environment)
    assert outcome.returncode == 1
    assert outcome.stderr.startswith("setup: PUT /_security/user/kibana_system/_password was refused: 401")
    assert len(outcome.stderr.splitlines()) == 1


class Kibana(BaseHTTPRequestHandler):
    """Takes an import as Kibana does, and keeps what it was sent."""

    sent: dict[str, Any] = {}  # noqa: RUF012  one for each server, made by its fixture
    answer: dict[str, Any] = {}  # noqa: RUF012  the same

    def do_POST(self) -> None:
        head = f"Content-Type: {self.headers['Content-Type']}\r\n\r\n".encode()
        body = self.rfile.read(int(self.headers["Content-Length"]))
        (part,) = BytesParser(policy=HTTP).parsebytes(head + body).iter_parts()
        self.sent.update(
            path=self.path, xsrf=self.headers["kbn-xsrf"], file=part.get_filename(), content=part.get_content()
        )
        self.send_response(200)
        self.end_headers()
        self.wfile.write(json.dumps(self.answer).encode())

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def kibana() -> Iterator[dict[str, str]]:
    """Return the environment of a stand-in for Kibana."""
    server = HTTPServer(("127.0.0.1", 0), Kibana)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    Kibana.sent = {}
    objects = DEPLOY / "kibana" / "wirewatch.ndjson"
    yield {
        "KIBANA_URL": f"http://127.0.0.1:{server.server_port}",
        "KIBANA_OBJECTS": str(objects),
        "ELASTIC_PASSWORD": ELASTIC,
    }
    server.shutdown()
    server.server_close()


def test_the_saved_objects_reach_kibana_as_they_are(kibana: dict[str, str]) -> None:
    Kibana.answer = {"success": True, "successCount": 14}
    outcome = setup("kibana", kibana)
    assert outcome.stdout == "setup: Kibana has 14 saved objects\n", outcome.stderr
    assert Kibana.sent["path"] == "/api/saved_objects/_import?overwrite=true"
    assert Kibana.sent["xsrf"]
    assert Kibana.sent["content"] == Path(kibana["KIBANA_OBJECTS"]).read_bytes()
    assert str(Kibana.sent["file"]).endswith(".ndjson")  # Kibana refuses other names


def test_an_import_that_kibana_refuses_fails_with_its_reason(kibana: dict[str, str]) -> None:
    Kibana.answer = {"success": False, "errors": [{"id": "wirewatch", "error": {"type": "missing_references"}}]}
    outcome = setup("kibana", kibana)
    assert outcome.returncode == 1
    assert "missing_references" in outcome.stderr


def test_a_kibana_that_does_not_answer_is_one_clear_line(kibana: dict[str, str]) -> None:
    outcome = setup("kibana", {**kibana, "KIBANA_URL": "http://127.0.0.1:9"})
    assert outcome.returncode == 1
    assert outcome.stderr.startswith("setup: http://127.0.0.1:9 does not answer")
