"""Builds the site of a guideline, with progress."""

from __future__ import annotations

from pathlib import Path

from rich.progress import Progress

from lrp_kg.answer.service import GuidelineService
from lrp_kg.authoring.site.content import gather
from lrp_kg.authoring.site.writer import Site, write


def build(service: GuidelineService, folder: Path, *, progress: Progress | None = None) -> int:
    """Write the site of a guideline into a folder and return the number of its files."""
    bar = progress or Progress(disable=True)
    content = gather(service)
    task = bar.add_task("pages", total=Site(content).size)
    return write(content, folder, step=lambda: bar.advance(task))
