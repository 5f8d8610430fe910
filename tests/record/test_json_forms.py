"""One record has one verdict in every form in which JSON can say it, and no form loses what was sent."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from lrp_kg import GuidelineService, LrpError
from lrp_kg.namespaces import PATIENT_RECORD, XSD
from lrp_kg.record.strict_json import parse_json
from tests.support.paths import ROOT

Json = dict[str, Any]
CASES = [
    case["record"]
    for file in sorted((ROOT / "tests" / "cases").glob("[A-Z]*.json"))
    for case in json.loads(file.read_text(encoding="utf-8"))
    if isinstance(case, dict)
]
SAMPLE: list[Json] = [
    *CASES[::60],
    *json.loads((ROOT / "tests" / "cases" / "K-invalid-records.json").read_text(encoding="utf-8"))[::10],
]
SAMPLE = [entry.get("record", entry) for entry in SAMPLE]
SAMPLE += [
    {},
    {"@id": "12;", "redFlags": "none"},
    {"@id": "a b", "redFlags": "none"},
    {"medications": []},
    {"medications": ["nsaid", "nsaid"]},
    {"medications": ["zork"]},
    {"onsetDate": "2024-01", "assessmentDate": "2024-02-01"},
    {"onsetDate": "2024-01-31T00:00:00.000Z"},
    {"onsetDate": "2024-01-31T08:00:00"},
    {"onsetDateEarliest": "2024-01-01", "onsetDateLatest": "2024-01-31", "assessmentDate": "2024-03-01"},
    {"sessionsFollowed": 30.0},
    {"sessionsFollowed": 30.5},
    {"sessionsFollowed": 10**17},
    {"radicularPain": 1, "redFlags": True, "onsetDate": True},
    {"redFlags": None, "radicularPain": True},
]
LOSSES: list[Json] = [
    {"medications": [None]},
    {"medications": ["nsaid", None]},
    {"medications": ["nsaid", "some thing"]},
    {"onset date": "2024-01-31"},
    {"no such field": None, "redFlags": "none"},
    {"noSuchField": None, "redFlags": "none"},
    {"redFlags": {"@id": "none", "onset date": "2024-01-31"}},
    {"redFlags": {"@value": "none", "@index": "a"}},
    {"redFlags": ["none", "a b"]},
    {"redFlags": "none", "@included": [{"@id": "urn:other"}]},
    {"redFlags": "none", "@reverse": {"noSuchField": {"@id": "urn:other"}}},
    {"redFlags": "none", "@index": "a"},
]
"""Records of which JSON-LD drops a part in silence."""


class Forms:
    """The forms of a record."""

    def __init__(self, service: GuidelineService) -> None:
        self.reader = service.reader
        self.context = service.reader.context

    def property_of(self, key: str) -> str:
        f = self.reader.fields.get(key)
        return f.iri if f else self.reader.namespace + key

    def value(self, key: str, value: Any) -> Any:
        """Return the value object of a value."""
        f = self.reader.fields.get(key)
        if isinstance(value, list):
            return {"@list": [self.value(key, item) for item in value]}
        for v in f.values if f else ():
            if v.id == value:
                return {"@id": v.iri}
        dated = isinstance(value, str) and ((f and f.kind == "date") or key in self.reader._bounds)
        return None if value is None else {"@value": value, **({"@type": XSD + "date"} if dated else {})}

    def ours(self, record: Json) -> Json:
        return {"@context": self.context, "@type": "PatientRecord", **record}

    def listed(self, record: Json) -> Json:
        return {"@context": [self.context], "@type": ["PatientRecord"], **record}

    def by_address(self, record: Json) -> Json:
        return {"@context": self.reader.context_address, **record}

    def by_address_in_a_list(self, record: Json) -> Json:
        return {"@context": [self.reader.context_address], "@graph": [{"@type": PATIENT_RECORD, **record}]}

    def graph(self, record: Json) -> Json:
        return {"@context": self.context, "@graph": [{"@type": PATIENT_RECORD, **record}]}

    def graph_without_context(self, record: Json) -> Json:
        return {"@graph": {"@type": "PatientRecord", **record}}

    def renamed(self, record: Json) -> Json:
        terms = {
            "my-" + key: {"@id": self.property_of(key)}
            | (term if isinstance(term := self.context.get(key), dict) else {})
            for key in record
            if key[:1] != "@" and " " not in key
        }
        said = {key if key[:1] == "@" else "my-" + key: value for key, value in record.items()}
        return {"@context": [self.context, {"a": "@type", **terms}], "a": "PatientRecord", **said}

    def expanded(self, record: Json) -> list[Json]:
        said = {
            key if key[:1] == "@" else self.property_of(key): value if key[:1] == "@" else [self.value(key, value)]
            for key, value in record.items()
            if value is not None
        }
        return [{"@type": [PATIENT_RECORD], **said}]

    def value_objects(self, record: Json) -> Json:
        return {key: value if key[:1] == "@" else self.value(key, value) for key, value in record.items()}

    def arrays_of_one(self, record: Json) -> Json:
        whole = {k: v if k[:1] == "@" or isinstance(v, list) or v is None else [v] for k, v in record.items()}
        return {"@context": self.context, **whole}

    def floats(self, record: Json) -> Json:
        return {key: float(value) if type(value) is int else value for key, value in record.items()}

    def prefixed(self, record: Json) -> Json:
        names = {key: f"x:{key}" if key in self.reader.fields else key for key in record}
        said = {names[key]: value if key[:1] == "@" else self.value(key, value) for key, value in record.items()}
        return {"@context": [self.context, {"x": self.reader.namespace}], "@type": "PatientRecord", **said}


NAMES = [name for name in vars(Forms) if name[0] != "_" and name not in ("property_of", "value")]


@pytest.fixture(scope="module")
def forms(service: GuidelineService) -> Forms:
    return Forms(service)


def verdict(service: GuidelineService, data: Any) -> Any:
    """Return the answer, or the names and fields of what is wrong, as the guideline calls them."""
    try:
        return service.answer_json(service.reader.from_json(parse_json(json.dumps(data))))
    except LrpError as error:
        own = (service.reader.namespace, "my-", "x:")
        fields = [f.field or "" for f in error.findings]
        for prefix in own:
            fields = [field.removeprefix(prefix) for field in fields]
        return sorted(zip((f.name for f in error.findings), fields, strict=True)) or error.code


@pytest.mark.exhaustive
@pytest.mark.parametrize("form", NAMES)
@pytest.mark.slow
def test_verdict_is_the_same_in_every_form(service: GuidelineService, forms: Forms, form: str) -> None:
    make: Callable[[Json], Any] = getattr(forms, form)
    wrong = []
    for record in SAMPLE:
        if any(isinstance(value, dict) for value in record.values()) or (
            form == "arrays_of_one" and "medications" in record
        ):
            continue
        expected, found = verdict(service, record), verdict(service, make(record))
        if found != expected:
            wrong.append((record, expected if isinstance(expected, (list, str)) else "", str(found)[:300]))
    assert not wrong


@pytest.mark.parametrize("form", [name for name in NAMES if name not in ("expanded", "value_objects", "prefixed")])
def test_nothing_is_lost(service: GuidelineService, forms: Forms, form: str) -> None:
    for record in LOSSES:
        assert not isinstance(verdict(service, getattr(forms, form)(record)), bytes), record


def test_what_is_wrong_is_named_as_the_sender_names_it(service: GuidelineService) -> None:
    context = {"flags": service.reader.namespace + "redFlags"}
    data = {"@context": context, "@type": PATIENT_RECORD, "flags": "zork"}
    (finding,) = service.validate(data)
    assert finding.field == "flags"
    iri = service.reader.namespace + "redFlags"
    (finding,) = service.validate({iri: [{"@value": "zork"}]})
    assert finding.field == iri


def test_too_many_keys_are_an_error_in_every_form(service: GuidelineService, forms: Forms) -> None:
    record = {f"k{number}": number for number in range(300)}
    for form in NAMES:
        found = verdict(service, getattr(forms, form)(record))
        assert ("over-limit", "") in found, form


def test_range_beside_value_objects(service: GuidelineService) -> None:
    said = {"redFlags": {"@id": service.reader.fields["redFlags"].values[0].iri}}
    range_ = {"onsetDate": {"earliest": "2024-01-10", "latest": "2024-01-20"}, "assessmentDate": "2024-02-01"}
    plain = {"redFlags": service.reader.fields["redFlags"].values[0].id}
    assert verdict(service, said | range_) == verdict(service, plain | range_)
