"""Settings are text; every wrong one is reported at the start; the table in the docs is that of the code."""

from __future__ import annotations

import json
import os
import re
from dataclasses import fields
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner

from lrp_kg import GuidelineService
from lrp_kg.cli import main
from lrp_kg.cli.serve import serve
from lrp_kg.errors import WrongSetting
from lrp_kg.research.engine.model import Limits, setting
from lrp_kg.settings import MOST, from_environment, not_settings, read, yes_or_no
from lrp_kg.web import application, create_app, server
from lrp_kg.web.settings import SETTINGS
from tests.support.paths import ROOT

DATA: dict[str, Any] = json.loads(Path(__file__).with_name("settings.json").read_text(encoding="utf-8"))
REFUSED = [(name, value) for name, values in DATA["refused"].items() for value in values]


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give each test an environment of its own, without settings but the cache of the tests."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith("LRP_") or k == "LRP_CACHE"}
    monkeypatch.setattr(os, "environ", kept)


@pytest.fixture
def served(service: GuidelineService, monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, ...]]:
    """What `serve` would run, with the variables that its workers would see."""
    runs: list[tuple[Any, ...]] = []

    def run(*args: Any, metrics: bool = False) -> int:
        *address, load = args
        assert load() is service
        runs.append((*address, metrics, read(SETTINGS.values(), from_environment())))
        return 0

    monkeypatch.setattr("lrp_kg.answer.service.GuidelineService", lambda *_, **__: service)
    monkeypatch.setattr(server, "run", run)
    return runs


def start(*args: str) -> tuple[int, str]:
    done = CliRunner().invoke(main, ["serve", *args])
    if done.exception and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done.exit_code, done.stderr


@pytest.mark.parametrize(("name", "text"), REFUSED)
def test_wrong_text_is_refused(name: str, text: str) -> None:
    with pytest.raises(WrongSetting) as caught:
        read(SETTINGS.values(), {name: text})
    assert caught.value.message.startswith(f"LRP_{name}={text} is not {SETTINGS[name].kind.words}. ")


def test_every_setting_that_can_be_wrong_is_tried() -> None:
    assert len(REFUSED) > 50
    assert set(DATA["refused"]) == {name for name, s in SETTINGS.items() if s.kind.words != "a text"}


@pytest.mark.parametrize(("name", "text", "value"), DATA["read"])
def test_text_is_read(name: str, text: str, value: object) -> None:
    found = read(SETTINGS.values(), {name: text})
    assert found[name] == value
    assert type(found[name]) is type(value) or name.endswith("_SECONDS")
    assert {k: v for k, v in found.items() if k != name} == {k: s.default for k, s in SETTINGS.items() if k != name}


def test_every_problem_is_reported_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, texts in DATA["refused"].items():
        monkeypatch.setenv(f"LRP_{name}", texts[0])
    with pytest.raises(WrongSetting) as caught:
        create_app()
    assert re.findall(r"^LRP_(\w+)=", caught.value.message, re.MULTILINE) == [
        n for n in SETTINGS if n in DATA["refused"]
    ]
    with pytest.raises(WrongSetting, match=r"LRP_QUERY_SECONDS=.*\nLRP_QUERY_PATIENCE=.*\nLRP_QUERY_ROWS="):
        Limits.from_environment()


@pytest.mark.parametrize("name", ["PORT", "MAX_BODY", "QUERY_SECONDS"])
def test_values_of_python_are_checked_too(name: str) -> None:
    kind = SETTINGS[name].kind
    assert kind.convert(7) == 7
    for value in (True, -1, None, [], {}, b"7", float("nan"), float("inf"), MOST * 10):
        with pytest.raises(ValueError):
            kind.convert(value)
    assert read(SETTINGS.values(), {"GUIDELINE": Path("x")})["GUIDELINE"] == "x"
    with pytest.raises(WrongSetting, match="LRP_STORE=7 is not a text"):
        read(SETTINGS.values(), {"STORE": 7})


