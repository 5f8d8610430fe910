"""The result of a query as a data frame: each column of the type that its values have."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from typing import Any

import pandas

from lrp_kg.guideline.index import iri
from lrp_kg.guideline.model import Guideline, Term
from lrp_kg.logic.outcomes import STATUSES
from lrp_kg.namespaces import CP, RDFS, XSD
from lrp_kg.research.questions.running import FRACTIONS, INTEGERS, Cell, Table, plain
from lrp_kg.research.wide import Wording, ordered
from lrp_kg.words import in_language


class Frames:
    """Writes results as frames, with the terms of a guideline in its order."""

    def __init__(self, guideline: Guideline) -> None:
        self._g = guideline

    def frame(self, found: Table, families: Mapping[str, str], wording: Wording) -> pandas.DataFrame:
        """Return a result; ``families`` are the IRIs of the decision, list or class that labels of a column are of.

        With codes, labels and IRIs of terms of the guideline are written as their identifiers.
        """
        columns = list(zip(*found.rows, strict=True)) or [()] * len(found.columns)
        return pandas.DataFrame(
            {
                name: self._column(cells, self.terms(families.get(name, "")), wording)
                for name, cells in zip(found.columns, columns, strict=True)
            },
            columns=list(found.columns),
        )

    def terms(self, family: str) -> tuple[Term, ...]:
        """Return the options of a decision or programme, the values of a field, or the terms of a class, in order."""
        g = self._g
        if family in g.own_decisions:
            return g.own_decisions[family].options
        if family in g.programmes:
            return g.decisions[g.programmes[family].editions[-1].decision].options
        if family in g.fields:
            return g.fields[family].values
        if family == CP + "Decision":
            return (*g.own_decisions.values(), *g.programmes.values())
        if family == CP + "Status":
            return tuple(Term(CP + s, s, g.statuses[s]) for s in STATUSES if s in g.statuses)
        return {
            CP + "Programme": tuple(g.programmes.values()),
            CP + "Edition": tuple(g.editions),
            CP + "Field": tuple(g.fields.values()),
        }.get(family, ())

    def _column(self, cells: Sequence[Cell | None], family: Sequence[Term], wording: Wording) -> Any:
        known = [c for c in cells if c is not None]
        if family:
            return self._labels(cells, family, wording)
        if wording.codes and known and all(c.is_iri for c in known):
            ids = [None if c is None else self._ids.get(c.text, c.text) for c in cells]
            owner = self._owners.get(known[0].text)
            if owner and all(self._owners.get(c.text) == owner for c in known):
                return ordered(ids, wording.of(self.terms(owner)))
            return pandas.array(ids, dtype="string")
        return typed(cells)

    def _labels(self, cells: Sequence[Cell | None], family: Sequence[Term], wording: Wording) -> Any:
        """Return labels as ordered categories; a text that is the label of no term of its family comes last."""
        unknown = Term(CP + "unknown", "unknown", self._g.index.graph.texts(iri(CP + "unknown"), RDFS + "label"))
        terms = [
            *family,
            *({unknown.id: unknown}.values() if any(self._is(c, unknown, wording) for c in cells) else ()),
        ]
        ids = {_plain(in_language(t.label, wording.lang, t.id)): t.id for t in terms}
        if len(ids) < len(terms):
            return typed(cells)  # two terms have one label
        words = wording.of(terms)
        found = [None if c is None else ids.get(_plain(c.text), c.text) for c in cells]
        return ordered(found, words | {name: name for name in found if name is not None and name not in words})

    @staticmethod
    def _is(cell: Cell | None, term: Term, wording: Wording) -> bool:
        return cell is not None and cell.text == in_language(term.label, wording.lang, term.id)

    @cached_property
    def _owners(self) -> dict[str, str]:
        """The field or decision that each value or option is of, by its IRI; none where it is of several."""
        found: dict[str, str] = {}
        for owner in (*self._g.fields, *self._g.own_decisions, *self._g.programmes):
            for term in self.terms(owner):
                found[term.iri] = "" if term.iri in found else owner
        return found

    @cached_property
    def _ids(self) -> dict[str, str]:
        """The identifier of each term by its IRI."""
        g = self._g
        every: Iterable[Term] = (
            *g.fields.values(), *g.derived.values(), *g.decisions.values(), *g.programmes.values(),
            *(o for d in g.decisions.values() for o in d.options), *(v for f in g.fields.values() for v in f.values),
            *g.editions, *g.boxes.values(), *g.statements, *g.warnings, *g.conditions.values(), *g.open_points,
        )  # fmt: skip
        return {t.iri: t.id for t in every}


def _plain(text: str) -> str:
    """Return a text with plain spaces, as the graph has it; French labels are written with others before a colon."""
    return " ".join(text.split())


def typed(cells: Sequence[Cell | None]) -> Any:
    """Return the values of a column, of the one type that all of them have."""
    kinds = {c.datatype for c in cells if c is not None and not c.is_iri}
    values = [plain(c) for c in cells]
    texts = [None if c is None else c.text for c in cells]
    try:
        if kinds and any(c is not None and c.is_iri for c in cells):
            return pandas.Series(values, dtype="object")
        if kinds == {XSD + "boolean"}:
            return pandas.array(values, dtype="boolean")
        if kinds and kinds <= INTEGERS:
            return pandas.array(values, dtype="Int64")
        if kinds and kinds <= INTEGERS | FRACTIONS:
            return pandas.array(values, dtype="Float64")
        if kinds == {XSD + "date"}:
            return pandas.Series(texts, dtype="datetime64[s]")
        if kinds == {XSD + "dateTime"}:
            return pandas.to_datetime(pandas.Series(texts), utc=True, format="ISO8601")
    except (ValueError, TypeError, OverflowError):
        pass  # a number or a day in name only
    return pandas.Series(
        values, dtype="string" if all(isinstance(v, str) for v in values if v is not None) else "object"
    )
