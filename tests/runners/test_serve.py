"""A worker that must end ends, whoever reads what it says."""

from __future__ import annotations

import subprocess
import sys

import pytest

BROKEN = "import os; r, w = os.pipe(); os.dup2(w, 2); os.close(w); os.close(r)\n"
"""Makes of stderr a pipe that nobody reads."""


@pytest.mark.parametrize(
    ("call", "status"),
    [
        ("serve.fail(ValueError('unforeseen'))", 1),
        ("serve.fail(ConfigError([]))", 3),
        ("serve.end_still('why', {})", 1),
        ("serve.give_up({})", 1),
    ],
)
def test_a_process_ends_also_where_nobody_reads_its_stderr(call: str, status: int) -> None:
    imports = "from pipeline.core.errors import ConfigError\nfrom pipeline.runners import serve\n"
    code = f"{BROKEN}{imports}try:\n  {call}\nexcept BaseException:\n  os._exit(9)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == status
