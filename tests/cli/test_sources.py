"""``wirewatch sources`` against a real server on loopback: what it shows, what it writes, how it fails."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from pipeline import config, wiring
from pipeline.cli import main
from pipeline.core.webhooks import key_of

ITEM = (
    "<item><guid isPermaLink='false'>{0}</guid><title>{1}</title><pubDate>Mon, 15 Jun 2026 0{0}:00:00 GMT</pubDate>"
    "<description>Said in Pyongyang on Monday.</description></item>"
)
HEADLINES = ("Troops attacked near Kyiv", "Russia and North Korea pledge mutual aid", "A quiet day", "A fourth story")
FEED = "<rss version='2.0'><channel><title>t</title>{}</channel></rss>".format(
    "".join(ITEM.format(number, text) for number, text in enumerate(HEADLINES, 1))
).encode()
PAGES = {"/feed.xml": FEED, "/page": b"<!doctype html><html></html>", "/json": b'{"a": 1}'}


class _Page(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        if self.path == "/moved":
            self.send_response(301)
            self.send_header("Location", "/feed.xml")
            self.end_headers()
            return
        body = PAGES.get(self.path)
        self.send_response(200 if body else 404)
        self.send_header("ETag", '"v1"')
        self.send_header("Content-Type", "application/rss+xml")
        self.end_headers()
        self.wfile.write(body or b"")

    def log_message(self, *_arguments: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), _Page) as server:
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


Wirewatch = Callable[..., tuple[int, str, str]]


@pytest.fixture
def wirewatch(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> Wirewatch:
    (tmp_path / "rules.yaml").write_text("topic: security\nrules:\n  - {id: attack, query: attacked OR aid}\n")
    (tmp_path / "w.yaml").write_text(
        "rules: [rules.yaml]\ntopics: [security]\ndatabase: w.db\nsource_state: s.db\nsource_files: [sources/]\n"
        "fetching: {allow_private: [127.0.0.1]}\n"
    )

    def run(*arguments: str) -> tuple[int, str, str]:
        capfd.readouterr()
        status = main(["sources", arguments[0], "--config", str(tmp_path / "w.yaml"), *arguments[1:]])
        out, err = capfd.readouterr()
        return status, out, err

    return run


def test_a_test_shows_the_fetch_three_stories_and_the_rules(wirewatch: Wirewatch, url: str) -> None:
    status, out, err = wirewatch("test", f"{url}/feed.xml")
    assert (status, err) == (0, "")
    assert "fetch     200, " in out
    assert "unchanged is told by ETag" in out
    assert "stories   4, newest of 2026-06-15 04:00 UTC" in out
    assert "rules     security/attack 2" in out
    assert [headline for headline in HEADLINES if headline in out] == list(HEADLINES[:3])
    assert out.count("alerts: security/attack") == 2
    assert "KP" in out


def test_a_test_as_json_has_whole_stories(wirewatch: Wirewatch, url: str) -> None:
    status, out, _err = wirewatch("test", "--json", "--provider", "halyard", f"{url}/moved")
    told = json.loads(out)
    assert status == 0
    assert (told["stories"], told["redirects"], told["moved"]) == (4, 1, f"{url}/feed.xml")
    assert [story["provider"] for story in told["shown"]] == ["halyard"] * 3
    assert told["shown"][0]["matches"][0]["rule"] == "attack"


@pytest.mark.parametrize(
    ("path", "status", "reason"),
    [
        ("/none", 4, "the server answers 404"),
        ("/page", 4, "an HTML page in place of a feed"),
        ("/json", 1, "JSON of no known news format"),
    ],
)
def test_what_is_no_feed_is_one_line(wirewatch: Wirewatch, url: str, path: str, status: int, reason: str) -> None:
    done, _out, err = wirewatch("test", url + path)
    assert (done, len(err.splitlines())) == (status, 1)
    assert err.startswith(f"{url}{path}: {reason}")
    assert f"1 failures: {reason}" not in wirewatch("list")[1], "it is no source"


def test_a_source_is_added_once_listed_and_verified_by_a_fetch(wirewatch: Wirewatch, url: str, tmp_path: Path) -> None:
    own = tmp_path / "sources" / "own.yaml"
    status, out, _err = wirewatch("add", f"{url}/feed.xml", "--name", "Halyard: world", "--every", "60")
    assert (status, out) == (0, f"{url}/feed.xml: added to {own}\n")
    own.write_text("# mine\n" + own.read_text())
    assert wirewatch("add", str(tmp_path))[0] == 0
    assert own.read_text().startswith("# mine\n")
    assert wirewatch("add", f"{url}/feed.xml")[0] == 1
    assert "unverified  Halyard: world" in wirewatch("list")[1]
    wirewatch("test", "halyard: WORLD")
    rows = [json.loads(line) for line in wirewatch("list", "--json")[1].splitlines()]
    assert [(row["source"], row["state"]) for row in rows] == [(f"{url}/feed.xml", "ok"), (str(tmp_path), None)]
    (entry, folder) = wiring.source_entries(config.load(str(tmp_path / "w.yaml")))
    assert (entry.every, entry.enabled, folder.folder) == (60.0, True, str(tmp_path))


def test_a_listed_source_is_enabled_by_its_name(wirewatch: Wirewatch, tmp_path: Path) -> None:
    (tmp_path / "sources").mkdir()
    (tmp_path / "sources" / "public.yaml").write_bytes((config.shipped() / "sources" / "public.yaml").read_bytes())
    assert wirewatch("add", "un news")[0] == 0
    lines = [line for line in wirewatch("list")[1].splitlines() if "UN News" in line]
    assert len(lines) == 1, "the disabled entry is not listed beside it"
    status, _out, err = wirewatch("add", "Nobody")
    assert status == 1
    assert "Nobody: neither a URL nor a listed name nor a folder" in err


def test_a_list_of_feeds_is_imported_once(wirewatch: Wirewatch, tmp_path: Path) -> None:
    opml = tmp_path / "mine.opml"
    outlines = "".join(
        f"<outline text='N{n} &amp; co: #' xmlUrl='https://e.example/{n}?a=1&amp;b'/>" for n in range(50)
    )
    opml.write_text(f"<opml version='2.0'><body>{outlines}<outline xmlUrl='gopher://x'/></body></opml>")
    status, out, err = wirewatch("import", str(opml))
    assert status == 1
    assert out.startswith("50 feeds added to ")
    assert err == f"{opml}: line 1: gopher://x is no address of the web\n"
    assert wirewatch("import", str(opml))[1].startswith("0 feeds added")
    entries = wiring.source_entries(config.load(str(tmp_path / "w.yaml")))
    assert [entry.feed for entry in entries] == [f"https://e.example/{n}?a=1&b" for n in range(50)]
    assert entries[3].name == "N3 & co: #"


def test_a_file_that_cannot_take_the_addition_is_left_as_it_is(wirewatch: Wirewatch, tmp_path: Path) -> None:
    file = tmp_path / "flow.yaml"
    file.write_text("sources: [{feed: 'http://a.example/'}]\n")
    status, _out, err = wirewatch("add", "http://b.example/", "--into", str(file))
    assert status == 4
    assert "cannot be added to" in err
    assert file.read_text() == "sources: [{feed: 'http://a.example/'}]\n"


def test_a_bad_source_file_is_3_with_every_problem(wirewatch: Wirewatch, tmp_path: Path) -> None:
    (tmp_path / "sources").mkdir()
    file = tmp_path / "sources" / "a.yaml"
    file.write_text("sources:\n  - fed: http://x.example/\n  - feed: ftp://x.example/\n")
    status, _out, err = wirewatch("list")
    assert status == 3
    assert err.splitlines()[0] == f"{file}:2:5: unknown key sources[0].fed (did you mean feed?)"
    assert err.splitlines()[-1] == f"{file}:3:5: sources[1]: feed must begin with http:// or https://"


def test_a_secret_is_fit_for_a_sender(wirewatch: Wirewatch) -> None:
    assert len(key_of(wirewatch("secret")[1].strip())) == 32


def test_the_shipped_list_has_thirty_disabled_feeds() -> None:
    entries = wiring.source_entries(config.load(str(config.shipped() / "wirewatch.yaml")))
    assert len({entry.feed for entry in entries}) == len({entry.name for entry in entries}) == 30
    assert not any(entry.enabled for entry in entries)
    assert all(entry.provider for entry in entries)
