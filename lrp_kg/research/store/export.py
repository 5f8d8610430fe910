"""All that a store holds as one file of N-Quads, which the bulk loader of any other store takes."""

from __future__ import annotations

import os
from pathlib import Path

import pyoxigraph as ox

from lrp_kg.errors import StoreError
from lrp_kg.research.store.generations import Store


def export(folder: Path, file: Path) -> None:
    """Write the guideline, records, derived values, answers and loads of a store into a file, all or nothing."""
    generation = Store(folder).current()
    draft = file.with_name(f"{file.name}.draft")
    try:
        ox.Store.read_only(str(generation.folder)).dump(str(draft), ox.RdfFormat.N_QUADS)
        os.replace(draft, file)
    except OSError as error:
        draft.unlink(missing_ok=True)
        raise StoreError(f"{file} cannot be written: {error.strerror or error}.") from None
