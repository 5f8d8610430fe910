"""What is wrong with records, kept on disk by all that it depends on, so that an edit of conditions validates none.

It depends on the record as it was sent, the shapes of records, and what the guideline says of its fields. Where every
record is known, the shapes are not prepared and pySHACL is not imported.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from lrp_kg.answer.service import GuidelineService
from lrp_kg.cache import PACKAGE, cache_folder, code_key, file_name, read_kept, write_kept
from lrp_kg.findings import Finding
from lrp_kg.guideline.index import text_hash
from lrp_kg.record.model import RawRecord

KEPT = 10_000
"""Records that are kept from one process to the next: those of this check, and the latest of earlier ones."""


class KeptValidity:
    """The problems of records of a guideline: name, English message and field of each."""

    def __init__(self, service: GuidelineService) -> None:
        self._service = service
        g = service.guideline
        said = (g.namespace, g.fields, g.derived, g.message_templates)
        shapes = text_hash(m for m in g.index.modules if not m.is_ontology)
        self._base = hashlib.sha256(f"{shapes} {said}".encode()).hexdigest()
        self._file = self._file_of(g.iri)
        self._kept: dict[str, list[list[Any]]] = self._read()
        self._used: dict[str, list[list[Any]]] = {}

    @staticmethod
    def _file_of(guideline: str) -> Path | None:
        folder = cache_folder()
        libraries = [importlib.metadata.version(name) for name in ("pyshacl", "rdflib")]
        key = " ".join([*(code_key(PACKAGE / room) for room in ("record", "words")), *libraries, guideline])
        return folder / "validity" / file_name(key, Path(__file__).parent) if folder else None

    def _read(self) -> dict[str, list[list[Any]]]:
        text = read_kept(self._file) if self._file else None
        with suppress(ValueError):
            found = json.loads(text or "{}")
            return found if isinstance(found, dict) else {}
        return {}

    def problems(self, record: Mapping[str, Any] | RawRecord) -> Sequence[Finding]:
        """Return every problem of a record; empty where it is valid."""
        raw = record if isinstance(record, RawRecord) else self._service.reader.from_python(record)
        key = hashlib.sha256(f"{self._base} {raw!r}".encode(errors="backslashreplace")).hexdigest()[:40]
        known = self._kept.get(key)
        if known is None:
            known = [[f.name, f.message, f.field] for f in self._service.validate(raw)]
        self._used[key] = known
        return [Finding(name, message, field=field) for name, message, field in known]

    def write(self) -> None:
        """Write what is known of the records, where this check added to it."""
        if self._file and not self._used.keys() <= self._kept.keys():
            earlier = {key: known for key, known in self._kept.items() if key not in self._used}
            write_kept(self._file, json.dumps(dict([*earlier.items(), *self._used.items()][-KEPT:])))
