"""Which counts must not be shown, so that nobody can work out a small one from those that are.

A count below the limit is not shown. Since parts add up to totals, another count often has to go too. Which, and
whether that is enough, is asked of a linear programme: between which two values can the count be, by all that is shown?
"""

from __future__ import annotations

from collections.abc import Collection

import highspy
import numpy as np

from lrp_kg.report.counts import Counts, Key

TRIED = 6
"""Counts that are looked at, the smallest first, to find one that protects another when it is hidden."""


def suppress(counts: Counts, published: Collection[Key], below: int) -> frozenset[Key]:
    """Return the counts that may not be shown.

    For every count from 1 to the limit, shown or not, as many values as the limit has to remain possible. A reader is
    taken to know that a zero is shown as such, and which counts are part of which.
    """
    small = [key for key, value in counts.values.items() if 0 < value < below]
    reader = _OutsideReader(counts, set(published))
    for key in small:
        reader.hide(key)
    unsafe = [key for key in small if reader.width(key) < below - 1]
    while unsafe:
        key = unsafe[0]
        if reader.width(key) < below - 1 and not reader.protect(key, below - 1):
            unsafe.pop(0)  # everything that it is connected with is hidden
        elif reader.width(key) >= below - 1:
            unsafe.pop(0)
    return frozenset(reader.hidden)


class _OutsideReader:
    """What a reader of the report can work out, who sees every published count that is not hidden."""

    def __init__(self, counts: Counts, published: set[Key]) -> None:
        self._counts = counts
        self._published = published
        self.hidden: set[Key] = set()
        self._place = {key: n for n, key in enumerate(counts.values)}
        self._sums: dict[Key, list[tuple[Key, ...]]] = {}
        self._solver = highspy.Highs()  # type: ignore[no-untyped-call]
        self._solver.silent()
        self._solver.setOptionValue("presolve", "off")
        infinity = self._solver.getInfinity()
        for key, value in counts.values.items():
            known = key in published or value == 0
            self._solver.addVar(value if known else 0, value if known else infinity)
        for total, parts in counts.sums:
            for key in (total, *parts):
                self._sums.setdefault(key, []).append((total, *parts))
            places = np.array([self._place[key] for key in (total, *parts)], np.int32)
            factors = np.array([-1.0] + [1.0] * len(parts))
            self._solver.addRow(0, 0, len(places), places, factors)

    def hide(self, key: Key) -> None:
        """Show a count no longer; one that nobody sees stays as it is."""
        if key in self._published:
            self.hidden.add(key)
            self._solver.changeColBounds(self._place[key], 1, self._solver.getInfinity())

    def _show(self, key: Key) -> None:
        value = self._counts.values[key]
        self.hidden.discard(key)
        self._solver.changeColBounds(self._place[key], value, value)

    def width(self, key: Key) -> float:
        """Return how far apart the values are between which a count can be."""
        ends = []
        for sense in (highspy.ObjSense.kMinimize, highspy.ObjSense.kMaximize):
            self._solver.changeColCost(self._place[key], 1)
            self._solver.changeObjectiveSense(sense)
            self._solver.run()
            status, end = self._solver.getModelStatus(), self._solver.getInfo().objective_function_value
            self._solver.changeColCost(self._place[key], 0)
            if status != highspy.HighsModelStatus.kOptimal:
                return float("inf")
            ends.append(end)
        return round(ends[1] - ends[0], 6)

    def protect(self, key: Key, wanted: float) -> bool:
        """Hide one more count: of some, the smallest that is enough, else the one that leaves most open.

        Return whether there was one.
        """
        best, most = None, -1.0
        for other in self._candidates(key)[:TRIED]:
            self.hide(other)
            width = self.width(key)
            if width >= wanted:
                return True
            if width > most:
                best, most = other, width
            self._show(other)
        if best is not None:
            self.hide(best)
        return best is not None

    def _candidates(self, key: Key) -> list[Key]:
        """Return the counts that are shown in a sum with a count, or with one that is unknown and so on, by size."""
        values = self._counts.values
        seen, found, open_ = {key}, set(), [key]
        while open_:
            for sum_ in self._sums.get(open_.pop(), ()):
                for other in sum_:
                    if other in seen or not values[other]:
                        continue
                    seen.add(other)
                    if other in self.hidden or other not in self._published:
                        open_.append(other)
                    else:
                        found.add(other)
        return sorted(found, key=lambda other: (values[other], other))
