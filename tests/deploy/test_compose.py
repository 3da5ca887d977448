"""compose.yaml and what it mounts: by the Compose specification, and by the promises of its README."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from pipeline import __version__, cli, config
from tests.deploy.expressions import DEPLOY
from tests.servers import downloads

ROOT = DEPLOY.parent
COMPOSE = DEPLOY / "compose.yaml"
TEXT = COMPOSE.read_text(encoding="utf-8")
FILE: dict[str, Any] = yaml.safe_load(TEXT)
SERVICES: dict[str, dict[str, Any]] = FILE["services"]
JOBS = {"setup", "init", "kibana-setup", "producer"}
"""Services that end by themselves."""

OURS = [name for name, service in SERVICES.items() if service["image"].startswith("wirewatch:")]


def read(name: str) -> str:
    return (DEPLOY / name).read_text(encoding="utf-8")


def mounts(service: dict[str, Any]) -> dict[str, str]:
    return dict(volume.split(":")[:2] for volume in service.get("volumes", []))


def test_the_file_keeps_to_the_compose_specification() -> None:
    command = [str(Path(sys.executable).with_name("check-jsonschema")), "--builtin-schema", "vendor.compose-spec"]
    outcome = subprocess.run([*command, str(COMPOSE)], capture_output=True, text=True, timeout=60, check=False)
    assert outcome.returncode == 0, outcome.stdout + outcome.stderr


def test_every_secret_must_be_given_and_has_no_default() -> None:
    plain = TEXT.replace("$$", "")
    assert set(re.findall(r"\$\{?\w+([^}]*)\}?", plain)) == {":?set it in .env, see deploy/README.md"}
    named = {key: value for service in SERVICES.values() for key, value in service.get("environment", {}).items()}
    secrets = {key: value for key, value in named.items() if re.search("PASSWORD|_KEY$|ENCRYPTIONKEY", key)}
    assert secrets
    assert all(value.startswith("${") for value in secrets.values())


def test_the_readme_makes_every_secret_that_the_file_wants() -> None:
    wanted = set(re.findall(r"\$\{(\w+):\?", TEXT))
    loop = re.search(r"for name in ([A-Z_ ]+); do", read("README.md"))
    assert loop is not None
    assert set(loop[1].split()) == wanted


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_has_a_pinned_image_and_is_open_to_this_machine_only(name: str) -> None:
    service = SERVICES[name]
    assert re.fullmatch(r"[a-z./-]+:v?\d+\.\d+\.\d+", service["image"])
    assert all(port.startswith("127.0.0.1:") for port in service.get("ports", []))
    assert service["mem_limit"]
    assert "no-new-privileges:true" in service["security_opt"]


@pytest.mark.parametrize("name", sorted(set(SERVICES) - JOBS))
def test_a_service_that_runs_on_says_whether_it_is_well_and_is_started_again(name: str) -> None:
    assert SERVICES[name]["healthcheck"]["test"]
    assert SERVICES[name]["restart"] == "unless-stopped"


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_waits_for_what_it_needs(name: str) -> None:
    for other, how in SERVICES[name].get("depends_on", {}).items():
        wanted = "service_completed_successfully" if other in JOBS else "service_healthy"
        assert how == {"condition": wanted}, other


@pytest.mark.parametrize("name", SERVICES)
def test_what_a_service_mounts_is_there(name: str) -> None:
    for source in mounts(SERVICES[name]):
        assert (DEPLOY / source).exists() if source.startswith(".") else source in FILE["volumes"], source


@pytest.mark.parametrize("name", OURS)
def test_our_own_containers_can_write_nothing_and_have_no_rights(name: str) -> None:
    service = SERVICES[name]
    assert service["image"] == f"wirewatch:{__version__}"
    assert service["read_only"]
    assert service["cap_drop"] == ["ALL"]
    assert "user" not in service
    assert "USER 10001:10001" in read("Dockerfile")


def test_the_servers_are_of_the_versions_that_the_tests_run() -> None:
    tag = {name: service["image"].rpartition(":")[2] for name, service in SERVICES.items()}
    assert tag["kafka"] == downloads.KAFKA
    assert tag["elasticsearch"] == tag["kibana"] == downloads.ELASTICSEARCH


@pytest.mark.parametrize("name", [name for name in OURS if "entrypoint" not in SERVICES[name]])
def test_the_command_line_takes_the_commands(name: str) -> None:
    words = SERVICES[name]["command"]
    options = cli.parser(words[0]).parse_args(words)
    assert options.command == words[0]


@pytest.mark.parametrize("name", ["init", "desk", "release", "index", "producer"])
def test_wirewatch_understands_the_configuration_in_each_container(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for key, value in SERVICES[name]["environment"].items():
        monkeypatch.setenv(key, value)
    loaded = config.load(str(DEPLOY / "wirewatch.yaml"))
    assert loaded.mode == "distributed"
    assert loaded.rules == ("/etc/wirewatch/rules",)
    assert loaded.kafka.brokers == ("kafka:19092",)
    assert loaded.elasticsearch.url == "http://elasticsearch:9200"
    assert loaded.elasticsearch.api_key is None
    assert (loaded.metrics.host, loaded.metrics.port) == ("0.0.0.0", 9464)  # noqa: S104  of a container


def test_commands_on_the_same_machine_take_the_configuration_as_it_is() -> None:
    loaded = config.load(str(DEPLOY / "wirewatch.yaml"))
    assert [loaded.path(rules) for rules in loaded.rules] == [ROOT / "config" / "rules"]
    assert loaded.kafka.brokers == ("127.0.0.1:9092",)
    assert "127.0.0.1:9092:9092" in SERVICES["kafka"]["ports"]
    assert "HOST://127.0.0.1:9092" in SERVICES["kafka"]["environment"]["KAFKA_ADVERTISED_LISTENERS"]


def test_the_alert_topics_are_those_of_the_shipped_configuration() -> None:
    assert config.load(str(DEPLOY / "wirewatch.yaml")).topics == config.load(str(ROOT / "config/wirewatch.yaml")).topics


def test_prometheus_scrapes_the_workers_where_they_serve_their_metrics() -> None:
    jobs = {job["job_name"]: job for job in yaml.safe_load(read("prometheus/prometheus.yml"))["scrape_configs"]}
    found = jobs["wirewatch"]["dns_sd_configs"][0]
    workers = [name for name in OURS if SERVICES[name]["command"][:1] == ["worker"]]
    assert found["names"] == workers
    assert {str(found["port"])} == {SERVICES[name]["environment"]["WIREWATCH_METRICS_PORT"] for name in workers}


def test_grafana_finds_its_dashboards_and_prometheus() -> None:
    places = {target: source for source, target in mounts(SERVICES["grafana"]).items()}
    provider = yaml.safe_load(read("grafana/provisioning/dashboards/wirewatch.yml"))["providers"][0]
    assert places[provider["options"]["path"]] == "./grafana/dashboards"
    source = yaml.safe_load(read("grafana/provisioning/datasources/prometheus.yml"))["datasources"][0]
    assert source["url"] == "http://prometheus:9090"


def test_the_image_is_built_from_files_that_reach_the_builder_with_the_uv_of_the_lock() -> None:
    dockerfile = read("Dockerfile")
    lock = re.search(r"^uv==(\S+)", (ROOT / "requirements.lock").read_text(encoding="utf-8"), re.MULTILINE)
    assert lock is not None
    assert f"ghcr.io/astral-sh/uv:{lock[1]} " in dockerfile
    sent = set(re.findall(r"^!(.+)$", read("Dockerfile.dockerignore"), re.MULTILINE))
    copied = [line.split()[1:-1] for line in re.findall(r"^COPY (?!--from).+$", dockerfile, re.MULTILINE)]
    wanted = {word for words in copied for word in words if not word.startswith("--")}
    assert wanted == sent
    assert all((ROOT / word).exists() for word in wanted)


def test_the_entrypoint_hands_the_api_key_of_its_file_to_wirewatch(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("c2VjcmV0\n", encoding="utf-8")
    command = tmp_path / "wirewatch"
    command.write_text('#!/bin/sh\necho "$WIREWATCH_API_KEY" "$@"\n', encoding="utf-8")
    command.chmod(0o755)
    environment = {"PATH": f"{tmp_path}:{os.environ['PATH']}", "WIREWATCH_API_KEY_FILE": str(tmp_path / "key")}
    entrypoint = [str(DEPLOY / "entrypoint.sh"), "worker", "index"]
    outcome = subprocess.run(entrypoint, env=environment, capture_output=True, text=True, timeout=10, check=True)
    assert outcome.stdout == "c2VjcmV0 worker index\n"
