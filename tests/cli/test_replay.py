"""A replay that is broken off: it goes on where everything before is confirmed. The rest is in tests/e2e."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from pipeline import config
from pipeline.adapters.kafka import produce
from pipeline.cli import replay
from pipeline.config import Config
from pipeline.core.errors import UnreachableError


class Span:
    """Ten messages; knows how far it has come and what was noted."""

    id, topic, alerts, total = "abc", "wire.incoming", False, 10

    def __init__(self) -> None:
        self.done = 0
        self.noted: list[int] = []

    def records(self) -> Iterator[Any]:
        for number in range(self.total):
            yield SimpleNamespace(
                topic=self.topic, partition=0, offset=number, timestamp=1, key=b"k", value=b"x", headers=[]
            )
            self.done = number + 1

    def note(self) -> None:
        self.noted.append(self.done)

    def end(self) -> None:
        raise AssertionError


@pytest.mark.parametrize(
    ("error", "noted"), [(UnreachableError("offset 2 is not confirmed"), []), (KeyboardInterrupt(), [4])]
)
def test_what_is_not_confirmed_is_not_passed_over(
    monkeypatch: pytest.MonkeyPatch, error: BaseException, noted: list[int]
) -> None:
    class Producer:
        """Finds with the fifth message that an earlier one is not confirmed, or is interrupted."""

        topic = "wire.incoming"

        def __init__(self, *_: Any, **__: Any) -> None:
            self.sent = 0

        def send(self, *_: Any, **__: Any) -> None:
            self.sent += 1
            if self.sent == 5:
                raise error

        def finish(self) -> Any:
            return SimpleNamespace(confirmed=self.sent)

    span = Span()
    monkeypatch.setattr(config, "load", lambda _file: Config(mode="distributed"))
    monkeypatch.setattr(replay, "_replay", lambda *_: span)
    monkeypatch.setattr(produce, "Producer", Producer)
    with pytest.raises(type(error)):
        replay.run(argparse.Namespace(config=None, rate=0))
    assert span.noted == noted
