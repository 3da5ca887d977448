"""The grammar: from the text of a query to its tree, or to one QueryError that says where and why.

::

    query   = and {"OR" and}
    and     = not {["AND"] not}
    not     = "NOT" not | near
    near    = term [("NEAR/n" | "BEFORE/n") term]
    term    = "(" query ")" | "ATLEAST/n" "(" {not} ")" | prefix ":" term | "$" name
            | ["="] '"' words '"' ["~" n] | ["="] word | word"*" | word"~1"
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Never, cast

import msgspec

from pipeline.core.rules import checks
from pipeline.core.rules.errors import QueryError
from pipeline.core.rules.lexer import FORMS, Sign, Token, tokens
from pipeline.core.rules.limits import Limits
from pipeline.core.rules.names import Codes, Names
from pipeline.core.rules.query import (
    DATA_FIELDS,
    TAG_FIELDS,
    TEXT_FIELDS,
    And,
    AtLeast,
    Named,
    Near,
    Node,
    Not,
    Or,
    Side,
    TextField,
    Word,
)
from pipeline.core.rules.terms import TermError, data_term, tag_term, text_term


class Context(msgspec.Struct, frozen=True):
    """The prefixes that a term stands under."""

    field: str | None = None
    forms: bool = False


class Parser:
    """Parses queries that share names, named queries and limits; ``keep_names`` leaves ``$name`` as it is."""

    def __init__(
        self,
        names: Names | None = None,
        define: Mapping[str, str] | None = None,
        limits: Limits | None = None,
        *,
        keep_names: bool = False,
    ) -> None:
        self.names = names or Codes()
        self.define = define or {}
        self.keep_names = keep_names
        self.limits = limits or Limits()
        self._shared: dict[Node, Node] = {}
        self._leaves: dict[tuple[str, Sign, bool, int | None, str | None, bool], Node] = {}
        self._words: dict[str, Word] = {}
        self._known: dict[tuple[str, Context], Node] = {}
        self._open: list[str] = []

    def parse(self, text: str) -> Node:
        """Return the tree of a query; raises QueryError."""
        if len(text) > self.limits.characters:
            reason = f"the query has {len(text)} characters, {self.limits.characters} are allowed"
            raise QueryError(reason, text, self.limits.characters)
        if "\0" in text:
            raise QueryError("a query holds no null bytes", text, text.index("\0"))
        plain = self._plain(text)
        if plain is not None:
            return plain
        try:
            node = _Run(self, text).query(Context())
        except RecursionError:
            self._open.clear()
            raise QueryError("the query is nested too deeply", text, 0, "take out NOTs, prefixes or names") from None
        checks.refuse_unanchored(node, text)
        checks.refuse_costly(node, text, self.limits)
        return node

    def _plain(self, text: str) -> Node | None:
        """Return the tree of words joined by AND, AND NOT or OR, where every word has stood in a query before.

        Most saved searches are no more than that; what is anything else, or might be wrong, goes the whole way.
        """
        either = " OR " in text
        parts = text.split(" OR " if either else " AND ")
        if len(parts) > min(self.limits.clauses, self.limits.cost):
            return None
        known, found = self._words, list[Node]()
        for part in parts:
            word = known.get(part)
            if word is None:
                negated = None if either else known.get(part.removeprefix("NOT "))
                if negated is None:
                    return None
                found.append(Not(negated))
            else:
                found.append(word)
        if isinstance(found[0], Not):
            return None
        node = checks.flat(Or if either else And, found)
        return None if checks.contradiction(node) else node

    def leaf(self, token: Token, context: Context) -> Node:
        """Return a word, phrase, tag or value as one object for all equal ones; raises TermError.

        A story evaluates it once, and rules take less memory.
        """
        key = (token.text, token.sign, token.exact, token.number, context.field, context.forms)
        node = self._leaves.get(key)
        if node is None:
            node = _leaf(token, context, self.names)
            node = self._leaves[key] = self._shared.setdefault(node, node)
            if context == Context() and token.sign is Sign.TERM and type(node) is Word and token.text.isalnum():
                self._words[token.text] = node
        return node

    def check_named(self, name: str) -> None:
        """Raise QueryError where a named query is wrong in itself, or is defined by itself."""
        self._open.append(name)
        try:
            _Run(self, self.define[name]).query(Context())
        finally:
            self._open.clear()

    def named(self, name: str, context: Context, fail: Callable[[str], Never]) -> Node:
        """Return the named query as it reads under the prefixes of ``context``."""
        if self.keep_names:
            prefix = f"{context.field}:" if context.field else ""
            return Named(name, prefix + (f"{FORMS}:" if context.forms else ""))
        if name not in self.define:
            fail(f"${name} is not defined")
        if name in self._open:
            fail(f"${name} is defined by itself: {' → '.join(f'${other}' for other in (*self._open, name))}")
        key = (name, context)
        if key not in self._known:
            self._open.append(name)
            try:
                self._known[key] = _Run(self, self.define[name]).query(context)
            except QueryError as error:
                fail(f"${name}, {error}")
            finally:
                self._open.pop()
        return self._known[key]


class _Run:
    """One descent through the tokens of one text."""

    def __init__(self, parser: Parser, text: str) -> None:
        self.parser, self.text = parser, text
        self.tokens = tokens(text)
        self.index = self.depth = 0

    def query(self, context: Context) -> Node:
        if self.peek().sign is Sign.END:
            raise QueryError("the query is empty", self.text, 0)
        node = self.either(context)
        token = self.peek()
        if token.sign is not Sign.END:
            self.fail("this ) closes nothing", token)
        return node

    def peek(self) -> Token:
        return self.tokens[self.index]

    def take(self) -> Token:
        token = self.tokens[self.index]
        self.index += 1
        return token

    def fail(self, reason: str, token: Token, hint: str | None = None) -> Never:
        raise QueryError(reason, self.text, token.start, hint)

    def either(self, context: Context) -> Node:
        """``and {"OR" and}``."""
        first = self.peek()
        found = [self.both(context)]
        while self.peek().sign is Sign.OR:
            self.take()
            start = self.peek()
            found.append(self.both(context))
            if not checks.anchored(found[-1]):
                self.fail("a OR NOT b matches nearly every story", start, "write x AND NOT b")
        if len(found) > 1 and not checks.anchored(found[0]):
            self.fail("NOT a OR b matches nearly every story", first, "write x AND NOT a")
        return checks.flat(Or, found)

    def both(self, context: Context) -> Node:
        """``not {["AND"] not}``."""
        start = self.peek()
        found = [self.negated(context)]
        while self.peek().sign not in (Sign.OR, Sign.CLOSE, Sign.END):
            if self.peek().sign is Sign.AND:
                self.take()
            found.append(self.negated(context))
        node = checks.flat(And, found)
        reason = checks.contradiction(node)
        if reason:
            self.fail(f"this can never match: {reason}", start)
        return node

    def negated(self, context: Context) -> Node:
        """``"NOT" not | near``."""
        token = self.peek()
        if token.sign is not Sign.NOT:
            return self.near(context)
        self.take()
        node = self.negated(context)
        if not checks.anchored(node):
            self.fail("NOT is applied to what is negative itself", token, "NOT goes before something positive")
        return Not(node)

    def near(self, context: Context) -> Node:
        """``term [("NEAR/n" | "BEFORE/n") term]``."""
        start = self.peek()
        left = self.term(context)
        token = self.peek()
        if token.sign not in (Sign.NEAR, Sign.BEFORE):
            return left
        self.take()
        second = self.peek()
        right = self.term(context)
        if self.peek().sign in (Sign.NEAR, Sign.BEFORE):
            self.fail(f"{token.text} has two sides only", self.peek(), "write a NEAR/5 b AND b NEAR/5 c")
        sides = self.side(left, start, token), self.side(right, second, token)
        node = Near(*sides, cast("int", token.number), token.sign is Sign.BEFORE)
        if checks.apart(node):
            self.fail(f"this can never match: the sides of {token.text} look into different fields", start)
        return node

    def side(self, node: Node, start: Token, operator: Token) -> Side:
        """Return one side of NEAR as a list of items and phrases."""
        parts = node.of if isinstance(node, Or) else (node,)
        for part in parts:
            wrong = checks.no_side(part)
            if wrong:
                self.fail(
                    f"{wrong} cannot stand inside {operator.text}", start, "a side is a word, a phrase or (x OR y)"
                )
        return cast("Side", parts)

    def term(self, context: Context) -> Node:
        """Return one term or one parenthesis."""
        token = self.take()
        if token.sign is Sign.OPEN:
            return self.parenthesis(token, lambda: self.either(context))
        if token.sign is Sign.ATLEAST:
            return self.at_least(token, context)
        if token.sign is Sign.PREFIX:
            return self.prefixed(token, context)
        if token.sign is Sign.NAMED:
            return self.parser.named(token.text, context, lambda reason: self.fail(reason, token))
        if token.sign in (Sign.QUOTED, Sign.TERM):
            return self.leaf(token, context)
        return self.missing(token)

    def missing(self, token: Token) -> Never:
        """Refuse ``token``, which stands where a term should."""
        before = self.tokens[self.index - 2] if self.index > 1 else None
        if token.sign is Sign.CLOSE and not self.depth:
            self.fail("this ) closes nothing", token)
        if before is None:
            self.fail(f"something is missing before {token.text}", token)
        if before.sign is Sign.OPEN:
            self.fail(f"something is missing after (, before {token.text or 'the end'}", token)
        self.fail(f"something is missing after {before.text}", before)

    def parenthesis(self, token: Token, inner: Callable[[], Node]) -> Node:
        self.depth += 1
        if self.depth > self.parser.limits.depth:
            self.fail(f"more than {self.parser.limits.depth} parentheses inside each other", token)
        node = inner()
        if self.peek().sign is not Sign.CLOSE:
            self.fail("this ( is never closed", token)
        self.take()
        self.depth -= 1
        return node

    def at_least(self, token: Token, context: Context) -> Node:
        """``"ATLEAST/n" "(" {not} ")"``."""
        opening = self.take()
        if opening.sign is not Sign.OPEN:
            self.fail(f"{token.text} needs a list", opening, f"{token.text} (tank missile drone)")
        found: list[Node] = []

        def items() -> Node:
            while self.peek().sign not in (Sign.CLOSE, Sign.END):
                start = self.peek()
                if start.sign in (Sign.AND, Sign.OR):
                    self.fail(
                        f"{start.text} cannot stand in the list of {token.text}", start, "items stand side by side"
                    )
                item = self.negated(context)
                if not checks.anchored(item):
                    self.fail(f"an item of {token.text} cannot be negative", start)
                found.append(item)
            return And(tuple(found))

        self.parenthesis(opening, items)
        distinct = tuple(dict.fromkeys(found))
        count = cast("int", token.number)
        if count > len(distinct):
            self.fail(f"this can never match: {token.text} has {len(distinct)} distinct items", token)
        return distinct[0] if len(distinct) == 1 else AtLeast(count, distinct)

    def prefixed(self, token: Token, context: Context) -> Node:
        """``prefix ":" term``."""
        name = token.text
        if self.peek().sign in (Sign.AND, Sign.OR, Sign.NOT, Sign.NEAR, Sign.BEFORE, Sign.CLOSE, Sign.END):
            self.fail(f"{name}: needs a term right after it", token)
        if name == FORMS:
            if context.field not in (None, *TEXT_FIELDS):
                self.fail(f"forms: has no meaning inside {context.field}:", token)
            return self.term(Context(context.field, forms=True))
        if context.field not in (None, name) and (context.field, name) != ("body", "lead"):
            self.fail(f"{name}: inside {context.field}: can never match", token)
        if context.forms and name not in TEXT_FIELDS:
            self.fail(f"{name}: has no forms", token)
        return self.term(Context(name, context.forms))

    def leaf(self, token: Token, context: Context) -> Node:
        try:
            return self.parser.leaf(token, context)
        except TermError as error:
            self.fail(error.reason, token, error.hint)


def _leaf(token: Token, context: Context, names: Names) -> Node:
    field = context.field
    if field in TAG_FIELDS:
        return tag_term(field, token.text, names)
    if field in DATA_FIELDS:
        return data_term(cast("str", field), token.text)
    text, exact = token.text, token.exact
    if token.sign is Sign.TERM and text.startswith("="):
        text, exact = text[1:], True
        if not text:
            raise TermError("= stands right before a word", "=UN takes the case as written")
    if token.sign is Sign.QUOTED and "~" in text:
        text = text.replace("~", " ")
    return text_term(text, cast("TextField | None", field), exact=exact, forms=context.forms, within=token.number)
