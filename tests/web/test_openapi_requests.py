"""Requests that schemathesis draws from the OpenAPI description, valid and not: each is answered as it says."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, Phase, given, settings

schemathesis = pytest.importorskip("schemathesis", reason="schemathesis is not installed")

ALLOWED = ("positive_data_acceptance", "negative_data_rejection")
"""Checks that do not hold: values that are each as described may contradict each other, and a text may be no SPARQL;
a flag may be without a value, or be 1 for true."""


SECOND_NAMES = ("/v1/", "/sparql/")
"""In addresses that are others once more; make long asks them too."""


@pytest.mark.parametrize(
    "examples", [pytest.param(3, marks=pytest.mark.slow), pytest.param(300, marks=pytest.mark.long)]
)
def test_answers_are_as_described(app: Flask, examples: int) -> None:
    schema = schemathesis.openapi.from_wsgi("/openapi.json", app)
    left_out = [schemathesis.checks.CHECKS.get_one(name) for name in ALLOWED]
    wrong: dict[tuple[str, str], str] = {}
    asked: dict[str, int] = {}
    seeded = settings(
        max_examples=examples,
        derandomize=True,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.generate],
    )

    def ask(operation: Any, mode: Any) -> None:
        @seeded
        @given(case=operation.as_strategy(generation_mode=mode))
        def check(case: Any) -> None:
            asked[operation.label] = asked.get(operation.label, 0) + 1
            answer = case.call(headers={"Accept-Encoding": "identity"})  # WSGI responses are not decompressed
            try:
                case.validate_response(answer, excluded_checks=left_out)
            except BaseExceptionGroup as found:
                for error in found.exceptions:
                    wrong.setdefault((operation.label, type(error).__name__), f"{error} {case.as_curl_command()[:500]}")

        check()

    for found in schema.get_all_operations():
        operation = found.ok()
        if examples < 100 and any(name in operation.path for name in SECOND_NAMES):
            continue
        varied = operation.body or operation.query  # else nothing of it can be other than described
        for mode in list(schemathesis.GenerationMode) if varied else [schemathesis.GenerationMode.POSITIVE]:
            ask(operation, mode)
    assert len(asked) > 20
    assert asked["POST /assess"] >= 2 * examples
    assert not wrong, wrong
