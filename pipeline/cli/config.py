"""``wirewatch config show``: the configuration as it is understood, defaults included and secrets masked."""

from __future__ import annotations

import argparse
import sys

import msgspec
import yaml

from pipeline import config

SECRETS = frozenset({"password", "api_key", "secrets"})


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what to show."""
    parser.add_argument("action", choices=("show",), help="show: print every setting")
    parser.add_argument("--config", metavar="F", help="configuration (config/wirewatch.yaml)")
    parser.add_argument("--json", action="store_true", help="as JSON")


def run(options: argparse.Namespace) -> int:
    """Print the configuration."""
    settings = _mask(msgspec.to_builtins(config.load(options.config)))
    if options.json:
        sys.stdout.buffer.write(msgspec.json.encode(settings) + b"\n")
    else:
        print(yaml.safe_dump(settings, sort_keys=False, allow_unicode=True, width=110), end="")
    return 0


def _mask(value: object, key: str = "") -> object:
    if isinstance(value, dict):
        return {name: _mask(item, str(name)) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_mask(item) for item in value]
    return "********" if key in SECRETS and value else value
