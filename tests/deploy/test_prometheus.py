"""The scrape configuration and the alerting rules, by promtool."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.deploy.prometheus import program

ROOT = Path(__file__).parents[2]
RULES = ROOT / "deploy" / "prometheus" / "rules.yml"
UNIT_TESTS = Path(__file__).with_name("rules_test.yml")


def promtool(*arguments: str | Path) -> None:
    command = [program("promtool"), *map(str, arguments)]
    outcome = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert outcome.returncode == 0, outcome.stdout + outcome.stderr


def load(file: Path) -> Any:
    return yaml.safe_load(file.read_text(encoding="utf-8"))


def alerts() -> dict[str, dict[str, Any]]:
    return {rule["alert"]: rule for group in load(RULES)["groups"] for rule in group["rules"] if "alert" in rule}


def test_promtool_accepts_the_scrape_configuration_and_the_rules_it_names() -> None:
    promtool("check", "config", RULES.with_name("prometheus.yml"))


def test_every_alert_fires_when_it_should_and_is_quiet_when_it_should() -> None:
    promtool("test", "rules", UNIT_TESTS)


def test_every_alert_is_seen_both_firing_and_quiet() -> None:
    seen = [test for case in load(UNIT_TESTS)["tests"] for test in case.get("alert_rule_test", [])]
    assert {test["alertname"] for test in seen if test["exp_alerts"]} == set(alerts())
    assert {test["alertname"] for test in seen if not test["exp_alerts"]} == set(alerts())


@pytest.mark.parametrize("name", alerts())
def test_an_alert_says_how_bad_it_is_what_happened_and_what_to_do(name: str) -> None:
    rule = alerts()[name]
    assert rule["labels"]["severity"] in {"warning", "critical"}
    assert set(rule["annotations"]) == {"summary", "description"}


def test_the_guide_explains_every_alert() -> None:
    guide = (ROOT / "docs" / "deploy.md").read_text(encoding="utf-8")
    assert set(re.findall(r"^\| `(Wirewatch\w+)`", guide, re.MULTILINE)) == set(alerts())
