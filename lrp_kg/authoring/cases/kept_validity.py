"""What is wrong with records, kept on disk by all that it depends on, so that an edit of conditions validates none.

It depends on the record as it was sent, the shapes of records, and what the guideline says of its fields. Where every
record is known, the shapes are not prepared and pySHACL is not imported.
"""

from __future__ import annotations

import importlib.metadata
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from lrp_kg.answer.service import GuidelineService
from lrp_kg.authoring.kept import Kept, digest
from lrp_kg.cache import PACKAGE, code_key
from lrp_kg.findings import Finding
from lrp_kg.guideline.index import text_hash
from lrp_kg.record.model import RawRecord

KEPT = 10_000
"""Records that are kept from one process to the next."""


class KeptValidity:
    """The problems of records of a guideline: name, English message and field of each."""

    def __init__(self, service: GuidelineService) -> None:
        self._service = service
        g = service.guideline
        shapes = text_hash(g.index.shape_texts)
        self._base = digest(shapes, repr((g.namespace, g.fields, g.derived, g.message_templates)))
        code = [code_key(PACKAGE / room) for room in ("record", "words")]
        code += [importlib.metadata.version(name) for name in ("pyshacl", "rdflib")]
        self._kept = Kept("validity", Path(__file__).parent, " ".join([*code, g.iri]), KEPT)

    def problems(self, record: Mapping[str, Any] | RawRecord) -> Sequence[Finding]:
        """Return every problem of a record; empty where it is valid."""
        raw = record if isinstance(record, RawRecord) else self._service.reader.from_python(record)
        key = digest(self._base, repr(raw))
        found = self._kept.recall(key, lambda: [[f.name, f.message, f.field] for f in self._service.validate(raw)])
        return [Finding(name, message, field=field) for name, message, field in found]

    def write(self) -> None:
        """Write what is known of the records, where this check added to it."""
        self._kept.write()
