"""Which files a guideline folder has."""

from __future__ import annotations

import importlib.resources
from pathlib import Path

from lrp_kg.errors import GuidelineError
from lrp_kg.findings import Finding
from lrp_kg.text_files import visible

AUTHOR_SHAPES = "guideline.ttl"
"""The file of shapes/ that says what a well-made module is; records are not checked with it."""

_RDF = (".owl", ".rdf", ".nt", ".nq", ".n3", ".trig", ".jsonld", ".turtle", ".omn", ".ofn", ".owx", ".obo")
SUFFIXES = {
    "ontology": (".ttl", _RDF),
    "shapes": (".ttl", (*_RDF, ".shacl")),
    "queries": (".rq", (".sparql",)),
    "cases": (".json", (".jsonl", ".ndjson")),
    "tests/cases": (".json", (".jsonl", ".ndjson")),
}
"""For each part of a guideline folder the suffix of the files that are read, and those of files that seem meant."""
AS_TURTLE = "Save it in that format, or put it elsewhere"


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
            "A guideline is a folder with ontology/ and shapes/ (and queries/).",
            files_left_out(folder),
        )
    return _with_vocabulary(ontology) + shapes


def files_to_check(folder: Path) -> list[Path]:
    """Return every Turtle file of a guideline folder, its shapes for authors too, and the generic vocabulary."""
    return _with_vocabulary([file for part in ("ontology", "shapes") for file in turtle_files(folder / part)])


def record_shape_files(folder: Path) -> list[Path]:
    """Return the files of shapes/ that say what a valid record is: all but the shapes for authors."""
    return [file for file in turtle_files(folder / "shapes") if file.name != AUTHOR_SHAPES]


def turtle_files(folder: Path) -> list[Path]:
    """Return the Turtle files of a folder, sorted."""
    return visible(folder, "*.ttl")


def files_left_out(folder: Path) -> list[Finding]:
    """Return a finding for each file that looks like a module, query or case of a guideline and is none by its name."""
    found = []
    for part, (suffix, others) in SUFFIXES.items():
        for file in visible(folder / part, "*"):
            if file.suffix != suffix and file.suffix.lower() in (suffix, *others):
                message = f"{part}/{file.name} is not read: only names that end in {suffix} are. "
                message += f"Rename it to {file.stem}{suffix}." if file.suffix.lower() == suffix else f"{AS_TURTLE}."
                found.append(Finding("file-not-read", message, str(file), severity="warning"))
    return found


def _with_vocabulary(files: list[Path]) -> list[Path]:
    """Return files with the generic vocabulary, unless the guideline has its own copy."""
    return files if any(f.name == vocabulary_file().name for f in files) else [*files, vocabulary_file()]
