"""``worker --processes``: partitions shared out, metrics and health on a port each, all stopped together."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from tests.e2e.stage import staged
from tests.servers.process import free_port


@pytest.mark.servers
@pytest.mark.timeout(180)
def test_two_processes_share_the_partitions_and_each_says_how_it_is(
    tmp_path: Path, kafka_address: str, elasticsearch_url: str
) -> None:
    port = free_port()
    with staged(tmp_path, kafka_address, elasticsearch_url, partitions=4) as stage:
        with stage.file.open("a") as file:
            file.write(f"metrics: {{port: {port}}}\n")
        discovery = tmp_path / "desk.json"
        parent = stage.start("desk", "--processes", "2", "--discovery", str(discovery))
        stage.until(lambda: stage.log.read_text().count("reads 2 partitions") == 2, "both have two partitions")
        [group] = json.loads(discovery.read_text())
        assert group["targets"] == [f"127.0.0.1:{port}", f"127.0.0.1:{port + 1}"]
        for address in group["targets"]:
            stage.until(lambda a=address: page(a, "ready") == (200, "ready with 2 partitions"), "ready")  # type: ignore[misc]
            assert page(address, "health") == (200, "alive")
            assert "wirewatch_lag" in page(address, "metrics")[1]
        assert stage.stop(parent) < 30
        with pytest.raises(urllib.error.URLError):
            page(f"127.0.0.1:{port}", "health")


def page(address: str, name: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(f"http://{address}/{name}", timeout=5) as answer:
            return answer.status, answer.read().decode().strip()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode().strip()
