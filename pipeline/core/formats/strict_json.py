"""JSON as RFC 7493 (I-JSON) has it: what two readers could understand differently is refused."""

from __future__ import annotations

import json
import math
import re
from typing import Any, NoReturn

from pipeline.core.errors import InputError

_DIGITS = 1000
_SURROGATE = re.compile(r"\\u[dD][89abAB]|\\u[dD][c-fC-F]")


def decode(data: bytes) -> Any:
    """Return the value; raises InputError for what is no JSON, or JSON that is not I-JSON.

    Refused: bytes that are no UTF-8, duplicate names in an object, lone surrogates, NaN and infinities, numbers
    of more than 1,000 digits, nesting beyond the interpreter's limit (about 1,000 levels).
    """
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(f"not UTF-8: byte {error.start} cannot be read; JSON is UTF-8 (RFC 7493)") from None
    try:
        value = _decoder.decode(text)
    except json.JSONDecodeError as error:
        raise InputError(f"not valid JSON: {error.msg} at line {error.lineno}, column {error.colno}") from None
    except RecursionError:
        raise InputError("not usable JSON: it is nested too deeply") from None
    except ValueError as error:
        raise InputError(f"not usable JSON: {error}") from None
    if _SURROGATE.search(text):
        _refuse_lone_surrogates(value)
    return value


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        seen: set[str] = set()
        twice = next(name for name, _ in pairs if name in seen or seen.add(name))  # type: ignore[func-returns-value]
        raise ValueError(f"the name {twice[:60]!r} occurs twice in one object (RFC 7493)")
    return value


def _constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a number of JSON")


def _float(text: str) -> float:
    value = float(text)
    if len(text) > _DIGITS or math.isinf(value):
        raise ValueError("a number is too large")
    return value


def _int(text: str) -> int:
    if len(text) > _DIGITS:
        raise ValueError(f"a number has more than {_DIGITS} digits")
    return int(text)


def _refuse_lone_surrogates(value: Any) -> None:
    try:
        json.dumps(value, ensure_ascii=False).encode("utf-8")
    except RecursionError:
        raise InputError("not usable JSON: it is nested too deeply") from None
    except UnicodeEncodeError:
        raise InputError("not usable JSON: a lone surrogate in a string (RFC 7493)") from None


_decoder = json.JSONDecoder(object_pairs_hook=_object, parse_constant=_constant, parse_float=_float, parse_int=_int)
