"""Run every check and say what each took: ``make check``, and with ``--servers`` ``make test``."""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter

from tests.servers.process import ServerError
from tests.servers.stack import FOLDER, Stack

ROOT = Path(__file__).parent.parent
BIN = Path(sys.executable).parent
WORKERS = str((os.cpu_count() or 2) + 1)
"""One more than there are cores: many a test waits for a process or a clock."""

FAULTS = "tests/faults"
"""They measure how long an alert takes, and have a time of their own in all: to note coverage adds a third to it."""

LINT: tuple[tuple[str, list[str]], ...] = (
    ("format", ["ruff", "format", "--check", "--quiet", "."]),
    ("lint", ["ruff", "check", "--quiet", "."]),
    ("types", ["mypy", "--no-error-summary"]),
    ("imports", ["lint-imports", "--cache-dir", "build/imports"]),
)


def main() -> int:
    """Run the parts in turn, all of them even when one fails; return 1 when any did."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--servers", action="store_true", help="the tests on real servers too, with coverage")
    servers = parser.parse_args().servers
    took: list[tuple[str, float, bool]] = []
    for name, command in LINT:
        took.append(_run(name, [str(BIN / command[0]), *command[1:]]))
    pytest = [sys.executable, "-m", "pytest", "-q", "--durations=5"]
    coverage = ["--cov", "--cov-report="] if servers else []
    took.append(_run("tests", [*pytest, *coverage, "-n", WORKERS, "--dist", "loadfile", "-m", "not servers"]))
    if servers:
        took.append(_run("Prometheus", [sys.executable, "-m", "tests.deploy.prometheus"]))
        more = [*pytest, "-m", "servers"]
        with _servers():
            rest = ["-n", "2", "--dist", "loadfile", *coverage, "--cov-append", f"--ignore={FAULTS}"]
            took.append(_run("tests on servers", [*more, *rest]))
            took.append(_run("faults", [*more, "-n", WORKERS, "--dist", "loadgroup", FAULTS]))
        took.append(_run("coverage", [str(BIN / "coverage"), "report"]))
    print("\n" + "\n".join(f"{'ok  ' if good else 'FAIL'} {name:<18} {spent:6.1f} s" for name, spent, good in took))
    print(f"     {'in all':<18} {sum(spent for _, spent, _ in took):6.1f} s")
    return int(not all(good for _, _, good in took))


@contextmanager
def _servers() -> Iterator[None]:
    """Start a Kafka and an Elasticsearch that all tests share, where none are named and no `make stack` runs.

    Where they do not start, the tests find out by themselves, and say why.
    """
    running = Stack.at()
    names = {"WIREWATCH_TEST_KAFKA", "WIREWATCH_TEST_ELASTICSEARCH"}
    if names & os.environ.keys() or running.kafka.alive() or running.elasticsearch.alive():
        yield
        return
    stack = Stack.at(FOLDER.with_name(f"stack-of-tests-{os.getpid()}"))
    try:
        stack.start()
        os.environ["WIREWATCH_TEST_KAFKA"] = stack.kafka.address
        os.environ["WIREWATCH_TEST_ELASTICSEARCH"] = stack.elasticsearch.url
    except ServerError as error:
        print(error, flush=True)
    try:
        yield
    finally:
        for name in names:
            os.environ.pop(name, None)
        stack.stop()
        shutil.rmtree(stack.kafka.folder.parent, ignore_errors=True)


def _run(name: str, command: list[str]) -> tuple[str, float, bool]:
    print(f"\n== {name}", flush=True)
    began = perf_counter()
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)  # hundreds of our commands are started, each would compile us anew
    done = subprocess.run(command, cwd=ROOT, env=environment, check=False)
    return name, perf_counter() - began, done.returncode == 0


if __name__ == "__main__":
    sys.exit(main())
