"""What the page of sources shows: which rules are encoded, until when they were read, and what is uncertain."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property

from lrp_kg.guideline.graph_reader import GraphReader
from lrp_kg.guideline.index import iri
from lrp_kg.guideline.model import OpenPoint, Term
from lrp_kg.guideline.sources import Resting, SourceState, origin, read_since, resting_on, source_state, source_states
from lrp_kg.namespaces import CP
from lrp_kg.site.views import PageView

FEW = 20
"""Sources of a kind that are shown without folding them."""


class SourcesView:
    """The sources for one page."""

    def __init__(self, view: PageView) -> None:
        self.view = view

    @cached_property
    def resting(self) -> Mapping[str, Resting]:
        """What rests on each source."""
        return resting_on(self.view.guideline)

    @property
    def read_since(self) -> str:
        """The month as of which all sources were read."""
        return read_since(self.view.guideline)

    def groups(self) -> Iterator[tuple[str, list[SourceState], bool]]:
        """Yield a heading, sources, and whether they are folded: the printed ones, then the others by who speaks."""
        states = source_states(self.view.guideline)
        printed = [s for s in states if s.printed]
        if printed:
            yield self.view.w("sources-printed"), printed, False
        others = [s for s in states if not s.printed]
        for kind in {s.kind.iri: s.kind for s in others if s.kind}.values():
            own = [s for s in others if s.kind == kind]
            yield f"{self.view.words.label(kind)} ({len(own)})", own, len(own) > FEW

    def of(self, name: str) -> SourceState:
        """Return the source with an IRI."""
        return source_state(self.view.guideline, self.view.guideline.sources[name])

    def state(self, source: SourceState) -> str:
        """Return when a source was issued and read, and by when it has to be read again."""
        return "; ".join(filter(None, (origin(source, self.view.words), self.read(source))))

    def read(self, source: SourceState) -> str:
        """Return how much of a source was read and when, and by when it has to be read again."""
        view = self.view
        parts = [view.words.label(source.part_read)] if source.part_read else []
        if source.read_on:
            parts.append(view.w("source-as-of", day=source.read_on))
        if source.read_again_by:
            parts.append(view.w("source-again", day=source.read_again_by))
        return "; ".join(parts)

    def counts(self, source: SourceState) -> str:
        """Return how much rests on a source, and between which days its rules hold."""
        view, resting = self.view, self.resting[source.iri]
        said = [f"{view.w(f'source-{part}')} {len(terms)}" for part, terms in resting.parts.items()]
        if resting.first:
            said.append(view.w("sources-from", day=resting.first))
        if resting.last:
            said.append(view.w("sources-until", day=resting.last))
        return ", ".join(said) or view.w("source-nothing")

    def uncertain(self) -> Iterator[tuple[Term, list[OpenPoint]]]:
        """Yield each degree of certainty with the open points that have it."""
        graph, positions = self.view.guideline.index.graph, self.view.guideline.index.positions
        reader = GraphReader(graph, positions)
        degrees = reader.terms("Certainty").values()
        for degree in sorted(degrees, key=lambda d: reader.priority(iri(d.iri))):
            points = [
                p
                for p in self.view.guideline.open_points
                if any(node.value == degree.iri for node in graph.all(iri(p.iri), CP + "certainty"))
            ]
            if points:
                yield degree, points
