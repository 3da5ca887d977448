"""YAML that people write, read into structs with every problem reported at once, each with its line.

Used for the configuration, the rules, the sources and the subscriptions alike: unknown keys are refused with the
nearest known one as a hint, a wrong type names what was expected, and the valid rest is still returned.
"""

from __future__ import annotations

import difflib
import types
import typing
from typing import Any, TypeVar

import msgspec
import yaml

from pipeline.core.errors import Problem

T = TypeVar("T")
Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
NOTHING = object()
DEEPEST = 50
"""Collections inside one another."""


def read(text: str, type_: type[T], file: str) -> tuple[T | None, list[Problem]]:
    """Return ``text`` as ``type_`` (a msgspec Struct) and the problems found.

    The value is None where a required key is missing or the text is no mapping; otherwise the keys without a
    problem are kept, so that a caller may go on with what is sound.
    """
    reader = Reader(file)
    node = reader.compose(text)
    if node is None:
        return None, reader.problems
    value = reader.struct(node, type_, "")
    return (None if value is NOTHING else typing.cast("T", value)), reader.problems


class Reader:
    """Walks the nodes of one file beside the types."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.problems: list[Problem] = []
        self.loader = Loader("")

    def compose(self, text: str) -> yaml.Node | None:
        """Parse the text; a syntax error is one problem."""
        try:
            if not self.bounded(text):
                return None
            node = yaml.compose(text, Loader=Loader)
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark
            line, column = (mark.line + 1, mark.column + 1) if mark else (None, None)
            message = error.problem or error.context or "cannot be read"
            self.problems.append(Problem(self.file, f"not valid YAML: {message}", line, column))
            return None
        except (yaml.YAMLError, ValueError) as error:
            bad = yaml.reader.Reader.NON_PRINTABLE.search(text)
            line = column = None
            if bad:
                line = text.count("\n", 0, bad.start()) + 1
                column = bad.start() - (text.rfind("\n", 0, bad.start()) + 1) + 1
            message = f"not valid YAML: {str(error).splitlines()[0]}"
            self.problems.append(Problem(self.file, message, line, column))
            return None
        if node is None:
            mark = yaml.Mark(self.file, 0, 0, 0, None, 0)
            node = yaml.MappingNode("tag:yaml.org,2002:map", [], mark, mark)
        return node

    def bounded(self, text: str) -> bool:
        """Return whether the text is flat enough to be composed; note it where it is not.

        A node is composed by recursion in C, which thousands of brackets would end with the process, and ten lines of
        aliases of aliases stand for a billion nodes.
        """
        depth = 0
        for event in yaml.parse(text, Loader=Loader):
            depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
            alias = isinstance(event, yaml.AliasEvent)
            if depth > DEEPEST or alias:
                mark = event.start_mark
                line, column = (mark.line + 1, mark.column + 1) if mark else (None, None)
                message = "an alias (*name) is not read" if alias else f"nested more than {DEEPEST} deep"
                self.problems.append(Problem(self.file, f"not valid here: {message}", line, column))
                return False
        return True

    def problem(self, node: yaml.Node, message: str, hint: str | None = None) -> None:
        """Note what is wrong at ``node``."""
        mark = node.start_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (None, None)
        self.problems.append(Problem(self.file, message, line, column, hint))

    def value(self, node: yaml.Node, type_: Any, path: str) -> Any:
        """Return the node as ``type_``, or NOTHING after noting what is wrong."""
        origin, arguments = typing.get_origin(type_), typing.get_args(type_)
        if origin is typing.Annotated:
            return (
                self.plain(node, type_, path) if not _is_struct(arguments[0]) else self.struct(node, arguments[0], path)
            )
        if origin in (typing.Union, types.UnionType):
            return self.union(node, type_, arguments, path)
        if _is_struct(type_):
            return self.struct(node, type_, path)
        if origin in (list, tuple):
            return self.sequence(node, origin, arguments[0], path)
        if origin is dict:
            return self.mapping(node, arguments[1], path)
        return self.plain(node, type_, path)

    def union(self, node: yaml.Node, type_: Any, arguments: tuple[Any, ...], path: str) -> Any:
        """Return the node as that of ``arguments`` which has its shape, or NOTHING."""
        if isinstance(node, yaml.ScalarNode):
            return self.plain(node, type_, path)
        wanted = yaml.MappingNode if isinstance(node, yaml.MappingNode) else yaml.SequenceNode
        for choice in arguments:
            shape = yaml.SequenceNode if typing.get_origin(choice) in (list, tuple) else yaml.MappingNode
            structured = _is_struct(choice) or typing.get_origin(choice) in (list, tuple, dict)
            if structured and shape is wanted:
                return self.value(node, choice, path)
        return self.plain(node, type_, path)

    def struct(self, node: yaml.Node, type_: Any, path: str) -> Any:
        """Return a mapping as a struct, or NOTHING after noting what is missing or wrong."""
        if not isinstance(node, yaml.MappingNode):
            self.problem(node, f"{path or 'the file'} must be a mapping (key: value), not {_name(node)}")
            return NOTHING
        fields = {field.encode_name: field for field in msgspec.structs.fields(type_)}
        found: dict[str, Any] = {}
        seen: set[str] = set()
        for key_node, value_node in node.value:
            key = str(key_node.value)
            where = f"{path}.{key}" if path else key
            if key in seen:
                self.problem(key_node, f"{where} is given twice")
            elif key not in fields:
                near = difflib.get_close_matches(key, fields, 1)
                hint = f"did you mean {near[0]}?" if near else f"known keys: {', '.join(fields)}"
                self.problem(key_node, f"unknown key {where}", hint)
            else:
                value = self.value(value_node, fields[key].type, where)
                if value is not NOTHING:
                    found[fields[key].name] = value
            seen.add(key)
        missing = [name for name, field in fields.items() if field.required and name not in seen]
        for name in missing:
            self.problem(node, f"{path + '.' if path else ''}{name} is missing")
        if missing or any(field.required and field.name not in found for field in fields.values()):
            return NOTHING
        try:
            return type_(**found)
        except (ValueError, TypeError) as error:
            self.problem(node, f"{path + ': ' if path else ''}{error}")
            return NOTHING

    def sequence(self, node: yaml.Node, origin: Any, item: Any, path: str) -> Any:
        """Return a list with its sound items, or NOTHING."""
        if not isinstance(node, yaml.SequenceNode):
            self.problem(node, f"{path} must be a list, not {_name(node)}")
            return NOTHING
        values = (self.value(child, item, f"{path}[{index}]") for index, child in enumerate(node.value))
        return origin(value for value in values if value is not NOTHING)

    def mapping(self, node: yaml.Node, item: Any, path: str) -> Any:
        """Return a mapping with its sound values, or NOTHING."""
        if not isinstance(node, yaml.MappingNode):
            self.problem(node, f"{path} must be a mapping (key: value), not {_name(node)}")
            return NOTHING
        found: dict[str, Any] = {}
        for key_node, value_node in node.value:
            key = str(key_node.value)
            if key in found:
                self.problem(key_node, f"{path}.{key} is given twice")
                continue
            value = self.value(value_node, item, f"{path}.{key}")
            if value is not NOTHING:
                found[key] = value
        return found

    def plain(self, node: yaml.Node, type_: Any, path: str) -> Any:
        """Return a scalar as ``type_``, or NOTHING after noting what is wrong."""
        try:
            return msgspec.convert(self.construct(node), type_)
        except (msgspec.ValidationError, yaml.YAMLError, ValueError) as error:
            message = str(error).splitlines()[0].split(" - at `")[0]
            self.problem(node, f"{path}: {message[:1].lower()}{message[1:]}")
            return NOTHING

    def construct(self, node: yaml.Node) -> Any:
        """Return what a node stands for by the rules of YAML."""
        return self.loader.construct_object(node, deep=True)


def _is_struct(type_: Any) -> bool:
    return isinstance(type_, type) and issubclass(type_, msgspec.Struct)


def _name(node: yaml.Node) -> str:
    if isinstance(node, yaml.SequenceNode):
        return "a list"
    if isinstance(node, yaml.MappingNode):
        return "a mapping"
    return "empty" if node.value == "" else f"{node.value!r}"
