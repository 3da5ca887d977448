"""Many rules compiled once: a file under the user's cache folder, read in place of parsing and indexing them again.

Its name is a hash of all that the compiled rules follow from: every byte of the rule files, the dictionary, limits and
topics, this program's own modules, and the day where a rule has a last one.
"""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable, Collection, Iterable
from contextlib import suppress
from datetime import date
from hashlib import sha256
from pathlib import Path

import msgspec

from pipeline import __version__
from pipeline.adapters import cache
from pipeline.core import rules as package
from pipeline.core import words
from pipeline.core.rules import Limits, Names, RuleDefinition, RuleSet
from pipeline.core.rules.snapshot import dump, restore

WORTH = 2_000
"""Rules from which on a cache is read and written; fewer are compiled as fast."""
_KEPT = 2
"""Caches that stay: of a million rules one takes a quarter of a gigabyte."""


class RuleCache:
    """The compiled rules of one set of files, as they are under these names, limits and topics, on this day."""

    def __init__(
        self,
        files: str,
        definitions: Collection[RuleDefinition],
        *,
        names: Names | None,
        limits: Limits | None,
        topics: Iterable[str] | None,
        today: date | None,
    ) -> None:
        self.worth = len(definitions) >= WORTH
        if self.worth:
            day = today if any(rule.expires for rule in definitions) else None
            about: list[object] = [
                __version__,
                sys.byteorder,
                files,
                names.version if names else None,
                limits or Limits(),
            ]
            about += [None if topics is None else sorted(topics), day]
            digest = sha256(msgspec.json.encode(about))
            for module in _modules():
                digest.update(module.read_bytes())
            self.path = cache.place("rules", digest.hexdigest())

    def fill(self, compile_: Callable[[RuleSet | None], RuleSet]) -> RuleSet:
        """Return what ``compile_`` makes of the rules that have been compiled before, if any; new ones are kept.

        A million rules are many objects, none of them garbage: nobody looks through them for any, now or later, while
        stories wait.
        """
        enabled = gc.isenabled()
        gc.disable()
        try:
            found = self._read()
            rules = compile_(found)
            if found is None:
                self._keep(rules)
            if self.worth:
                gc.freeze()
        finally:
            if enabled:
                gc.enable()
        return rules

    def _read(self) -> RuleSet | None:
        """Return the rules where they have been compiled before."""
        if self.worth:
            with suppress(OSError, msgspec.DecodeError, ValueError):
                return restore(self.path.read_bytes())
        return None

    def _keep(self, rules: RuleSet) -> None:
        """Write rules, just compiled and not changed since."""
        if self.worth:
            cache.keep(self.path, dump(rules), _KEPT)


def _modules() -> list[Path]:
    """Return the modules that make rules of files and numbers of rules."""
    return [*sorted(Path(str(package.__file__)).parent.glob("*.py")), Path(words.__file__)]
