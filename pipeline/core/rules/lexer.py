"""The signs of a query: what stands between two spaces, sorted by what it may be."""

from __future__ import annotations

import difflib
import re
from enum import Enum, auto
from functools import lru_cache

import msgspec

from pipeline.core.rules.errors import QueryError
from pipeline.core.rules.query import DATA_FIELDS, TAG_FIELDS, TEXT_FIELDS

MAX_DISTANCE = 1000
"""The largest n of NEAR, BEFORE and ``"…"~n``."""

FORMS = "forms"
FIELDS = (*TEXT_FIELDS, *TAG_FIELDS, *DATA_FIELDS)
_VALUED = {*TAG_FIELDS, *DATA_FIELDS, "provider", "language", "subject"}
_QUOTES = '"“”„'


class Sign(Enum):
    """What a token is."""

    OPEN = auto()
    CLOSE = auto()
    AND = auto()
    OR = auto()
    NOT = auto()
    NEAR = auto()
    BEFORE = auto()
    ATLEAST = auto()
    PREFIX = auto()
    NAMED = auto()
    QUOTED = auto()
    TERM = auto()
    END = auto()


class Token(msgspec.Struct, frozen=True, gc=False):
    """A sign of the query; ``number`` is that of ``NEAR/5`` or ``"…"~3``."""

    sign: Sign
    text: str
    start: int
    number: int | None = None
    exact: bool = False


_token = re.compile(
    rf"""\s*(?:(?P<open>\()|(?P<close>\))
    |(?P<exact>=?)[{_QUOTES}](?P<quoted>[^{_QUOTES}]*)[{_QUOTES}](?:~(?P<within>[^\s(){_QUOTES}]*))?
    |(?P<operator>AND|OR|NOT)(?=[\s(){_QUOTES}]|$)
    |(?P<distance>NEAR|BEFORE|ATLEAST)/(?P<number>[0-9]+)(?=[\s(){_QUOTES}]|$)
    |(?P<prefix>[^\W\d]+):
    |\$(?P<named>[\w-]+)
    |(?P<term>[^\s(){_QUOTES}]+))""",
    re.VERBOSE,
)
_SIGNS = {
    "(": Sign.OPEN,
    ")": Sign.CLOSE,
    "AND": Sign.AND,
    "OR": Sign.OR,
    "NOT": Sign.NOT,
}
_value = re.compile(rf"\s*(?!=[{_QUOTES}])(?P<term>[^\s(){_QUOTES}]+)")
_operator = re.compile(r"([A-Za-z]+)(\W?)([0-9]+)?")
DISTANCES = ("NEAR", "BEFORE", "ATLEAST")
_numberless = re.compile(rf"({'|'.join(DISTANCES)})/.*", re.DOTALL)
_elsewhere = {
    **dict.fromkeys(("W", "N", "WITHIN", "ADJ", "PROX", "NEXT"), "NEAR"),
    **dict.fromkeys(("PRE", "ONEAR", "FOLLOWEDBY"), "BEFORE"),
}
"""What other query languages call NEAR and BEFORE."""
_prefixed = re.compile(r"=([^\W\d]+):(.*)", re.DOTALL)


def tokens(text: str) -> list[Token]:
    """Return the tokens of a query, the last one END; raises QueryError at what is none."""
    result: list[Token] = []
    at, end = 0, len(text.rstrip())
    while at < end:
        valued = bool(result) and result[-1].sign is Sign.PREFIX and result[-1].text in _VALUED
        found = (_value.match(text, at) if valued else None) or _token.match(text, at)
        if found is None:
            start = at + len(text[at:]) - len(text[at:].lstrip())
            raise QueryError("this quotation mark is never closed", text, start, 'a phrase is "in quotation marks"')
        token = _sorted(text, found)
        result.append(token)
        at = found.end()
    result.append(Token(Sign.END, "", end))
    return result


