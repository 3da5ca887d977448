"""Write dashboards/wirewatch.json: ``python deploy/grafana/build.py``.

The dashboard is data below: one list of panels for each row. It uses the metrics of ``pipeline/metrics.py`` alone.
"""

# ruff: noqa: INP001  a script beside the files that it writes, no module

from __future__ import annotations

import json
from itertools import count
from pathlib import Path
from typing import TypeAlias

from grafana_foundation_sdk.builders import common, dashboard, prometheus, stat, timeseries
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models import dashboard as models
from grafana_foundation_sdk.models.common import BigValueGraphMode, DataSourceRef

OUTPUT = Path(__file__).parent / "dashboards" / "wirewatch.json"
SOURCE = DataSourceRef(type_val="prometheus", uid="${datasource}")
SECONDS = "s"

Panel: TypeAlias = stat.Panel | timeseries.Panel


def number(
    title: str, expression: str, description: str, unit: str = "short", bad_from: float | None = None
) -> stat.Panel:
    """Return a panel with one number, which turns red from ``bad_from`` on."""
    steps = [models.Threshold(value=None, color="green")]
    if bad_from is not None:
        steps.append(models.Threshold(value=bad_from, color="red"))
    thresholds = dashboard.ThresholdsConfig().mode(models.ThresholdsMode.ABSOLUTE).steps(steps)
    panel = stat.Panel().title(title).description(description).datasource(SOURCE).unit(unit)
    panel = panel.graph_mode(BigValueGraphMode.NONE).thresholds(thresholds).no_value("0").height(4).span(3)
    panel = panel.reduce_options(common.ReduceDataOptions().calcs(["lastNotNull"]))
    return panel.with_target(prometheus.Dataquery().expr(expression).instant().ref_id("A"))


def lines(title: str, expressions: dict[str, str], description: str, unit: str = "short") -> timeseries.Panel:
    """Return a panel with curves over time; ``expressions`` maps the legend to the expression."""
    panel = timeseries.Panel().title(title).description(description).datasource(SOURCE).unit(unit)
    panel = panel.min(0).fill_opacity(10).height(8).span(12)
    for letter, (legend, expression) in zip("ABCDEF", expressions.items(), strict=False):
        query = prometheus.Dataquery().expr(expression).legend_format(legend).range().ref_id(letter)
        panel = panel.with_target(query)
    return panel


def rate(metric: str, by: str) -> str:
    """Return the events a second of a counter, summed over all processes."""
    return f"sum by ({by}) (rate({metric}[$__rate_interval]))"


def quantile(share: float, metric: str, by: str) -> str:
    """Return a quantile of a histogram over all processes."""
    return f"histogram_quantile({share}, sum by (le, {by}) (rate({metric}_bucket[$__rate_interval])))"


FROM_PROVIDERS = '{worker=~"desk|embedded"}'

