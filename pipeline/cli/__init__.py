"""The command line: one module for each family of commands, imported when its command is called.

A command module has ``arguments(parser)``, which declares, and ``run(options) -> int``, which does the work and can
be called from a test. Results go to stdout, everything else to stderr.
"""

from __future__ import annotations

import argparse
import importlib
import os
import sys
from collections.abc import Sequence

from pipeline import __version__
from pipeline.core.errors import WirewatchError

# command: (module, what it does). The order is that of the help.
COMMANDS: dict[str, tuple[str, str]] = {
    "demo": ("demo", "a day on the wires in half a minute: the embedded pipeline over the sample wire"),
    "run": ("run", "the embedded pipeline over files, folders, feeds or standard input"),
    "search": ("search", "stories that match a query, newest first"),
    "history": ("history", "every revision of a story, and what changed between them"),
    "subscribe": ("subscribe", "alerts of a topic or rule, as they come"),
    "parse": ("stories", "normalised stories, one JSON object a line"),
    "tag": ("stories", "the same, with regions and actors"),
    "match": ("stories", "the same, with the rules that match"),
    "explain": ("explain", "why a story is tagged and matched as it is, word by word"),
    "rules": ("rules", "check, test and try alert rules"),
    "dictionary": ("dictionary", "lint, show and explain the dictionaries of the tagger"),
    "replay": ("replay", "take history through desk or index once more, without alerts"),
    "reindex": ("reindex", "make every index anew with today's mapping, while everything goes on"),
    "dead": ("dead", "payloads that could not be processed"),
    "init": ("init", "topics and index templates of the distributed pipeline; safe to repeat"),
    "produce": ("produce", "send files, folders, feeds or standard input to Kafka"),
    "worker": ("worker", "one worker of the distributed pipeline: desk, index or release"),
    "sources": ("sources", "feeds, folders and mailboxes: list, test, add, import"),
    "config": ("config", "show the configuration as it is understood"),
}


def parser(command: str | None = None) -> argparse.ArgumentParser:
    """Return the parser; with ``command`` only that command's arguments are declared, and its module imported."""
    root = argparse.ArgumentParser(
        prog="wirewatch",
        description="Watches the news wires: tags stories, matches them against your rules, and says why.",
        epilog="`wirewatch COMMAND --help` tells more. Exit status: 0 done, 1 failed, 2 wrong usage, "
        "3 bad configuration or rules, 4 a server cannot be reached, 130 interrupted.",
    )
    root.add_argument("--version", action="version", version=f"wirewatch {__version__}")
    commands = root.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for name, (module, help_) in COMMANDS.items():
        sub = commands.add_parser(name, help=help_, description=help_[0].upper() + help_[1:] + ".")
        if name == command:
            importlib.import_module(f"pipeline.cli.{module}").arguments(sub)
    return root


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    command = next((word for word in given if not word.startswith("-")), None)
    options = parser(command).parse_args(given)
    try:
        status = int(importlib.import_module(f"pipeline.cli.{COMMANDS[options.command][0]}").run(options))
        sys.stdout.flush()
    except WirewatchError as error:
        print(f"wirewatch: {error}" if "\n" not in str(error) else str(error), file=sys.stderr)
        return error.exit_status
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # the reader went away: `| head`
        return 0
    return status
