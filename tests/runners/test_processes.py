"""Several processes: kept running, ended together, and ended by what no restart mends."""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
import time
from pathlib import Path

from pipeline.runners import processes

APPEND = "import sys, pathlib; pathlib.Path(sys.argv[1]).open('a').write('x')"


def test_a_process_that_ends_is_started_again_and_a_final_status_ends_all(tmp_path: Path) -> None:
    started = tmp_path / "started"
    one = [sys.executable, "-c", f"{APPEND}; sys.exit(1)", str(started)]
    other = [
        sys.executable,
        "-c",
        (
            "import sys, pathlib, time\n"
            "while len(pathlib.Path(sys.argv[1]).read_text()) < 2: time.sleep(0.05)\n"
            "sys.exit(4)"
        ),
        str(started),
    ]
    started.touch()
    assert processes.supervise([one, other]) == 4
    assert len(started.read_text()) >= 2


def test_a_signal_stops_every_process(tmp_path: Path) -> None:
    script = (
        "import signal, sys, time, pathlib\n"
        "signal.signal(signal.SIGTERM, lambda *_: (pathlib.Path(sys.argv[1]).touch(), sys.exit(0)))\n"
        "pathlib.Path(sys.argv[1] + '.up').touch()\ntime.sleep(60)"
    )
    files = [tmp_path / "a", tmp_path / "b"]

    def stop() -> None:
        until = time.monotonic() + 20
        while not all(file.with_suffix(".up").exists() for file in files) and time.monotonic() < until:
            time.sleep(0.05)
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=stop).start()
    assert processes.supervise([[sys.executable, "-c", script, str(file)] for file in files]) == 0
    assert all(file.exists() for file in files)


def test_the_file_for_prometheus_names_every_address(tmp_path: Path) -> None:
    file = tmp_path / "desk.json"
    processes.write_discovery(file, "desk", ["127.0.0.1:9100", "127.0.0.1:9101"])
    assert json.loads(file.read_text()) == [
        {"targets": ["127.0.0.1:9100", "127.0.0.1:9101"], "labels": {"worker": "desk"}}
    ]
    assert [path.name for path in tmp_path.iterdir()] == ["desk.json"]
