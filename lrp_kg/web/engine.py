"""The query engine of this process: opened in the background, and again where guideline or store have changed."""

from __future__ import annotations

import atexit
import logging
import threading
import time
import weakref
from typing import TYPE_CHECKING, cast

from flask import Flask, current_app, g

from lrp_kg.answer.service import GuidelineService
from lrp_kg.errors import BeingPrepared, EngineFailed, LrpError
from lrp_kg.guideline.named_graphs import version_iri
from lrp_kg.research.engine.model import Engine, Limits
from lrp_kg.research.store.opening import is_remote, open_engine
from lrp_kg.research.store.snapshot import make_apart
from lrp_kg.web.readers import Readers

if TYPE_CHECKING:
    from lrp_kg.guideline.model import Guideline

PATIENCE = 2.0
"""Seconds that a request waits for an engine that is being opened."""

RETRY = 30.0
"""Seconds after which an engine that could not be opened is tried again."""

_log = logging.getLogger("lrp_kg.web")


class Engines:
    """Keeps the engine of an application up to date; every process has its own."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        self.store: str | None = app.config["STORE"]
        self.limits = Limits.from_settings(app.config)
        self.readers = Readers(self.limits.size)
        self._lock = threading.Lock()
        self._ready = threading.Event()
        self._engine: Engine | None = None
        self._key: tuple[str, str] | None = None
        self._wanted: tuple[str, str] | None = None
        self._error: LrpError | None = None
        self._again = 0.0
        reference = weakref.ref(self)
        atexit.register(_close, reference)

    @property
    def service(self) -> GuidelineService:
        """The guideline that is served now."""
        return cast(GuidelineService, self.app.extensions["lrp_kg"])

    def prepare(self) -> None:
        """Begin to open the engine, without waiting for it."""
        self._look()

    def get(self) -> Engine:
        """Return the engine; the last good one while another is being opened, else raise `BeingPrepared`."""
        self._look()
        if self._engine is None and not self._ready.wait(PATIENCE):
            raise BeingPrepared("The dataset is being prepared, once for this guideline. Ask again in a few seconds.")
        found = self._engine
        if found is None:
            raise self._error or BeingPrepared("The dataset is being prepared. Ask again in a few seconds.")
        return found

    def _look(self) -> None:
        wanted = (self.service.guideline.content_hash, self._generation())
        with self._lock:
            if wanted == self._wanted and not (self._error and time.monotonic() >= self._again):
                return
            self._wanted = wanted
            self._error = None
            if self._engine is None:
                self._ready.clear()
        threading.Thread(target=self._open, args=(wanted, self.service.guideline), daemon=True).start()

    def _generation(self) -> str:
        if not self.store or is_remote(self.store):
            return ""
        from pathlib import Path

        try:
            return (Path(self.store) / "CURRENT").read_text(encoding="ascii").strip()
        except OSError:
            return ""

    def _open(self, wanted: tuple[str, str], guideline: Guideline) -> None:
        try:
            if not self.store:
                make_apart(guideline)
            engine = open_engine(guideline, self.store, self.limits)
        except Exception as error:  # noqa: BLE001 - reported to whoever asks, by type only where it is none of ours
            if not isinstance(error, LrpError):
                _log.error("the query engine could not be opened: %s", type(error).__name__)
            with self._lock:
                if wanted == self._wanted:
                    reason = (
                        error if isinstance(error, LrpError) else EngineFailed("The query engine could not be opened.")
                    )
                    self._error, self._again = reason, time.monotonic() + RETRY
                    self._ready.set()
            return
        with self._lock:
            if wanted != self._wanted:
                engine.close()
                return
            old, self._engine, self._key = self._engine, engine, wanted
            self._ready.set()
        if old is not None:
            timer = threading.Timer(self.limits.seconds + 10, old.close)  # what it is answering is still answered
            timer.daemon = True
            timer.start()

    def close(self) -> None:
        """Give back every process of the engine."""
        with self._lock:
            engine, self._engine, self._wanted = self._engine, None, None
        if engine is not None:
            engine.close()


def _close(reference: weakref.ref[Engines]) -> None:
    found = reference()
    if found is not None:
        found.close()


def engines() -> Engines:
    """Return the keeper of engines of the application."""
    return cast(Engines, current_app.extensions["lrp_kg_engines"])


def engine() -> Engine:
    """Return the engine of the application, one for the whole of a request: what was guarded is what is asked."""
    if "engine" not in g:
        g.engine = engines().get()
    return cast(Engine, g.engine)


def dataset_version() -> str:
    """Return the IRI of the guideline version that is served."""
    return version_iri(engines().service.guideline)
