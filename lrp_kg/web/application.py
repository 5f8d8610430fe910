"""Creates the Flask application of one guideline."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from flask import Flask
from jinja2 import ChoiceLoader, Template

from lrp_kg.answer.service import GuidelineService
from lrp_kg.effort import Effort, for_all_records
from lrp_kg.research.store.opening import holds_records
from lrp_kg.settings import from_environment, read
from lrp_kg.site.pages import TEMPLATES, Compiled
from lrp_kg.web import access, assess, editor, guide, onmap, origins, pages, queries, search, sparql, terms
from lrp_kg.web.again import AskedAgain
from lrp_kg.web.bodies import register_bodies
from lrp_kg.web.compression import Compression
from lrp_kg.web.engine import Engines
from lrp_kg.web.metrics import Figures
from lrp_kg.web.negotiation import describe_choice
from lrp_kg.web.parameters import demand_known
from lrp_kg.web.prefix import put_under
from lrp_kg.web.problems import QuietFlask, register_errors
from lrp_kg.web.proxies import believe
from lrp_kg.web.repeats import Repeats
from lrp_kg.web.settings import SETTINGS
from lrp_kg.web.stream import Stream

COMPILED = Compiled()


class Templates(ChoiceLoader):
    """Templates, whose compilation counts for no record."""

    def load(self, *args: Any, **names: Any) -> Template:
        """Load a template."""
        with for_all_records():
            return super().load(*args, **names)


def create_app(config: dict[str, Any] | None = None, *, service: GuidelineService | None = None) -> Flask:
    """Create the application of a guideline and, if there is one, a store.

    The settings are those of `SETTINGS`, from ``config`` by their names, else from the variables ``LRP_...``; other
    names in ``config`` are for Flask. ``service`` is the guideline of the folder, if it is loaded already.

    Raise `WrongSetting` with every wrong setting, `TokenFileError` if the store has records and there is no token.
    """
    app = QuietFlask(__name__.rpartition(".")[0])
    app.config.update(config or {})
    app.config.update(read(SETTINGS.values(), {**from_environment(), **(config or {})}))
    app.config["MAX_CONTENT_LENGTH"] = app.config["MAX_BODY"] + 1  # `body` detects the extra byte
    app.jinja_loader = Templates([app.jinja_loader, TEMPLATES])  # type: ignore[list-item]
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.bytecode_cache = COMPILED
    app.json.sort_keys = False  # type: ignore[attr-defined]
    folder = app.config["GUIDELINE"]
    loaded = service or GuidelineService(Path(folder) if folder else None)
    loaded.warm()
    app.extensions["lrp_kg"] = loaded
    if app.config["RELOAD"]:
        from lrp_kg.web.reload import Reloader

        Reloader(app, current=service is None)
    app.extensions["lrp_kg_streams"] = Stream(
        app.config["MAX_BODY"], Effort(app.config["RECORD_SECONDS"], app.config["RECORD_MEMORY"])
    )
    register_errors(app)
    register_bodies(app)
    app.extensions["lrp_kg_engines"] = Engines(app)
    app.extensions["lrp_kg_access"] = access.Access(app)
    if app.config["STORE"]:
        access.demand_token(app.extensions["lrp_kg_access"].tokens, holds_records(app.config["STORE"]))
    for part in (assess, pages, access, sparql, terms, editor, queries, guide, onmap, search):
        app.register_blueprint(part.blueprint)
    if app.config["METRICS"]:
        app.extensions["lrp_kg_figures"] = Figures(app)
    if not app.config["RELOAD"]:  # with it, what is served may change
        figures = app.extensions.get("lrp_kg_figures")
        streams, begun = app.extensions["lrp_kg_streams"], figures.begun if figures else None
        # where a query of a shape can ask for the day of today, an answer is not the same tomorrow
        repeats = Repeats() if loaded.rules.rememberable else None
        app.wsgi_app = AskedAgain(app, loaded.reader, streams, begun, repeats)  # type: ignore[method-assign]
    proxies = app.config["PROXIES"]
    app.before_request(origins.preflight)
    app.before_request(demand_known)
    app.after_request(access.offer_basic)
    app.after_request(origins.open_to_all)
    app.after_request(describe_choice)
    app.after_request(Compression().compress)  # the first of them: Flask calls them in reverse
    put_under(app, app.config["PREFIX"], proxies)
    believe(app, proxies)
    return app
