"""Runs test cases: each record is validated once, and what the answer says is compared part by part."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from lrp_kg.answer.run import Run
from lrp_kg.answer.service import GuidelineService
from lrp_kg.authoring.cases.expectations import Difference
from lrp_kg.authoring.cases.files import Case
from lrp_kg.authoring.cases.view import CaseAnswer
from lrp_kg.errors import LrpError
from lrp_kg.findings import Finding
from lrp_kg.logic.explain import VERDICT_NAMES, Reason
from lrp_kg.namespaces import local_name
from lrp_kg.record.model import RawRecord, Record
from lrp_kg.words import in_language

Validate = Callable[[RawRecord], Sequence[Finding]]
"""Returns every problem of a record."""
_REASONS = 8
"""Reasons given for one difference; the rest only repeats the shape of a decision."""


@dataclass(frozen=True)
class ReadCase:
    """A case with its record, or with the findings by which the record was refused."""

    case: Case
    record: Record | None
    refused: tuple[Finding, ...] = ()


def read_cases(
    service: GuidelineService, cases: Iterable[Case], validate: Validate | None = None
) -> Iterator[ReadCase]:
    """Validate and read the record of each case; ``validate`` knows what is wrong with some records."""
    validate = validate or service.validate
    for case in cases:
        try:
            raw = service.reader.from_json(dict(case.record))
            findings = validate(raw)
            yield ReadCase(case, None if findings else service.reader.understand(raw), tuple(findings))
        except LrpError as error:
            yield ReadCase(case, None, (Finding(error.code, error.message), *error.findings))
        except Exception as error:  # the program failed: a finding of this case, the others are still run
            yield ReadCase(case, None, (Finding("crashed", f"{type(error).__name__}: {error}"),))


def problems(service: GuidelineService, read: ReadCase, view: CaseAnswer | None) -> Iterator[str]:
    """Yield a line for each part of an answer that is not as expected, and lines that say why."""
    case = read.case
    messages = "; ".join(f.message for f in read.refused)
    if any(f.name == "crashed" for f in read.refused):
        yield f"the program failed: {messages}"
    elif view is None and not case.invalid:
        yield f"expected an answer, but the record is refused: {messages}"
    elif case.invalid and view is not None:
        yield "expected that the record is refused, but it is valid"
    elif view is None:
        named = {f.field for f in read.refused}
        lost = [name for name in case.expect.get("invalidFields", ()) if name not in named]
        if lost:
            yield f"invalidFields: expected a finding about {', '.join(lost)}, got: {messages}"
    else:
        for part in case.parts:
            difference = part.check(view)
            if difference is not None:
                yield f"{difference.part}: expected {difference.expected}, got {difference.got}"
                yield from _reasons(service, view, difference)


def _reasons(service: GuidelineService, view: CaseAnswer, difference: Difference) -> Iterator[str]:
    """Yield what the decision depends on, and why the expected answer is not given."""
    if difference.decision is None:
        return
    run = Run(service.assessor, view.record, explain=True)
    decision = view.decision(difference.decision)
    because, why_not = run.reasons(decision, run.result(decision.iri))
    if because:
        yield f"  because {_sentences(service, view, because)}"
    wanted = [name for name in why_not if name in difference.expected.strip("[]").split(", ")]
    for name in wanted:
        yield f"  why not {name}: {_sentences(service, view, why_not[name]) or 'another option comes first'}"


def _sentences(service: GuidelineService, view: CaseAnswer, reasons: Iterable[Reason]) -> str:
    value = service.renderer("en").value
    texts = []
    for reason in reasons:
        label = in_language(reason.condition.label, "en", reason.condition.id)
        known = json.dumps(value(view.record, reason.field), ensure_ascii=False)
        known = "not known" if known == "null" else known
        texts.append(f"{label} is {VERDICT_NAMES[reason.verdict]} ({local_name(reason.field)}: {known})")
    rest = len(texts) - _REASONS
    return "; ".join(texts[:_REASONS]) + (f"; and {rest} more" if rest > 0 else "")
