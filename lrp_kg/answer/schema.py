"""The JSON Schema (2020-12) of an answer, derived from a guideline: every identifier and word that it can hold."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from lrp_kg.answer.facts import LATER, UNKNOWN, YES
from lrp_kg.answer.known import VERDICTS, known_ids
from lrp_kg.answer.summary import BRIEF_GUIDELINE, BRIEF_NAMES, KINDS
from lrp_kg.guideline.model import STANCES, Decision, Guideline
from lrp_kg.namespaces import local_name
from lrp_kg.record.schema import DRAFT, Schema

RANGES = ("known", "open-ended", "unknown", "never")
"""What is known of the days on which a patient is eligible."""

_TEXT: Schema = {"type": "string"}
_INTEGER: Schema = {"type": "integer"}
_DAY: Schema = {"type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"}
_TRUE_OR_UNKNOWN: Schema = {"enum": [True, None]}
_KINDS_OF_FIELDS = ("value", "values", "boolean", "integer", "date", "string")


def answer_schema(guideline: Guideline) -> Schema:
    """Return the schema of an answer: the whole one, or with ``detail=summary`` what is left of it."""
    variants = [ref(name) for name in ("Answer", "AnswerSummary")]
    return {"$schema": DRAFT, "title": "Answer", "anyOf": variants, "$defs": answer_parts(guideline)}


def answer_parts(guideline: Guideline) -> dict[str, Schema]:
    """Return the schemas of an answer and of its parts, by their names."""
    g = guideline
    known = {kind: [row["id"] for row in rows] for kind, rows in known_ids(g).items()}
    derived = [d.id for d in g.derived.values()] + [local_name(name) for name in g.expanded]
    names = {
        "FieldId": known["fields"],
        "ReadFieldId": [*known["fields"], *derived],
        "DecisionId": [*known["decisions"], *known["programmes"]],
        "OptionId": [*known["options"], *VERDICTS[:2]],
        **{kind[0].upper() + kind[1:-1] + "Id": known[kind] for kind in ("programmes", "editions", "statements")},
        "BoxId": known["boxes"],
        "CriterionId": known["criteria"],
        "ConditionId": known["conditions"],
        "WarningId": known["warnings"],
        "OpenPointId": known["openPoints"],
        "OpenPointKind": known["openPointKinds"],
        "Actor": known["actors"],
        "Source": known["sources"],
        "Section": known["sections"],
        "Modality": known["modalities"],
        "Severity": known["severities"],
        "Status": known["statuses"],
        "DateStatus": known["dateStatuses"],
        "ConditionVerdict": known["conditionVerdicts"],
        "Verdict": VERDICTS,
        "ValueId": [v.id for f in g.fields.values() for v in f.values],
        "YesNoUnknown": ("yes", "no", "unknown"),
        "CriterionVerdict": ("met", "not-met", "unknown"),
    }
    parts = {name: choice(values) for name, values in names.items()}
    own_options = [o.id for d in g.own_decisions.values() for o in d.options]
    parts |= _of_statements() | _of_decisions(own_options) | _of_programmes()
    parts["Facts"] = record({}, {key: _fact(g, key) for key in g.fact_keys})
    whole = _whole(g)
    brief = {name: schema for name, schema in whole.items() if name in BRIEF_NAMES}
    about = {name: whole["guideline"]["properties"][name] for name in BRIEF_GUIDELINE}
    echoed = {f.id: _TEXT for f in g.fields.values() if f.kind == "string"}
    identifier = local_name(g.roles.identifier or "")
    return parts | {
        "Answer": record(
            whole, echoed | {"changes": {"anyOf": [many(ref("Change")), {"type": "null"}]}, "whatIf": ref("WhatIf")}
        ),
        "AnswerSummary": record(brief | {"guideline": record(about)}, {n: _TEXT for n in echoed if n == identifier}),
    }


# -- how a schema is written ------------------------------------------------------------------------------


def ref(name: str) -> Schema:
    """Return a reference to a part."""
    return {"$ref": f"#/$defs/{name}"}


def choice(values: Iterable[str]) -> Schema:
    """Return the schema of one of some words."""
    return {"type": "string", "enum": list(dict.fromkeys(values))}


def many(items: Schema) -> Schema:
    """Return the schema of a list."""
    return {"type": "array", "items": items}


def record(needed: Mapping[str, Schema], other: Mapping[str, Schema] | None = None) -> Schema:
    """Return the schema of an object with these properties and no others; only the first ones are always there."""
    found: Schema = {"type": "object", "properties": {**needed, **(other or {})}, "additionalProperties": False}
    return found | ({"required": list(needed)} if needed else {})


def _by(names: Iterable[str], value: Schema) -> Schema:
    return record({}, dict.fromkeys(names, value))


def _or_null(schema: Schema) -> Schema:
    return {"anyOf": [schema, {"type": "null"}]}


# -- parts ------------------------------------------------------------------------------------------------


def _of_statements() -> dict[str, Schema]:
    said = {"modality": ref("Modality"), "source": ref("Source"), "locator": _TEXT}
    maybe = {
        "actor": ref("Actor"),
        "condition": record({"id": ref("ConditionId"), "verdict": ref("ConditionVerdict")}),
        "conditionText": _TEXT,
        "earliest": ref("Day"),
        "latest": ref("Day"),
        "countedFrom": ref("CountedFrom"),
        "calledFor": ref("WarningId"),
        "marks": many(ref("Mark")),
        "validFrom": _or_null(ref("Day")),
        "validUntil": _or_null(ref("Day")),
        "applies": {"const": "unknown"},
        "outdated": _TRUE_OR_UNKNOWN,
        "edition": _or_null(ref("EditionId")),
        "because": many(ref("Reason")),
    }
    date = _or_null({"anyOf": [ref("Day"), ref("Days")]})
    label = {"label": _TEXT}
    of_date = {"id": ref("StatementId"), "earliest": date, "latest": date, "status": ref("DateStatus")}
    return {
        "Day": _DAY,
        "Days": record({"earliest": _or_null(ref("Day")), "latest": _or_null(ref("Day"))}),
        "Mark": record(
            {"stance": choice(STANCES.values())},
            {"statement": ref("StatementId"), "openPoint": ref("OpenPointId"), "applies": {"const": "unknown"}},
        ),
        "CountedFrom": record({"field": ref("FieldId"), "date": ref("Day")}),
        "Statement": record({"id": ref("StatementId"), "text": _TEXT, **said}, maybe),
        "Limit": record({"id": ref("StatementId"), **label, "reached": ref("YesNoUnknown"), **said}, maybe),
        "Box": record(
            {
                "id": ref("BoxId"),
                "label": _TEXT,
                "section": ref("Section"),
                "decision": ref("DecisionId"),
                "option": _or_null(ref("OptionId")),
                "statements": many(ref("Statement")),
            },
            {"title": _TEXT, "mayApply": many(ref("StatementId"))},
        ),
        "Date": record(of_date, {"countedFrom": ref("CountedFrom"), "note": ref("OpenPointId")}),
        "Warning": record(
            {"id": ref("WarningId"), **label, "severity": ref("Severity"), **said},
            {name: maybe[name] for name in ("validFrom", "validUntil", "outdated", "applies", "because")},
        ),
    }


def _of_decisions(labelled: Iterable[str]) -> dict[str, Schema]:
    kinds = ("decision", "statement", "warning", "programme", "field")
    targets = {kind: ref(f"{kind.capitalize()}Id") for kind in kinds}
    option = record({"value": ref("ValueId"), "label": _TEXT})
    outcome = {"decision": ref("DecisionId"), "status": ref("Status"), "answers": many(ref("OptionId"))}
    return {
        "Reason": record(
            {
                "condition": ref("ConditionId"),
                "field": ref("ReadFieldId"),
                "value": {"type": ["string", "integer", "boolean", "array", "object", "null"]},
                "verdict": ref("ConditionVerdict"),
            }
        ),
        "Numbers": record({"lowest": _or_null(_INTEGER), "highest": _or_null(_INTEGER)}),
        "SentValue": {
            "anyOf": [
                *(ref(name) for name in ("ValueId", "Day", "Days", "Numbers")),
                *({"type": "boolean"}, _INTEGER, many(ref("ValueId"))),
                {"type": "string", "pattern": "^-?[0-9]+$"},
            ]
        },
        "WhatIf": record({"alternatives": many(ref("Alternative")), "more": {"type": "integer", "minimum": 0}}),
        "Alternative": record(
            {
                "field": ref("FieldId"),
                "label": _TEXT,
                "from": _or_null(ref("SentValue")),
                "to": ref("SentValue"),
                "toLabel": _TEXT,
                "decisions": many(record(outcome | {"labels": _by(labelled, _TEXT)})),
            }
        ),
        "OpenPointOfDecision": record({"id": ref("OpenPointId"), "decisive": {"type": "boolean"}}),
        "OpenPoint": record(
            {"kind": ref("OpenPointKind"), "label": _TEXT, "reading": _TEXT, "declares": many(ref("Status"))}
        ),
        "Condition": record({"label": _TEXT}, {"ifPhrase": _TEXT}),
        "Change": record({"date": ref("Day")} | outcome),
        "Line": record(
            {
                "kind": choice(KINDS),
                "severity": ref("Severity"),
                "text": _TEXT,
                "ref": record({}, targets) | {"minProperties": 1, "maxProperties": 1},
            },
            {"section": ref("Section"), "date": ref("Day"), "countedFrom": ref("CountedFrom")},
        ),
        "Question": record(
            {
                "field": ref("FieldId"),
                "question": _TEXT,
                "type": choice(_KINDS_OF_FIELDS),
                "options": many(option),
                "unit": _or_null(_TEXT),
                "decides": many(ref("DecisionId")),
            },
            {"partial": {"const": True}, "hint": _TEXT, "considers": many(_TEXT)},
        ),
    }


def _of_programmes() -> dict[str, Schema]:
    criterion = {"id": ref("CriterionId"), "verdict": ref("CriterionVerdict")}
    label, missing = {"label": _TEXT}, {"missing": many(ref("FieldId"))}
    day = _or_null(ref("Day"))
    return {
        "Criterion": record(criterion | label, {"because": many(ref("Reason"))}),
        "Edition": record(
            {
                "id": ref("EditionId"),
                **label,
                "validFrom": day,
                "validUntil": day,
                "outdated": {"type": ["boolean", "null"]},
                "applies": ref("YesNoUnknown"),
                "verdict": ref("Verdict"),
                **missing,
                "criteria": many(record(criterion, label)),
            }
        ),
        "Programme": record(
            {
                "status": ref("Status"),
                "verdict": ref("Verdict"),
                "assessed": {"type": "boolean"},
                **label,
                "edition": _or_null(ref("EditionId")),
                "editions": many(ref("Edition")),
                "criteria": many(ref("Criterion")),
                **missing,
                "benefits": many(ref("Statement")),
                "limits": many(ref("Limit")),
                "nextSteps": many(ref("Statement")),
                "eligibleFrom": day,
                "eligibleUntil": day,
                "eligibleRange": choice(RANGES),
                "eligibleOutdatedFrom": day,
            },
            {"outdated": _TRUE_OR_UNKNOWN, "validUntil": day},
        ),
    }


def _decision(ident: str, options: Iterable[str], *, labelled: bool) -> Schema:
    found = choice(options)
    return record(
        {
            "status": ref("Status"),
            "answers": many(found),
            "possible": many(found),
            "missing": many(ref("FieldId")),
            "labels": _by(found["enum"] if labelled else (), _TEXT),
            "boxes": many(ref("BoxId")),
            "openPoints": many(ref("OpenPointOfDecision")),
        },
        {"because": many(ref("Reason")), "whyNot": _by(found["enum"], many(ref("Reason")))},
    ) | {"title": ident}


def _fact(guideline: Guideline, key: str) -> Schema:
    """Return the schema of a fact: its values are those that statements and options give, or a date, or an answer."""
    decisions = guideline.decisions.values()
    facts = [f for s in guideline.statements for f in s.facts]
    facts += [f for d in decisions for o in d.options for f in o.facts]
    given = {f.value: None for f in facts if f.key == key}
    values: list[Schema] = [{"enum": [v for v in given if v is not None]}] if given.keys() - {None} else []
    values += [ref("Day")] if None in given else []
    values += [many(choice(o.id for o in d.options)) for d in decisions if d.fact_key == key]
    value = {"anyOf": [*values, {"type": "null"}]}
    statements = {"statements": many(ref("StatementId"))}
    return record(
        {"value": value, "applies": choice((YES, LATER, UNKNOWN)), **statements},
        {
            "from": _or_null(ref("Day")),
            "countedFrom": ref("CountedFrom"),
            "alternatives": many(record({"value": value, **statements})),
            "outdated": _TRUE_OR_UNKNOWN,
        },
    )


def _whole(guideline: Guideline) -> dict[str, Schema]:
    """Return the properties that a whole answer always has."""
    g = guideline
    stage: Decision | None = g.decisions.get(g.roles.stage or "")
    own = {d.id: _decision(d.id, [o.id for o in d.options], labelled=True) for d in g.own_decisions.values()}
    own |= {p.id: _decision(p.id, VERDICTS[:2], labelled=False) for p in g.programmes.values()}
    return {
        "assessmentDate": _or_null(ref("Day")),
        "guideline": record(
            {
                "id": {"const": g.id},
                "iri": {"const": g.iri},
                "label": _TEXT,
                "version": _TEXT,
                "content": {"type": "string", "pattern": "^sha256:[0-9a-f]{64}$"},
                "editions": many(ref("EditionId")),
            }
        ),
        "stage": _or_null(choice(o.id for o in stage.options)) if stage else {"type": "null"},
        "summary": many(ref("Line")),
        "summaryMore": {"type": "integer", "minimum": 0},
        "decisions": record({}, own),
        "boxes": many(ref("Box")),
        "notices": many(ref("Statement")),
        "eligibility": _by([p.id for p in g.programmes.values()], ref("Programme")),
        "facts": ref("Facts"),
        "dates": many(ref("Date")),
        "conditions": _by([c.id for c in g.conditions.values()], ref("Condition")),
        "openPoints": _by([p.id for p in g.open_points], ref("OpenPoint")),
        "warnings": many(ref("Warning")),
        "nextQuestion": _or_null(ref("Question")),
        "questions": many(ref("Question")),
        "missing": many(ref("FieldId")),
    }
