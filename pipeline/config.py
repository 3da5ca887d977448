"""``config/wirewatch.yaml`` as types: every setting, its default and what it means.

``${NAME}`` and ``${NAME:-default}`` are taken from the environment, so that no secret stands in the file. Paths are
relative to the file. Unknown keys are refused; every problem is reported at once, with its line.
"""

from __future__ import annotations

import os
import re
from functools import partial
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from pipeline.core.documents import read
from pipeline.core.errors import ConfigError, Problem
from pipeline.core.rules.limits import Limits

Port = Annotated[int, Meta(ge=0, le=65535)]
Positive = Annotated[int, Meta(ge=1)]
Seconds = Annotated[float, Meta(gt=0)]
Topic = Annotated[str, Meta(pattern="^[a-z0-9-]{1,64}$")]


class Source(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where stories come from: exactly one of ``feed``, ``folder`` and ``mail``."""

    feed: str | None = None
    """URL of a feed: RSS, Atom, JSON Feed, or a document in any other accepted format."""
    folder: str | None = None
    """A folder in which files appear."""
    mail: str | None = None
    """A mailbox: `imaps://user@host/INBOX`, or `imap://` for a server that switches to TLS."""
    password: str | None = None
    """The password of the mailbox."""
    senders: tuple[str, ...] = ()
    """The addresses whose mail is read; all where none is given."""
    name: str | None = None
    """What people call the source."""
    provider: str | None = None
    """The provider of stories that do not name theirs."""
    every: Seconds = 300.0
    """Seconds between two looks at a feed or mailbox."""
    enabled: bool = True

    def __post_init__(self) -> None:
        if sum(kind is not None for kind in (self.feed, self.folder, self.mail)) != 1:
            raise ValueError("a source has either feed or folder or mail")
        if self.feed is not None and not self.feed.startswith(("http://", "https://")):
            raise ValueError("feed must begin with http:// or https://")
        if self.mail is not None and not self.mail.startswith(("imaps://", "imap://")):
            raise ValueError("mail must begin with imaps:// or imap://")
        if self.mail is None and (self.password is not None or self.senders):
            raise ValueError("password and senders go with mail")
        if self.mail is not None and not self.password:
            raise ValueError("mail needs a password, best as ${NAME} from the environment")


class Fetching(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How feeds are fetched, whoever their publishers are."""

    allow_private: tuple[str, ...] = ()
    """Networks inside (`10.1.0.0/16`, `127.0.0.1`) that feeds and their redirects may lead to; others are refused."""
    concurrency: Positive = 32
    """Fetches at a time."""
    timeout: Seconds = 30.0
    """Seconds for a whole fetch."""

    def __post_init__(self) -> None:
        for network in self.allow_private:
            ip_network(network)


class Sender(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who may push stories."""

    provider: str
    """The provider of the stories that do not name theirs."""
    secrets: Annotated[tuple[Annotated[str, Meta(pattern="^whsec_[A-Za-z0-9+/=]{32,}$")], ...], Meta(min_length=1)]
    """Keys of Standard Webhooks, `whsec_` and base64; two of them while one is being replaced."""


class Ingest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where stories are pushed to: `POST /ingest`, signed. Port 0 serves nothing."""

    host: str = "127.0.0.1"
    port: Port = 0
    senders: tuple[Sender, ...] = ()
    max_bytes: Positive = 1_048_576
    """The largest body."""


class Provider(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What we know of a provider that its stories do not say."""

    home: str | None = None
    """ISO 3166-1 alpha-2 code: a prior for stories without any other cue."""
    language: str | None = None


class Recogniser(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who may add people and organisations that no dictionary knows. Off by default: slower, and less precise."""

    kind: Literal["none", "given-names", "spacy"] = "none"
    """`given-names` takes a known given name and capitalised words for a person; `spacy` asks a trained pipeline."""
    model: str | None = None
    """For `spacy`: the name of an installed pipeline, or a folder with one (begin it with `./` or `/`)."""

    def __post_init__(self) -> None:
        if (self.kind == "spacy") != bool(self.model):
            raise ValueError("model goes with kind: spacy, and spacy needs one")


class Kafka(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The broker, how to log in, and how topics are made by ``wirewatch init``."""

    brokers: tuple[str, ...] = ("127.0.0.1:9092",)
    security: Literal["plaintext", "tls", "sasl-tls", "sasl-plaintext"] = "plaintext"
    mechanism: Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] = "SCRAM-SHA-512"
    username: str | None = None
    password: str | None = None
    ca: str | None = None
    allow_plaintext_login: bool = False
    partitions: Positive = 12
    replication: Positive = 1
    max_message_bytes: Positive = 1_048_576
    """The largest message of ``wire.incoming``; stories and dead letters may be twice as large."""
    fetch_records: Positive = 2_000
    """Messages that a worker takes up at once, at most; ``desk`` takes fewer, by what they cost."""
    prefix: Annotated[str, Meta(pattern=r"^[A-Za-z0-9._-]{0,100}$")] = ""
    """Put before the name of every topic and consumer group, for pipelines that share a cluster."""


class Elasticsearch(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The cluster that stories and alerts are indexed in."""

    url: str = "http://127.0.0.1:9200"
    api_key: str | None = None
    ca: str | None = None
    shards: Positive = 1
    replicas: Annotated[int, Meta(ge=0)] = 0
    refresh: Annotated[str, Meta(pattern="^[0-9]+(ms|s|m)$")] = "5s"
    """How soon what is indexed can be found."""
    prefix: Annotated[str, Meta(pattern="^([a-z][a-z0-9-]{0,40})?$")] = ""
    """Begins the name of every index, so that two pipelines can share a cluster."""
    timeout: Seconds = 30.0
    """Seconds that one request may take."""


class Metrics(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where a process serves ``/metrics``; port 0 serves nothing."""

    host: str = "127.0.0.1"
    port: Port = 0


class Config(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The whole configuration; an empty file is a working embedded pipeline."""

    mode: Literal["embedded", "distributed"] = "embedded"
    database: str = "../var/wirewatch.db"
    rules: tuple[str, ...] = ("rules",)
    rule_limits: Limits = Limits()
    dictionaries: tuple[str, ...] = ()
    """Folders with a desk's own entries, added to the shipped dictionaries."""
    recogniser: Recogniser = Recogniser()
    topics: tuple[Topic, ...] = ()
    """The alert topics that rules may name, beside `general`; embedded, none here means any."""
    providers: dict[str, Provider] = {}
    sources: tuple[Source, ...] = ()
    source_files: tuple[str, ...] = ()
    """Files or folders with more sources, as `wirewatch sources add` and `import` write them."""
    source_state: str = "../var/sources.db"
    """How each source fares, and for `wirewatch produce` how far it has been read."""
    fetching: Fetching = Fetching()
    ingest: Ingest = Ingest()
    kafka: Kafka = Kafka()
    elasticsearch: Elasticsearch = Elasticsearch()
    metrics: Metrics = Metrics()
    base: str = "."
    """The folder of the file; not to be set in it."""

    def path(self, name: str) -> Path:
        """Return a path of the configuration, relative to its file."""
        return Path(os.path.normpath(Path(self.base) / Path(name).expanduser()))


_PACKAGED = Path(__file__).parent / "shipped"


def shipped() -> Path:
    """Return the folder with the shipped configuration, rules, dictionaries and samples."""
    return _PACKAGED if _PACKAGED.is_dir() else Path(__file__).parent.parent / "config"


def load(file: str | None = None) -> Config:
    """Return the configuration of ``file``, of ``config/wirewatch.yaml`` here, or else the shipped one.

    Raises ConfigError with every problem found.
    """
    path = Path(file) if file else _default()
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "is not UTF-8"
        raise ConfigError([Problem(str(path), f"cannot be read: {reason}")]) from None
    text, problems = substituted(text, str(path))
    config, found = read(text, Config, str(path))
    problems += found
    if config is not None:
        problems += _check(config, str(path))
    if config is None or problems:
        raise ConfigError(problems)
    config = msgspec.structs.replace(config, base=str(path.parent))
    return _at_home(config) if path.parent == _PACKAGED else config


def _at_home(config: Config) -> Config:
    """Return the packaged configuration with what is written in the user's own folder: that of a package is not."""
    state = Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state") / "wirewatch"
    return msgspec.structs.replace(
        config,
        database=str(state / "wirewatch.db"),
        source_state=str(state / "sources.db"),
        source_files=(str(state / "sources"), *config.source_files),
    )


def _default() -> Path:
    here = Path("config/wirewatch.yaml")
    return here if here.is_file() else shipped() / "wirewatch.yaml"


_VARIABLE = re.compile(r"\$\{([A-Z][A-Z0-9_]*)(?::-([^}]*))?\}")


def substituted(text: str, file: str) -> tuple[str, list[Problem]]:
    """Return the text with each ``${NAME}`` taken from the environment, and the names that it does not have."""
    problems: list[Problem] = []

    def value(line: int, found: re.Match[str]) -> str:
        default: str | None = found[2]
        given = os.environ.get(found[1], default)
        if given is None:
            hint = f"export it, or write ${{{found[1]}:-default}}"
            problems.append(Problem(file, f"the environment has no {found[1]}", line, hint=hint))
        return given or ""

    lines = text.splitlines(keepends=True)
    out = []
    for number, line in enumerate(lines, 1):  # a comment may name a variable that is not set
        out.append(line if line.lstrip().startswith("#") else _VARIABLE.sub(partial(value, number), line))
    return "".join(out), problems


def _check(config: Config, file: str) -> list[Problem]:
    """Return the problems that no single field can see."""
    problems = []
    if config.ingest.port and not config.ingest.senders:
        hint = "add one: its provider and a secret, as `wirewatch sources secret` makes it"
        problems.append(Problem(file, "ingest.port is set and ingest.senders has nobody", hint=hint))
    kafka = config.kafka
    if kafka.security == "sasl-plaintext" and not kafka.allow_plaintext_login:
        hint = "use sasl-tls, or set kafka.allow_plaintext_login to true on a network that you trust"
        problems.append(Problem(file, "kafka.security sasl-plaintext sends the password in the clear", hint=hint))
    if kafka.ca and not kafka.security.endswith("tls"):
        problems.append(Problem(file, f"kafka.security {kafka.security} looks at no certificate: kafka.ca is set"))
    if config.elasticsearch.ca and not config.elasticsearch.url.startswith("https://"):
        hint = "begin elasticsearch.url with https://"
        problems.append(Problem(file, "elasticsearch.ca is set, and the connection has no TLS", hint=hint))
    if kafka.security.startswith("sasl") and not (kafka.username and kafka.password):
        problems.append(Problem(file, f"kafka.security {kafka.security} needs kafka.username and kafka.password"))
    return problems
