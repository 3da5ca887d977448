"""Every metric that any process serves. Dashboards and alerting rules may use these and no others.

The label ``step`` is a name of the table in ``core/flow.py``, ``release``, or a worker that a message has ended;
``worker`` is ``embedded``, ``desk``, ``index`` or ``release``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from prometheus_client import Counter, Gauge, Histogram, start_http_server

BUCKETS = (0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.1, 0.5, 1.0, 5.0)

PAYLOADS = Counter("wirewatch_payloads", "Payloads taken in.", ["worker"])
STORIES = Counter("wirewatch_stories", "Stories that went through every step.", ["worker", "provider"])
HELD = Counter("wirewatch_held", "Stories held back until their embargo ends.", ["worker"])
RELEASED = Histogram(
    "wirewatch_release_delay_seconds", "Seconds from the end of an embargo to the release.", ["worker"], buckets=BUCKETS
)
TAGS = Counter("wirewatch_tags", "Tags given.", ["worker", "kind"])
MATCHES = Counter("wirewatch_matches", "Rule matches.", ["worker"])
ALERTS = Counter("wirewatch_alerts", "Alerts raised.", ["worker", "type", "topic"])
DEAD = Counter("wirewatch_dead_letters", "Payloads that could not be processed.", ["worker", "step"])
RULE_FAILURES = Counter("wirewatch_rule_failures", "Evaluations of a rule that failed.", ["rule"])
RULES = Gauge("wirewatch_rules", "Rules in force.", ["worker"])
RULES_REFUSED = Gauge(
    "wirewatch_rules_refused", "Rules that are refused or out, and records that cannot be read.", ["worker"]
)
STEP_SECONDS = Histogram("wirewatch_step_seconds", "Seconds in a step, by story.", ["worker", "step"], buckets=BUCKETS)
BATCH_SECONDS = Histogram("wirewatch_batch_seconds", "Seconds from a batch read to its effects confirmed.", ["worker"])
LAG = Gauge("wirewatch_lag", "Messages waiting, by partition.", ["worker", "topic", "partition"])
LAST_STORY = Gauge("wirewatch_last_story_timestamp_seconds", "When a story last came in.", ["worker"])
INDEX_ACTIONS = Counter("wirewatch_index_actions", "Answers of the index to single documents.", ["result"])
FETCHES = Counter("wirewatch_fetches", "Looks at feeds and mailboxes.", ["result"])
SOURCES = Gauge("wirewatch_sources", "Feeds and mailboxes by how they fare.", ["state"])
INGESTED = Counter("wirewatch_ingested", "Answers to pushed stories.", ["result"])
BLOCKED = Gauge("wirewatch_blocked", "1 while a worker waits for another system.", ["worker", "system"])


def serve(host: str, port: int, pages: Mapping[str, Callable[[], tuple[bool, str]]] | None = None) -> int:
    """Serve ``/metrics`` from a thread of its own; return the port, which the system chooses for port 0.

    A page of ``pages`` answers 200 or 503 with the text that its function returns.
    """
    server, _thread = start_http_server(port, addr=host)
    rest = server.get_app()

    def answer(environment: dict[str, Any], start: Any) -> Any:
        page = (pages or {}).get(environment["PATH_INFO"])
        if page is None:
            return rest(environment, start)  # type: ignore[misc]  # make_wsgi_app always sets one
        good, text = page()
        start("200 OK" if good else "503 Service Unavailable", [("Content-Type", "text/plain; charset=utf-8")])
        return [text.encode() + b"\n"]

    server.set_app(answer)
    return int(server.server_port)
