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
    """Return the file of the generic vocabulary, which every guideline stands on."""
    return packaged_folder() / "ontology" / "care-pathway.ttl"


def guideline_files(folder: Path) -> list[Path]:
    """Return the Turtle files of a guideline folder: ontology, shapes, and the generic vocabulary."""
    ontology = sorted(file for file in (folder / "ontology").glob("*.ttl") if file.is_file())
    shapes = record_shape_files(folder)
    if not ontology or not shapes:
        missing = "ontology" if not ontology else "shapes"
        raise GuidelineError(
            f"{folder} is no guideline folder: it has no {missing}/*.ttl. "
            "A guideline is a folder with ontology/ and shapes/ (and queries/)."
        )
    if not any(file.name == vocabulary_file().name for file in ontology):
        ontology.append(vocabulary_file())
    return ontology + shapes


def files_to_check(folder: Path) -> list[Path]:
    """Return every Turtle file of a guideline folder, its shapes for authors too, and the generic vocabulary."""
    files = [file for part in ("ontology", "shapes") for file in sorted((folder / part).glob("*.ttl"))]
    return files if any(f.name == vocabulary_file().name for f in files) else [*files, vocabulary_file()]


def record_shape_files(folder: Path) -> list[Path]:
    """Return the files of shapes/ that say what a valid record is: all but the shapes for authors."""
    return sorted(file for file in (folder / "shapes").glob("*.ttl") if file.is_file() and file.name != AUTHOR_SHAPES)
