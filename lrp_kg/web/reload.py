"""``serve --reload``: load the guideline after an edit; if it has errors, keep the last good version."""

from __future__ import annotations

import threading
import time

from flask import Flask, Response, g

from lrp_kg.answer.service import GuidelineService
from lrp_kg.errors import GuidelineError
from lrp_kg.findings import Finding
from lrp_kg.guideline.files import guideline_files
from lrp_kg.guideline.model import Guideline

INTERVAL = 0.2
"""Least seconds between two checks of the files for changes."""


class Reloader:
    """Keeps the service of an application up to date with its folder.

    Where the service is not ``current``, its folder may have changed since it was loaded.
    """

    def __init__(self, app: Flask, *, current: bool = True) -> None:
        self.app = app
        self.findings: tuple[Finding, ...] = ()
        self._lock = threading.Lock()
        self._looked = 0.0
        self._seen = self._stamp(self._guideline())
        if not current:
            self._load()
        app.before_request(self.look)
        app.after_request(self.warn)

    def _guideline(self) -> Guideline:
        service: GuidelineService = self.app.extensions["lrp_kg"]
        return service.guideline

    @staticmethod
    def _stamp(guideline: Guideline) -> tuple[tuple[str, int, int], ...]:
        try:
            files = guideline_files(guideline.folder)
            return tuple((str(f), f.stat().st_mtime_ns, f.stat().st_size) for f in files)
        except (GuidelineError, OSError):
            return ()

    def look(self) -> None:
        """Load the guideline again if a file has changed since the last check."""
        with self._lock:
            now = time.monotonic()
            if now - self._looked >= INTERVAL:
                self._looked = now
                stamp = self._stamp(self._guideline())
                if stamp != self._seen:
                    self._seen = stamp
                    self._load()
        g.guideline_findings = self.findings

    def _load(self) -> None:
        try:
            service = GuidelineService(self._guideline().folder)
            service.warm()
            self.app.extensions["lrp_kg"], self.findings = service, ()
        except GuidelineError as error:
            self.findings = error.findings or (Finding("guideline-not-usable", error.message),)

    def warn(self, response: Response) -> Response:
        """Warn in a header if the response comes from the last good version."""
        if self.findings:
            response.headers["Lrp-Guideline"] = f"last good version; the folder has {len(self.findings)} error(s)"
        return response
