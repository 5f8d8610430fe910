"""All that a store holds as one file of N-Quads, which the bulk loader of any other store takes."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pyoxigraph as ox

from lrp_kg.errors import StoreError
from lrp_kg.research.engine.homes import DATA, Homes, in_graph
from lrp_kg.research.store.generations import Generation, Store
from lrp_kg.temporary import place_of


def quads(generation: Generation) -> Iterator[ox.Quad]:
    """Yield every quad of each graph; those of graphs that the store does not keep apart are found by their home."""
    store, homes = ox.Store.read_only(str(generation.folder)), Homes.from_json(generation.homes)
    kept_apart = (q for q in store if not (isinstance(q.graph_name, ox.NamedNode) and q.graph_name.value in DATA))
    yield from kept_apart
    for graph in DATA:
        name = ox.NamedNode(graph)
        yield from (in_graph(triple, name) for triple in homes.triples(store, graph))


def export(folder: Path, file: Path) -> None:
    """Write the guideline, records, derived values, answers and loads of a store into a file, all or nothing."""
    generation = Store(folder).current()
    try:
        place = place_of(file)
    except OSError as error:
        raise _not_written(file, error) from None
    draft = place.with_name(f"{place.name}.draft")
    try:
        with draft.open("wb") as out:
            ox.serialize(quads(generation), output=out, format=ox.RdfFormat.N_QUADS)
        os.replace(draft, place)
    except OSError as error:
        draft.unlink(missing_ok=True)
        raise _not_written(file, error) from None


def _not_written(file: Path, error: OSError) -> StoreError:
    return StoreError(f"{file} cannot be written: {error.strerror or error}.")