def test_application_is_configured_before_variables(service: GuidelineService, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(application, "GuidelineService", lambda folder=None: service)
    monkeypatch.setenv("LRP_MAX_BODY", "7")
    monkeypatch.setenv("LRP_RELOAD", "no")
    monkeypatch.setenv("LRP_DEBUG", "true")  # a name of Flask
    monkeypatch.setenv("LRP_PREFIX", "2024")
    app = create_app({"MAX_BODY": 9, "PROPAGATE_EXCEPTIONS": False})
    assert [app.config[n] for n in ("MAX_BODY", "RELOAD", "DEBUG", "PREFIX")] == [9, False, False, "/2024"]
    assert app.config["PROPAGATE_EXCEPTIONS"] is False


@pytest.mark.parametrize(("variable", "meant"), DATA["not settings"])
def test_unknown_variables_are_named_with_the_nearest_setting(
    variable: str, meant: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, "a-secret")
    (said,) = not_settings(SETTINGS)
    assert said == f"{variable} is not a setting, and is ignored." + (f" Is {meant} meant?" if meant else "")


def test_serve_passes_text_on_to_its_workers(served: list[tuple[Any, ...]], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LRP_WORKERS", "3")
    monkeypatch.setenv("LRP_PORT", "9")
    monkeypatch.setenv("LRP_METRICS", "no")
    monkeypatch.setenv("LRP_STROE", "x")
    monkeypatch.setenv("LRP_MAX_BODY", "")
    code, said = start("--port", "18", "--prefix", "2024", "--proxies", "2", "--reload")
    assert (code, said) == (0, "LRP_STROE is not a setting, and is ignored. Is LRP_STORE meant?\n")
    ((host, port, prefix, workers, metrics, settings),) = served
    assert (host, port, prefix, workers, metrics) == ("127.0.0.1", 18, "/2024", 3, False)
    assert [settings[n] for n in ("PREFIX", "PROXIES", "RELOAD", "STORE")] == ["/2024", 2, True, None]


def test_serve_reports_every_problem_before_anything_is_loaded(
    monkeypatch: pytest.MonkeyPatch, served: list[tuple[Any, ...]]
) -> None:
    monkeypatch.setenv("LRP_MAX_BODY", "²")
    monkeypatch.setenv("LRP_PORT", "tcp://10.0.0.1:80")
    code, said = start("--workers", "0", "--prefix", "")
    assert (code, served) == (2, [])
    assert said.splitlines() == [
        "A setting cannot be used: LRP_PORT=tcp://10.0.0.1:80 is not a whole number from 0 to 65535. Kubernetes sets "
        "this for a service called lrp: name it otherwise, or switch enableServiceLinks off.",
        "--workers 0 is not a whole number from 1 to 64. Correct the setting.",
        "--prefix is empty. Give a path such as /lrp, of letters, digits and - . _ ~.",
        "LRP_MAX_BODY=² is not a whole number, 1 or more. Correct the setting.",
    ]


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["--prefix", "/sparql"], "/sparql begins with an address of the service"),
        (["--prefix", "/metrics/x"], "/metrics/x begins with an address of the service"),
        (["--store", "null"], "null holds no dataset yet"),
        (["--token-file", "7"], "7 cannot be read"),
    ],
)
def test_serve_reports_what_its_workers_would(
    args: list[str], said: str, served: list[tuple[Any, ...]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    code, errors = start(*args)
    assert (code, served) == (2, [])
    assert said in errors


def test_yes_and_no() -> None:
    assert [yes_or_no(text) for text in ("yes", " On ", "1", "no", "FALSE", "0", "", "ja")] == [True] * 3 + [
        False
    ] * 3 + [None] * 2


def test_limits_of_queries_are_settings() -> None:
    assert {setting(f.name) for f in fields(Limits)} <= set(SETTINGS)
    assert Limits.from_settings({}) == Limits()


def test_table_of_the_docs_is_that_of_the_code() -> None:
    text = (ROOT / "docs" / "operating.md").read_text(encoding="utf-8")
    rows = [
        f"| `{s.variable}` | {f'`{s.option}` ' if s.option else ''}| {s.kind.words} | "
        f"{s.default_as_text and s.default_as_text + ' '}| {s.what} |"
        for s in SETTINGS.values()
    ]
    assert "\n".join(rows) in text
    for name in re.findall(r"LRP_[A-Z_]+[A-Z]", text):
        assert name == "LRP_SERVICE_HOST" or name.removeprefix("LRP_") in SETTINGS


def test_limits_of_queries_are_settings_that_the_guide_for_researchers_points_to() -> None:
    assert [SETTINGS[setting(f.name)].default for f in fields(Limits)] == [f.default for f in fields(Limits)]
    text = (ROOT / "docs" / "research.md").read_text(encoding="utf-8")
    assert "setting (`LRP_QUERY_...`). [operating.md](operating.md) has them with their defaults" in text


def test_help_names_every_setting() -> None:
    text = CliRunner().invoke(main, ["serve", "--help"], terminal_width=1000).stdout
    for s in SETTINGS.values():
        assert re.search(rf"\b{s.variable}\b", text), s.name
        assert s.option in text
    with click.Context(serve) as context:
        options = {max(p.opts, key=len) for p in serve.get_params(context)} - {"--help"}
    assert options == {s.option for s in SETTINGS.values() if s.option}
