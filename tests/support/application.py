"""The application in the process of a test, with a guideline that is already loaded."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from flask import Flask

from lrp_kg import GuidelineService
from lrp_kg.errors import BeingPrepared
from lrp_kg.web import application, create_app


@contextmanager
def made(service: GuidelineService, **config: Any) -> Iterator[Flask]:
    """Create an application, and wait for its query engine."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(application, "GuidelineService", lambda folder=None: service)
        app = create_app({"GUIDELINE": None, **config})
    engines = app.extensions["lrp_kg_engines"]
    end = time.monotonic() + 120
    while True:  # the dataset is prepared once for all tests: its closure takes a while
        try:
            engines.get()
            break
        except BeingPrepared:
            assert time.monotonic() < end
    yield app
    engines.close()
