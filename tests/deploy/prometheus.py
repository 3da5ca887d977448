"""Prometheus, real, for tests: its programs from PATH, else from Debian's packages, and a server to query.

Debian's packages are unpacked into the cache and not installed: that needs no root where the package lists are
there, and it starts no service. ``python -m tests.deploy.prometheus`` does it ahead of the tests.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

PACKAGE = "prometheus"


def program(name: str) -> str:
    """Return the path of ``prometheus`` or ``promtool``; where it cannot be had, skip the test, but fail it in CI."""
    try:
        return find(name)
    except LookupError as error:
        if os.environ.get("CI"):
            pytest.fail(str(error))
        pytest.skip(str(error))


def find(name: str) -> str:
    """Return the path of a program, downloaded if need be; raises LookupError with the reason."""
    found = shutil.which(name) or _cached(name)
    if found is None:
        reason = _unpack()
        found = _cached(name)
        if found is None:
            raise LookupError(f"{name} is neither in PATH nor to be had from Debian ({reason}); install Prometheus")
    return found


def _folder() -> Path:
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "wirewatch" / PACKAGE


def _cached(name: str) -> str | None:
    path = _folder() / "usr" / "bin" / name
    return str(path) if path.exists() else None


def _unpack() -> str:
    """Download the package and unpack it whole or not at all; return why it could not be done."""
    if not (shutil.which("apt-get") and shutil.which("dpkg-deb")):
        return "this is no Debian"
    with TemporaryDirectory(prefix="wirewatch-") as temporary:
        sys.stderr.write(f"downloading Debian's package {PACKAGE} (19 MB) into {_folder()}\n")
        download = ["apt-get", "download", "-qq", PACKAGE]
        outcome = _run(download, temporary)
        if outcome.returncode and os.geteuid() == 0:  # a fresh image has no package lists
            _run(["apt-get", "update", "-qq"], temporary)
            outcome = _run(download, temporary)
        archives = list(Path(temporary).glob("*.deb"))
        if not archives:
            return (outcome.stderr.strip().splitlines() or ["apt-get download failed"])[-1]
        _folder().parent.mkdir(parents=True, exist_ok=True)
        half = _folder().with_name(f"{PACKAGE}.{os.getpid()}")
        _run(["dpkg-deb", "-x", str(archives[0]), str(half)], temporary)
        if not _folder().exists():
            half.rename(_folder())
        shutil.rmtree(half, ignore_errors=True)
    return "the package has no such program"


def _run(command: list[str], folder: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=300, check=False)


class Server:
    """A running Prometheus."""

    def __init__(self, url: str) -> None:
        self.url = url

    def get(self, path: str, **parameters: str) -> Any:
        """Return ``data`` of an answer of the HTTP API; raises HTTPError where Prometheus refuses."""
        query = urllib.parse.urlencode(parameters)
        with urllib.request.urlopen(f"{self.url}/api/v1/{path}?{query}", timeout=10) as answer:  # noqa: S310  our own
            return json.load(answer)["data"]

    def series(self, expression: str) -> list[dict[str, Any]]:
        """Return the series of an expression now."""
        result: list[dict[str, Any]] = self.get("query", query=expression)["result"]
        return result


@contextmanager
def serve(config: Path, data: Path) -> Iterator[Server]:
    """Run Prometheus over ``config`` on a free port of loopback, its data and log under ``data``; stop it after."""
    port = free_port()
    command = [program("prometheus"), f"--config.file={config}", f"--storage.tsdb.path={data / 'tsdb'}"]
    command += [f"--web.listen-address=127.0.0.1:{port}", "--storage.tsdb.retention.time=1h", "--log.level=warn"]
    log = data / "prometheus.log"
    with log.open("w") as stream, subprocess.Popen(command, stdout=stream, stderr=stream) as process:
        try:
            _wait(f"http://127.0.0.1:{port}/-/ready", process, log)
            yield Server(f"http://127.0.0.1:{port}")
        finally:
            process.terminate()
            process.wait(20)


def free_port() -> int:
    """Return a port of loopback that is free now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + 30
    while time.monotonic() < until and process.poll() is None:
        try:
            with urllib.request.urlopen(url, timeout=2):  # noqa: S310  our own
                return
        except OSError:
            time.sleep(0.1)
    pytest.fail(f"Prometheus did not start; its log says:\n{log.read_text()}")


if __name__ == "__main__":
    try:
        sys.stdout.write(f"{find('prometheus')}\n{find('promtool')}\n")
    except LookupError as reason:
        sys.exit(str(reason))