ROWS: dict[str, list[Panel]] = {
    "Now": [
        number(
            "Stories a minute",
            f"sum(rate(wirewatch_stories_total{FROM_PROVIDERS}[5m])) * 60",
            "Stories through every step, over five minutes.",
        ),
        number(
            "Since the last story",
            f"time() - max(wirewatch_last_story_timestamp_seconds{FROM_PROVIDERS})",
            "How long no provider has sent anything.",
            unit=SECONDS,
            bad_from=1800,
        ),
        number(
            "Alerts, last hour",
            f"sum(increase(wirewatch_alerts_total{FROM_PROVIDERS}[1h]))",
            "Alerts raised, of all types and topics.",
        ),
        number("Rules", "max(wirewatch_rules)", "Alert rules loaded."),
        number("Waiting", "sum(worker_topic:wirewatch_lag:sum)", "Messages not yet read, all topics.", bad_from=10000),
        number(
            "Dead letters, last hour",
            "sum(increase(wirewatch_dead_letters_total[1h]))",
            "Payloads that could not be processed: `wirewatch dead list`.",
            bad_from=1,
        ),
        number(
            "Rule failures, last hour",
            "sum(increase(wirewatch_rule_failures_total[1h]))",
            "Evaluations of a rule that failed.",
            bad_from=1,
        ),
        number(
            "Alarms",
            'count(ALERTS{alertname=~"Wirewatch.+", alertstate="firing"}) or vector(0)',
            "Alerting rules of Prometheus that fire now.",
            bad_from=1,
        ),
    ],
    "Stories": [
        lines(
            "Stories a second, by provider",
            {"{{provider}}": rate(f"wirewatch_stories_total{FROM_PROVIDERS}", "provider")},
            "A provider whose curve falls to nothing may have a broken line.",
        ),
        lines(
            "Payloads and stories a second",
            {
                "payloads, {{worker}}": rate("wirewatch_payloads_total", "worker"),
                "stories, {{worker}}": rate("wirewatch_stories_total", "worker"),
                "held, {{worker}}": rate("wirewatch_held_total", "worker"),
            },
            "A payload may hold many stories. Held: under embargo.",
        ),
        lines(
            "Alerts a second, by topic", {"{{topic}}": rate("wirewatch_alerts_total", "topic")}, "Alerts of all types."
        ),
        lines(
            "Alerts a second, by type",
            {"{{type}}": rate("wirewatch_alerts_total", "type")},
            "new, updated, retracted and withdrawn.",
        ),
        lines(
            "Tags a second, by kind", {"{{kind}}": rate("wirewatch_tags_total", "kind")}, "Regions and actors named."
        ),
        lines("Matches a second", {"{{worker}}": rate("wirewatch_matches_total", "worker")}, "Of rules with stories."),
    ],
    "Time": [
        lines(
            "Seconds in a step",
            {
                "{{step}}, half below": quantile(0.5, "wirewatch_step_seconds", "step"),
                "{{step}}, 99 % below": quantile(0.99, "wirewatch_step_seconds", "step"),
            },
            "By story.",
            unit=SECONDS,
        ),
        lines(
            "Seconds from a batch read to its effects confirmed",
            {
                "{{worker}}, half below": quantile(0.5, "wirewatch_batch_seconds", "worker"),
                "{{worker}}, 99 % below": quantile(0.99, "wirewatch_batch_seconds", "worker"),
            },
            "Grows with the batch, and batches grow with the load.",
            unit=SECONDS,
        ),
        lines(
            "Seconds from the end of an embargo to the release",
            {
                "half below": quantile(0.5, "wirewatch_release_delay_seconds", "worker"),
                "99 % below": quantile(0.99, "wirewatch_release_delay_seconds", "worker"),
            },
            "A held story is published by itself when its time has come.",
            unit=SECONDS,
        ),
    ],
    "Trouble": [
        lines(
            "Messages waiting",
            {"{{worker}}, {{topic}}": "worker_topic:wirewatch_lag:sum"},
            "A curve that only rises: more workers are needed, or one is stuck.",
        ),
        lines(
            "Waiting for another system",
            {"{{worker}}, {{system}}": "max by (worker, system) (wirewatch_blocked)"},
            "1 while a worker waits; nothing is lost meanwhile.",
        ),
        lines(
            "Dead letters a second, by step",
            {"{{worker}}, {{step}}": rate("wirewatch_dead_letters_total", "worker, step")},
            "Payloads that could not be processed.",
        ),
        lines(
            "Rule failures a second",
            {"{{rule}}": rate("wirewatch_rule_failures_total", "rule")},
            "A failing rule may miss matches; the others do not.",
        ),
        lines(
            "Answers of Elasticsearch a second",
            {"{{result}}": rate("wirewatch_index_actions_total", "result")},
            "By single document.",
        ),
    ],
    "Sources": [
        lines(
            "Sources, by how they fare",
            {"{{state}}": "sum by (state) (wirewatch_sources)"},
            "Feeds and mailboxes: `wirewatch sources list` names them.",
        ),
        lines(
            "Looks at feeds and mailboxes a second",
            {"{{result}}": rate("wirewatch_fetches_total", "result")},
            "By outcome.",
        ),
        lines(
            "Pushed stories a second",
            {"{{result}}": rate("wirewatch_ingested_total", "result")},
            "stored, known (sent again), or the status that the sender got.",
        ),
    ],
}


def build() -> str:
    """Return the dashboard as JSON."""
    board = dashboard.Dashboard("wirewatch").uid("wirewatch").tags(["wirewatch"]).timezone("browser")
    board = board.description("The pipeline from payload to alert.").readonly().refresh("30s").time("now-3h", "now")
    board = board.with_variable(dashboard.DatasourceVariable("datasource").label("Data source").type("prometheus"))
    ids = count(1)
    for title, panels in ROWS.items():
        board = board.with_row(dashboard.Row(title).id(next(ids)))
        for panel in panels:
            board = board.with_panel(panel.id(next(ids)))
    return json.dumps(board.build(), cls=JSONEncoder, indent=2) + "\n"


if __name__ == "__main__":
    OUTPUT.write_text(build(), encoding="utf-8")
