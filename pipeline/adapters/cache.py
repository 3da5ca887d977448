"""Files that hold what was computed once: named by a hash of all that went in, so that none can be stale.

A cache that cannot be read or written costs time and nothing else.
"""

from __future__ import annotations

import contextlib
import os
import tempfile
from pathlib import Path


def place(kind: str, digest: str) -> Path:
    """Return where a cache of this kind and hash lies."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "wirewatch" / f"{kind}-{digest[:32]}.msgpack"


def keep(cache: Path, data: bytes, most: int) -> None:
    """Write a cache whole or not at all, and drop the oldest of its kind beyond ``most``."""
    with contextlib.suppress(OSError, RuntimeError):
        cache.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=cache.parent, delete=False) as file:
            try:
                file.write(data)
            except OSError:
                Path(file.name).unlink(missing_ok=True)
                raise
        Path(file.name).replace(cache)
        kind = cache.name.rpartition("-")[0]
        kept = sorted(cache.parent.glob(f"{kind}-*.msgpack"), key=lambda path: path.stat().st_mtime, reverse=True)
        for old in kept[most:]:
            old.unlink(missing_ok=True)
