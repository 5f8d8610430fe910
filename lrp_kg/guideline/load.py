"""A guideline folder, read once into frozen data; nothing is loaded at import time."""

from __future__ import annotations

import hashlib
from pathlib import Path

from lrp_kg.guideline.files import (
    AUTHOR_SHAPES,
    guideline_files,
    packaged_folder,
    record_shape_files,
    vocabulary_file,
)
from lrp_kg.guideline.index import read_turtle
from lrp_kg.guideline.model import (
    Box,
    Caution,
    Condition,
    Criterion,
    Decision,
    Derived,
    Edition,
    Fact,
    Field,
    Guideline,
    OpenPoint,
    Option,
    Programme,
    Statement,
    Term,
    TimeLimit,
    Value,
)
from lrp_kg.guideline.positions import Positions
from lrp_kg.guideline.reader import read_guideline


def load_guideline(folder: Path | str | None = None) -> Guideline:
    """Read a guideline folder; raise `GuidelineError` with every finding, each with file and line."""
    path = Path(folder) if folder else packaged_folder()
    files = guideline_files(path)
    digest = hashlib.sha256()
    for file in files:
        digest.update(file.name.encode() + b"\0" + file.read_bytes() + b"\0")
    return read_guideline(read_turtle(files), Positions(files), path, digest.hexdigest())


__all__ = [
    "AUTHOR_SHAPES",
    "Box",
    "Caution",
    "Condition",
    "Criterion",
    "Decision",
    "Derived",
    "Edition",
    "Fact",
    "Field",
    "Guideline",
    "OpenPoint",
    "Option",
    "Programme",
    "Statement",
    "Term",
    "TimeLimit",
    "Value",
    "guideline_files",
    "load_guideline",
    "packaged_folder",
    "record_shape_files",
    "vocabulary_file",
]
