"""Which cases exercise which terms: the answer to each case, with reasons, and the terms that it names."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from lrp_kg.answer import results
from lrp_kg.answer.results import Assessment
from lrp_kg.answer.service import GuidelineService
from lrp_kg.authoring.cases.files import Case, case_files, load_cases
from lrp_kg.cache import json_of, remembered
from lrp_kg.errors import LrpError
from lrp_kg.findings import Finding
from lrp_kg.guideline.model import Guideline
from lrp_kg.logic.classify import TRUE
from lrp_kg.logic.explain import Reason
from lrp_kg.logic.outcomes import NOT_APPLICABLE


@dataclass(frozen=True)
class AnsweredCase:
    """A case with its answer, or why its record is refused."""

    case: Case
    found: Assessment | None
    refused: tuple[Finding, ...] = ()
    message: str = ""


def answered(service: GuidelineService, cases: Iterable[Case]) -> tuple[AnsweredCase, ...]:
    """Assess cases of the service's guideline."""
    runs = []
    for case in cases:
        try:
            runs.append(AnsweredCase(case, service.assessment(dict(case.record), explain=True)))
        except LrpError as error:
            runs.append(AnsweredCase(case, None, error.findings, error.message))
    return tuple(runs)


def by_term(guideline: Guideline, runs: Iterable[AnsweredCase]) -> dict[str, tuple[AnsweredCase, ...]]:
    """Return for each term, by IRI, the runs whose answers or refusals name it."""
    fields = guideline.field_names
    found: dict[str, list[AnsweredCase]] = {}
    for run in runs:
        if run.found is None:
            names = {fields[f.field].iri for f in run.refused if f.field in fields}
        else:
            names = set(named_in(run.found))
        for name in names:
            found.setdefault(name, []).append(run)
    return {name: tuple(own) for name, own in found.items()}


def cases_by_term(service: GuidelineService) -> dict[str, list[tuple[str, str]]]:
    """Return the identifier and the place of each case whose answer names a term, by IRI; kept on disk.

    The first time for a guideline and its cases it takes as long as answering them all.
    """
    guideline = service.guideline
    digest = hashlib.sha256(guideline.content_hash.encode())
    for file in case_files(guideline.folder):
        digest.update(file.name.encode() + b"\0" + file.read_bytes())
    return remembered(
        "cases-by-term",
        digest.hexdigest(),
        lambda: _cases_by_term(service),
        dump=json.dumps,
        load=json_of({str: [(str, str)]}),
        further=Path(results.__file__).parent,
    )


def _cases_by_term(service: GuidelineService) -> dict[str, list[tuple[str, str]]]:
    folder = f"{service.guideline.folder}/"
    cases = load_cases(service.guideline.folder, service.guideline).cases
    found = by_term(service.guideline, answered(service, cases))
    return {
        name: [(run.case.id, run.case.where.removeprefix(folder)) for run in runs]
        for name, runs in found.items()
        if name
    }


def named_in(found: Assessment) -> Iterator[str]:
    """Yield the IRIs that an answer names: decisions that apply, answers, boxes, statements, reasons, sources.

    Also yields the situations in which options and boxes apply, and the condition and field of each reason.
    """
    sources = {s.id: s.iri for s in found.guideline.sources.values()}
    yield from found.missing
    for own in found.decisions.values():
        yield from _reasons(own.because)
        if own.result.status == NOT_APPLICABLE:
            continue
        yield from (own.decision.iri, own.decision.scope)
        for reasons in own.why_not.values():
            yield from _reasons(reasons)
        for option in own.decision.options:
            if option.id in own.result.answers:
                yield from (option.iri, option.applies_to)
        for point in own.open_points:
            yield from (point.iri, point.applies_to or "", sources.get(point.source, ""))
    statements = list(found.notices)
    for box, own_statements in found.boxes:
        yield from (box.iri, box.stage, box.applies_to or "")
        statements += own_statements
    for programme in found.programmes.values():
        if programme.result.status == NOT_APPLICABLE:
            continue
        yield from (programme.programme.iri, *(e.edition.iri for e in programme.applying))
        statements += programme.shown
        for criterion in programme.criteria:
            if criterion.verdict == TRUE:
                yield from (criterion.criterion.iri, criterion.criterion.applies_to)
            yield from _reasons(criterion.because)
    for statement in statements:
        yield from (statement.statement.iri, sources.get(statement.statement.source, ""))
        if statement.verdict == TRUE:
            yield statement.statement.condition or ""
    for warning in found.warnings:
        yield from (warning.iri, warning.applies_to, sources.get(warning.source, ""))


def _reasons(reasons: Iterable[Reason]) -> Iterator[str]:
    for reason in reasons:
        yield from (reason.condition.iri, reason.field)
