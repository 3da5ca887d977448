"""What Faust is given in the place of small parts of its own."""

from __future__ import annotations

from typing import Any

import faust
from faust.app.base import BootStrategy
from faust.tables.manager import TableManager
from faust.transport.drivers import aiokafka as driver

from pipeline.adapters.kafka.connections import steady


class Forgetful(dict[Any, Any]):
    """Read offsets that are never known: Faust would drop a fetch that begins before the last one it remembers.

    Its memory may be of an assignment that has ended, and what it drops is lost.
    """

    def __getitem__(self, _partition: Any) -> None:
        return None


class ConsumerThread(driver.AIOKafkaConsumerThread):  # type: ignore[misc]  # Faust has no types
    """A thread whose client survives the end of its connections."""

    def _create_consumer(self, loop: Any) -> Any:
        return steady(super()._create_consumer(loop))


class OnlyReading(BootStrategy):  # type: ignore[misc]  # Faust has no types
    """Starts no producer of Faust's: effects write through one of ours."""

    enable_kafka_producer = False


class BatchSchema(faust.Schema):  # type: ignore[misc]  # Faust has no types
    """Hands the records over as they are: nothing is decoded before the agent has them."""

    def loads_key(self, _app: Any, _message: Any, **_: Any) -> None:
        """Return None: a fetch has no key."""

    def loads_value(self, _app: Any, message: Any, **_: Any) -> Any:
        """Return the records."""
        return message.value


class NoTables(TableManager):  # type: ignore[misc]  # Faust has no types
    """Begins at once: Faust gives tables a second to be declared, and the group is joined only after that."""

    async def on_start(self) -> None:
        """Start what deals out partitions, as the stock one does after its second."""
        await self._update_channels()
        await self.recovery.start()
