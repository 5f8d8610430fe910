"""Makes the Flask application of one guideline."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from flask import Flask

from lrp_kg.service import GuidelineService
from lrp_kg.web import assess, pages
from lrp_kg.web.problems import QuietFlask, register_errors

DEFAULT_MAX_BODY = 1024 * 1024
"""Bytes of a request body; a record needs about one thousandth."""


def create_app(config: dict[str, Any] | None = None) -> Flask:
    """Make the application. Settings: ``GUIDELINE`` (folder), ``MAX_BODY`` (bytes), ``RELOAD``; also as ``LRP_...``."""
    app = QuietFlask(__name__.rpartition(".")[0])
    app.config.update(GUIDELINE=os.environ.get("LRP_GUIDELINE"), MAX_BODY=DEFAULT_MAX_BODY, RELOAD=False)
    app.config.from_prefixed_env("LRP")
    app.config.update(config or {})
    app.config["MAX_CONTENT_LENGTH"] = int(app.config["MAX_BODY"]) + 1  # one more, so that a body over the limit shows
    app.json.sort_keys = False  # type: ignore[attr-defined]
    folder = app.config["GUIDELINE"]
    service = GuidelineService(Path(folder) if folder else None)
    service.warm()
    app.extensions["lrp_kg"] = service
    if app.config["RELOAD"]:
        from lrp_kg.web.reload import Reloader

        Reloader(app)
    register_errors(app)
    app.register_blueprint(assess.blueprint)
    app.register_blueprint(pages.blueprint)
    return app
