"""The bounds of dependencies in pyproject.toml; `make test-lowest` runs the short tests with the lowest versions."""

from __future__ import annotations

import re
from importlib.metadata import version

import pytest

from tests.support.lowest import dependencies, lowest

BOUNDS = re.compile(r"([\w.-]+)>=([\d.]+),<([\d.]+)")


def numbers(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.match(r"[\d.]*\d", text)[0].split("."))  # type: ignore[index]


@pytest.mark.parametrize("requirement", dependencies())
def test_dependency_has_bounds_and_is_within_them(requirement: str) -> None:
    found = BOUNDS.fullmatch(requirement)
    assert found, f"{requirement}: write NAME>=LOWEST,<NEXT"
    name, floor, ceiling = found.groups()
    assert numbers(floor) <= numbers(version(name)) < numbers(ceiling)
    assert f"{name}=={floor}" in lowest()