def _sorted(text: str, found: re.Match[str]) -> Token:
    kind = found.lastgroup
    value, start = found[kind or 0], found.start(kind or 0)
    match kind:
        case "term":
            if not _harmless(value):
                _suspect(text, value, start)
            return Token(Sign.TERM, value, start)
        case "open" | "close" | "operator":
            return Token(_SIGNS[value], value, start)
        case "quoted" | "within":
            return _quoted(text, found)
        case "number":
            return _distance(text, found)
        case "prefix":
            _known(text, value, start)
            return Token(Sign.PREFIX, value, start)
    return Token(Sign.NAMED, value, start - 1)


def _distance(text: str, found: re.Match[str]) -> Token:
    name, number, start = found["distance"], int(found["number"][:9]), found.start("distance")
    if not 1 <= number <= MAX_DISTANCE:
        raise QueryError(f"{name} takes a number from 1 to {MAX_DISTANCE}", text, start)
    return Token(Sign[name], f"{name}/{number}", start, number)


def _quoted(text: str, found: re.Match[str]) -> Token:
    within = found["within"]
    if within is None:
        number = None
    elif re.fullmatch("[0-9]{1,4}", within) and int(within) <= MAX_DISTANCE:
        number = int(within)
    else:
        start = found.start("within") - 1
        raise QueryError(f"~ after a phrase takes a number from 0 to {MAX_DISTANCE}", text, start, '"aid pact"~3')
    return Token(Sign.QUOTED, found["quoted"], found.start("exact"), number, exact=bool(found["exact"]))


def _known(text: str, name: str, start: int) -> None:
    """Refuse a prefix that is none."""
    if name not in FIELDS and name != FORMS:
        near = difflib.get_close_matches(name.lower(), (*FIELDS, FORMS), 1)
        hint = f"did you mean {near[0]}: ?" if near else f"known: {' '.join(f'{field}:' for field in (*FIELDS, FORMS))}"
        raise QueryError(f"unknown field {name}:", text, start, hint)


@lru_cache(maxsize=100_000)
def _harmless(term: str) -> bool:
    """Return whether a term is no suspect one, remembered, since rules share words."""
    try:
        _suspect("", term, 0)
    except QueryError:
        return False
    return True


def _suspect(text: str, term: str, start: int) -> None:
    """Refuse what looks like an operator of ours, or of another query language, and would be a mere word."""
    numberless, prefixed, found = _numberless.fullmatch(term), _prefixed.fullmatch(term), _operator.fullmatch(term)
    if numberless:
        name = numberless[1]
        raise QueryError(f"{name} takes a number from 1 to {MAX_DISTANCE}", text, start, f"did you mean {name}/5?")
    if prefixed and prefixed[1] in (*FIELDS, FORMS):
        hint = f"write {prefixed[1]}:={prefixed[2]}" if prefixed[1] in TEXT_FIELDS else None
        raise QueryError(f"= stands right before a word, not before {prefixed[1]}:", text, start, hint)
    if found and found[2] == "/" and found[1] in _elsewhere:
        hint = f"did you mean {_elsewhere[found[1]]}/{found[3] or 5}?"
        raise QueryError(f"{term} is no operator", text, start, hint)
    if found:
        name, number = found[1].upper(), found[3] or "5"
        spelt = 0.7 if found[2] == "/" and found[1].isupper() else 1.0
        near = difflib.get_close_matches(name, DISTANCES, 1, spelt) if found[3] or found[1] in DISTANCES else []
        if near:
            reason = f"{term} needs a number" if term in DISTANCES else f"{term} is no operator"
            raise QueryError(reason, text, start, f"did you mean {near[0]}/{number}?")
    if term[0] in "-+!" and term[1:2].isalnum():
        hint = f"write NOT {term[1:]}" if term[0] != "+" else f"write {term[1:]}; two things side by side mean AND"
        raise QueryError(f"{term[0]} before a word means nothing here", text, start, hint)
    if term in ("&&", "||", "&", "|"):
        raise QueryError(f"{term} is no operator", text, start, "write AND or OR")
