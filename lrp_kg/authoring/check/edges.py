"""Reports thresholds that leave a gap or overlap: the interval, and the conditions that end and begin beside it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from lrp_kg.authoring.gaps import Edge, UnclearRegion
from lrp_kg.authoring.reach import reachable
from lrp_kg.findings import Finding
from lrp_kg.guideline.criteria import Between, names_in, walk
from lrp_kg.guideline.model import Decision, Guideline
from lrp_kg.logic.outcomes import NO_ANSWER
from lrp_kg.namespaces import local_name


def edge_findings(
    guideline: Guideline, regions: Iterable[UnclearRegion], where: Callable[[Decision], str]
) -> Iterator[Finding]:
    """Yield a finding for each interval without one answer, at the condition that ends beside it.

    ``where`` gives the place of a decision, for an interval that is of no single condition.
    """
    groups: dict[tuple[Edge, str], list[UnclearRegion]] = {}
    for region in regions:
        if region.edge:
            groups.setdefault((region.edge, region.outcome.status), []).append(region)
    for (edge, status), found in groups.items():
        gap = status == NO_ANSWER
        first = found[0].decision
        ending, beginning = _beside(guideline, edge, gap, [r.decision for r in found])
        also = sorted({r.decision.id for r in found} - {first.id})
        what = "no option holds" if gap else f"{' and '.join(found[0].outcome.answers)} hold together"
        text = f"{first.id}: where {local_name(edge.field)} is {_extent(edge)}, {what}"
        text += f", and so in {', '.join(also)}" if also else ""
        last, start = _days(edge, gap)
        parts = [_bound(guideline, name, f"ends at {last}") for name in ending]
        parts += [_bound(guideline, name, f"begins at {start}") for name in beginning]
        text += f". {'; '.join(parts)}" if parts else ""
        text += f"{next((r.example for r in found if r.example.record is not None), found[0].example).text}."
        places = (guideline.index.positions.where(name) for name in (*ending, *beginning))
        name = "threshold-gap" if gap else "threshold-overlap"
        text += " Correct the bounds of the neighbouring intervals."
        yield Finding(name, text, next(places, where(first)), term=first.iri)


def _extent(edge: Edge) -> str:
    if edge.high is None:
        return f"{edge.low} and more"
    return str(edge.low) if edge.low == edge.high else f"{edge.low} to {edge.high}"


def _days(edge: Edge, gap: bool) -> tuple[int | None, int | None]:
    """Return where the interval before ends, and the one after begins."""
    after = None if edge.high is None else edge.high + 1
    return (edge.low - 1, after) if gap else (edge.high, edge.low)


def _beside(guideline: Guideline, edge: Edge, gap: bool, decisions: Iterable[Decision]) -> tuple[list[str], list[str]]:
    """Return the conditions that decisions read whose interval ends, and those whose interval begins, at an edge."""
    last, start = _days(edge, gap)
    known = guideline.conditions
    named = {name for d in decisions for name in (d.scope, *(o.applies_to for o in d.options))} & known.keys()
    read = reachable(named, lambda name: names_in(known[name].expression) & known.keys())
    ending, beginning = [], []
    for name in sorted(read, key=guideline.index.positions.order):
        parts = [p for p in walk(known[name].expression) if isinstance(p, Between)]
        own = [p for p in parts if p.field == edge.field]
        if last is not None and any(p.high == last for p in own):
            ending.append(name)
        if start is not None and any(p.low == start for p in own):
            beginning.append(name)
    return ending, beginning


def _bound(guideline: Guideline, name: str, what: str) -> str:
    return f"{named(guideline, name)} {what}"


def named(guideline: Guideline, name: str) -> str:
    """Return a condition with the file and line of its definition."""
    file, _, line = guideline.index.positions.where(name).rpartition(":")
    return f"{local_name(name)} ({Path(file).name}:{line})" if file else local_name(name)
