"""The oracle of the pipeline under faults: every acknowledged payload against what is there at the end."""

from __future__ import annotations

import itertools
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from random import Random

import msgspec
from kafka.errors import KafkaError

from pipeline.adapters.kafka import read, records, topics
from pipeline.adapters.kafka.produce import Producer
from pipeline.core.alerts import Alert, AlertType
from pipeline.core.formats.key import cheap_key
from pipeline.core.payload import Payload
from pipeline.core.story import story_id
from tests.e2e.oracle import Expected, expected
from tests.e2e.stage import Stage
from tests.faults import wire
from tests.faults.size import Size

READS = {"desk": (topics.INCOMING,), "index": (topics.STORIES, topics.ALERTS)}

SEEDS = itertools.count(1)

AGAIN_WITHIN = 15.0
"""Seconds in which a story alerts, whatever happens to a worker or to Elasticsearch: see ``Crew.again_within``."""

CLUMP = 0.05
"""Seconds of stories that are sent at once: to wake for each of them costs more than to send it."""

OUTAGE = 300.0
"""Seconds that the ledger waits for a broker to come back, before it counts a story as not acknowledged."""


class Findings(msgspec.Struct):
    """What came of the stories of one ledger; times in seconds."""

    stories: int
    lost: list[str]
    """Stories that are not in the index, with where they are on ``wire.stories``."""
    double: int
    stale: int
    missing: int
    """Alerts that should have been raised, retractions included."""
    strange: int
    """Alerts with an id that nobody expects."""
    poison_wrong: int
    """Dead letters that are not the poison, and poison that is no dead letter."""
    repeated: int
    """Revisions on ``wire.stories`` beyond the first time."""
    again: int
    """Alerts beyond the first time."""
    delay: float
    """The longest from the sending of a payload to the first alert of it."""
    standstill: float
    """The longest that a worker had something to do and confirmed nothing."""

    @property
    def harmless(self) -> bool:
        """Whether everything is there, once, and nothing else."""
        return not (self.lost or self.double or self.stale or self.missing or self.strange or self.poison_wrong)


