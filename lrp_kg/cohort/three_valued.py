"""Whether all of several things hold in each row, or any: columns of verdicts, as in `lrp_kg.logic.verdicts`."""

from __future__ import annotations

import numpy as np

from lrp_kg.cohort.arrays import Array
from lrp_kg.logic.classify import FALSE, OPEN, TRUE


def all_of(first: Array, *others: Array) -> Array:
    """Return whether all verdicts are true in each row: false where one is false, else unknown where one is."""
    found = first
    for other in others:
        found = np.maximum(found, other) * (np.minimum(found, other) != FALSE)
    return found


def any_of(first: Array, *others: Array) -> Array:
    """Return whether any verdict is true in each row: true where one is true, else unknown where one is."""
    found = first
    for other in others:
        most = np.maximum(found, other)
        found = np.where((most == OPEN) & (np.minimum(found, other) == TRUE), np.int8(TRUE), most)
    return found
