"""Loads a guideline folder into frozen data; nothing is loaded at import time."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from lrp_kg.errors import GuidelineError
from lrp_kg.guideline.compiled import compiled
from lrp_kg.guideline.files import files_left_out, guideline_files, packaged_folder
from lrp_kg.guideline.index import Index
from lrp_kg.guideline.model import Guideline
from lrp_kg.guideline.reader import read_guideline

LOADED = 4
"""Guidelines that are kept: what they were read from has not changed when it is read again."""


def load_guideline(folder: Path | str | None = None, *, cache: bool = True) -> Guideline:
    """Read a guideline folder; raise `GuidelineError` with every finding, each with file and line.

    With ``cache`` one that is kept on disk is not read again.
    """
    path = Path(folder) if folder else packaged_folder()
    files = guideline_files(path)
    try:
        return _read(Index(path, files), cache)
    except GuidelineError as error:  # what is lacking is often in a file that is not read
        raise GuidelineError(error.message, [*files_left_out(path), *error.findings]) from None


@lru_cache(LOADED)
def _read(index: Index, cache: bool) -> Guideline:
    return (compiled(index) if cache else None) or read_guideline(index)
