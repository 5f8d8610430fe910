"""What a caller asks of an answer, checked: a wrong type is an error that names the parameter, never another answer."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from lrp_kg.errors import UnknownParameter
from lrp_kg.words import LANGUAGES
from lrp_kg.words.languages import look_up


def choice(value: Any, allowed: Collection[str], what: str) -> str:
    """Return one of the allowed texts; raise `UnknownParameter` for anything else."""
    if not isinstance(value, str) or value not in allowed:
        raise UnknownParameter(f"{_shown(value)} is no {what}. Choose among {', '.join(allowed)}.")
    return str.__str__(value)


def language(value: Any) -> str:
    """Return the language of a tag such as ``nl`` or ``nl-BE``; raise `UnknownParameter` if we have none for it."""
    found = look_up(str.__str__(value)) if isinstance(value, str) else None
    if found is None:
        there_are = ", ".join(LANGUAGES)
        raise UnknownParameter(f"lang is {_shown(value)}, which is no language here. Choose among {there_are}.")
    return found


def flag(name: str, value: Any) -> bool:
    """Return a truth value of Python or numpy; raise `UnknownParameter` for what is only taken as one."""
    if isinstance(value, bool) or type(value).__name__ in ("bool", "bool_") and type(value).__module__ == "numpy":
        return bool(value)
    raise UnknownParameter(f"{name} is {_shown(value)}. Choose True or False.")


def names(
    value: Any, parameter: str = "only", what: str = "identifiers of decisions and programmes"
) -> tuple[str, ...] | None:
    """Return the names that an answer is limited to; raise `UnknownParameter` for what is no list of texts."""
    if value is None:
        return None
    found = tuple(value) if isinstance(value, Iterable) and not isinstance(value, (str, bytes, Mapping)) else (0,)
    if not all(isinstance(name, str) for name in found):
        raise UnknownParameter(f"{parameter} is {_shown(value)}. Pass a list of {what}.")
    return found


def receiver(value: Any) -> list[Any] | None:
    """Return a list that receives something, or nothing; raise `UnknownParameter` for what nothing is added to."""
    if value is None or isinstance(value, list):
        return value
    raise UnknownParameter(f"rejected is {_shown(value)}. Pass a list, which receives the rows that are refused.")


def _shown(value: Any) -> str:
    """Return a text as it is, of anything else the kind: it may be part of a record."""
    if isinstance(value, str):
        return repr(str.__str__(value))
    return "None" if value is None else f"an object of the Python type {type(value).__name__}"
