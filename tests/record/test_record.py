"""Records are read alike from three formats; a record that cannot be read in full is refused."""

import json
from io import BytesIO
from typing import Any

import pyoxigraph as ox
import pytest

from lrp_kg import GuidelineService
from lrp_kg.errors import BrokenJson, BrokenRdf, DuplicateKey, ForeignContext, RecordError, WrongCharset
from lrp_kg.record.lines import numbered_lines
from lrp_kg.record.strict_json import decode, parse_json

LRP = "https://w3id.org/lrp-kg/low-back-pain#"
RECORD = {
    "assessmentDate": "2024-01-18",
    "onsetDate": "2024-01-08",
    "careLine": "first-line",
    "improvement": "little-or-none",
    "rehabilitationPotential": "none",
    "redFlags": "none",
    "radicularPain": False,
    "medications": ["opioid", "nsaid"],
    "priorIncapacityDays": 3,
}
TURTLE = """
@prefix cp: <https://w3id.org/lrp-kg/care-pathway#> .
@prefix lrp: <https://w3id.org/lrp-kg/low-back-pain#> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
<urn:x> a cp:PatientRecord ;
    lrp:priorIncapacityDays 3 ;
    lrp:medications ( lrp:medications-opioid lrp:medications-nsaid ) ;
    lrp:radicularPain false ;
    lrp:redFlags lrp:redFlags-none ;
    lrp:rehabilitationPotential lrp:rehabilitationPotential-none ;
    lrp:improvement lrp:improvement-little-or-none ;
    lrp:careLine lrp:careLine-first-line ;
    lrp:onsetDate "2024-01-08"^^xsd:date ;
    lrp:assessmentDate "2024-01-18"^^xsd:date .
"""


def test_three_formats_give_the_same_record(service: GuidelineService) -> None:
    reader = service.reader
    plain = service.read(RECORD)
    linked = service.read({"@context": reader.context, **RECORD})
    expanded = reader.from_rdf(
        json.dumps({"@context": reader.context, "@type": "PatientRecord", **RECORD}), ox.RdfFormat.JSON_LD
    )
    turtle = reader.from_rdf(TURTLE, ox.RdfFormat.TURTLE)
    for other in (linked, service.read(expanded[0]), service.read(turtle[0])):
        assert (other.values, other.dates, other.lists) == (plain.values, plain.dates, plain.lists)


def test_context_of_the_sender_that_maps_every_key_is_accepted(service: GuidelineService) -> None:
    context = {
        "@base": "urn:a:",
        "date": {"@id": LRP + "assessmentDate", "@type": "http://www.w3.org/2001/XMLSchema#date"},
    }
    body = {"@context": context, "@type": "https://w3id.org/lrp-kg/care-pathway#PatientRecord", "date": "2024-01-01"}
    assert list(service.read(body).dates) == [LRP + "assessmentDate"]


@pytest.mark.parametrize(
    "context",
    [
        "https://example.org/context.jsonld",
        ["https://example.org/c"],
        {"@import": "https://example.org/c"},
        {"@import": LRP[:-1] + "/context.jsonld"},
        [LRP[:-1] + "/context.jsonld", "https://example.org/c"],
        LRP[:-1] + "/context.jsonld?x",
        "/context.jsonld",
        "",
    ],
)
def test_remote_context_is_never_fetched(service: GuidelineService, context: object) -> None:
    with pytest.raises(ForeignContext, match="never fetched"):
        service.reader.from_json({"@context": context, "redFlags": "none"})


def test_published_context_is_known_by_its_address(service: GuidelineService) -> None:
    whole = [service.reader.context_address, {"mine": LRP + "radicularPain"}]
    body = {"@context": whole, "@type": "PatientRecord", "redFlags": "none", "mine": True}
    assert service.read(body).values == service.read({"redFlags": "none", "radicularPain": True}).values


def test_context_that_drops_keys_is_refused(service: GuidelineService) -> None:
    context = {"redFlags": {"@id": LRP + "redFlags"}}
    body = {"@context": context, "@type": "https://w3id.org/lrp-kg/care-pathway#PatientRecord"}
    with pytest.raises(ForeignContext, match="maps only 1 of 2 keys"):
        service.reader.from_json({**body, "redFlags": "none", "radicularPain": True})


def test_null_is_unknown(service: GuidelineService) -> None:
    assert not service.read({"redFlags": None, "medications": None}).values


def test_empty_list_is_known(service: GuidelineService) -> None:
    assert service.read({"medications": []}).values[LRP + "takesOpioid"] is False
    assert LRP + "takesOpioid" not in service.read({}).values
    turtle = TURTLE.replace("( lrp:medications-opioid lrp:medications-nsaid )", "( )")
    raw = service.reader.from_rdf(turtle, ox.RdfFormat.TURTLE)[0]
    assert service.read(raw).values[LRP + "takesOpioid"] is False


