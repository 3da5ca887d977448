"""The configuration: the shipped one loads, faults are told all at once, secrets come from the environment."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline import config
from pipeline.core.errors import ConfigError


def load(folder: Path, text: str) -> config.Config:
    file = folder / "wirewatch.yaml"
    file.write_text(text, encoding="utf-8")
    return config.load(str(file))


def test_the_shipped_configuration_is_sound() -> None:
    settings = config.load(str(config.shipped() / "wirewatch.yaml"))
    assert settings.mode == "embedded"
    assert settings.path("rules") == config.shipped() / "rules"


def test_an_empty_file_is_a_working_embedded_pipeline(tmp_path: Path) -> None:
    assert load(tmp_path, "").mode == "embedded"


def test_every_fault_is_told_with_line_and_hint(tmp_path: Path) -> None:
    text = "mod: embedded\ntopics: [Security, ok]\nkafka:\n  partitions: 0\n  security: sasl-plaintext\n"
    with pytest.raises(ConfigError) as caught:
        load(tmp_path, text)
    messages = [str(problem).removeprefix(str(tmp_path)) for problem in caught.value.problems]
    assert messages[0] == "/wirewatch.yaml:1:1: unknown key mod (did you mean mode?)"
    assert any("topics[0]" in message for message in messages)
    assert any("kafka.partitions" in message for message in messages)
    assert any("sends the password in the clear" in message for message in messages)
    assert caught.value.exit_status == 3


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("kafka: {ca: ca.pem}", "kafka.security plaintext looks at no certificate: kafka.ca is set"),
        ("kafka: {security: sasl-tls, username: u}", "kafka.security sasl-tls needs kafka.username and kafka.password"),
        ("elasticsearch: {ca: ca.pem}", "elasticsearch.ca is set, and the connection has no TLS"),
    ],
)
def test_a_setting_of_security_that_would_do_nothing_is_refused(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(ConfigError, match=told):
        load(tmp_path, text)


def test_values_come_from_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WIREWATCH_KEY", "s3cret")
    text = "elasticsearch:\n  api_key: ${WIREWATCH_KEY}\n  url: ${WIREWATCH_URL:-http://search:9200}\n# ${UNSET}\n"
    settings = load(tmp_path, text)
    assert settings.elasticsearch.api_key == "s3cret"
    assert settings.elasticsearch.url == "http://search:9200"


def test_a_missing_variable_is_named_with_its_line(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"wirewatch.yaml:1: the environment has no NOT_SET"):
        load(tmp_path, "database: ${NOT_SET}\n")


def test_a_missing_file_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read: No such file"):
        config.load(str(tmp_path / "none.yaml"))


def test_a_source_has_feed_or_folder(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="either feed or folder or mail"):
        load(tmp_path, "sources:\n  - provider: x\n")
