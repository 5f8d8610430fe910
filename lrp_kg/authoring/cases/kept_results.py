"""Cases that passed in an earlier process, kept on disk by everything that the answer to their record depends on.

What an answer depends on is what `incremental` compares after an edit: all that the guideline says but the meaning of
its classes, as one hash; what each class is for the record; the status, answers and missing fields of each decision.
What is asked next, an uncertain date, the days of eligibility and the summary also depend on what each class means.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from lrp_kg.answer.decisions import Assessor
from lrp_kg.authoring.cases.coverage import Touched
from lrp_kg.authoring.cases.fingerprint import AnswerFingerprint
from lrp_kg.authoring.cases.names import OF_OTHER_DAYS
from lrp_kg.authoring.cases.runs import ReadCase
from lrp_kg.cache import PACKAGE, cache_folder, code_key, file_name, read_kept, write_kept
from lrp_kg.guideline.criteria import Named
from lrp_kg.logic.cells import Signature
from lrp_kg.logic.classify import Verdicts

ASKING = ("questions", "nextQuestion", "summary", "summaryMore")
"""Kinds of expectations that depend on what is asked next."""


class KeptResults:
    """What the cases of a guideline that passed touch, by a hash of what their answers depend on."""

    def __init__(
        self,
        assessor: Assessor,
        fingerprint: AnswerFingerprint,
        meanings: Mapping[str, Mapping[str, str]],
    ) -> None:
        self._assessor = assessor
        self._classes = sorted(meanings["classes"])
        self._base = _digest([fingerprint.rest, fingerprint.boxes, fingerprint.notices, self._classes])
        self._all = _digest([meanings["classes"], meanings["decisions"]])
        self._columns = [assessor.program.index[Named(name)] for name in self._classes]
        self._file = self._file_of(assessor.guideline.iri)
        self._kept: dict[str, list[list[list[object]]]] = self._read()
        self._new: dict[str, Touched] = {}

    @staticmethod
    def _file_of(guideline: str) -> Path | None:
        folder = cache_folder()
        code = [code_key(PACKAGE / room) for room in ("answer", "record", "words")]
        key = " ".join([*code, importlib.metadata.version("pyshacl"), guideline])
        return folder / "cases" / file_name(key, Path(__file__).parent) if folder else None

    def _read(self) -> dict[str, list[list[list[object]]]]:
        text = read_kept(self._file) if self._file else None
        with suppress(ValueError):
            found = json.loads(text or "{}")
            return found if isinstance(found, dict) else {}
        return {}

    def key(self, read: ReadCase, signature: Signature, verdicts: Verdicts) -> str | None:
        """Return a hash of all that the answer to a case depends on; ``None`` for a record that is refused."""
        record = read.record
        if record is None:
            return None
        kinds = {part.kind for part in read.case.parts}
        parts: list[object] = [self._base, read.case.text, [verdicts[column] for column in self._columns]]
        if not kinds.isdisjoint((*OF_OTHER_DAYS, *ASKING)) or record.ranges:
            parts.append(self._all)
        for name in self._assessor.guideline.decisions:
            result = self._assessor.decide(name, record, signature)
            parts += [name, result.status, result.answers]
            if "missing" in kinds:
                parts.append(result.missing)
        return _digest(parts)

    def touched(self, key: str | None) -> Touched | None:
        """Return what a case that passed touches; ``None`` where it is not known."""
        known = self._kept.get(key) if key else None
        if key is None or known is None:
            return None
        options, terms, criteria = known
        self._new[key] = Touched(
            frozenset((str(a), str(b)) for a, b in options),
            frozenset(map(str, terms)),
            frozenset((str(a), str(b), int(str(c))) for a, b, c in criteria),
        )
        return self._new[key]

    def keep(self, key: str | None, touched: Touched | None) -> None:
        """Keep a case that passed."""
        if key is not None and touched is not None:
            self._new[key] = touched

    def write(self) -> None:
        """Write the cases that passed in this check, in place of those of the last one."""
        if self._file and self._new.keys() != self._kept.keys():
            said = {key: [sorted(t.options), sorted(t.terms), sorted(t.criteria)] for key, t in self._new.items()}
            write_kept(self._file, json.dumps(said))


def _digest(parts: object) -> str:
    return hashlib.sha256(repr(parts).encode()).hexdigest()
