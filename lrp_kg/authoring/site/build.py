"""Builds a site from a guideline: the reference where it can be made, then the pages, with progress."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from rich.progress import Progress

from lrp_kg.answer.service import GuidelineService
from lrp_kg.authoring.site.content import gather
from lrp_kg.authoring.site.reference import INSTALL, available, modules, write_reference
from lrp_kg.authoring.site.writer import Site, write


@dataclass(frozen=True)
class Built:
    """How many files were written, and what the caller should be told."""

    files: int
    messages: tuple[str, ...]


def build(
    service: GuidelineService, folder: Path, *, reference: bool | None = None, progress: Progress | None = None
) -> Built:
    """Write the site of a guideline into a folder.

    ``reference`` adds the ontology reference (``None``: where pyLODE is installed); where it is asked for and
    pyLODE is not installed, raises `MissingPackage`.
    """
    bar = progress or Progress(disable=True)
    messages: tuple[str, ...] = ()
    references: tuple[tuple[str, str], ...] = ()
    if reference is None and not available():
        messages = (INSTALL,)
    elif reference is not False:
        found = modules(service.guideline)
        task = bar.add_task("reference", total=len(found))
        references = write_reference(service, found, folder / "reference", step=lambda: bar.advance(task))
    content = gather(service, references)
    task = bar.add_task("pages", total=Site(content).size)
    others = tuple(f"reference/{address}" for _, address in references)
    files = write(content, folder, others=others, step=lambda: bar.advance(task))
    return Built(files, messages)
