"""The tables of a dictionary folder: tab-separated text, read into structs with every problem reported at once.

A file begins with ``# table: NAME`` and comments on its origin (``# source:``, ``# licence:``), then a line of column
names, then rows. Cells that take several values separate them by ``|``. Before an alias, ``=`` takes its case as
written and ``~`` makes it weak: it then needs evidence in the story. A later folder overrides an earlier one.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Sequence
from datetime import date
from hashlib import sha256

import msgspec

from pipeline.core.errors import Problem
from pipeline.core.story import Kind
from pipeline.core.tag.dictionary import Alias, Being, Dictionary, Entry, Group, Holder, Sense

COLUMNS: dict[str, tuple[str, ...]] = {
    "regions": ("code", "name", "qid", "above", "un", "parent", "capital", "since", "until"),
    "words": ("word", "use"),
    "aliases": ("alias", "use", "region", "weight", "language", "actor"),
    "actors": ("id", "name", "kind", "country", "sector", "aliases", "short"),
    "holders": ("office", "person", "since", "until", "source", "checked"),
    "groups": ("group", "code", "since", "until"),
    "agents": ("agent", "sector", "office"),
}
USES = frozenset({"name", "demonym", "capital", "city", "division", "place", "cue", "money", "null", "actor"})
WORD_USES = frozenset({"given", "title", "plain", "context", "after"})
_FAMILY_FIRST = frozenset({"CN", "TW", "KP", "KR", "VN", "KH", "HK", "SG"})
_UNVERIFIED = "unverified"


class TableFile(msgspec.Struct, frozen=True):
    """The text of one file; files of a later folder have a higher ``layer``."""

    name: str
    layer: int
    text: str


Row = dict[str, str]


def compile_tables(files: Sequence[TableFile]) -> tuple[Dictionary, list[Problem]]:
    """Return the dictionary that the files make, and all their problems."""
    compiler = _Compiler()
    for file in files:
        compiler.read(file)
    compiler.check()
    return compiler.dictionary(files), compiler.problems


def header(text: str, key: str) -> str:
    """Return what the comments at the head of a file say on ``key``, or nothing."""
    for line in text.splitlines():
        if not line.startswith("#"):
            break
        if line.startswith(f"# {key}:"):
            return line.partition(":")[2].strip()
    return ""


class _Compiler:
    """Gathers the rows of all files; ``place`` says where the row at hand stands."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []
        self.regions: dict[str, Entry] = {}
        self.actors: dict[str, Being] = {}
        self.layers: dict[str, int] = {}
        """The folder that an actor comes from."""
        self.senses: dict[tuple[str, bool, str], tuple[int, list[Sense]]] = {}
        self.groups: list[Group] = []
        self.holders: list[tuple[int, Holder]] = []
        """With the folder that each comes from."""
        self.words: dict[str, set[str]] = defaultdict(set)
        self.pending: list[tuple[str, int, str, str]] = []
        self.named: list[tuple[Row, str, int, int]] = []
        """Aliases of actors: rows with file, line and layer, until every actor is known."""
        self.file = ""
        self.line = 0
        self.layer = 0

    def problem(self, message: str, hint: str | None = None) -> None:
        self.problems.append(Problem(self.file, message, self.line, hint=hint))

    @property
    def origin(self) -> str:
        """Return the row at hand for the explanations: folder, file and line."""
        return f"{'/'.join(self.file.replace(chr(92), '/').split('/')[-2:])}:{self.line}"

    def read(self, file: TableFile) -> None:
        """Take in one file."""
        self.file, self.layer, self.line = file.name, file.layer, 1
        table = header(file.text, "table")
        if table not in COLUMNS:
            self.problem(
                f"unknown table {table!r}" if table else "the file does not say which table it is",
                f"write `# table: NAME` in its first line; known: {', '.join(COLUMNS)}",
            )
            return
        take: Callable[[Row], None] = getattr(self, f"_{table}")
        for row in self._rows(file.text, table):
            take(row)

    def _rows(self, text: str, table: str) -> Iterator[Row]:
        names: list[str] = []
        # Not splitlines(): it would break lines at characters that may stand in a name.
        for self.line, line in enumerate(text.replace("\r\n", "\n").split("\n"), 1):
            if not line.strip() or line.startswith("#"):
                continue
            cells = [cell.strip() for cell in line.split("\t")]
            if not names:
                names = cells
                unknown = [name for name in names if name not in COLUMNS[table]]
                if unknown or names[0] != COLUMNS[table][0]:
                    self.problem(
                        f"unknown column {unknown[0]!r}"
                        if unknown
                        else f"the first column must be {COLUMNS[table][0]}",
                        f"columns of {table}, separated by tabs: {', '.join(COLUMNS[table])}",
                    )
                    return
                continue
            if len(cells) > len(names) or not cells[0]:
                reason = f"{len(cells)} cells in a table of {len(names)}" if cells[0] else f"{names[0]} is empty"
                self.problem(reason, "cells are separated by one tab each")
                continue
            yield dict.fromkeys(COLUMNS[table], "") | dict(zip(names, cells, strict=False))

    def _regions(self, row: Row) -> None:
        self.regions[row["code"]] = Entry(
            row["code"],
            row["name"] or row["code"],
            row["qid"],
            tuple(many(row["above"])),
            row["un"] == "yes",
            row["parent"],
            row["capital"],
            self._day(row, "since"),
            self._day(row, "until"),
            self.origin,
        )

    def _aliases(self, row: Row) -> None:
        use = row["use"]
        if use not in USES:
            self.problem(f"unknown use {use!r}", f"known: {', '.join(sorted(USES))}")
            return
        if use == "actor":
            self.named.append((row, self.file, self.line, self.layer))
            return
        if use != "null":
            self._known(row["region"], self.regions)
        try:
            weight = float(row["weight"] or 0)
        except ValueError:
            self.problem(f"weight {row['weight']!r} is not a number", "people living there, in millions")
            return
        for alias in many(row["alias"]):
            self._alias(alias, Sense(use, row["region"], "", "", False, weight, self.origin), row["language"])
            if use == "demonym" and row["language"] in ("", "en") and not alias.endswith(("s", "sh", "ese", "ch", "z")):
                self._alias(alias + "s", Sense(use, row["region"], "", "", False, weight, self.origin), row["language"])

    def _actors(self, row: Row) -> None:
        try:
            kind = Kind(row["kind"])
        except ValueError:
            self.problem(f"unknown kind {row['kind']!r}", f"known: {', '.join(Kind)}")
            return
        being = Being(row["id"], row["name"] or row["id"], kind, row["country"], row["sector"], self.origin)
        if being.country:
            self._known(being.country, self.regions)
        if self.layers.get(being.id) == self.layer:
            twin = self.actors[being.id]
            self.problem(f"{being.id!r} is there already: {twin.name} at {twin.origin}")
        self.layers[being.id] = self.layer
        self.actors[being.id] = being
        known = 1.0 if row["aliases"] else 0.0
        sense = Sense("actor", being.country, being.id, being.sector, False, known, self.origin)
        for alias in dict.fromkeys((being.name, *many(row["aliases"]))):
            self._alias(alias, sense, "")
            if kind is Kind.OFFICE and " of " in alias:
                self._alias(alias[0].lower() + alias[1:], sense, "")  # the prime minister of Malta
        if kind is Kind.PERSON and row["short"] != "-":
            for short in many(row["short"]) or [surname(being, self.words["given"])]:
                self._alias(short, msgspec.structs.replace(sense, use="surname", weak=True), "")

    def _holders(self, row: Row) -> None:
        source = row["source"] or _UNVERIFIED
        checked = self._day(row, "checked")
        if source != _UNVERIFIED and checked is None:
            self.problem("a source without the day on which it was checked", "write YYYY-MM-DD, or `unverified`")
        holder = Holder(
            row["office"],
            row["person"],
            self._day(row, "since"),
            self._day(row, "until"),
            source,
            checked,
            self.origin,
        )
        if self.layer:
            left = ((layer, self._succeeded(layer, old, holder)) for layer, old in self.holders)
            self.holders = [(layer, old) for layer, old in left if old]
        self.holders.append((self.layer, holder))
        self.pending += [
            ("office", self.line, self.file, holder.office),
            ("person", self.line, self.file, holder.person),
        ]

    def _succeeded(self, layer: int, old: Holder, new: Holder) -> Holder | None:
        """Return what a later folder leaves of a row: nothing if it gives it again, less if it has a successor."""
        if layer == self.layer or old.office != new.office:
            return old
        if (old.person, old.since) == (new.person, new.since):
            return None
        began, ends = old.since or date.min, old.until or date.max
        return msgspec.structs.replace(old, until=new.since) if new.since and began < new.since < ends else old

    def _groups(self, row: Row) -> None:
        for code in many(row["code"]):
            self._known(code, self.regions)
            self.groups.append(Group(row["group"], code, self._day(row, "since"), self._day(row, "until")))

    def _agents(self, row: Row) -> None:
        use = "office" if row["office"] == "yes" else "agent"
        for agent in many(row["agent"]):
            for form in dict.fromkeys((agent, plural(agent))):
                self._alias(form, Sense(use, "", "", row["sector"], False, 0.0, self.origin), "en")

    def _words(self, row: Row) -> None:
        if row["use"] not in WORD_USES:
            self.problem(f"unknown use {row['use']!r}", f"known: {', '.join(sorted(WORD_USES))}")
        self.words[row["use"]].update(many(row["word"]))

    def _alias(self, marked: str, sense: Sense, language: str) -> None:
        text = marked.lstrip("=~")
        marks = marked[: len(marked) - len(text)]
        if not text or len(text) > 120:
            self.problem(f"alias {marked!r} is empty or longer than 120 characters")
            return
        if "~" in marks:
            sense = msgspec.structs.replace(sense, weak=True)
        key = (text, "=" in marks, language)
        layer, senses = self.senses.get(key, (self.layer, []))
        if layer < self.layer:
            senses = []
        if not any(_same(sense, other) for other in senses):
            senses.append(sense)
        self.senses[key] = (self.layer, senses)

    def _day(self, row: Row, column: str) -> date | None:
        text = row[column]
        if not text:
            return None
        try:
            return date.fromisoformat(text if len(text) > 4 else f"{text}-{'12-31' if column == 'until' else '01-01'}")
        except ValueError:
            self.problem(f"{column} {text!r} is not a day", "write YYYY-MM-DD or YYYY")
            return None

    def _known(self, code: str, known: dict[str, Entry]) -> None:
        if code not in known:
            self.problem(f"unknown region {code!r}", "a code of the table regions, read before all others")

    def check(self) -> None:
        """Give the actors the aliases of other tables, and note the references that lead nowhere."""
        for row, file, line, layer in self.named:
            self.file, self.line, self.layer = file, line, layer
            being = self.actors.get(row["actor"])
            if being is None:
                self.problem(f"unknown actor {row['actor']!r}", "an id of a table actors")
                continue
            for alias in many(row["alias"]):
                sense = Sense("actor", being.country, being.id, being.sector, False, 1.0, self.origin)
                self._alias(alias, sense, row["language"])
        for column, line, file, id_ in self.pending:
            if id_ not in self.actors:
                self.line, self.file = line, file
                self.problem(f"unknown {column} {id_!r}", "an id of a table actors")

    def dictionary(self, files: Sequence[TableFile]) -> Dictionary:
        """Return what was gathered; the version is the newest that a file of ours names, and a hash of all text."""
        digest = sha256("\0".join(f"{file.layer}\0{file.text}" for file in files).encode("utf-8", "surrogatepass"))
        release = max((header(file.text, "version") for file in files), default="")
        aliases = [
            Alias(text, tuple(sorted(senses, key=lambda sense: -sense.weight)), exact, language)
            for (text, exact, language), (_, senses) in self.senses.items()
        ]
        return Dictionary(
            f"{release or '0'}+{digest.hexdigest()[:8]}",
            self.regions,
            self.actors,
            aliases,
            self.groups,
            [holder for _, holder in self.holders],
            {use: frozenset(words) for use, words in self.words.items()},
        )


def many(cell: str) -> list[str]:
    """Return the values of a cell."""
    return [part for raw in cell.split("|") if (part := raw.strip())]


def surname(person: Being, given: Collection[str] = ()) -> str:
    """Return what a person is called in short: the last word, or the first where the family name stands first.

    ``given`` are names that no family has: ``Jack Ma``.
    """
    words = person.name.split()
    if person.country in _FAMILY_FIRST and len(words) > 1 and words[0].isalpha() and words[0].lower() not in given:
        return words[0]
    return words[-1]


def plural(noun: str) -> str:
    """Return the plural of an English noun, of the first word where it has an ``of`` or ``in chief``."""
    head, separator, rest = noun.partition(" of ")
    if head.endswith(("s", "sh", "ch", "x")):
        ended = head if head.endswith("s") else head + "es"
    elif head.endswith("y") and head[-2:-1] not in "aeiou":
        ended = head[:-1] + "ies"
    elif head.endswith("man"):
        ended = head[:-3] + "men"
    else:
        ended = head + "s"
    return ended + separator + rest


def _same(one: Sense, other: Sense) -> bool:
    return (one.use, one.region, one.actor) == (other.use, other.region, other.actor)
