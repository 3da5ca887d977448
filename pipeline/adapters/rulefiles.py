"""Rule files: YAML for people, JSON Lines for many, a folder read whole.

One bad rule never costs the others: each problem is reported with file, line and column, and what is sound is loaded.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from contextlib import suppress
from datetime import date
from hashlib import sha256
from pathlib import Path

import msgspec
import yaml

from pipeline.adapters.rulecache import RuleCache
from pipeline.adapters.ruleplaces import query_problem
from pipeline.core.documents import NOTHING, Reader
from pipeline.core.errors import Problem
from pipeline.core.rules import Limits, Names, QueryError, Rule, RuleDefinition, RuleSet
from pipeline.core.rules.definition import Place, Severity, TopicName, compiled, in_force
from pipeline.core.rules.parser import Parser

SUFFIXES = (".yaml", ".yml", ".jsonl")
LARGEST = 512 * 1024 * 1024
"""Bytes of one rule file."""


class Header(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a YAML file says of all its rules."""

    topic: TopicName | None = None
    severity: Severity | None = None
    owner: str | None = None
    define: dict[str, str] = {}


class RuleFiles(msgspec.Struct):
    """All definitions of a list of files and folders, in their order, and what was wrong."""

    definitions: list[RuleDefinition] = []
    places: list[Place] = []
    """The place of each definition."""
    define: dict[str, str] = {}
    problems: list[Problem] = []
    defined: dict[str, Place] = {}
    digest: str = ""
    """A hash of the files, their names included."""

    def parser(self, names: Names | None = None, limits: Limits | None = None) -> Parser:
        """Return a parser that knows the named queries of all files."""
        return Parser(names, self.define, limits)

    def entries(self) -> Iterator[tuple[RuleDefinition, Place]]:
        """Yield the definitions and their places, the first of each id; a second one is noted."""
        first: dict[str, Place] = {}
        for definition, place in zip(self.definitions, self.places, strict=True):
            before = first.setdefault(definition.id, place)
            if before is place:
                yield definition, place
            else:
                self.problems.append(place.problem(f"rule {definition.id} is given twice", f"first in {before.where}"))

    def check_define(self, parser: Parser) -> None:
        """Note what is wrong with the named queries, whether or not a rule uses them."""
        for name, place in self.defined.items():
            try:
                parser.check_named(name)
            except QueryError as error:
                problem = query_problem(place, name, error)
                message = problem.message.replace(f"rule {name}:", f"${name}:", 1)
                self.problems.append(msgspec.structs.replace(problem, message=message))

    def rules(self, parser: Parser, today: date | None = None, known: Collection[str] = frozenset()) -> Iterator[Rule]:
        """Yield the sound rules that are in force, without the known ones; the problems of the others are noted."""
        for definition, place in self.entries():
            if definition.id in known:
                continue
            try:
                rule = compiled(definition, parser)
            except QueryError as error:
                self.problems.append(query_problem(place, definition.id, error))
                continue
            if in_force(definition, today):
                yield rule


def load(
    paths: Sequence[str],
    *,
    topics: Collection[str] | None = None,
    names: Names | None = None,
    limits: Limits | None = None,
    today: date | None = None,
) -> tuple[RuleSet, list[Problem]]:
    """Return the sound rules of files and folders, and every problem found.

    ``topics`` are the declared ones (None or none declared: any will do); with ``today`` expired rules are left out.
    """
    files = read(paths, topics)
    parser = files.parser(names, limits)
    files.check_define(parser)

    def whole(found: RuleSet | None) -> RuleSet:
        rules = found or RuleSet()
        for rule in files.rules(parser, today, frozenset(rules.versions)):  # the refused ones too, for their problems
            rules.add(rule)
        return rules

    cache = RuleCache(files.digest, files.definitions, names=names, limits=limits, topics=topics, today=today)
    return cache.fill(whole), files.problems


