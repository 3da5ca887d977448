"""What the batch runner relies on in Faust and aiokafka, and what it works around.

When one of these fails after an upgrade, the runner must be looked at again, not the test: each says what for.
"""

from __future__ import annotations

import asyncio
import gc
import inspect
from collections.abc import Iterator
from importlib.metadata import version
from typing import Any

import faust
import pytest
from aiokafka.client import AIOKafkaClient
from aiokafka.consumer.fetcher import Fetcher
from aiokafka.consumer.group_coordinator import GroupCoordinator
from faust.tables.manager import TableManager
from faust.tables.recovery import Recovery
from faust.transport.conductor import Conductor
from faust.transport.consumer import Consumer
from faust.transport.drivers import aiokafka as driver
from faust.types import TP
from mode.services import Service
from mode.threads import MethodQueue

from pipeline.adapters.kafka.connections import _Client
from pipeline.config import Config, Kafka
from pipeline.runners.faust_batches import BatchApp, BatchConsumer, make_app
from pipeline.runners.faust_parts import NoTables
from pipeline.runners.faust_reads import ReadingConsumer
from pipeline.runners.faust_watch import WatchedConsumer


@pytest.fixture(autouse=True)
def tidy() -> Iterator[None]:
    """Let each test's app go here: one that goes in the middle of an import upsets CPython 3.11's compiler."""
    yield
    gc.collect()


async def nothing(_records: Any) -> None:
    pass


def app(**settings: Any) -> faust.App:
    made = make_app(Config(kafka=Kafka(prefix="x.", **settings)), "desk", ["t"], nothing, instance="one")
    made.finalize()
    return made


def source(function: Any) -> str:
    return inspect.getsource(function)


def test_the_version_is_the_one_that_was_tried() -> None:
    assert version("faust-streaming") == "0.15.3"


def test_the_group_is_joined_as_the_design_says() -> None:
    async def test() -> None:
        made = app(fetch_records=321)
        consumer: Any = made.consumer
        client = consumer._thread._create_worker_consumer(made.transport)
        try:
            assert client._group_id == "x.wirewatch-desk"
            assert client._group_instance_id == "one"
            assert client._session_timeout_ms == 10_000
            assert client._heartbeat_interval_ms == 2_000
            assert client._max_poll_records == 321
            assert client._enable_auto_commit is False
            assert client._auto_offset_reset == "earliest"
            assert consumer.commit_interval == 0.1
            assert client._max_poll_interval_ms > 1e11, "who is not asked for a fetch leaves the group, and stays out"
            assert client._rebalance_timeout_ms == 60_000
        finally:
            await client.stop()

    asyncio.run(test())


