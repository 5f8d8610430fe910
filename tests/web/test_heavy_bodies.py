"""Bodies that would make a service work too much are answered soon, by naming what is too much."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest
from flask.testing import FlaskClient

from lrp_kg import GuidelineService
from tests.support.application import made
from tests.support.hostile_bodies import BODIES, NDJSON, HostileBody

SECONDS = 10
"""Far more than each takes on an idle machine, which is below one; without limits they take minutes."""


@pytest.fixture(scope="module")
def client(service: GuidelineService) -> Iterator[FlaskClient]:
    with made(service) as app:
        yield app.test_client()


@pytest.mark.exhaustive
@pytest.mark.parametrize("body", BODIES, ids=lambda b: b.name)
def test_body_is_answered_soon(body: HostileBody, client: FlaskClient) -> None:
    data = body.make()
    begin = time.process_time()
    found = client.post("/assess", data=data, content_type=body.media_type)
    taken = time.process_time() - begin
    if body.media_type == NDJSON:
        assert found.status_code == 200
        assert found.get_data(as_text=True).count("\n") == 1
    else:
        assert found.status_code == body.status, found.get_data(as_text=True)[:300]
        if body.code:
            assert found.get_json()["code"] == body.code
            assert len(found.get_json().get("findings", ())) <= 101
    assert len(found.data) < 100_000
    assert taken < SECONDS
