"""Creates the Flask application of one guideline."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

from lrp_kg.answer.service import GuidelineService
from lrp_kg.effort import Effort
from lrp_kg.research.store.opening import holds_records
from lrp_kg.web import access, assess, editor, origins, pages, queries, sparql, terms
from lrp_kg.web.bodies import register_bodies
from lrp_kg.web.engine import Engines
from lrp_kg.web.metrics import Figures
from lrp_kg.web.negotiation import describe_choice
from lrp_kg.web.prefix import put_under
from lrp_kg.web.problems import QuietFlask, register_errors
from lrp_kg.web.stream import Stream

DEFAULT_MAX_BODY = 1024 * 1024
"""Largest request body in bytes, about a thousand times the size of a record."""


def create_app(config: dict[str, Any] | None = None) -> Flask:
    """Create the application of a guideline and, if there is one, a store.

    Settings, also from ``LRP_...``: ``GUIDELINE`` (folder), ``STORE`` (folder or address), ``TOKEN_FILE``, ``MAX_BODY``
    (bytes), ``RECORD_SECONDS`` and ``RECORD_MEMORY`` (of the work on one record), ``PROXIES`` (number of those that add
    X-Forwarded-For, -Proto, -Host and -Prefix), ``PREFIX`` (path that a proxy shows the service under), ``RELOAD``,
    ``METRICS``, and the limits of queries (``QUERY_SECONDS`` and so on).

    Raise `TokenFileError` if the store has records and there is no token.
    """
    app = QuietFlask(__name__.rpartition(".")[0])
    app.config.update(GUIDELINE=os.environ.get("LRP_GUIDELINE"), MAX_BODY=DEFAULT_MAX_BODY, RELOAD=False)
    app.config.update(STORE=None, TOKEN_FILE=None, PROXIES=0, PREFIX="", METRICS=False)
    app.config.from_prefixed_env("LRP")
    app.config.update(config or {})
    app.config["MAX_CONTENT_LENGTH"] = int(app.config["MAX_BODY"]) + 1  # `body` detects the extra byte
    app.json.sort_keys = False  # type: ignore[attr-defined]
    folder = app.config["GUIDELINE"]
    service = GuidelineService(Path(folder) if folder else None)
    service.warm()
    app.extensions["lrp_kg"] = service
    if app.config["RELOAD"]:
        from lrp_kg.web.reload import Reloader

        Reloader(app)
    app.extensions["lrp_kg_streams"] = Stream(int(app.config["MAX_BODY"]), Effort.from_settings(app.config))
    register_errors(app)
    register_bodies(app)
    app.extensions["lrp_kg_engines"] = Engines(app)
    app.extensions["lrp_kg_access"] = access.Access(app)
    if app.config["STORE"]:
        access.demand_token(app.extensions["lrp_kg_access"].tokens, holds_records(app.config["STORE"]))
    for part in (assess, pages, access, sparql, terms, editor, queries):
        app.register_blueprint(part.blueprint)
    if app.config["METRICS"]:
        app.extensions["lrp_kg_figures"] = Figures(app)
    proxies = int(app.config["PROXIES"])
    app.before_request(origins.preflight)
    app.after_request(origins.open_to_all)
    app.after_request(describe_choice)
    put_under(app, app.config["PREFIX"], proxies)
    if proxies:
        app.wsgi_app = ProxyFix(app.wsgi_app, proxies, proxies, proxies, x_prefix=0)  # type: ignore[method-assign]
    return app