class Ledger:
    """Sends a made wire in the background at its rate, and compares what came of it in the end."""

    def __init__(self, stage: Stage, payloads: list[Payload], seed: int, rate: int) -> None:
        self.stage = stage
        self.rate = rate
        self.seed = seed
        self.payloads = payloads
        self.refused: list[str] = []
        self.confirmed = 0
        self.began = datetime.now(UTC)
        self.sent: dict[bytes, float] = {}
        self.standstill = 0.0
        self._watching = True
        self._should: list[Expected] = []
        works = (self._send, self._watch, self._expect)
        self._threads = [threading.Thread(target=work, daemon=True) for work in works]
        for thread in self._threads:
            thread.start()

    def _send(self) -> None:
        kafka, refused = self.stage.config.kafka, self.refused
        producer = Producer(kafka, cheap_key, lambda origin, _reason: refused.append(origin), OUTAGE)
        began = time.monotonic()
        for number, payload in enumerate(self.payloads):
            ahead = began + number / self.rate - time.monotonic()
            if ahead > CLUMP:
                time.sleep(ahead)
            self.sent[payload.data] = time.time()
            producer.send(payload)
        self.confirmed = producer.finish().confirmed

    def _expect(self) -> None:
        """Take the payloads through the stages, when all are sent: before that, every core is the workers'."""
        self._threads[0].join()
        self._should.append(expected(self.stage.config, self.payloads))

    def _watch(self) -> None:
        """Note how long a worker stands still while something waits for it; an absent broker is not held against it."""
        moved: dict[str, tuple[int, float]] = {}
        while self._watching:
            time.sleep(1)
            for worker, names in READS.items():
                now = time.monotonic()
                try:
                    done, ends = self.stage.progress(worker, names)
                except (KafkaError, OSError, RuntimeError):  # the last where the client was closed
                    moved.pop(worker, None)
                    continue
                before, since = moved.get(worker, (-1, now))
                moved[worker] = done, now if done != before or done >= ends else since
                self.standstill = max(self.standstill, now - moved[worker][1])

    def sending(self) -> bool:
        """Whether stories are still being sent."""
        return self._threads[0].is_alive()

    def compare(self, seconds: float = 240) -> Findings:
        """Wait until everything is worked off; return what is there."""
        self._threads[0].join()
        assert self.confirmed == len(self.payloads)
        assert not self.refused
        self.stage.wait_drained(seconds)
        self._watching = False
        for thread in self._threads:
            thread.join()
        [should] = self._should
        there = Counter((story.id, story.revision) for story in self.stage.indexed() if story.id in should.revisions)
        ids = Counter(id_ for id_, _ in there.elements())
        found = dict(there.keys())
        raised = self._alerts()
        strange, missing = self._compare_alerts(should, {alert.id: alert for alert, _ in raised})
        lost = should.revisions.keys() - ids.keys()
        return Findings(
            stories=len(should.revisions),
            lost=self.stage.trail(lost) or sorted(lost),
            double=ids.total() - len(ids),
            stale=sum(should.revisions[id_] != revision for id_, revision in found.items()),
            missing=missing,
            strange=strange,
            poison_wrong=len(self._dead() ^ poison(self.payloads)),
            repeated=self._repeated(),
            again=len(raised) - len({alert.id for alert, _ in raised}),
            delay=self._delay(raised),
            standstill=self.standstill,
        )

    def _ours(self, uri: str) -> bool:
        return uri.startswith(f"urn:fault:{self.seed}:")

    def _alerts(self) -> list[tuple[Alert, float]]:
        """Return our alerts, each with its time, in their order."""
        found = read.records(self.stage.config.kafka, [topics.ALERTS], self.began, follow=False)
        alerts = ((records.alert_of(record), record.timestamp / 1000) for record in found)
        return [(alert, at) for alert, at in alerts if self._ours(alert.story.uri)]

    def _repeated(self) -> int:
        """Return how many revisions came to ``wire.stories`` more than once."""
        found = read.records(self.stage.config.kafka, [topics.STORIES], self.began, follow=False)
        stories = (records.story_of(record) for record in found)
        seen = Counter((story.id, story.revision) for story in stories if self._ours(story.uri))
        return seen.total() - len(seen)

    def _dead(self) -> set[bytes]:
        return {letter.payload for letter in self.stage.dead() if b"story %d:" % self.seed in letter.payload}

    def _delay(self, raised: list[tuple[Alert, float]]) -> float:
        """Return the longest from sending to alert, over what desk raises."""
        sent = {(value(data, "uri"), value(data, "version")): at for data, at in self.sent.items()}
        first: dict[str, tuple[Alert, float]] = {}
        for alert, at in raised:
            if alert.type is not AlertType.RETRACTED:
                first.setdefault(alert.id, (alert, at))
        return max((at - sent[alert.story.uri, str(alert.story.version)] for alert, at in first.values()), default=0.0)

    def _compare_alerts(self, should: Expected, raised: Mapping[str, Alert]) -> tuple[int, int]:
        """Return how many alerts nobody expects, and how many are missing.

        What desk raises is known by id. What is taken back is known by story and rule: the revision that a retraction
        names is that which came second.
        """
        names = {alert.story.uri for alert in should.alerts.values()}
        newest = {name: should.revisions[story_id("fault.example", name)] for name in names}
        usable = [alert for alert in should.alerts.values() if alert.type is not AlertType.WITHDRAWN]
        current = {(a.story.uri, a.rule) for a in usable if a.revision == newest[a.story.uri]}
        back = {(a.story.uri, a.rule) for a in usable if a.revision != newest[a.story.uri]} - current
        retracted = {(a.story.uri, a.rule) for a in raised.values() if a.type is AlertType.RETRACTED}
        others = {id_ for id_, alert in raised.items() if alert.type is not AlertType.RETRACTED}
        strange = len(retracted - back) + len(others - should.alerts.keys())
        return strange, len(back - retracted) + len(should.alerts.keys() - others)


def sending(stage: Stage, size: Size) -> Ledger:
    """Begin to send stories that nobody has sent before."""
    seed = next(SEEDS)
    return Ledger(stage, wire.payloads(size.stories, seed), seed, size.rate)


def through(ledger: Ledger, size: Size, fault: Callable[[int], None], pause: float | None = None) -> None:
    """Do ``fault`` so often while stories are sent, with pauses of chance between, or of so many seconds."""
    chance = Random(ledger.seed)
    first, last = size.pause
    last = min(last, 2 * size.stories / size.rate / size.faults - first)
    for number in range(size.faults):
        time.sleep(pause or chance.uniform(first, max(first, last)))
        fault(number)


def value(data: bytes, name: str) -> str:
    """Return a field of a made story."""
    return data.partition(b'"%s": "' % name.encode())[2].partition(b'"')[0].decode()


def poison(payloads: list[Payload]) -> set[bytes]:
    """Return the payloads that must be dead letters."""
    return {payload.data for payload in payloads if payload.data.startswith(b'{"no"')}
