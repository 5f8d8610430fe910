"""``lrp-kg serve``: serve the guideline over HTTP."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

from lrp_kg.cli import streams
from lrp_kg.cli.options import fail, guideline_option, store_option
from lrp_kg.errors import LrpError
from lrp_kg.settings import SWITCH, from_environment, not_settings, read
from lrp_kg.web.settings import SETTINGS

if TYPE_CHECKING:
    from lrp_kg.answer.service import GuidelineService


def _option(name: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Return the option of a setting: what it gives is text, which is checked together with the variables."""
    setting = SETTINGS[name]
    what = f"{setting.what[0].upper()}{setting.what[1:]}"
    if setting.kind is SWITCH:
        return click.option(setting.option, name.lower(), is_flag=True, help=f"{what}. Also {setting.variable}.")
    default = setting.default_as_text and f"; {setting.default_as_text} if not given"
    metavar = "N" if isinstance(setting.default, int) else "TEXT"
    return click.option(
        setting.option, name.lower(), metavar=metavar, help=f"{what}{default}. Also {setting.variable}."
    )


_OTHERS = "\n".join(
    f"  {s.variable}: {s.what}" + (f"; {s.default_as_text} if not given" if s.default else "")
    for s in SETTINGS.values()
    if not s.option
)


@click.command(epilog=f"\b\nVariables without an option:\n{_OTHERS}")
@_option("HOST")
@_option("PORT")
@_option("WORKERS")
@_option("PROXIES")
@_option("PREFIX")
@_option("RELOAD")
@store_option
@_option("TOKEN_FILE")
@_option("METRICS")
@guideline_option
def serve(**options: Any) -> None:
    """Serve the guideline over HTTP: POST /assess, /sparql, and pages at /.

    SIGHUP loads guideline and tokens again; SIGTERM or Ctrl+C finishes answers under way, a second one ends at once.
    With --store, also serve the records of a store and their answers; clients then need an access token.

    \b
    Examples:
      lrp-kg serve --port 8080
      lrp-kg serve --guideline my-pathway --reload
      lrp-kg serve --store my-store --token-file tokens
    """  # noqa: D301  the escape tells click to keep the lines
    from lrp_kg.answer.service import GuidelineService
    from lrp_kg.linux import require_linux

    try:
        require_linux()  # other systems cannot even import what follows
    except LrpError as error:
        fail(error)
    from lrp_kg.web.access import warning_of_others
    from lrp_kg.web.application import create_app
    from lrp_kg.web.server import run

    given = {name.upper(): value for name, value in options.items() if value not in (None, False)}
    try:
        settings = read(SETTINGS.values(), from_environment() | given, given)
    except LrpError as error:
        fail(error)
    for sentence in not_settings(SETTINGS):
        click.secho(sentence, err=True, fg="yellow")
    os.environ.update({SETTINGS[name].variable: str(settings[name]) for name in given})  # for the workers

    def load() -> GuidelineService:  # report every fault here, not in a worker
        service = GuidelineService(options["guideline"])
        service.warm()
        if settings["WORKERS"] > 1:
            service.prepare_findings()  # shared by workers, while a single one prepares it once it serves
        create_app({**settings, "RELOAD": False, "METRICS": False}, service=service)
        if warning := warning_of_others(settings["TOKEN_FILE"]):
            click.secho(warning, err=True, fg="yellow")
        if settings["STORE"]:
            _warn_if_stale(service, settings["STORE"])
        return service

    try:
        streams.run_without_output()
        where = (settings["HOST"], settings["PORT"], settings["PREFIX"])
        code = run(*where, settings["WORKERS"], load, metrics=settings["METRICS"])
    except LrpError as error:
        fail(error)
    raise SystemExit(code)


def _warn_if_stale(service: GuidelineService, store: str) -> None:
    """Warn if the answers of a store come from another version of the guideline."""
    from lrp_kg.research.store.opening import staleness

    stale = staleness(service.guideline, store)
    if stale:
        click.secho(stale, err=True, fg="yellow")
