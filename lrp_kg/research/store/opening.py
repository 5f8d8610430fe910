"""The engine of a dataset: the guideline alone, a store folder of this machine, or a remote SPARQL endpoint."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from lrp_kg.linux import require_linux
from lrp_kg.research.engine.model import Engine, Limits
from lrp_kg.research.store.generations import Store
from lrp_kg.research.store.snapshot import Progress, content_of, guideline_snapshot

if TYPE_CHECKING:
    from lrp_kg.guideline.model import Guideline
    from lrp_kg.research.engine.remote import RemoteEngine


def is_remote(store: str | None) -> bool:
    """Return whether a store is the address of an endpoint."""
    return bool(store) and str(store).lower().startswith(("http://", "https://"))


def holds_records(store: str) -> bool:
    """Return whether a store has records."""
    if not is_remote(store):
        return Store(Path(store)).current().records > 0
    return _remote(store, Limits()).has_records


def _remote(url: str, limits: Limits) -> RemoteEngine:
    from lrp_kg.research.engine.endpoint import credentials
    from lrp_kg.research.engine.remote import RemoteEngine

    return RemoteEngine(url, limits=limits, headers=credentials(os.environ.get("LRP_STORE_CREDENTIALS")))


def staleness(guideline: Guideline, store: str | None) -> str | None:
    """Return what to say where the answers of a store were derived with another guideline or another lrp-kg."""
    if not store or is_remote(store):
        return None
    from lrp_kg.guideline.files import packaged_folder
    from lrp_kg.research.store.loading import needs_derivation

    if not needs_derivation(Store(Path(store)).current(), guideline):
        return None
    own = "" if guideline.folder == packaged_folder() else f" --guideline {guideline.folder}"
    return (
        f"The answers in {store} were derived with another guideline or another lrp-kg. "
        f"Derive them again with: lrp-kg load --store {store}{own}"
    )


def open_engine(guideline: Guideline, store: str | None, limits: Limits, progress: Progress = lambda _: None) -> Engine:
    """Return the engine of a dataset; the first time for a guideline its closure is computed."""
    require_linux()
    from lrp_kg.research.engine.pool import PoolEngine

    if is_remote(store):
        remote = _remote(str(store), limits)
        remote.check_default_graph()
        remote.prepare()
        return remote
    if store:
        generation = Store(Path(store)).current()
        return PoolEngine(
            store=generation.folder,
            limits=limits,
            version=f"{generation.name}-{generation.created}",
            has_records=generation.records > 0,
        )
    file = guideline_snapshot(guideline, progress)
    return PoolEngine(quads=file, limits=limits, version=content_of(guideline))
