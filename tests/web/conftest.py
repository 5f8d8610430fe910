"""One application, one browser and one site for the tests of pages."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient

from lrp_kg import GuidelineService
from tests.support.application import in_a_thread, made
from tests.support.browser import Browser
from tests.support.patient_page import PatientTab


@pytest.fixture(scope="session")
def app(service: GuidelineService) -> Iterator[Flask]:
    """The application, with the guideline that the tests have already loaded."""
    with made(service) as found:
        yield found


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    running = Browser(tmp_path_factory.mktemp("chromium"))
    yield running
    running.close()


@pytest.fixture(scope="session")
def site(service: GuidelineService) -> Iterator[str]:
    """The address of the service, run in a thread."""
    with made(service, queries=False) as app, in_a_thread(app) as found:
        yield found


@pytest.fixture(scope="session")
def patient_tab(browser: Browser) -> PatientTab:
    return PatientTab(browser)
