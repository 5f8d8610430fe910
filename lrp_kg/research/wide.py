"""Records as a data frame, one row each with one column a field, and how terms are written in frames.

What is not known is missing (``pandas.NA``, ``NaT``), never *no*; a list of nothing is an empty list.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas

from lrp_kg.guideline.model import Guideline, Term
from lrp_kg.guideline.named_graphs import RECORDS
from lrp_kg.namespaces import local_name
from lrp_kg.record.model import Members, RawRecord
from lrp_kg.words import Text, in_language

ALL_RECORDS = f"CONSTRUCT {{ ?s ?p ?o }} WHERE {{ GRAPH <{RECORDS}> {{ ?s ?p ?o }} }}"
INDEX = "record"
_TYPES = {"integer": "Int64", "string": "string"}


@dataclass(frozen=True)
class Wording:
    """How terms are written in a frame: by their identifiers (``codes``), or their labels in a language."""

    lang: str
    codes: bool

    def of(self, terms: Iterable[Term]) -> dict[str, str]:
        """Return how each term is written, by identifier; labels that two terms share keep the identifier."""
        return self.texts({t.id: t.label for t in terms})

    def texts(self, labels: Mapping[str, Text]) -> dict[str, str]:
        """Return how identifiers with labels are written."""
        if self.codes:
            return {name: name for name in labels}
        said = {name: in_language(label, self.lang, name) for name, label in labels.items()}
        shared = list(said.values())
        return {name: f"{text} ({name})" if shared.count(text) > 1 else text for name, text in said.items()}


def ordered(values: Sequence[str | None], words: Mapping[str, str]) -> pandas.Categorical:
    """Return identifiers as ordered categories; ``words`` has those of the guideline, in the order of the pathway.

    Others, which a store answered by another version can have, come last as they are.
    """
    words = {**words, **{v: v for v in values if v is not None and v not in words}}
    return pandas.Categorical(
        [None if v is None else words[v] for v in values], categories=list(words.values()), ordered=True
    )


def days(values: Sequence[str | None]) -> pandas.Series:
    """Return dates as ``datetime64``; in seconds, which every year fits."""
    return typed(values, "datetime64[s]")


def typed(values: Sequence[Any], dtype: str) -> pandas.Series:
    """Return a column of a type, as text where a value is not of it: a store can hold what is no longer valid."""
    try:
        return pandas.Series(values, dtype=dtype)
    except (ValueError, TypeError):
        return pandas.Series([None if v is None else str(v) for v in values], dtype="string")


def records_frame(guideline: Guideline, records: Iterable[RawRecord], wording: Wording) -> pandas.DataFrame:
    """Return the fields of records; bounds of uncertain dates are columns where a record has some.

    So is what is no field of this guideline, by its IRI.
    """
    found = sorted(records, key=lambda raw: raw.subject)
    said = [dict(raw.entries) for raw in found]
    columns: dict[str, Any] = {}
    own = guideline.roles.identifier
    for f in sorted(guideline.fields.values(), key=lambda f: f.iri != own):
        values = [entries.get(f.iri) for entries in said]
        words = {v.iri: word for v, word in zip(f.values, wording.of(f.values).values(), strict=True)}
        if f.kind == "values":
            lists = [[words.get(n.value, n.value) for n in v.nodes] if isinstance(v, Members) else None for v in values]
            columns[f.id] = pandas.Series(lists, dtype="object")
            continue
        texts = [None if v is None or isinstance(v, Members) else v.value for v in values]
        if f.kind == "value":
            columns[f.id] = ordered(texts, words)
        elif f.kind == "date":
            columns[f.id] = days(texts)
            for bound in f.bounds or ():
                if any(bound in entries for entries in said):
                    columns[local_name(bound)] = days([_text(entries.get(bound)) for entries in said])
        elif f.kind == "boolean":
            truths = {"true": True, "1": True, "false": False, "0": False}
            columns[f.id] = typed([None if t is None else truths.get(t, t) for t in texts], "boolean")
        else:
            columns[f.id] = typed([_whole(t) for t in texts] if f.kind == "integer" else texts, _TYPES[f.kind])
    known = {*guideline.fields, *guideline.bounded}
    for name in dict.fromkeys(p for entries in said for p in entries if p not in known):
        columns[name] = typed([_text(entries.get(name)) for entries in said], "string")
    frame = pandas.DataFrame(columns)
    frame.index = pandas.Index([raw.subject for raw in found], name=INDEX, dtype="object")
    return frame


def _whole(text: str | None) -> int | str | None:
    try:
        return None if text is None else int(text)
    except ValueError:
        return text


def _text(value: Any) -> str | None:
    if isinstance(value, Members):
        return ";".join(node.value for node in value.nodes)
    return None if value is None else str(value.value)
