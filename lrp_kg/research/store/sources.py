"""Where records come from: files, or a store that has them already."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import pyoxigraph as ox

from lrp_kg.errors import RecordError
from lrp_kg.guideline.model import Guideline
from lrp_kg.guideline.named_graphs import RECORDS
from lrp_kg.namespaces import PATIENT_RECORD, RDF
from lrp_kg.record.files import Item, items
from lrp_kg.record.read import RecordReader
from lrp_kg.research.engine.homes import Homes
from lrp_kg.research.store.quads import LISTS


@dataclass(frozen=True)
class Source:
    """A file to be loaded: its name for messages, its bytes, and what it holds where that is known."""

    name: str
    body: bytes
    kind: str | None = None


def read_items(guideline: Guideline, sources: Sequence[Source]) -> Iterator[Item]:
    """Yield what files hold, each item named by its file and place."""
    reader = RecordReader(guideline)
    for source in sources:
        empty = True
        try:
            for name, found in items(reader, source.name, source.body, source.kind):
                empty = False
                yield f"{source.name}: {name}" if name else source.name, found
        except RecordError as error:
            said = {lang: f"{source.name}: {text}" for lang, text in error.messages.items()}
            raise type(error)(f"{source.name}: {error.message}", error.findings, said) from None
        if empty:
            raise RecordError(f"{source.name} holds no record: no JSON object and no cp:PatientRecord.")


def stored_records(store: ox.Store, guideline: Guideline, homes: Homes) -> Iterator[Item]:
    """Yield the records of a store, in the order of their IRIs; ``homes`` are those of the generation."""
    reader = RecordReader(guideline)
    kind, record = ox.NamedNode(RDF + "type"), ox.NamedNode(PATIENT_RECORD)
    typed = store.quads_for_pattern(None, kind, record, ox.DefaultGraph())
    subjects = {q.subject.value for q in typed if isinstance(q.subject, ox.NamedNode)}
    for subject in sorted(subjects):
        triples: list[ox.Triple] = []
        names = [subject]
        while names:
            said = list(homes.triples(store, RECORDS, ox.NamedNode(names.pop())))
            triples += said
            linked = (t.object.value for t in said if isinstance(t.object, ox.NamedNode))
            names += [name for name in linked if name.startswith(LISTS)]
        text = ox.serialize(triples, format=ox.RdfFormat.N_TRIPLES) or b""
        found = reader.from_rdf(text.decode(), ox.RdfFormat.N_TRIPLES, many=True)
        own = (replace(raw, keys={}) for raw in found if raw.subject == subject)  # how it was sent is not kept
        yield from ((raw.subject, raw) for raw in own)
