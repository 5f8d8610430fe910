"""The public Python interface: load a guideline once, then assess and validate records."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from functools import cached_property
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson

from lrp_kg.answer.as_json import Json, Renderer
from lrp_kg.answer.asked import choice, flag, language, names
from lrp_kg.answer.decisions import Assessor
from lrp_kg.answer.joined import JoinedAnswers
from lrp_kg.answer.over_time import OverTime
from lrp_kg.answer.results import Assessment
from lrp_kg.answer.stage_days import StageDays
from lrp_kg.answer.summary import FULL, check_detail
from lrp_kg.answer.timeline import Timeline, timeline_of
from lrp_kg.answer.what_if import WhatIf
from lrp_kg.errors import InvalidRecord, UnknownParameter
from lrp_kg.findings import Finding
from lrp_kg.guideline.compiled import keep_compiled
from lrp_kg.guideline.load import load_guideline
from lrp_kg.guideline.model import Guideline
from lrp_kg.logic.classify import ENGINES
from lrp_kg.logic.kept_verdicts import prepare_verdicts
from lrp_kg.record.model import RawRecord, Record
from lrp_kg.record.read import RecordReader
from lrp_kg.record.validate import Validator
from lrp_kg.words import in_every_language

if TYPE_CHECKING:
    from lrp_kg.record.conformance import ConformanceRules


class GuidelineService:
    """A guideline, ready to assess records.

    ``folder`` is a guideline folder, the packaged low back pain guideline by default; ``engine`` is ``oxigraph``
    or ``rdflib``. Raises `GuidelineError` with every finding where the folder cannot be used.
    """

    def __init__(self, folder: Path | str | None = None, *, engine: str = "oxigraph", cache: bool = True) -> None:
        classifier = ENGINES[choice(engine, ENGINES, "engine")]
        if folder is not None and not isinstance(folder, (str, PathLike)):
            raise UnknownParameter("The folder of a guideline is a text or a Path. Pass one, or leave it out.")
        self.guideline: Guideline = load_guideline(folder, cache=cache)
        self.assessor = Assessor(self.guideline, classifier(), cache=cache)
        self.reader = RecordReader(self.guideline)
        self._renderers: dict[str, Renderer] = {}

    @cached_property
    def _answers(self) -> JoinedAnswers:
        return JoinedAnswers(self.assessor)

    @cached_property
    def _over_time(self) -> OverTime:
        return OverTime(self.assessor)

    @cached_property
    def _stages(self) -> StageDays:
        return StageDays(self.assessor)

    @cached_property
    def _what_if(self) -> WhatIf:
        return WhatIf(self.assessor, self.reader, self._validator.findings)

    @cached_property
    def _validator(self) -> Validator:
        return Validator(self.guideline)

    @property
    def rules(self) -> ConformanceRules:
        """What the validity of a record depends on, for who judges many at once."""
        self._validator.prepare()
        return self._validator.rules

    def warm(self) -> None:
        """Prepare now what any first record would have to wait for, for who answers many."""
        self.prepare()
        self.assess({})  # compares programmes over every day that a date can have, which is kept

    def prepare(self) -> None:
        """Prepare what every record needs, and keep it on disk: the guideline, diagrams, verdicts, the validator."""
        if self.assessor.diagrams.cache:
            keep_compiled(self.guideline)
            prepare_verdicts(self.assessor.program)
        self.assessor.warm()
        self._validator.prepare()

    def prepare_findings(self) -> None:
        """Prepare what judges records that are not known to be valid, and says what is wrong: it takes longest."""
        self._validator.judge.results(RawRecord("", ()))

    def renderer(self, lang: str = "en") -> Renderer:
        """Return the renderer of a language: en, nl, fr or de."""
        lang = language(lang)
        if lang not in self._renderers:
            self._renderers[lang] = Renderer(self.guideline, lang)
        return self._renderers[lang]

    def validate(self, record: Mapping[str, Any] | RawRecord) -> list[Finding]:
        """Return every problem of a record; empty where it is valid."""
        return self._checked(record)[1]

    def _checked(self, record: Mapping[str, Any] | RawRecord) -> tuple[RawRecord, list[Finding]]:
        raw = self._raw(record)
        return raw, self._validator.findings(raw)

    def _raw(self, record: Mapping[str, Any] | RawRecord) -> RawRecord:
        return record if isinstance(record, RawRecord) else self.reader.from_python(record)

    def read(self, record: Mapping[str, Any] | RawRecord) -> Record:
        """Validate a record and return its values; raise `InvalidRecord` with every problem."""
        raw, findings = self._checked(record)
        if findings:
            said = in_every_language("record-problems", count=len(findings))
            raise InvalidRecord(said["en"], findings, said)
        return self.reader.understand(raw)

    def assess(
        self,
        record: Mapping[str, Any] | RawRecord,
        *,
        lang: str = "en",
        only: Collection[str] | None = None,
        explain: bool = False,
        changes: bool = False,
        what_if: bool = False,
        detail: str = FULL,
    ) -> Json:
        """Return the answer to a record as JSON-ready data; raise `InvalidRecord` with every problem.

        A record is a mapping, or a row of a data frame (`docs/record.md` says what each value may be).
        ``only`` limits decisions, missing fields and the next question to these identifiers; ``explain`` adds
        why and why not to each decision; ``changes`` what changes if the same patient is assessed later; ``what_if``
        with which other value of one field a decision changes; ``detail`` is full, or summary for what is read in ten
        seconds.
        """
        explain, changes, what_if = flag("explain", explain), flag("changes", changes), flag("what_if", what_if)
        check_detail(detail, explain=explain, changes=changes, whatIf=what_if)
        renderer = self.renderer(lang)
        found = self.assessment(record, only=only, explain=explain, changes=changes, what_if=what_if)
        return renderer.render(found, explain=explain, detail=detail)

    def assessment(
        self,
        record: Mapping[str, Any] | RawRecord,
        *,
        only: Collection[str] | None = None,
        explain: bool = False,
        changes: bool = False,
        what_if: bool = False,
    ) -> Assessment:
        """Return the assessment of a record as data that knows no language."""
        explain, changes, what_if = flag("explain", explain), flag("changes", changes), flag("what_if", what_if)
        only, raw = names(only), self._raw(record)
        known = self.read(raw)
        return replace(
            self.assessor.assess(known, only=only, explain=explain),
            changes=self._over_time.changes(known, only) if changes else None,
            what_if=self._what_if.alternatives(raw, known, only) if what_if else None,
        )

    def timeline(self, found: Assessment) -> Timeline:
        """Return what an assessment says about days, on one axis; what changes later only where it was asked for."""
        return timeline_of(found, self._stages)

    def calendar(self, found: Assessment, *, lang: str = "en") -> bytes:
        """Return what an assessment plans as an iCalendar file; what changes later only where it was asked for."""
        from lrp_kg.answer.answer_words import AnswerWords
        from lrp_kg.answer.as_calendar import to_calendar  # imports icalendar, a tenth of a second
        from lrp_kg.answer.timeline_words import TimelineWords

        words = TimelineWords(AnswerWords(self.guideline, language(lang)))
        return to_calendar(self.timeline(found), found, words)

    def answer_json(
        self,
        record: Mapping[str, Any] | RawRecord,
        *,
        lang: str = "en",
        only: Collection[str] | None = None,
        explain: bool = False,
        changes: bool = False,
        what_if: bool = False,
        detail: str = FULL,
    ) -> bytes:
        """Return the answer to a record as JSON in UTF-8, put together from parts that were rendered before."""
        explain, changes, what_if = flag("explain", explain), flag("changes", changes), flag("what_if", what_if)
        check_detail(detail, explain=explain, changes=changes, whatIf=what_if)
        only, raw, renderer = names(only), self._raw(record), self.renderer(lang)
        known = self.read(raw)
        answer = self._answers.render(known, renderer, only, explain=explain, detail=detail)
        more: Json = {}
        if changes:
            more["changes"] = renderer.changes(self._over_time.changes(known, only))
        if what_if:
            more["whatIf"] = renderer.what_if(known, self._what_if.alternatives(raw, known, only))
        return b"%b,%b" % (answer[:-1], orjson.dumps(more)[1:]) if more else answer
