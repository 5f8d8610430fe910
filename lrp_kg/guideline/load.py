"""A guideline folder, read once into frozen data; nothing is loaded at import time."""

from __future__ import annotations

from pathlib import Path

from lrp_kg.guideline.files import (
    AUTHOR_SHAPES,
    guideline_files,
    packaged_folder,
    record_shape_files,
    vocabulary_file,
)
from lrp_kg.guideline.index import Index
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
from lrp_kg.guideline.reader import read_guideline


def load_guideline(folder: Path | str | None = None) -> Guideline:
    """Read a guideline folder; raise `GuidelineError` with every finding, each with file and line."""
    path = Path(folder) if folder else packaged_folder()
    return read_guideline(Index(path, guideline_files(path)))


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
