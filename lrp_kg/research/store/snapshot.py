"""The guideline with its closure as one N-Quads file in the cache folder, made once per content."""

from __future__ import annotations

import atexit
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from contextlib import suppress
from functools import lru_cache
from pathlib import Path

import pyoxigraph as ox

from lrp_kg.answer import as_rdf, rdf_results
from lrp_kg.cache import cache_folder, file_name, read_kept_bytes, write_kept
from lrp_kg.errors import StoreError
from lrp_kg.guideline import named_graphs as graphs
from lrp_kg.guideline.index import text_hash
from lrp_kg.guideline.model import Guideline

Progress = Callable[[str], None]


def content_of(guideline: Guideline) -> str:
    """Return what identifies the content of a guideline in a store and the form of answers, and names its snapshot."""
    form = "".join(Path(str(writer.__file__)).read_text(encoding="utf-8") for writer in (as_rdf, rdf_results))
    rules = text_hash(module.text for module in guideline.index.with_author_shapes)
    return file_name(f"{rules} {hashlib.sha256(form.encode()).hexdigest()}", Path(__file__).parent)


def snapshot_file(guideline: Guideline) -> Path:
    """Return where the snapshot of a guideline is, or can be written."""
    return _place(guideline)[0]


def _place(guideline: Guideline) -> tuple[Path, bool]:
    """Return the file of a snapshot, and whether it is there: to look reads all of it, so each file once."""
    name = f"{content_of(guideline)}.nq"
    cache = cache_folder()
    if cache and _is_kept(cache / "datasets" / name):
        return cache / "datasets" / name, True
    file = _writable_folder() / "datasets" / name
    return file, _is_kept(file)


def _is_kept(file: Path) -> bool:
    return read_kept_bytes(file) is not None


def _writable_folder() -> Path:
    """Return the cache folder, or a temporary folder of this process where the cache cannot be written."""
    cache = cache_folder()
    if cache:
        with suppress(OSError):
            (cache / "datasets").mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=cache / "datasets"):
                return cache
    return _temporary_folder()


@lru_cache(maxsize=1)
def _temporary_folder() -> Path:
    folder, owner = Path(tempfile.mkdtemp(prefix="lrp-kg-")), os.getpid()

    def remove() -> None:
        if os.getpid() == owner:
            shutil.rmtree(folder, ignore_errors=True)

    atexit.register(remove)
    return folder


def guideline_snapshot(guideline: Guideline, progress: Progress = lambda _: None) -> Path:
    """Return the snapshot of a guideline; ``progress`` gets the name of each step where it is made."""
    file, kept = _place(guideline)
    if not kept:
        import fcntl  # where the system has none, `open_engine` has said so

        file.parent.mkdir(parents=True, exist_ok=True)
        with file.with_suffix(".lock").open("w") as lock:  # other processes wait, and find it made
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not _is_kept(file) and not write_kept(file, _make(guideline, progress)):
                raise StoreError(f"The dataset cannot be written to {file.parent}. Make room there.")
    return file


def make_apart(guideline: Guideline) -> None:
    """Make the snapshot in a process of its own: the closure would hold up the other threads of this one."""
    file, kept = _place(guideline)
    if not kept:
        command = [sys.executable, "-m", __name__, str(guideline.folder), "--while-open"]
        folder = os.environ | {"LRP_CACHE": str(file.parents[1])}
        with subprocess.Popen(command, stdin=subprocess.PIPE, env=folder) as making:  # noqa: S603 - our own program
            making.wait()


def _make(guideline: Guideline, progress: Progress) -> str:
    progress("closure")
    from lrp_kg.guideline.closure import closure

    inferred = closure(guideline).serialize(format="nt", encoding="utf-8")
    progress("snapshot")
    name = ox.NamedNode(graphs.CLOSURE)
    parsed = ox.parse(inferred, format=ox.RdfFormat.N_TRIPLES)
    quads = [ox.Quad(q.subject, q.predicate, q.object, name) for q in parsed]
    quads += graphs.guideline_quads(guideline)
    return (ox.serialize(quads, format=ox.RdfFormat.N_QUADS) or b"").decode()


if __name__ == "__main__":
    import threading

    from lrp_kg.guideline.load import load_guideline

    def end_with_input() -> None:
        """End when whoever wants the snapshot is gone: its end of our input closes then."""
        os.read(0, 1)  # not by sys.stdin, which could not be closed at the end while we read
        os._exit(1)

    if "--while-open" in sys.argv[2:]:
        threading.Thread(target=end_with_input, daemon=True).start()
    guideline_snapshot(load_guideline(sys.argv[1]))
