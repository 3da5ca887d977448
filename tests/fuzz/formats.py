"""Every parser under Atheris: nothing but a result or an InputError may come out, within five seconds.

By hand, since it runs until it is stopped and needs a compiler's runtime::

    pip install atheris                                       # not in the lock: nothing of wirewatch needs it
    python -m tests.fuzz.formats build/corpus -max_total_time=600

The folder keeps what reached new code; it is made, and filled with the samples of the tests, when it is not there. A
fault is written where you are, as ``crash-…`` or ``timeout-…``; ``python -m tests.fuzz.formats crash-…`` runs it again.
"""

from __future__ import annotations

import sys
from contextlib import suppress
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["pipeline.core"]):
    from pipeline.core.errors import InputError
    from pipeline.core.formats import FORMATS, parse_as
    from pipeline.core.formats.key import cheap_key
    from pipeline.core.payload import Payload
    from pipeline.core.story import PARSED, story_json
    from tests.core.formats.samples import ALL

SECONDS = 5
"""After which libFuzzer calls an input a fault; by the wall clock, which runs on while others have the core."""


def one_input(data: bytes) -> None:
    """Parse ``data`` as every format in turn, and write what comes out."""
    payload = Payload(data=data, origin="fuzz")
    cheap_key(payload)
    for name in FORMATS:
        with suppress(InputError):
            for story in parse_as(name, payload).stories:
                story_json(story, PARSED)


def main() -> None:
    """Run libFuzzer with its own options; a folder that is named first is made and filled."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 and not sys.argv[1].startswith("-") else None
    if folder is not None and not folder.exists():
        folder.mkdir(parents=True)
        for name, text in ALL.items():
            (folder / name).write_bytes(text.encode())
    atheris.Setup([*sys.argv, f"-timeout={SECONDS}", "-max_len=8192"], one_input)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
