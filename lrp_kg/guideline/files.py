"""Which files a guideline folder has."""

from __future__ import annotations

import importlib.resources
from pathlib import Path

from lrp_kg.errors import GuidelineError

AUTHOR_SHAPES = "guideline.ttl"
"""The file of shapes/ that says what a well-made module is; records are not checked with it."""


def packaged_folder() -> Path:
    """Return the folder of the low back pain guideline: the repository's, or the installed package's."""
    root = Path(str(importlib.resources.files("lrp_kg")))
    data = root / "data"
    return data if data.is_dir() else root.parent


def vocabulary_file() -> Path:
    """Return the file of the generic vocabulary, which every guideline uses."""
    return packaged_folder() / "ontology" / "care-pathway.ttl"


def guideline_files(folder: Path) -> list[Path]:
    """Return the Turtle files of a guideline folder: ontology, shapes, and the generic vocabulary."""
    ontology = turtle_files(folder / "ontology")
    shapes = record_shape_files(folder)
    if not ontology or not shapes:
        missing = "ontology" if not ontology else "shapes"
        raise GuidelineError(
            f"{folder} is no guideline folder: it has no {missing}/*.ttl. "
            "A guideline is a folder with ontology/ and shapes/ (and queries/)."
        )
    return _with_vocabulary(ontology) + shapes


def files_to_check(folder: Path) -> list[Path]:
    """Return every Turtle file of a guideline folder, its shapes for authors too, and the generic vocabulary."""
    return _with_vocabulary([file for part in ("ontology", "shapes") for file in sorted((folder / part).glob("*.ttl"))])


def record_shape_files(folder: Path) -> list[Path]:
    """Return the files of shapes/ that say what a valid record is: all but the shapes for authors."""
    return [file for file in turtle_files(folder / "shapes") if file.name != AUTHOR_SHAPES]


def turtle_files(folder: Path) -> list[Path]:
    """Return the Turtle files of a folder, sorted."""
    return sorted(file for file in folder.glob("*.ttl") if file.is_file())


def _with_vocabulary(files: list[Path]) -> list[Path]:
    """Return files with the generic vocabulary, unless the guideline has its own copy."""
    return files if any(f.name == vocabulary_file().name for f in files) else [*files, vocabulary_file()]
