"""How far a consumer on Faust is behind, and what ends its process when it stands still for no reason."""

from __future__ import annotations

import asyncio
from abc import abstractmethod
from contextlib import suppress
from time import monotonic
from typing import Any, ClassVar

from aiokafka.errors import KafkaError
from faust.transport.drivers import aiokafka as driver
from mode import Service

from pipeline import metrics
from pipeline.adapters.kafka.outage import Outage
from pipeline.runners.faust_parts import ConsumerThread
from pipeline.runners.liveness import Liveness
from pipeline.runners.serve import end_still, fail

WATCH = 5.0
"""Seconds between two looks at the lag."""

REBALANCE = 180.0
"""Seconds that a rebalance may take: thrice as long as it waits for a member."""


class WatchedConsumer(driver.Consumer):  # type: ignore[misc]  # Faust has no types
    """Measures what waits for ``worker`` and tells ``liveness``; its subclass knows what it has done."""

    worker: ClassVar[str]
    liveness: ClassVar[Liveness]
    outage: ClassVar[Outage]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.done = 0
        """Records done with in this process."""
        self._flowed = monotonic()
        """When records were last let through."""

    @abstractmethod
    async def worked_off(self, tp: Any) -> int:
        """Return the offset before which nothing of a partition waits."""

    def end(self, why: str) -> None:
        """End the process, from any thread, and say what everything in it waits at."""
        end_still(why, {"the main loop": self.loop, "the consumer's loop": self._thread.thread_loop})

    def _new_consumer_thread(self) -> ConsumerThread:
        return ConsumerThread(self, loop=self.loop, beacon=self.beacon)

    async def verify_all_partitions_active(self) -> None:
        """Look at nothing: Faust's own watch takes a worker that waits for Elasticsearch for a stuck one."""

    def measure(self, partition: Any, end: int, position: int) -> int:
        """Note and return how many records wait between a position and the end of a partition."""
        lag = max(0, end - position)
        metrics.LAG.labels(self.worker, partition.topic, partition.partition).set(lag)
        return lag

    @Service.task  # type: ignore[untyped-decorator]  # Faust has no types
    async def _watch(self) -> None:
        """Measure the lag, also while nothing is read; a guard ends the process when it stands still for no reason."""
        self.liveness.guard(self.end)
        looking: asyncio.Future[int] | None = None
        while not self.should_stop:
            await self.sleep(WATCH)
            if not self.should_stop and (error := self._died_of()) is not None:
                fail(error)
            if not self.should_stop and (error := self._kept_out()) is not None:
                await self.outage.tell(error)
                continue
            looking = looking or asyncio.ensure_future(self._lag())
            await asyncio.wait([looking], timeout=WATCH)
            lag = 0
            try:
                if looking.done():
                    answer, looking = looking, None
                    lag = answer.result()
                    self.outage.over()
                elif await self.outage.reason() is None:
                    self.outage.lets_in()
                    continue  # what does not answer is ours, and for the guard to see
                else:  # the client asks for as long as it takes
                    await self.outage.tell(TimeoutError(f"no answer in {WATCH:.0f} s"))
            except (KafkaError, TimeoutError) as error:
                await self.outage.tell(error)  # the broker is away: not for us to end
            self.liveness.note(lag, self.done)

    def _died_of(self) -> BaseException | None:
        """Return the error of which a task of Kafka's client has ended that goes on for ever: nobody else looks."""
        kafka = self._thread._consumer  # noqa: SLF001  the only way to the client
        parts = (kafka._client, kafka._fetcher, kafka._coordinator) if kafka is not None else ()  # noqa: SLF001  the same
        names = "_sync_task", "_fetch_task", "_coordination_task"
        tasks = [getattr(part, name, None) for part, name in zip(parts, names, strict=False)]  # None while it starts
        ended = [task for task in tasks if task is not None and task.done() and not task.cancelled()]
        return next((error for task in ended if (error := task.exception()) is not None), None)

    def _kept_out(self) -> BaseException | None:
        """Return why the group does not let us in, and let the client try again.

        It waits until it is asked for such an error, as of a right that is missing, and Faust reads past the method
        that asks.
        """
        coordinator = getattr(self._thread._consumer, "_coordinator", None)  # noqa: SLF001  the same
        error: BaseException | None = getattr(coordinator, "_pending_exception", None)
        if error is not None:
            self._thread.thread_loop.call_soon_threadsafe(_ask, coordinator)
        return error

    async def _lag(self) -> int:
        """Return how many records wait; one where a rebalance does not end although a broker lets us in."""
        if self.flow_active:
            self._flowed = monotonic()
        elif monotonic() - self._flowed > REBALANCE:
            return int(await self.outage.reason() is None)
        assigned = self.assignment() if self.flow_active else set()
        ends = await self.highwaters(*assigned) if assigned else {}
        return sum([self.measure(tp, end, await self.worked_off(tp)) for tp, end in ends.items()])


def _ask(coordinator: Any) -> None:
    with suppress(KafkaError):
        coordinator.check_errors()
