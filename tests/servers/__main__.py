"""``python -m tests.servers start|status|stop``: what ``make stack`` and ``make stack-stop`` call."""

from __future__ import annotations

import argparse
import shutil
import sys
from pathlib import Path

from tests.servers.process import ServerError
from tests.servers.stack import ELASTICSEARCH_PORT, FOLDER, KAFKA_PORT, Stack


def main() -> int:
    """Run one command; the exit status of ``status`` is 0 only where both are healthy."""
    parser = argparse.ArgumentParser(prog="python -m tests.servers", description=__doc__)
    parser.add_argument("command", choices=["start", "status", "stop"])
    parser.add_argument("--folder", type=Path, default=FOLDER, help="data, settings, logs (default: build/stack)")
    parser.add_argument("--kafka-port", type=int, default=KAFKA_PORT)
    parser.add_argument("--es-port", type=int, default=ELASTICSEARCH_PORT)
    parser.add_argument("--clean", action="store_true", help="with stop: remove the data too")
    options = parser.parse_args()
    stack = Stack.at(options.folder, options.kafka_port, options.es_port)
    if options.command == "stop":
        stack.stop()
        if options.clean:
            shutil.rmtree(options.folder, ignore_errors=True)
        return 0
    if options.command == "start":
        try:
            stack.start()
        except ServerError as error:
            sys.exit(str(error))
    return status(stack)


def status(stack: Stack) -> int:
    """Print one line for each server."""
    healthy = True
    for server, address in ((stack.kafka, stack.kafka.address), (stack.elasticsearch, stack.elasticsearch.url)):
        up = server.alive() and server.healthy()
        healthy = healthy and up
        what = f"{address}  (pid {server.pid})" if up else "is not running"
        sys.stdout.write(f"{server.name:<14} {what}\n")
    return 0 if healthy else 1


if __name__ == "__main__":
    sys.exit(main())
