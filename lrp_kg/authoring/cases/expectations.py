"""What a test case can expect of an answer, one expectation at a time.

=================  =============================================================================================
a decision         an answer; a list: these answers (of a decision with several, or that collects);
                   ``"undetermined"``; ``"none"``: no answer; ``null``: no such answer
``statuses``       decision -> its status
``boxes``          section -> the label of the boxes shown; ``null``: none; ``"undetermined"``: the decision is
``eligibility``    programme -> eligible, not-eligible, undetermined, not-applicable
``editions``       edition -> the verdict as if it applied
``eligibleDays``   programme -> ``eligibleFrom``, ``eligibleUntil``, ``eligibleRange``, ``eligibleOutdatedFrom``
``criteriaNotMet`` exactly these criteria of the first programme; or programme -> criteria
``missing``        fields, among the missing of the decisions that the case calls undetermined
``facts``          key -> value, or an object of parts (``value``, ``applies``, ``from``, ``statements``,
                   ``alternatives``); ``null``: no such fact
``dates``          statement -> ``earliest``, ``latest``, ``status``, ``note`` (an open point)
``statements``     statement -> shown or not, or ``"unknown"`` where its condition is
``limits``         limit of a programme -> reached: yes, no, ``"unknown"``; ``null``: not given
``warnings``       warning -> given or not
``openPoints``     open point -> named by a decision or not
``decisive``       open point -> named by a decision for which it is decisive or not
``questions``      field -> the decisions it is asked for; ``null``: it is not asked
``nextQuestion``   the field asked for next; ``null``: none
``summary``        exactly these lines in this order: ``kind``, ``ref`` (the identifier of what it is about), and where
                   given ``severity`` and ``date`` (``null``: none)
``summaryMore``    how many more lines there would be
``invalid``        ``true``: the record is refused; ``invalidFields``: a finding names each of these
=================  =============================================================================================

``null`` for a decision whose first option that holds wins (``cp:First``) means its last option.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from lrp_kg.authoring.cases.names import ELIGIBLE_DAYS, KEYS, Names
from lrp_kg.authoring.cases.view import CaseAnswer
from lrp_kg.logic.classify import FALSE
from lrp_kg.logic.outcomes import DECIDED, NO_ANSWER, NOT_APPLICABLE, SEVERAL, UNDETERMINED


@dataclass(frozen=True)
class Difference:
    """A part of an answer that is not as expected; ``decision`` is the one to explain, where there is one."""

    part: str
    expected: str
    got: str
    decision: str | None = None


Check = Callable[[CaseAnswer], Difference | None]


@dataclass(frozen=True)
class Part:
    """One expectation: what it is about, by kind and identifier, and its check."""

    kind: str
    about: str
    check: Check


# -- checks -----------------------------------------------------------------------------------------


def _outcome(view: CaseAnswer, ident: str) -> str:
    result = view.result(ident)
    text = " ".join([result.status, *result.answers])
    if result.missing:
        fields = view.assessor.guideline.fields
        text += f" (missing {', '.join(fields[f].id for f in result.missing)})"
    return text


def _decision(ident: str, expected: str | list[str] | None, view: CaseAnswer) -> Difference | None:
    result, decision = view.result(ident), view.decision(ident)
    status, answers = result.status, list(result.answers)
    if expected is None:
        if decision.policy == "First":
            fine = (status, answers) == (DECIDED, [decision.options[-1].id])
        else:
            fine = not answers and status in (NOT_APPLICABLE, NO_ANSWER)
    elif isinstance(expected, list):
        wanted = DECIDED if decision.policy == "Collect" else SEVERAL
        fine = status == wanted and sorted(answers) == sorted(expected)
    elif expected == UNDETERMINED:
        fine = status == UNDETERMINED
    elif expected == "none":
        fine = status == NO_ANSWER and not answers
    else:
        fine = (status, answers) == (DECIDED, [expected])
    return None if fine else Difference(ident, _show(expected), _outcome(view, ident), ident)


def _status(ident: str, expected: str, view: CaseAnswer) -> Difference | None:
    if view.result(ident).status == expected:
        return None
    return Difference(f"statuses.{ident}", expected, _outcome(view, ident), ident)


def _box(section: str, expected: str | None, view: CaseAnswer) -> Difference | None:
    shown = {box.printed for box in view.boxes(section)}
    if shown != (set() if expected in (None, UNDETERMINED) else {expected}):
        owner = section if view.index.decision_of(section) else None
        return Difference(f"boxes.{section}", _show(expected), ", ".join(sorted(shown)) or "no box", owner)
    if expected == UNDETERMINED and view.result(section).status != UNDETERMINED:
        return Difference(f"boxes.{section}", UNDETERMINED, _outcome(view, section), section)
    return None


def _eligibility(programme: str, expected: str, view: CaseAnswer) -> Difference | None:
    got = view.verdict(programme)
    return None if got == expected else Difference(f"eligibility.{programme}", expected, got, programme)


def _edition(ident: str, expected: str, view: CaseAnswer) -> Difference | None:
    programme, got = view.edition(ident)
    return None if got == expected else Difference(f"editions.{ident}", expected, got, programme)


def _eligible_days(programme: str, expected: Mapping[str, str | None], view: CaseAnswer) -> Difference | None:
    got = view.eligible_days(programme)
    if all(got.get(name) == value for name, value in expected.items()):
        return None
    return Difference(
        f"{ELIGIBLE_DAYS}.{programme}",
        ", ".join(f"{name} {value}" for name, value in expected.items()),
        ", ".join(f"{name} {got.get(name)}" for name in expected),
        programme,
    )


def _criteria(programme: str, expected: list[str], view: CaseAnswer) -> Difference | None:
    got = sorted(view.criteria(programme, FALSE))
    if got == sorted(expected):
        return None
    return Difference(f"criteriaNotMet.{programme}", _show(sorted(expected)), _show(got), programme)


def _missing(fields: list[str], decisions: list[str], view: CaseAnswer) -> Difference | None:
    missing = view.missing(decisions)
    if missing >= set(fields):
        return None
    return Difference("missing", _show(fields), _show(sorted(missing)), decisions[0] if decisions else None)


def _days(ident: str, expected: Mapping[str, Any], view: CaseAnswer) -> Difference | None:
    got = view.days(ident)
    if all(got.get(bound) == day for bound, day in expected.items()):
        return None
    days = ", ".join(f"{bound} {got.get(bound)}" for bound in expected) if got else "no date"
    return Difference(f"dates.{ident}", ", ".join(f"{b} {d}" for b, d in expected.items()), days)


def _fact(key: str, expected: Any, view: CaseAnswer) -> Difference | None:
    fact = view.fact(key)
    if not isinstance(expected, dict):
        got = fact and fact["value"]
        same = _same(got, expected) and (fact is None) == (expected is None)
        return None if same else Difference(f"facts.{key}", *_apart(expected, got))
    parts = {name: (fact or {}).get(name) for name in expected}
    if fact and all(_same(parts[name], value) for name, value in expected.items()):
        return None
    return Difference(f"facts.{key}", _parts(expected), _parts(parts) if fact else _show(None))


def _parts(parts: Mapping[str, Any]) -> str:
    return ", ".join(f"{name} {_show(value)}" for name, value in parts.items())


def _named(
    key: str, read: Callable[[CaseAnswer, str], Any], ident: str, expected: Any, view: CaseAnswer
) -> Difference | None:
    """Compare what an answer says of one name, where nothing else is to be explained."""
    got = read(view, ident)
    return None if _same(got, expected) else Difference(f"{key}.{ident}", _show(expected), _show(got))


def _question(expected: str | None, view: CaseAnswer) -> Difference | None:
    got = view.question()
    return None if got == expected else Difference("nextQuestion", _show(expected), _show(got))


def _summary(expected: list[dict[str, Any]], view: CaseAnswer) -> Difference | None:
    got = view.lines()
    if [{key: line[key] for key in wanted} for line, wanted in zip(got, expected, strict=False)] == expected:
        if len(got) == len(expected):
            return None
    return Difference("summary", _show([_line(x) for x in expected]), _show([_line(x) for x in got]))


def _line(line: Mapping[str, Any]) -> str:
    return " ".join(str(value) for value in line.values() if value is not None)


def _more(expected: int, view: CaseAnswer) -> Difference | None:
    got = len(view.summary.left_out)
    return None if got == expected else Difference("summaryMore", _show(expected), _show(got))


def _same(got: Any, expected: Any) -> bool:
    if isinstance(got, list) and isinstance(expected, list) and all(isinstance(item, str) for item in got + expected):
        return sorted(got) == sorted(expected)
    return type(got) is type(expected) and bool(got == expected)


def _apart(expected: Any, got: Any) -> tuple[str, str]:
    """Show two values that are not the same; a text that reads like a number has its quotes."""
    if _show(expected) != _show(got):
        return _show(expected), _show(got)
    return repr(expected), repr(got)


def _show(value: Any) -> str:
    if isinstance(value, list):
        return f"[{', '.join(map(str, value))}]"
    return str(value).lower() if isinstance(value, bool) else "nothing" if value is None else str(value)


_OF_MAPS: dict[str, Callable[..., Difference | None]] = {
    "statuses": _status,
    "boxes": _box,
    "eligibility": _eligibility,
    "facts": _fact,
    "editions": _edition,
    ELIGIBLE_DAYS: _eligible_days,
    "dates": _days,
    "statements": partial(_named, "statements", CaseAnswer.statement),
    "limits": partial(_named, "limits", CaseAnswer.limit),
    "warnings": partial(_named, "warnings", CaseAnswer.warning),
    "openPoints": partial(_named, "openPoints", CaseAnswer.open_point),
    "decisive": partial(_named, "decisive", CaseAnswer.decisive),
    "questions": partial(_named, "questions", CaseAnswer.decided_by),
}


_WHOLE: dict[str, Callable[..., Difference | None]] = {
    "nextQuestion": _question,
    "summary": _summary,
    "summaryMore": _more,
}


def parts_of(expect: Mapping[str, Any], names: Names) -> Iterator[Part]:
    """Yield the expectations of a case whose names exist, one by one."""
    for key, value in expect.items():
        if key in _OF_MAPS:
            for ident, own in value.items():
                yield Part(key, ident, partial(_OF_MAPS[key], ident, own))
        elif key == "criteriaNotMet":
            for programme, criteria in names.criteria_expected(value).items():
                yield Part(key, programme, partial(_criteria, programme, criteria))
        elif key == "missing":
            yield Part(key, "", partial(_missing, value, _undetermined(expect, names)))
        elif key in _WHOLE:
            yield Part(key, "", partial(_WHOLE[key], value))
        elif key not in KEYS:
            yield Part("decision", key, partial(_decision, key, value))


def _undetermined(expect: Mapping[str, Any], names: Names) -> list[str]:
    found = [key for key, value in expect.items() if value == UNDETERMINED and names.index.decision_of(key)]
    for key in ("statuses", "boxes", "eligibility"):
        found += [name for name, value in expect.get(key, {}).items() if value == UNDETERMINED]
    return list(dict.fromkeys(found))
