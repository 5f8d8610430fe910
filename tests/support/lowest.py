"""Print the lowest version of each dependency that pyproject.toml allows, as constraints for pip."""

from __future__ import annotations

import tomllib

from tests.support.paths import ROOT


def lowest() -> list[str]:
    """Return ``name==version`` for each dependency of the package and of its extras but those of developers."""
    return [requirement.split(",")[0].replace(">=", "==") for requirement in dependencies()]


def dependencies() -> list[str]:
    """Return what a user may install with the package."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    return [*project["dependencies"], *extras["cohort"], *extras["metrics"], *extras["notebook"]]


if __name__ == "__main__":
    print("\n".join(lowest()))  # noqa: T201 - this is its output