def test_the_app_serves_no_web_page_makes_no_leader_topic_and_writes_no_files(
    tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    async def test() -> None:
        made = app()
        assert (made.conf.web_enabled, made.conf.topic_disable_leader, made.conf.stream_wait_empty) == (
            False,
            True,
            True,
        )
        await made.on_first_start()

    asyncio.run(test())
    assert list(tmp_path.iterdir()) == []


def test_every_method_that_is_replaced_is_there_to_be_replaced_and_no_other_is_by_chance() -> None:
    owners = (BatchConsumer, ReadingConsumer, WatchedConsumer)
    written = {name for owner in owners for name, made in vars(owner).items() if inspect.isfunction(made)} - {
        "__init__"
    }
    assert {name for name in written if hasattr(driver.Consumer, name)} == {
        "ack", "_add_gap", "_filter_tps_with_pending_acks", "_new_consumer_thread", "_new_offset", "getmany",
        "on_partitions_assigned", "on_partitions_revoked", "perform_seek", "resume_flow",
        "verify_all_partitions_active", "wait_empty",
    }  # fmt: skip
    assert hasattr(faust.App, "_create_directories")
    assert hasattr(Service, "_crash")
    assert issubclass(BatchApp, Service)


def test_the_client_looks_at_a_connection_before_it_uses_it_and_has_the_tasks_that_the_watch_looks_at() -> None:
    async def test() -> None:
        made: Any = app().consumer
        client = made._thread._create_consumer(asyncio.get_running_loop())
        assert type(client._client) is _Client
        assert client._client._sync_task is None
        assert {"_fetcher", "_coordinator"} <= vars(client).keys()
        assert "_pending_exception" in source(GroupCoordinator.check_errors)
        await client.stop()

    asyncio.run(test())
    assert "self._consumer = self._create_consumer(" in source(driver.AIOKafkaConsumerThread.on_start)
    assert "self._sync_task = create_task(self._md_synchronizer())" in source(AIOKafkaClient.bootstrap)
    assert "self._fetch_task = create_task(" in source(Fetcher.__init__)
    assert "self._coordination_task = create_task(" in source(GroupCoordinator.__init__)
    assert "await self.ready(node_id, group=group)" in source(AIOKafkaClient.send)
    assert "await self._get_conn(node_id, group=group)" in source(AIOKafkaClient.ready)
    assert "await self._get_conn(node_id)" in source(AIOKafkaClient._metadata_update)


def test_a_message_below_the_offset_last_read_is_dropped_so_ours_remembers_none() -> None:
    assert "if r_offset is None or offset >= r_offset" in source(Consumer._drain_messages)

    async def test() -> None:
        consumer: Any = app().consumer
        consumer._read_offset[TP("t", 0)] = 41
        consumer._read_offset.update({TP("t", 0): 42})
        assert consumer._read_offset[TP("t", 0)] is None

    asyncio.run(test())


def test_the_client_has_what_it_fetched_ahead_in_one_place_and_asks_again_only_when_that_is_handed_over() -> None:
    assert "list(self._records.keys())" in source(Fetcher.fetched_records)
    assert "if tp in self._records" in source(Fetcher._get_actions_per_node)
    assert "max_records=_consumer._max_poll_records" in source(driver.AIOKafkaConsumerThread.getmany)


def test_commits_ask_these_three_methods_what_there_is_to_commit() -> None:
    assert "_filter_tps_with_pending_acks" in source(Consumer.force_commit)
    assert "self._new_offset(tp)" in source(Consumer._filter_committable_offsets)
    assert "self._should_commit(tp, offset)" in source(Consumer._filter_committable_offsets)


def test_a_commit_that_finds_another_under_way_commits_nothing_and_says_so() -> None:
    async def test() -> None:
        consumer: Any = app().consumer
        consumer._commit_fut = asyncio.get_running_loop().create_future()
        consumer._commit_fut.set_result(None)
        assert await consumer.commit() is False

    asyncio.run(test())


def test_a_commit_of_faust_wipes_out_the_note_beside_the_offset_and_aiokafka_reads_it() -> None:
    assert 'OffsetAndMetadata(offset, "")' in source(driver.AIOKafkaConsumerThread._commit)
    assert "return offsets" in source(GroupCoordinator.fetch_committed_offsets)
    assert "OffsetAndMetadata(offset, metadata)" in source(GroupCoordinator._do_fetch_commit_offsets)


def test_what_the_consumer_thread_is_asked_to_do_is_done_there_and_its_errors_come_back() -> None:
    text = source(MethodQueue._process_enqueued)
    assert "maybe_async(method(*args, **kwargs))" in text
    assert "maybe_set_exception, promise, exc" in text


def test_a_revocation_forgets_committed_offsets_before_it_waits_for_streams() -> None:
    text = source(Consumer.on_partitions_revoked)
    assert text.index("self._committed_offset.pop") < text.index("self._on_partitions_revoked")


def test_a_stop_waits_for_the_consumer_only_through_wait_empty() -> None:
    assert "await self._consumer_wait_empty(consumer, self.log)" in source(faust.App._stop_consumer)
    assert "await consumer.wait_empty()" in source(faust.App._consumer_wait_empty)


def test_after_every_rebalance_positions_are_those_of_the_commits_before_the_flow_goes_on() -> None:
    text = source(Recovery._resume_streams)
    assert text.index("consumer.perform_seek()") < text.index("consumer.resume_flow()")
    assert text.index("app.flow_control.resume()") < text.index("consumer.resume_flow()")


def test_tables_are_given_a_second_before_the_group_is_joined_and_nothing_else_is_done_at_their_start() -> None:
    assert [line.strip() for line in source(TableManager.on_start).splitlines()[2:]] == [
        "await self.sleep(1.0)",
        "if not self.should_stop:",
        "await self._update_channels()",
        "await self.recovery.start()",
    ]
    assert type(app().tables) is NoTables


def test_the_generation_is_set_before_partitions_are_assigned() -> None:
    text = source(driver.ConsumerRebalanceListener.on_partitions_assigned)
    assert text.index("consumer_generation_id = generation") < text.index("thread.on_partitions_assigned")


def test_no_records_are_fetched_while_the_flow_stands_still() -> None:
    text = source(driver.AIOKafkaConsumerThread._fetch_records)
    assert text.index("if not self.consumer.flow_active") < text.index("fetched_records(")


def test_a_read_that_waits_over_a_rebalance_goes_on_in_the_new_assignment() -> None:
    assert "await self._subscriptions.wait_for_assignment()" in source(Fetcher.fetched_records)


def test_a_stream_skips_messages_of_another_generation_and_acknowledges_them() -> None:
    text = source(faust.Stream._py_aiter)
    assert "message.generation_id != self.app.consumer_generation_id" in text
    assert "do_ack or value is skipped_value" in text


def test_messages_go_to_the_channel_of_their_topic_and_partition() -> None:
    assert "get_callback_for_tp(message.tp)" in source(Conductor._compile_message_handler)
