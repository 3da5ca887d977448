"""A server as a process group of its own: started, waited for, killed, paused, and started again on the same data."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import time
from abc import ABC, abstractmethod
from pathlib import Path

import msgspec

STARTING = 120.0
"""Seconds that a server may take to become healthy."""


BRIEF = ("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC")
"""What a JVM that lives for seconds is told: else it spends most of its start on making its code fast for later."""


class ServerError(Exception):
    """A server cannot be had here; the message says why and what to do."""


class Command(msgspec.Struct, frozen=True):
    """How a server is started."""

    words: list[str]
    environment: dict[str, str]
    folder: Path


class Server(ABC):
    """One node under ``folder``, which holds its data, settings, log and ``state.json`` (pid, its birth, port).

    One that is ``lasting`` starts slowly and answers fast; a test's own is killed soon.
    """

    name: str

    def __init__(self, folder: Path, port: int = 0, *, lasting: bool = False) -> None:
        self.folder = folder.resolve()
        self.lasting = lasting
        state = self._state()
        self.port = int(state.get("port", 0)) if port == 0 else port
        self.pid = int(state.get("pid", 0))
        self.born = int(state.get("born", 0))

    @property
    def address(self) -> str:
        """Host and port."""
        return f"127.0.0.1:{self.port}"

    @property
    def log(self) -> Path:
        """What the server printed."""
        return self.folder / "log.txt"

    @abstractmethod
    def command(self) -> Command:
        """Write the settings of a new node; return how to start it."""

    @abstractmethod
    def healthy(self) -> bool:
        """Whether the server answers as it should."""

    def spawn(self) -> None:
        """Start the process where it does not run; do not wait for it. A free port is chosen once, then kept."""
        if self.alive():
            return
        self.folder.mkdir(parents=True, exist_ok=True)
        self.port = self.port or free_port()
        command = self.command()
        with self.log.open("wb") as log:
            process = subprocess.Popen(
                command.words,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env={**os.environ, **command.environment},
                cwd=command.folder,
                start_new_session=True,
            )
        self.pid = process.pid
        self.born = _born(self.pid)
        self._state_file.write_text(json.dumps({"pid": self.pid, "born": self.born, "port": self.port}))

    def wait(self, seconds: float = STARTING) -> None:
        """Wait for health. Raises ServerError with the end of the log."""
        end = time.monotonic() + seconds
        while not (self.alive() and self.healthy()):
            if not self.alive() or time.monotonic() > end:
                why = f"is not healthy after {seconds:.0f} s" if self.alive() else "ended"
                tail = "\n".join(self.log.read_text(errors="replace").splitlines()[-15:])
                raise ServerError(f"{self.name} {why}; the end of {self.log}:\n{tail}")
            time.sleep(0.2)

    def start(self) -> None:
        """Start and wait for health; what runs already is left alone."""
        self.spawn()
        self.wait()

    def stop(self, seconds: float = 30.0) -> None:
        """End the server as an operator would; what is not gone by then is killed."""
        self.signal(signal.SIGCONT)
        self.signal(signal.SIGTERM)
        if not self._gone(seconds):
            self.kill()
        self._state_file.unlink(missing_ok=True)

    def kill(self) -> None:
        """Take the server away at once, as a crash of the machine's power would; its data stay."""
        self.signal(signal.SIGKILL)
        self._gone(10.0)

    def pause(self) -> None:
        """Let the server hang: connections stay open, nothing is answered."""
        self.signal(signal.SIGSTOP)

    def resume(self) -> None:
        """End a pause."""
        self.signal(signal.SIGCONT)

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to every process of the server."""
        if self.alive():
            os.killpg(self.pid, number)

    def alive(self) -> bool:
        """Whether our process runs: the pid alone may be another's by now."""
        if not self.pid:
            return False
        try:
            if os.waitpid(self.pid, os.WNOHANG)[0]:
                return False
        except ChildProcessError:
            pass  # started by an earlier command, not by this process
        return self.born > 0 and _born(self.pid) == self.born

    @property
    def _state_file(self) -> Path:
        return self.folder / "state.json"

    def _state(self) -> dict[str, int]:
        try:
            state: dict[str, int] = json.loads(self._state_file.read_text())
        except (OSError, ValueError):
            return {}
        return state

    def _gone(self, seconds: float) -> bool:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if not self.alive():
                return True
            time.sleep(0.05)
        return not self.alive()


def _born(pid: int) -> int:
    """Return when the process began, in clock ticks since boot (field 22 of proc(5) stat); -1 where there is none."""
    try:
        state, *fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (OSError, ValueError):
        return -1
    return -1 if state == "Z" else int(fields[18])


def listens(port: int) -> bool:
    """Whether something listens on a port of this machine."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def free_port() -> int:
    """Return a port that nothing listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
