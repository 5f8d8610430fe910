"""Stores as the tests look into them."""

from __future__ import annotations

from pathlib import Path

import pyoxigraph as ox

from lrp_kg.research.engine.homes import Homes
from lrp_kg.research.engine.store_dataset import StoreDataset
from lrp_kg.research.store.generations import Store


def opened(folder: Path) -> StoreDataset:
    """Return the current generation of a store folder, as queries see it."""
    generation = Store(folder).current()
    return StoreDataset(ox.Store.read_only(str(generation.folder)), Homes.from_json(generation.homes))
