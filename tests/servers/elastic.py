"""One Elasticsearch node from the official distribution, never run as root.

The distribution inside SonarQube's zip lacks ``bin/elasticsearch`` and a JDK: ``command`` says what that script would
say to the launcher, ``java_home`` finds the JDK.
"""

from __future__ import annotations

import http.client
import json
import os
import pwd
import shutil
import socket
import subprocess
import urllib.error
import urllib.request
from pathlib import Path

from tests.servers import downloads
from tests.servers.process import BRIEF, Command, Server, ServerError, free_port

HEAP = "1g"
PASSWORD = "elastic of the test"  # noqa: S105  nobody's: of nodes on loopback
USER = "nobody"
"""Who runs Elasticsearch where we are root, whom it refuses."""


class Elasticsearch(Server):
    """A node; ``settings`` go to elasticsearch.yml after ours."""

    name = "Elasticsearch"

    def __init__(
        self, folder: Path, port: int = 0, settings: dict[str, str] | None = None, *, lasting: bool = False
    ) -> None:
        super().__init__(folder, port, lasting=lasting)
        self.settings = settings or {}

    @property
    def url(self) -> str:
        """The address as clients want it."""
        return f"http://{self.address}"

    def command(self) -> Command:
        """Write the settings and return the command, which gives up root where we are root."""
        home = downloads.elasticsearch()
        jdk = downloads.java_home(21, "ES_JAVA_HOME")
        config = self.folder / "config"
        if not config.is_dir():
            (self.folder / "tmp").mkdir(exist_ok=True)
            config.mkdir()
            shutil.copy(home / "config/log4j2.properties", config)
            settings = {**self._settings(), **self.settings}
            (config / "elasticsearch.yml").write_text("".join(f"{key}: {value}\n" for key, value in settings.items()))
            options = [f"-Xms{HEAP}", f"-Xmx{HEAP}", *(["-XX:+UseG1GC"] if self.lasting else BRIEF)]
            (config / "jvm.options").write_text("\n".join([*options, "-Djava.io.tmpdir=${ES_TMPDIR}", ""]))
        environment = {
            "ES_HOME": str(home),
            "ES_PATH_CONF": str(config),
            "ES_TMPDIR": str(self.folder / "tmp"),
            "ES_DISTRIBUTION_TYPE": "zip",
            "ES_JAVA_HOME": str(jdk),
            "JAVA": str(jdk / "bin/java"),
            "JAVA_TYPE": "ES_JAVA_HOME",
            "HOSTNAME": socket.gethostname(),
        }
        java = [
            environment["JAVA"],
            "-Xms4m",
            "-Xmx64m",
            "-XX:+UseSerialGC",
            "-cp",
            f"{home}/lib/tools/server-launcher/*",
        ]
        words = [*self._as_user(), *java, "org.elasticsearch.server.launcher.ServerLauncher"]
        return Command(words, environment, home)

    def healthy(self) -> bool:
        """Whether every primary shard is there."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            connection.request("GET", "/_cluster/health")
            return bool(json.load(connection.getresponse())["status"] in ("yellow", "green"))
        except (OSError, http.client.HTTPException, ValueError, KeyError):
            return False
        finally:
            connection.close()

    def _settings(self) -> dict[str, str]:
        return {
            "cluster.name": "wirewatch-tests",
            "node.name": "one",
            "path.data": str(self.folder / "data"),
            "path.logs": str(self.folder / "logs"),
            "network.host": "127.0.0.1",
            "http.port": str(self.port),
            "transport.port": str(free_port()),
            "discovery.type": "single-node",
            "xpack.security.enabled": "false",
            "cluster.routing.allocation.disk.threshold_enabled": "false",  # a developer's disk may be nearly full
        }

    def _as_user(self) -> list[str]:
        """Return the command that gives up root, and hand ``folder`` over; nothing where we are not root.

        The capability lets the user reach the cache and the repository where these lie in root's own home; access(2)
        minds it only with that securebit.
        """
        if os.geteuid() != 0:
            return []
        if shutil.which("setpriv") is None:
            raise ServerError("Elasticsearch refuses root, and setpriv is not found: install util-linux, or be no root")
        user = pwd.getpwnam(USER)
        for path in (self.folder, *self.folder.rglob("*")):
            os.chown(path, user.pw_uid, user.pw_gid)
        identity = [f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups"]
        reach = ["--inh-caps=+dac_override", "--ambient-caps=+dac_override", "--securebits=+no_setuid_fixup"]
        return ["setpriv", *identity, *reach]


class Secured(Elasticsearch):
    """A node that wants to know who asks; ``elastic`` has PASSWORD."""

    def __init__(self, folder: Path, port: int = 0) -> None:
        off = {"xpack.security.http.ssl.enabled": "false", "xpack.security.transport.ssl.enabled": "false"}
        settings = {"xpack.security.enabled": "true", **off, "xpack.security.autoconfiguration.enabled": "false"}
        super().__init__(folder, port, settings)

    def command(self) -> Command:
        """Put the password into the keystore before the first start."""
        command = super().command()
        environment = {
            **os.environ,
            **command.environment,
            "CLI_NAME": "keystore",
            "CLI_LIBS": "lib/tools/keystore-cli",
        }
        for words, given in ((["create"], ""), (["add", "-x", "bootstrap.password"], PASSWORD)):
            subprocess.run(
                [*self._as_user(), str(command.folder / "bin/elasticsearch-cli"), *words],
                env=environment,
                cwd=command.folder,
                input=given,
                text=True,
                capture_output=True,
                timeout=60,
                check=True,
            )
        return command

    def healthy(self) -> bool:
        """Whether it knows its own password, which takes its security index."""
        return status(f"{self.url}/_security/_authenticate", "elastic", PASSWORD) == 200


def status(url: str, user: str, password: str) -> int:
    """Return the status of an answer; 0 where there is none."""
    manager = urllib.request.HTTPPasswordMgrWithPriorAuth()
    manager.add_password(None, url, user, password, is_authenticated=True)
    opener = urllib.request.build_opener(urllib.request.HTTPBasicAuthHandler(manager))
    try:
        with opener.open(url, timeout=5) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code
    except OSError:
        return 0