def test_date_implies_its_boolean_field(service: GuidelineService) -> None:
    assert service.read({"spinalSurgeryDate": "2024-01-01"}).values[LRP + "spinalSurgery"] is True


@pytest.mark.parametrize(
    ("sent", "settled"),
    [
        ({"incapacityPrescribed": True}, {"incapacitated": True}),
        ({"incapacityPrescribed": False}, {}),
        ({"incapacitated": False}, {"incapacityPrescribed": False}),
        ({"incapacitated": True}, {}),
        ({"incapacityStart": "2024-01-01"}, {"incapacitated": True}),
    ],
)
def test_boolean_field_implies_by_being_true(
    service: GuidelineService, sent: dict[str, Any], settled: dict[str, bool]
) -> None:
    values = service.read(sent).values
    own = {name: value for name, value in sent.items() if isinstance(value, bool)}
    assert values == {LRP + name: value for name, value in {**own, **settled}.items()}


def test_triples_outside_the_record_are_reported(service: GuidelineService) -> None:
    for stray in ("<urn:y> <urn:p> 1 .", "<urn:x> a <urn:Other> .", "lrp:redFlags <urn:p> 1 ."):
        raw = service.reader.from_rdf(TURTLE + stray, ox.RdfFormat.TURTLE)[0]
        assert "outside-record" in {f.name for f in service.validate(raw)}


def test_what_is_outside_the_record_is_named_as_it_was_sent(service: GuidelineService) -> None:
    stray = "<urn:y> <urn:p> 1 . lrp:onsetDate <urn:q> [ <urn:s> [ lrp:careLine 1 ; <urn:r> 2 ] ] . [] <urn:r> 3 ."
    raw = service.reader.from_rdf(TURTLE + stray, ox.RdfFormat.TURTLE)[0]
    found = [f.field for f in service.validate(raw) if f.name == "outside-record"]
    assert found == ["careLine", "onsetDate", "urn:r", "urn:s", "urn:y"]


def test_record_cannot_add_axioms(service: GuidelineService) -> None:
    stray = "lrp:redFlags-none <http://www.w3.org/2002/07/owl#sameAs> lrp:redFlags-cluster ."
    raw = service.reader.from_rdf(TURTLE + stray, ox.RdfFormat.TURTLE)[0]
    assert service.validate(raw)


def test_malformed_list_is_reported(service: GuidelineService) -> None:
    for members in ("lrp:medications-opioid", "_:b", '"opioid"'):
        turtle = TURTLE.replace("( lrp:medications-opioid lrp:medications-nsaid )", members)
        raw = service.reader.from_rdf(turtle, ox.RdfFormat.TURTLE)[0]
        assert service.guideline.namespace + "medications" in {f.field for f in service.validate(raw)}, members
    circle = TURTLE.replace("( lrp:medications-opioid lrp:medications-nsaid )", "_:b")
    circle += "_:b <http://www.w3.org/1999/02/22-rdf-syntax-ns#rest> _:b ."
    assert service.validate(service.reader.from_rdf(circle, ox.RdfFormat.TURTLE)[0])


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ('{"a": 1, "a": 2}', DuplicateKey),
        ('{"a": {"b": 1, "b": 2}}', DuplicateKey),
        ('{"a": NaN}', BrokenJson),
        ('{"a": Infinity}', BrokenJson),
        ('{"a": 1', BrokenJson),
        ("[" * 60 + "]" * 60, BrokenJson),
        ("[" * 100_000, BrokenJson),
        ('{"a": ' + "9" * 5000 + "}", BrokenJson),
    ],
)
def test_json_is_read_strictly(text: str, error: type[Exception]) -> None:
    with pytest.raises(error):
        parse_json(text)


def test_json_error_gives_the_position_and_no_content() -> None:
    with pytest.raises(BrokenJson) as caught:
        parse_json('{\n  "redFlags": secret}')
    assert "Line 2, column 15" in caught.value.message
    assert "secret" not in caught.value.message


def test_turtle_error_gives_the_line_and_no_content(service: GuidelineService) -> None:
    with pytest.raises(BrokenRdf) as caught:
        service.reader.from_rdf("<urn:secret> a \n <urn:b> ;; secret .", ox.RdfFormat.TURTLE)
    assert "ine 2" in caught.value.message
    assert "secret" not in caught.value.message


@pytest.mark.parametrize("data", [[], 1, "text", None, True])
def test_only_an_object_is_accepted_as_record(service: GuidelineService, data: object) -> None:
    with pytest.raises(RecordError):
        service.reader.from_json(data)


def test_only_utf8_is_accepted() -> None:
    assert decode("\ufeff{}".encode()) == "{}"
    with pytest.raises(WrongCharset):
        decode("é".encode("latin-1"))


def test_ndjson_lines_are_numbered() -> None:
    assert list(numbered_lines(BytesIO(b"{}\n\n[]\n").readline)) == [(1, b"{}\n"), (3, b"[]\n")]
