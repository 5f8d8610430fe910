"""Settings: each is text, in a variable ``LRP_...`` or an option, and is checked before it is used."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from lrp_kg.errors import LrpError, WrongSetting

PREFIX = "LRP_"
"""How the name of each variable begins."""

MOST = 10**15
"""Largest number that a setting can be."""

_YES = ("true", "yes", "on", "1")
_NO = ("false", "no", "off", "0")


@dataclass(frozen=True)
class Kind:
    """What a setting can be: in words, and as a function that raises `ValueError` for anything else."""

    words: str
    convert: Callable[[object], Any]


@dataclass(frozen=True)
class Setting:
    """One setting by its name without ``LRP_``; ``option`` is the option of ``lrp-kg serve``, if there is one."""

    name: str
    kind: Kind
    default: Any
    what: str
    option: str = ""

    @property
    def variable(self) -> str:
        """The name of the variable."""
        return PREFIX + self.name

    @property
    def default_as_text(self) -> str:
        """The default as it would be written; empty if there is none."""
        if isinstance(self.default, bool):
            return "yes" if self.default else "no"
        return (
            f"{self.default:g}"
            if isinstance(self.default, float)
            else ""
            if self.default is None
            else str(self.default)
        )


def yes_or_no(text: str) -> bool | None:
    """Return what a text says; ``None`` if it says neither."""
    said = text.strip().lower()
    return True if said in _YES else False if said in _NO else None


def _switch(value: object) -> bool:
    found = value if isinstance(value, bool) else yes_or_no(value) if isinstance(value, str) else None
    if found is None:
        raise ValueError
    return found


def _text(value: object) -> str:
    if not isinstance(value, str | os.PathLike) or not os.fspath(value):
        raise ValueError
    return os.fspath(value)


def _digits(value: object, form: str) -> str:
    """Return the decimal digits of a number or a text."""
    text = str(value).strip(" \t") if isinstance(value, str | int | float) and not isinstance(value, bool) else ""
    if not re.fullmatch(form, text):
        raise ValueError
    return text


def whole(low: int, high: int = MOST) -> Kind:
    """Return the kind of whole numbers between two."""

    def convert(value: object) -> int:
        number = int(_digits(value, r"[0-9]{1,16}"))
        if not low <= number <= high:
            raise ValueError
        return number

    return Kind(f"a whole number, {low} or more" if high == MOST else f"a whole number from {low} to {high}", convert)


def seconds(high: int) -> Kind:
    """Return the kind of numbers of seconds above 0."""

    def convert(value: object) -> float:
        number = float(_digits(value, r"[0-9]{1,16}(?:\.[0-9]{1,16})?"))
        if not 0 < number <= high:
            raise ValueError
        return number

    return Kind(f"a number of seconds above 0, at most {high}", convert)


SWITCH = Kind("yes or no", _switch)
TEXT = Kind("a text", _text)


def read(settings: Iterable[Setting], given: Mapping[str, object], options: Collection[str] = ()) -> dict[str, Any]:
    """Return each setting by its name: what is given, converted, else the default; empty text is not given.

    ``given`` is by name without ``LRP_``; ``options`` are the names that came from the command line. Raise
    `WrongSetting` with every problem.
    """
    found, problems = {}, []
    for setting in settings:
        value = given.get(setting.name)
        by_option = setting.name in options
        if value is None or (value == "" and not by_option):
            found[setting.name] = setting.default
            continue
        try:
            found[setting.name] = setting.kind.convert(value)
        except (ValueError, LrpError):
            problems.append(_problem(setting, str(value)[:80], by_option))
    if problems:
        raise WrongSetting("\n".join(problems))
    return found


def _problem(setting: Setting, value: str, by_option: bool) -> str:
    if not value:
        return f"{setting.option} is empty. Give {setting.kind.words}."
    given = f"{setting.option} {value}" if by_option else f"{setting.variable}={value}"
    advice = "Correct the setting."
    if value.startswith("tcp://"):
        advice = "Kubernetes sets this for a service called lrp: name it otherwise, or switch enableServiceLinks off."
    return f"{given} is not {setting.kind.words}. {advice}"


def from_environment() -> dict[str, str]:
    """Return the variables ``LRP_...`` by their names without that."""
    return {k.removeprefix(PREFIX): v for k, v in os.environ.items() if k.startswith(PREFIX)}


def not_settings(known: Collection[str]) -> list[str]:
    """Return a sentence on each variable ``LRP_...`` that is no setting, with the nearest name that is one."""
    said = []
    for variable in sorted(os.environ):
        name = variable[len(PREFIX) :]
        if variable[: len(PREFIX)].upper() == PREFIX and (name not in known or not variable.startswith(PREFIX)):
            near = get_close_matches(name.upper(), known, 1)
            hint = f" Is {PREFIX}{near[0]} meant?" if near else ""
            said.append(f"{variable} is not a setting, and is ignored.{hint}")
    return said