def read(paths: Sequence[str], topics: Collection[str] | None = None) -> RuleFiles:
    """Return the definitions of files and folders with their problems, queries not yet looked at."""
    files, digest = RuleFiles(), sha256()
    for path in located(paths, files.problems):
        try:
            data = path.read_bytes()
            digest.update(f"\0{path}\0{len(data)}\0".encode("utf-8", "surrogateescape"))
            digest.update(data)
            if len(data) > LARGEST:
                files.problems.append(Problem(str(path), f"is larger than {LARGEST >> 20} MB"))
            elif path.suffix == ".jsonl":
                _lines(data, str(path), files)
            else:
                _yaml(data.decode("utf-8-sig"), str(path), files)
        except (OSError, UnicodeDecodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else "is not UTF-8"
            files.problems.append(Problem(str(path), f"cannot be read: {reason}"))
    files.digest = digest.hexdigest()
    if topics is not None:
        _check_topics(files, frozenset(topics))
    return files


def located(paths: Sequence[str], problems: list[Problem]) -> Iterator[Path]:
    """Yield the rule files that are meant by files and folders."""
    for name in paths:
        path = Path(name)
        if path.is_dir():
            yield from sorted(
                file
                for file in path.rglob("*")
                if file.suffix in SUFFIXES and file.is_file() and not file.name.startswith(".")
            )
        elif not path.exists():
            problems.append(Problem(name, "no such file or folder"))
        elif path.suffix not in SUFFIXES:
            problems.append(Problem(name, "is no rule file", hint=f"rule files end in {', '.join(SUFFIXES)}"))
        else:
            yield path


def _lines(data: bytes, file: str, files: RuleFiles) -> None:
    """Read JSON Lines: one rule a line."""
    with suppress(msgspec.DecodeError, UnicodeDecodeError):  # all at once where every line is sound
        found = _decoder.decode_lines(data)
        if len(found) == data.rstrip(b"\n").count(b"\n") + 1:  # no line is empty
            files.definitions += found
            files.places += [Place(file, number) for number in range(1, len(found) + 1)]
            return
    for number, line in enumerate(data.split(b"\n"), 1):
        if not line.strip():
            continue
        try:
            definition = _decoder.decode(line)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            files.problems.append(_line_problem(file, number, line, error))
            continue
        files.definitions.append(definition)
        files.places.append(Place(file, number))


def _line_problem(file: str, number: int, line: bytes, error: Exception) -> Problem:
    """Return what is wrong with a line: at the byte that the decoder names, at the field, or at its beginning."""
    message, _, field = str(error).partition(" - at `$.")
    field = field.rstrip("`")
    byte = re.search(r" \(byte (\d+)\)$", message)
    at = int(byte[1]) if byte else max(0, line.find(b'"' + field.encode() + b'"') if field else 0)
    message = message[: byte.start()] if byte else message
    message = message[:1].lower() + message[1:] if message[1:2].islower() else message
    column = len(line[:at].decode("utf-8", "replace")) + 1
    return Problem(file, f"{message} ({field})" if field else message, number, column)


_decoder = msgspec.json.Decoder(RuleDefinition)


def _yaml(text: str, file: str, files: RuleFiles) -> None:
    """Read YAML: a header and a list of rules."""
    reader = Reader(file)
    files.problems += _read_yaml(reader, text, file, files)


def _read_yaml(reader: Reader, text: str, file: str, files: RuleFiles) -> list[Problem]:
    node = reader.compose(text)
    if not isinstance(node, yaml.MappingNode):
        if node is not None:
            reader.problem(node, "a rule file must be a mapping", "topic: …, rules: [{id: …, query: …}]")
        return reader.problems
    entries = [pair for pair in node.value if pair[0].value == "rules"]
    head = yaml.MappingNode(node.tag, [pair for pair in node.value if pair not in entries], node.start_mark)
    header = reader.struct(head, Header, "")
    header = Header() if header is NOTHING else header
    _define(head, header, file, files)
    if not entries and not header.define:
        reader.problem(node, "rules is missing", "rules: [{id: …, query: …}]")
    for key, value in entries[:1]:
        if not isinstance(value, yaml.SequenceNode):
            reader.problem(key, "rules must be a list")
            continue
        for number, child in enumerate(value.value):
            before = len(reader.problems)
            definition = reader.value(child, RuleDefinition, f"rules[{number}]")
            if definition is not NOTHING and len(reader.problems) == before:  # half a rule is none
                files.definitions.append(
                    msgspec.structs.replace(
                        definition,
                        topic=definition.topic or header.topic,
                        severity=definition.severity or header.severity,
                        owner=definition.owner or header.owner,
                    )
                )
                files.places.append(_place(child, file))
    for key, _value in entries[1:]:
        reader.problem(key, "rules is given twice")
    return reader.problems


def _define(head: yaml.MappingNode, header: Header, file: str, files: RuleFiles) -> None:
    """Add the named queries of a file; one that another file defines too is refused."""
    nodes = [value for key, value in head.value if key.value == "define" and isinstance(value, yaml.MappingNode)]
    places = {key.value: _of_scalar(value, file) for node in nodes for key, value in node.value}
    for name, query in header.define.items():
        place = places[name]
        if name in files.defined:
            files.problems.append(place.problem(f"${name} is defined twice", f"first in {files.defined[name].where}"))
        else:
            files.defined[name], files.define[name] = place, query


def _place(node: yaml.Node, file: str) -> Place:
    """Return where the query of a rule stands."""
    return _of_scalar(next((value for key, value in node.value if key.value == "query"), node), file)


def _of_scalar(value: yaml.Node, file: str) -> Place:
    """Return where a text begins."""
    mark, style = value.start_mark, getattr(value, "style", None)
    return Place(file, mark.line + 1, mark.column + 1 + (style in ("'", '"')), style)


def _check_topics(files: RuleFiles, topics: frozenset[str]) -> None:
    """Refuse the rules whose topic is not declared; a rule without a topic goes to GENERAL."""
    definitions, places = files.definitions, files.places
    files.definitions, files.places = [], []
    for definition, place in zip(definitions, places, strict=True):
        if definition.topic is None or definition.topic in topics:
            files.definitions.append(definition)
            files.places.append(place)
        else:
            message = f"rule {definition.id}: the topic {definition.topic} is not declared"
            files.problems.append(place.problem(message, f"declared are {', '.join(sorted(topics))}"))
