"""What the Containerfile promises, read from its text: no container engine is needed."""

from __future__ import annotations

import ast
import json
import re
import tomllib
from fnmatch import fnmatch
from typing import Any

import click

from lrp_kg.cli import main
from lrp_kg.cli.serve import serve
from lrp_kg.web.settings import SETTINGS
from tests.support.paths import ROOT


def instructions() -> list[tuple[str, str]]:
    """Return the instructions with what follows each, continued lines joined."""
    text = (ROOT / "Containerfile").read_text(encoding="utf-8").replace("\\\n", " ")
    lines = [line.strip() for line in text.splitlines() if line.strip() and not line.startswith("#")]
    return [(name, rest.strip()) for name, _, rest in (line.partition(" ") for line in lines)]


def given(name: str) -> list[str]:
    return [rest for found, rest in instructions() if found == name]


def project() -> dict[str, Any]:
    found: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return found


def test_base_has_a_version_that_the_package_takes() -> None:
    lowest = project()["requires-python"].removeprefix(">=").split(".")
    bases = given("FROM")
    assert len(bases) == 2
    for base in bases:
        version = re.search(r"/python:(\d+)\.(\d+)-slim-", base)
        assert version, base
        assert [int(n) for n in version.groups()] >= [int(n) for n in lowest]
    assert bases[0].removesuffix(" AS build") == bases[1]


def test_user_is_a_number_and_not_root() -> None:
    users = given("USER")
    assert len(users) == 1
    assert all(int(number) >= 1000 for number in users[0].split(":"))
    assert [name for name, _ in instructions()].index("USER") > [name for name, _ in instructions()].index("ENV")


def test_what_is_copied_exists_and_is_not_ignored() -> None:
    ignored = (ROOT / ".containerignore").read_text(encoding="utf-8").split()
    copied = [part for rest in given("COPY") if not rest.startswith("--from") for part in rest.split()[:-1]]
    assert {"pyproject.toml", "lrp_kg", "ontology", "shapes", "queries"} <= set(copied)
    for name in copied:
        assert (ROOT / name).exists(), name
        assert f"!{name}" in ignored, name
    assert ignored[0] == "*"
    for name in ("tests", "docs", ".git"):
        assert not [rule for rule in ignored[1:] if fnmatch(name, rule.removeprefix("!"))], name
    for name in (project()["readme"], *project()["license-files"]):
        assert name in copied
    wheel = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["hatch"]["build"]["targets"]
    assert set(wheel["wheel"]["force-include"]) <= set(copied)


def test_commands_are_lists_and_valid() -> None:
    assert all(isinstance(json.loads(rest), list) for rest in given("RUN"))
    program, command, *options = json.loads(given("CMD")[0])
    assert (program, command) == ("lrp-kg", serve.name)
    with click.Context(serve, parent=click.Context(main, **main.context_settings)) as context:
        serve.parse_args(context, options)
    assert context.params["host"] == "0.0.0.0"  # noqa: S104 - inside a container
    installed = json.loads(given("RUN")[-1])[-1]
    extras = re.fullmatch(r"\.\[([\w,]+)\]", installed)
    assert extras
    assert set(extras[1].split(",")) <= set(project()["optional-dependencies"])


def test_health_is_asked_at_the_port_that_is_served() -> None:
    check = given("HEALTHCHECK")[0]
    program, flag, code = json.loads(check.partition(" CMD ")[2])
    assert (program, flag) == ("python", "-c")
    ast.parse(code)
    assert "/health" in code
    port = SETTINGS["PORT"]
    assert given("EXPOSE") == [str(port.default)]
    assert f"'LRP_PORT', {port.default}" in code
    seconds = re.search(r"--timeout=(\d+)s", check)
    assert seconds
    assert int(seconds[1]) > int(re.findall(r"timeout=(\d+)", code)[0])


def test_labels_say_what_the_project_is() -> None:
    labels = given("LABEL")[0]
    assert f'image.title="{project()["name"]}"' in labels
    assert f'image.version="{project()["version"]}"' in labels
