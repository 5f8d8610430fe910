"""What is compared: a guideline folder, or a git revision of the current repository, unpacked to a temporary folder."""

from __future__ import annotations

import io
import posixpath
import shutil
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from lrp_kg.errors import LrpError

PARTS = ("ontology", "shapes", "queries", "tests/cases", "cases")
"""What of a revision is unpacked, where it is there."""


class NotComparable(LrpError):
    """What is to be compared cannot be found or read, or is no version of the same guideline."""

    code = "not-comparable"
    title = "The guidelines cannot be compared"
    status = 400


@contextmanager
def opened(name: str) -> Iterator[Path]:
    """Give the folder of a side: a folder as it is, or ``REVISION`` or ``REVISION:FOLDER`` unpacked for the while."""
    if Path(name).is_dir():
        yield Path(name)
        return
    with tempfile.TemporaryDirectory(prefix="lrp-kg-diff-") as folder:
        _unpack(name, Path(folder))
        yield Path(folder)


def _unpack(name: str, target: Path) -> None:
    revision, _, inside = name.partition(":")
    root = Path(_git(Path.cwd(), name, "rev-parse", "--show-toplevel").decode().strip())
    commit = _git(root, name, "rev-parse", "--verify", "--quiet", "--end-of-options", revision + "^{commit}")
    folder = posixpath.normpath(inside.strip("/"))
    folder = "" if folder == "." else folder
    listed = _git(root, name, "ls-tree", "-r", "-d", "--name-only", "--full-tree", commit.decode().strip()).decode()
    folders = set(listed.splitlines())
    found = [part for part in PARTS if f"{folder}/{part}".strip("/") in folders]
    if not {"ontology", "shapes"} <= set(found):
        raise NotComparable(f"{name} holds no guideline: it has no ontology/ and shapes/. Name REVISION:FOLDER.")
    tree = f"{commit.decode().strip()}:{folder}"
    archive = _git(root, name, "archive", "--format=tar", tree, "--", *found)
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        if hasattr(tarfile, "data_filter"):  # from Python 3.11.4 on
            tar.extraction_filter = tarfile.data_filter
        tar.extractall(target)  # noqa: S202  what git archived of this repository


def _git(root: Path, name: str, *arguments: str) -> bytes:
    program = shutil.which("git")
    if program is None:
        raise NotComparable(f"{name} is no folder, and git is not installed. Name a guideline folder.")
    # the arguments are ours but for a revision, which git takes as no option
    done = subprocess.run([program, "-C", str(root), *arguments], capture_output=True, check=False)  # noqa: S603
    if done.returncode:
        raise NotComparable(f"{name} is neither a folder nor a git revision here. Name a folder or a revision.")
    return done.stdout
