"""What the README tells a reader to type for the distributed pipeline works on the real servers."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.stage import Stage, staged

pytestmark = [pytest.mark.servers, pytest.mark.timeout(300)]
ROOT = Path(__file__).parents[2]


@pytest.fixture
def stage(tmp_path: Path, kafka_address: str, elasticsearch_url: str) -> Iterator[Stage]:
    """Make a pipeline whose names the commands of the README take from the environment."""
    with staged(tmp_path, kafka_address, elasticsearch_url) as stage:
        yield stage


def typed() -> list[str]:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    block = re.search(r"^```bash\n(.*?)^```$", readme, re.MULTILINE | re.DOTALL)
    assert block is not None
    return [re.sub(r"\s+#.*$", "", line).strip() for line in block[1].splitlines()]


def test_every_command_of_the_readme_works_on_the_servers(
    stage: Stage, kafka_address: str, elasticsearch_url: str
) -> None:
    first, *commands = typed()
    assert first == "make stack", "which is what the fixtures stand for"
    environment = {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "WIREWATCH_KAFKA": kafka_address,
        "WIREWATCH_KAFKA_PREFIX": f"{stage.name}.",
        "WIREWATCH_ELASTICSEARCH": elasticsearch_url,
        "WIREWATCH_INDEX_PREFIX": f"{stage.name}-",
    }
    workers: list[subprocess.Popen[bytes]] = []
    printed = ""
    try:
        for command in commands:
            words = command.removesuffix("&").split() if command.endswith("&") else []
            if words:
                with (stage.folder / f"{uuid.uuid4().hex}.log").open("wb") as log:
                    workers.append(subprocess.Popen(words, cwd=ROOT, env=environment, stdout=log, stderr=log))
                continue
            if "subscribe" in command:
                stage.wait_drained(180)
            done = subprocess.run(  # noqa: S602  as a reader types it
                command, shell=True, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120, check=False
            )
            assert done.returncode == 0, f"{command}\n{done.stdout[-500:]}{done.stderr[-1500:]}"
            printed += done.stdout
    finally:
        for worker in workers:
            worker.terminate()
        for worker in workers:
            worker.wait(40)
    assert "security/mutual-aid" in printed
    assert "Russia and North Korea pledge mutual aid if either is attacked" in printed
