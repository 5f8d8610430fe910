"""The query engine of this process: opened in the background, and again after guideline or store have changed."""

from __future__ import annotations

import atexit
import logging
import threading
import time
import weakref
from pathlib import Path
from typing import TYPE_CHECKING, cast

from flask import Flask, current_app, g

from lrp_kg.answer.service import GuidelineService
from lrp_kg.errors import BeingPrepared, EngineFailed, LrpError
from lrp_kg.research.engine.model import Engine, Limits
from lrp_kg.research.store.opening import is_remote, open_engine
from lrp_kg.research.store.snapshot import make_apart
from lrp_kg.web.readers import Readers

if TYPE_CHECKING:
    from lrp_kg.guideline.model import Guideline

PATIENCE = 2.0
"""Seconds that a request waits while the engine is opening."""

RETRY = 30.0
"""Seconds after a failure before the engine is opened again."""

_log = logging.getLogger("lrp_kg.web")


class Engines:
    """Keeps the query engine of an application, one per process, up to date."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        self.store: str | None = app.config["STORE"]
        self.limits = Limits.from_settings(app.config)
        self.readers = Readers(self.limits.size)
        self._lock = threading.Lock()
        self._ready = threading.Event()
        self._engine: Engine | None = None
        self._wanted: tuple[str, str] | None = None
        self._error: LrpError | None = None
        self._again = 0.0
        atexit.register(_close, weakref.ref(self))

    @property
    def service(self) -> GuidelineService:
        """The guideline that is served now."""
        return cast(GuidelineService, self.app.extensions["lrp_kg"])

    def prepare(self) -> None:
        """Start opening the engine if guideline or store have changed, without waiting."""
        wanted = (self.service.guideline.index.text_hash, self._generation())
        with self._lock:
            if wanted == self._wanted and not (self._error and time.monotonic() >= self._again):
                return
            self._wanted = wanted
            self._error = None
            if self._engine is None:
                self._ready.clear()
        threading.Thread(target=self._open, args=(wanted, self.service.guideline), daemon=True).start()

    def get(self) -> Engine:
        """Return the engine, or the last good one while another is opening; raise `BeingPrepared` if there is none."""
        self.prepare()
        if self._engine is None and not self._ready.wait(PATIENCE):
            raise BeingPrepared("The dataset is being prepared, once for this guideline. Ask again in a few seconds.")
        found = self._engine
        if found is None:
            raise self._error or BeingPrepared("The dataset is being prepared. Ask again in a few seconds.")
        return found

    def _generation(self) -> str:
        if not self.store or is_remote(self.store):
            return ""

        try:
            return (Path(self.store) / "CURRENT").read_text(encoding="ascii").strip()
        except OSError:
            return ""

    def _open(self, wanted: tuple[str, str], guideline: Guideline) -> None:
        try:
            if not self.store:
                make_apart(guideline)
            engine = open_engine(guideline, self.store, self.limits)
        except Exception as error:  # noqa: BLE001 - `get` raises it; only the type of a foreign one
            if not isinstance(error, LrpError):
                _log.error("the query engine could not be opened: %s", type(error).__name__)
                error = EngineFailed("The query engine could not be opened.")
            with self._lock:
                if wanted == self._wanted:
                    self._error, self._again = error, time.monotonic() + RETRY
                    self._ready.set()
            return
        with self._lock:
            if wanted != self._wanted:
                engine.close()
                return
            old, self._engine = self._engine, engine
            self._ready.set()
        if old is not None:
            timer = threading.Timer(self.limits.clock + 10, old.close)  # after its last queries
            timer.daemon = True
            timer.start()

    def close(self) -> None:
        """Close the engine and end its processes."""
        with self._lock:
            engine, self._engine, self._wanted = self._engine, None, None
        if engine is not None:
            engine.close()


def _close(reference: weakref.ref[Engines]) -> None:
    found = reference()
    if found is not None:
        found.close()


def engines() -> Engines:
    """Return the `Engines` of the application."""
    return cast(Engines, current_app.extensions["lrp_kg_engines"])


def may_hold_records() -> bool:
    """Return whether questions about records can be asked; also true while that cannot be known yet."""
    if not engines().store:
        return False
    try:
        return engine().has_records
    except LrpError:
        return True


def engine() -> Engine:
    """Return the engine of the application, the same for a whole request: `guard` checks the one that answers."""
    if "engine" not in g:
        g.engine = engines().get()
    return cast(Engine, g.engine)
