"""The guideline with its closure as one N-Quads file in the cache folder, made once per content."""

from __future__ import annotations

import fcntl
import hashlib
import os
import tempfile
from collections.abc import Callable
from pathlib import Path

import pyoxigraph as ox

from lrp_kg import __version__
from lrp_kg.cache import cache_folder
from lrp_kg.guideline import named_graphs as graphs
from lrp_kg.guideline.model import Guideline

Progress = Callable[[str], None]


def snapshot_file(guideline: Guideline) -> Path:
    """Return where the snapshot of a guideline is kept, whether it is there or not."""
    digest = hashlib.sha256(f"{__version__} {ox.__version__}".encode())
    digest.update(Path(graphs.__file__).read_bytes() + Path(__file__).read_bytes())
    for file in graphs.module_files(guideline):
        digest.update(file.name.encode() + b"\0" + file.read_bytes() + b"\0")
    return cache_folder() / f"{digest.hexdigest()[:32]}-dataset.nq"


def guideline_snapshot(guideline: Guideline, progress: Progress = lambda _: None) -> Path:
    """Return the snapshot of a guideline; ``progress`` is told what is being made where it is not there yet."""
    file = snapshot_file(guideline)
    if not file.is_file():
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.with_suffix(".lock").open("w") as lock:  # other processes wait, and find it made
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not file.is_file():
                _make(guideline, file, progress)
    return file


def _make(guideline: Guideline, file: Path, progress: Progress) -> None:
    progress("closure")
    from lrp_kg.guideline.closure import closure

    inferred = closure(guideline).serialize(format="nt", encoding="utf-8")
    progress("snapshot")
    name = ox.NamedNode(graphs.CLOSURE)
    parsed = ox.parse(inferred, format=ox.RdfFormat.N_TRIPLES)
    quads = [ox.Quad(q.subject, q.predicate, q.object, name) for q in parsed]
    quads += graphs.guideline_quads(guideline)
    with tempfile.NamedTemporaryFile(dir=file.parent, delete=False) as draft:
        ox.serialize(quads, output=draft, format=ox.RdfFormat.N_QUADS)
    os.replace(draft.name, file)


if __name__ == "__main__":
    import sys
    import threading

    from lrp_kg.guideline.load import load_guideline

    def end_with_input() -> None:
        """End when whoever wants the snapshot is gone: its end of our input closes then."""
        os.read(0, 1)  # not by sys.stdin, which could not be closed at the end while we read
        os._exit(1)

    if "--while-open" in sys.argv[2:]:
        threading.Thread(target=end_with_input, daemon=True).start()
    guideline_snapshot(load_guideline(sys.argv[1]))
