# ruff: noqa: INP001  a folder that is run, not a package
"""Build the derived tables: ``python config/dictionaries/builder SOURCES``.

SOURCES is the folder with country-codes, Newsmap and Phoenix; the other sources come from PyPI, at the versions that
``requirements.txt`` beside this file pins. The same sources always give the same bytes.
"""

from __future__ import annotations

import sys
from pathlib import Path

import cities
import languages
import phoenix
import regions


def main() -> None:
    """Build every table."""
    folder = Path(sys.argv[1])
    regions.build(folder)
    phoenix.build(folder)
    cities.build(folder)
    languages.build(folder)


if __name__ == "__main__":
    main()
