"""Prepare Elasticsearch and Kibana for compose.yaml: ``python setup.py elasticsearch|kibana``. Safe to repeat.

*elasticsearch* sets the password that Kibana itself logs in with, makes the role and the user that people read with,
and writes an API key for wirewatch into a file. *kibana* imports the data views, searches and the dashboard.

It runs in the image of wirewatch and needs no more than Python.
"""

# ruff: noqa: INP001  a script that compose.yaml mounts, no module

from __future__ import annotations

import base64
import json
import os
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

READ = ["read", "view_index_metadata"]
READABLE = ["stories", "story-revisions", "alerts"]
"""What readers see: the alias ``stories`` leaves out stories under embargo, which lie apart."""

READER: dict[str, Any] = {
    "indices": [{"names": READABLE, "privileges": READ}],
    "applications": [{"application": "kibana-.kibana", "privileges": ["read"], "resources": ["*"]}],
}
WIREWATCH: dict[str, Any] = {
    "cluster": ["monitor", "manage_index_templates"],
    "indices": [{"names": ["stories*", "story-*", "alerts*"], "privileges": ["all"]}],
}


class Api:
    """A JSON API with a way to log in."""

    def __init__(self, url: str, authorization: str) -> None:
        self.url = url
        self.headers = {"Authorization": authorization, "kbn-xsrf": "wirewatch"}

    def call(self, method: str, path: str, body: bytes, content_type: str = "application/json") -> dict[str, Any]:
        """Return the answer; ends the process with one line where it is refused or nobody answers."""
        headers = {**self.headers, "Content-Type": content_type}
        request = urllib.request.Request(f"{self.url}{path}", body or None, headers, method=method)  # noqa: S310  ours
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310  ours
                value: dict[str, Any] = json.load(answer)
                return value
        except urllib.error.HTTPError as error:
            sys.exit(f"setup: {method} {path} was refused: {error.code} {error.read().decode(errors='replace')[:500]}")
        except OSError as error:
            sys.exit(f"setup: {self.url} does not answer: {error}")

    def put(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """Send ``body`` as JSON."""
        return self.call("PUT", path, json.dumps(body).encode())


def basic(user: str, password: str) -> str:
    """Return the header's value for a user and a password."""
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


def elasticsearch() -> None:
    """Set up users, the role and the API key."""
    url = os.environ["ELASTICSEARCH_URL"]
    api = Api(url, basic("elastic", os.environ["ELASTIC_PASSWORD"]))
    api.put("/_security/user/kibana_system/_password", {"password": os.environ["KIBANA_PASSWORD"]})
    api.put("/_security/role/wirewatch-reader", READER)
    reader = {"password": os.environ["READER_PASSWORD"], "roles": ["wirewatch-reader"], "full_name": "Reader"}
    api.put("/_security/user/reader", reader)
    file = Path(os.environ["WIREWATCH_API_KEY_FILE"])
    if file.is_file() and _accepted(url, file.read_text().strip()):
        print("setup: users and role are set, the API key is still good")  # noqa: T201  the job's log
        return
    key = api.put("/_security/api_key", {"name": "wirewatch", "role_descriptors": {"wirewatch": WIREWATCH}})
    half = file.with_suffix(".new")
    half.touch(mode=0o600)
    half.write_text(key["encoded"])
    half.rename(file)
    print("setup: users and role are set, and a new API key is written")  # noqa: T201  the job's log


def _accepted(url: str, key: str) -> bool:
    """Say whether Elasticsearch still knows the key: its data may have been deleted since."""
    headers = {"Authorization": f"ApiKey {key}"}
    request = urllib.request.Request(f"{url}/_security/_authenticate", headers=headers)  # noqa: S310  ours
    try:
        with urllib.request.urlopen(request, timeout=60):  # noqa: S310  ours
            return True
    except urllib.error.HTTPError:
        return False


def kibana() -> None:
    """Import the saved objects in place of those that are there."""
    objects = Path(os.environ["KIBANA_OBJECTS"])
    api = Api(os.environ["KIBANA_URL"], basic("elastic", os.environ["ELASTIC_PASSWORD"]))
    boundary = f"wirewatch-{time.time_ns()}"
    head = f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="{objects.name}"\r\n'
    body = head.encode() + b"Content-Type: application/ndjson\r\n\r\n" + objects.read_bytes()
    body += f"\r\n--{boundary}--\r\n".encode()
    path = "/api/saved_objects/_import?overwrite=true"
    answer = api.call("POST", path, body, f"multipart/form-data; boundary={boundary}")
    if not answer.get("success"):
        sys.exit(f"setup: Kibana did not import the saved objects: {json.dumps(answer)[:2000]}")
    print(f"setup: Kibana has {answer['successCount']} saved objects")  # noqa: T201  the job's log


if __name__ == "__main__":
    {"elasticsearch": elasticsearch, "kibana": kibana}[sys.argv[1]]()
