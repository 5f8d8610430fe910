"""Query parameters: each address takes its own, and refuses every other one, all at once and with what to do."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from lrp_kg.web.parameters import MOST, PARAMETERS
from lrp_kg.words import LANGUAGES

ASKED: dict[str, list[Any]] = json.loads(Path(__file__).with_name("parameters.json").read_text(encoding="utf-8"))


def ask(app: Flask, method: str, address: str) -> Any:
    body = {"json": {}} if method == "POST" and "log" not in address else {}
    return app.test_client().open(address, method=method, headers={"Accept-Language": "en"}, buffered=True, **body)


@pytest.mark.parametrize(("method", "address", "expected"), ASKED["refused"])
def test_others_are_refused_all_at_once(app: Flask, method: str, address: str, expected: dict[str, str]) -> None:
    answer = ask(app, method, address)
    if answer.mimetype == "text/html":  # a question of the catalogue has its problems on its page
        assert answer.status_code == 400
        assert all(text in answer.text for text in expected.values())
        return
    problem = answer.get_json()
    assert (answer.status_code, problem["code"]) == (400, "unknown-parameter")
    found = {f["field"]: f["message"] for f in problem["findings"]}
    assert list(found) == list(expected)
    assert all(text in found[name] for name, text in expected.items()), found
    assert all(message in problem["detail"] for message in found.values())


@pytest.mark.parametrize(("method", "address", "status"), ASKED["taken"])
def test_own_ones_are_taken(app: Flask, method: str, address: str, status: int) -> None:
    assert ask(app, method, address).status_code == status


@pytest.mark.parametrize("lang", LANGUAGES)
def test_findings_are_in_the_language_that_is_asked_for(app: Flask, lang: str) -> None:
    said = {"en": "Did you mean", "nl": "Bedoelt u", "fr": "Vouliez-vous", "de": "Meinten Sie"}
    answer = ask(app, "POST", f"/assess?lang={lang}&explian=1")
    assert said[lang] in answer.get_json()["findings"][0]["message"]


def test_names_and_values_that_are_long_or_many_are_cut(app: Flask) -> None:
    answer = ask(app, "POST", "/assess?" + "&".join(f"{'x' * 900}{n}=1" for n in range(50)))
    assert answer.status_code == 400
    assert len(answer.data) < 20_000
    findings = answer.get_json()["findings"]
    assert (len(findings), findings[-1]["name"]) == (MOST + 1, "more-problems")
    assert "30 " in findings[-1]["message"]


def test_views_and_addresses_of_parameters_exist(app: Flask) -> None:
    assert set(PARAMETERS) <= set(app.view_functions)
    described = app.test_client().get("/openapi.json").get_json()["paths"]
    names = [p["name"] for p in described["/v1/assess"]["post"]["parameters"]]
    assert names == ["explain", "changes", "whatIf", "detail", "for", "fragment", "lang"]
    assert all("lang" in [p["name"] for p in o["parameters"]] for path in described.values() for o in path.values())
