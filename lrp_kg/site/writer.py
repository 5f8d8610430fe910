"""Writes the site: a folder per language, a page per term, the picture, static files; always the same bytes."""

from __future__ import annotations

from pathlib import Path

from rich.progress import Progress

from lrp_kg.answer.service import GuidelineService
from lrp_kg.site.content import Content
from lrp_kg.site.pages import Site

WRITTEN = "written.txt"
"""Lists the files written, so that the next run can remove those no longer needed."""


def build(service: GuidelineService, folder: Path, *, progress: Progress | None = None) -> int:
    """Write the site of a guideline into a folder and return the number of its files."""
    return write(Content(service, in_full=True), folder, progress=progress)


def write(content: Content, folder: Path, *, progress: Progress | None = None) -> int:
    """Write the site of some content into a folder and return the number of its files."""
    bar = progress or Progress(disable=True)
    files = dict(Site(content).files())
    for path, text in bar.track(files.items(), description="pages"):
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text(), encoding="utf-8", newline="\n")
    _remove_stale(folder, set(files))
    (folder / WRITTEN).write_text("".join(f"{p}\n" for p in sorted(files)), encoding="utf-8", newline="\n")
    return len(files)


def _remove_stale(folder: Path, kept: set[str]) -> None:
    """Remove the files that an earlier run wrote and this one did not; touch nothing else in the folder."""
    record = folder / WRITTEN
    if not record.is_file():
        return
    for path in record.read_text(encoding="utf-8").splitlines():
        file = (folder / path).resolve()
        if path not in kept and file.is_relative_to(folder.resolve()) and file.is_file():
            file.unlink()
