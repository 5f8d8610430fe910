"""Keeps what a guideline folder says on disk, so that its files are not parsed and read again by the next process.

The form is a pickle, which is read so that nothing in it can run: only the frozen data of a guideline is made, and the
file must be of this user. It is found by the texts of all files and by the code that reads them.
"""

from __future__ import annotations

import io
import pickle
import sys
from contextlib import suppress
from dataclasses import fields, is_dataclass
from datetime import date
from pathlib import Path
from typing import Any

from lrp_kg.cache import PACKAGE, cache_folder, drop_oldest, file_name, read_kept_bytes, write_kept
from lrp_kg.guideline import criteria, model, validity
from lrp_kg.guideline.index import Index
from lrp_kg.guideline.model import Guideline

KEPT = 8
"""Guidelines, or versions of them, that are kept: those that were compiled last."""

_KIND = "guidelines"
_MODULES = {module.__name__ for module in (criteria, model, validity)}
_BROKEN = (pickle.UnpicklingError, ArithmeticError, AttributeError, EOFError, LookupError, TypeError, ValueError)
"""What the reading of a file of another form can raise."""


class _Frozen(pickle.Unpickler):
    """Makes the frozen data of a guideline, and nothing else."""

    def find_class(self, module: str, name: str) -> type[Any]:
        """Return a class of that data."""
        found = vars(sys.modules[module]).get(name) if module in _MODULES else None
        if (module, name) == ("datetime", "date"):
            return date
        if isinstance(found, type) and is_dataclass(found) and found.__module__ == module:
            return found
        raise pickle.UnpicklingError(f"{module}.{name} is no data of a guideline")


def compiled(index: Index) -> Guideline | None:
    """Return the guideline of an index if it is kept."""
    file = _file(index)
    body = read_kept_bytes(file) if file else None
    if body is None:
        return None
    with suppress(*_BROKEN):
        return Guideline(index=index, **_Frozen(io.BytesIO(body)).load())
    return None


def keep_compiled(guideline: Guideline) -> None:
    """Keep a guideline, in the place of the oldest."""
    file = _file(guideline.index)
    if file is None or read_kept_bytes(file) is not None:
        return
    own = {f.name: getattr(guideline, f.name) for f in fields(guideline) if f.name != "index"}
    if write_kept(file, pickle.dumps(own, pickle.HIGHEST_PROTOCOL)):
        drop_oldest(file.parent, KEPT)


def _file(index: Index) -> Path | None:
    folder = cache_folder()
    places = [f"{text.file.parent.name}/{text.file.name}" for text in index.texts]
    return folder / _KIND / file_name(f"{places} {index.text_hash}", PACKAGE / "words") if folder else None
