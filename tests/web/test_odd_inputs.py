"""Odd requests, as data in ``odd_inputs.json``: each is answered as it should be, and nothing of the inside is shown.

An entry has a name, method, path, headers, body, status, and the code of the problem, empty where it is none.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from lrp_kg import GuidelineService
from lrp_kg.web import application as web_application
from lrp_kg.web import create_app

FAMILIES: dict[str, list[Any]] = json.loads(Path(__file__).with_name("odd_inputs.json").read_text(encoding="utf-8"))
INSIDE = ("Traceback", ".py", "site-packages", "root:", "lrp_kg/")
INSIDE += ("NoneType", "utf-8-sig", "codec", "object at 0x", "not dict", "not list", "not str", "not int", "<class ")


@pytest.fixture(scope="module")
def app(service: GuidelineService) -> Iterator[Flask]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(web_application, "GuidelineService", lambda folder=None: service)
        made = create_app({"GUIDELINE": None})
    yield made
    made.extensions["lrp_kg_engines"].close()


def test_inputs_are_many() -> None:
    assert sum(map(len, FAMILIES.values())) > 250


@pytest.mark.parametrize("family", FAMILIES)
def test_odd_inputs(app: Flask, family: str) -> None:
    client = app.test_client()
    wrong = []
    for name, method, path, headers, body, status, code in FAMILIES[family]:
        answer = client.open(path, method=method, headers=headers, data=body.encode())
        found = ""
        if answer.status_code >= 400:
            assert answer.mimetype == "application/problem+json", name
            problem = json.loads(answer.data)
            found = problem["code"]
            assert problem["status"] == answer.status_code, name
            assert problem["title"], name
            assert problem["detail"], name
            assert problem["type"].endswith("/" + found), name
            if answer.status_code == 422:
                assert problem["findings"], name
        assert not [word for word in INSIDE if word in answer.text], name
        assert not {"X-Injected", "X", "Set-Cookie"} & set(answer.headers.keys()), name
        assert answer.headers.get("Location", "/")[:2] != "//", name
        if (answer.status_code, found) != (status, code):
            wrong.append((name, status, code, answer.status_code, found))
    assert not wrong
