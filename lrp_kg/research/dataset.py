"""The Python interface for researchers: a dataset that is asked questions, as rows or as a data frame.

with Dataset("my-store") as data:
    data.frame("records-by-exit", lang="nl")
    data.sparql("SELECT (COUNT(*) AS ?n) { ?s ?p ?o }")
"""

from __future__ import annotations

import warnings
from datetime import date
from functools import cached_property
from numbers import Real
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyoxigraph as ox

from lrp_kg.answer.asked import language
from lrp_kg.errors import LrpError, MalformedQuery, UnknownParameter, UnknownQuery
from lrp_kg.guideline.load import load_guideline
from lrp_kg.namespaces import PATIENT_RECORD
from lrp_kg.research.engine.model import Closing, Limits, Question
from lrp_kg.research.questions.entries import read_catalogue
from lrp_kg.research.questions.parameters import Vocabulary, families
from lrp_kg.research.questions.running import Table, plain, run, table
from lrp_kg.research.store.opening import open_engine, staleness

if TYPE_CHECKING:
    import pandas
    from rdflib import Graph

    from lrp_kg.research.questions.model import QueryCatalogue

Row = dict[str, Any]
_TRIPLES = "application/n-triples"
_COUNTS = f"""SELECT ?records ?graphs WHERE {{
  {{ SELECT (COUNT(*) AS ?records) WHERE {{ ?record a <{PATIENT_RECORD}> }} }}
  {{ SELECT (COUNT(DISTINCT ?graph) AS ?graphs) WHERE {{ GRAPH ?graph {{ ?s ?p ?o }} }} }}
}}"""


class Dataset(Closing):
    """The guideline and, where a store is named, its records and their answers.

    ``store`` is a store folder or the address of a SPARQL endpoint; ``guideline`` a guideline folder. Limits are those
    of the endpoint (``LRP_QUERY_SECONDS`` and so on) unless given. What a later load stores is seen by a dataset that
    is opened after it; answers of another guideline are warned of. Close it, or use it in a ``with`` statement.
    """

    def __init__(
        self, store: Path | str | None = None, *, guideline: Path | str | None = None, limits: Limits | None = None
    ) -> None:
        self.guideline = load_guideline(guideline)
        self._store = str(store) if store else None
        stale = staleness(self.guideline, self._store)
        if stale:
            warnings.warn(stale, stacklevel=2)
        self.engine = open_engine(self.guideline, self._store, limits or Limits.from_environment())

    @cached_property
    def catalogue(self) -> QueryCatalogue:
        """The questions of the guideline folder, by name in ``entries``."""
        return read_catalogue(self.guideline.folder)

    @cached_property
    def _vocabulary(self) -> Vocabulary:
        return Vocabulary(self.guideline)

    def table(self, name: str, *, lang: str = "en", **parameters: object) -> Table:
        """Ask a question of the catalogue; columns are labelled in a language."""
        entry = self.catalogue.entries.get(name) if isinstance(name, str) else None
        if entry is None:
            raise UnknownQuery(f"{name!r} is no question of the catalogue; `lrp-kg queries` lists them.")
        lang = language(lang)
        given = {key: _said(key, value) for key, value in parameters.items()}
        if any(p.name == "lang" for p in entry.parameters):
            given.setdefault("lang", lang)
        return run(entry, self.engine, given, self._vocabulary, lang)

    def query(self, name: str, *, lang: str = "en", **parameters: object) -> list[Row]:
        """Ask a question of the catalogue; return its rows, numbers as numbers, what is not known as ``None``."""
        return _rows(self.table(name, lang=lang, **parameters))

    def sparql(self, text: str) -> Any:
        """Ask a query of your own: the rows of SELECT and ASK, an `rdflib.Graph` of CONSTRUCT and DESCRIBE."""
        found = self._answer(text)
        return found if not isinstance(found, Table) else _rows(found)

    def frame(self, question: str, *, lang: str = "en", codes: bool = False, **parameters: object) -> pandas.DataFrame:
        """Return a question of the catalogue, or a query of your own, as a data frame; needs pandas.

        Labels of stages, answers, values and so on are ordered categories in the order of the guideline. With ``codes``
        these, and IRIs of terms of the guideline, are their identifiers instead.
        """
        from lrp_kg.research.frames import Frames
        from lrp_kg.research.wide import Wording

        own = isinstance(question, str) and any(character in question for character in " {\n")
        found = self._answer(question) if own else self.table(question, lang=lang, **parameters)
        if not isinstance(found, Table):
            raise MalformedQuery("CONSTRUCT and DESCRIBE give a graph, which is no table. Call sparql() for it.")
        of = {} if own else families(self.catalogue.entries[question])
        return Frames(self.guideline).frame(found, of, Wording(language(lang), codes))

    def records(self, *, lang: str = "en", codes: bool = True) -> pandas.DataFrame:
        """Return the records as they were sent, one row each, with one column a field; needs pandas.

        The index is the IRI of the record. Values are the codes of JSON, without ``codes`` labels in a language; those
        of a list of values are ordered categories.
        """
        from lrp_kg.record.read import RecordReader
        from lrp_kg.research.wide import ALL_RECORDS, Wording, records_frame

        sent = self.engine.ask(Question(ALL_RECORDS, graph=_TRIPLES)).read().decode()
        found = RecordReader(self.guideline).from_rdf(sent, ox.RdfFormat.N_TRIPLES, many=True) if sent else []
        return records_frame(self.guideline, found, Wording(language(lang), codes))

    def answers(self, *, lang: str = "en", codes: bool = True) -> pandas.DataFrame:
        """Return what the store says of its records, one row each, in columns as ``lrp-kg cohort`` names them.

        The index is that of `records`, so that the two can be joined; ``codes`` as there. Needs pandas.
        """
        from lrp_kg.research.wide import Wording
        from lrp_kg.research.wide_answers import answers_frame

        return answers_frame(self.guideline, self.sparql, Wording(language(lang), codes))

    def _answer(self, text: str) -> Table | Graph:
        if not isinstance(text, str):
            raise MalformedQuery("A query is a text. Pass SPARQL.")
        reply = self.engine.ask(Question(text, graph=_TRIPLES))
        if reply.media_type != _TRIPLES:
            return table(reply.read())
        from rdflib import Graph

        return Graph().parse(data=reply.read(), format="nt")

    def __repr__(self) -> str:
        """Say what it holds: the guideline, how many records, and how many named graphs."""
        g = self.guideline
        try:
            (counted,) = self._counts
        except LrpError as error:
            return f"<Dataset of {g.id} {g.version}; what it holds cannot be counted: {error.message}>"
        store = f" in {self._store}" if self._store else ""
        return f"<Dataset of {g.id} {g.version}{store}: {counted['records']} records, {counted['graphs']} named graphs>"

    @cached_property
    def _counts(self) -> list[Row]:
        counts: list[Row] = self.sparql(_COUNTS)
        return counts

    def close(self) -> None:
        """Give back every process."""
        self.engine.close()


def _said(name: str, value: object) -> str:
    """Return the text of a parameter; raise `UnknownParameter` for what is no text, number, truth value or day."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (str, date, Real)) and value == value:  # noqa: PLR0124 - NaN is not itself
        return str(value)
    kind = "None" if value is None else f"an object of the Python type {type(value).__name__}"
    raise UnknownParameter(f"{name} is {kind}. Pass a text, a number, True or False, or a date, or leave it out.")


def _rows(found: Table) -> list[Row]:
    return [dict(zip(found.columns, map(plain, row), strict=True)) for row in found.rows]
