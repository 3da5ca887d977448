"""A replay writes stories and no alerts, keeps what is stored, goes on after a kill, and is not replayed itself."""

from __future__ import annotations

import re
import signal
from collections import Counter
from pathlib import Path

import pytest

from pipeline.adapters.kafka import records, topics
from pipeline.adapters.kafka.read import records as read
from tests.e2e.stage import LONG_AGO, Stage, staged

WIRE = "".join(
    f'{{"uri": "urn:x:{n}", "type": "text", "headline": "Troops attacked {n}", "body_text": "Troops attacked."}}\n'
    for n in range(5)
)


@pytest.mark.servers
@pytest.mark.timeout(300)
def test_history_goes_through_desk_and_index_once_more_without_an_alert(
    tmp_path: Path, kafka_address: str, elasticsearch_url: str
) -> None:
    wire = tmp_path / "wire.jsonl"
    wire.write_text(WIRE)
    with staged(tmp_path, kafka_address, elasticsearch_url) as stage:
        stage.start("desk")
        stage.start("index")
        stage.run("produce", str(wire), "--provider", "test.example")
        stage.wait_drained()
        before, alerts = stage.indexed(), stage.alerts()
        assert len(before) == 5
        assert len(alerts) == 5
        for step, sent in (("desk", 5), ("index", 10), ("desk", 5)):  # what desk has made anew, too
            done = stage.run("replay", "--from", "1h", "--step", step)
            assert f"{sent} messages of" in done.stderr
            stage.wait_drained()
        assert stage.alerts() == alerts
        assert sorted(stage.indexed(), key=str) == sorted(before, key=str)
        found = list(read(stage.config.kafka, [topics.INCOMING], LONG_AGO, follow=False))
        assert [records.is_replay(record) for record in found].count(True) == 10
        received = {records.payload_of(record).received for record in found}
        assert len(received) == len({records.payload_of(record).received for record in found[:5]})
        assert "0 messages of" in stage.run("replay", "--from", "2h", "--to", "1h").stderr

        goes_on_after_a_kill(stage)
        stage.wait_drained()
        assert stage.alerts() == alerts, "all of them were silent"

        stage.run("replay", "--from", "1h", "--alerts")
        stage.wait_drained()
        assert stage.alerts() == Counter(dict.fromkeys(alerts, 2)), "the same alerts, with the same ids"
        assert "5 messages of" in stage.run("replay", "--from", "1h").stderr
        stage.run("reindex")
        assert sorted(stage.indexed(), key=str) == sorted(before, key=str)


def goes_on_after_a_kill(stage: Stage) -> None:
    slow = stage.popen("replay", "--from", "1h", "--rate", "0.7")
    stage.until(lambda: "wirewatch: replay " in stage.log.read_text(), "the replay has said its id")
    before = stage.written(topics.INCOMING)
    stage.until(lambda: stage.written(topics.INCOMING) >= before + 2, "it is on its way")
    slow.send_signal(signal.SIGKILL)
    slow.wait(10)
    [id_] = re.findall(r"wirewatch: replay (\w+) of", stage.log.read_text())
    rest = stage.run("replay", "--resume", id_)
    sent = int(re.findall(r"(\d+) messages of", rest.stderr)[-1])
    assert 0 < sent < 5
    assert stage.written(topics.INCOMING) >= before + 5
    assert f"there is no replay {id_} to go on with" in stage.run("replay", "--resume", id_, status=1).stderr
