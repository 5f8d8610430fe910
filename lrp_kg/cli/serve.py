"""``lrp-kg serve``: serve the guideline over HTTP."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from lrp_kg.cli.options import fail, guideline_option, open_service, store_option
from lrp_kg.errors import LrpError, UnknownParameter

if TYPE_CHECKING:
    from lrp_kg.answer.service import GuidelineService


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option(
    "--port",
    default=8000,
    show_default=True,
    type=click.IntRange(1, 65535),
    help="Port. Also LRP_PORT.",
    envvar="LRP_PORT",
)
@click.option("--workers", default=1, show_default=True, type=click.IntRange(1, 64), help="Worker processes.")
@click.option(
    "--proxies",
    default=0,
    type=click.IntRange(0, 8),
    envvar="LRP_PROXIES",
    help="Number of proxies in front of the service that add X-Forwarded-For, -Proto, -Host and -Prefix; 0 (the "
    "default) ignores these headers. Also LRP_PROXIES.",
)
@click.option(
    "--prefix",
    default="",
    envvar="LRP_PREFIX",
    metavar="PATH",
    help="Path under which a proxy shows the service, such as /lrp, where it sends no X-Forwarded-Prefix. "
    "Also LRP_PREFIX.",
)
@click.option(
    "--reload", is_flag=True, help="Reload the guideline after an edit; keep the last good version while it has errors."
)
@store_option
@click.option(
    "--token-file",
    type=click.Path(path_type=Path),
    envvar="LRP_TOKEN_FILE",
    help="File with the access tokens for a store with records, one a line. Also LRP_TOKEN_FILE.",
)
@click.option(
    "--metrics", is_flag=True, envvar="LRP_METRICS", help="Serve figures for Prometheus at /metrics. Also LRP_METRICS."
)
@guideline_option
def serve(
    host: str,
    port: int,
    workers: int,
    proxies: int,
    prefix: str,
    reload: bool,
    store: str | None,
    token_file: Path | None,
    metrics: bool,
    guideline: Path | None,
) -> None:
    """Serve the guideline over HTTP: POST /assess, /sparql, and pages at /.

    With --store, also serve the records of a store and their answers; clients then need an access token.
    Limits of one query: LRP_QUERY_SECONDS (10), LRP_QUERY_ROWS (1000000), LRP_QUERY_BYTES, LRP_QUERY_MEMORY,
    LRP_QUERY_CONCURRENT (8).
    """
    import os

    from lrp_kg.research.engine.model import Limits
    from lrp_kg.web.server import run

    settings = {"GUIDELINE": guideline, "STORE": store, "TOKEN_FILE": token_file, "PROXIES": proxies, "PREFIX": prefix}
    os.environ.update({f"LRP_{name}": str(value) for name, value in settings.items() if value})
    if reload:
        os.environ["LRP_RELOAD"] = "true"
    os.environ.pop("LRP_METRICS", None)
    if metrics:
        os.environ["LRP_METRICS"] = "true"
    service = open_service(guideline, validating=True)  # report every finding here, not in a worker
    try:
        Limits.from_environment()
        if not os.environ.get("LRP_MAX_BODY", "1").isdigit():
            raise UnknownParameter("LRP_MAX_BODY is not a number of bytes. Correct the setting.")
        if store:
            _check_store(service, store, token_file)
        run(host, port, workers, metrics=metrics)
    except LrpError as error:
        fail(error)


def _check_store(service: GuidelineService, store: str, token_file: Path | None) -> None:
    """Fail if the store cannot be served; warn if its answers come from another version of the guideline."""
    from lrp_kg.research.store.opening import holds_records, staleness
    from lrp_kg.web.access import demand_token, read_tokens

    demand_token(read_tokens(token_file), holds_records(store))
    stale = staleness(service.guideline, store)
    if stale:
        click.secho(stale, err=True, fg="yellow")
