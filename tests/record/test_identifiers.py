"""The same name of a record means the same in every format, and two names never mean one record."""

from __future__ import annotations

import json
from collections.abc import Callable

import pyoxigraph as ox
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lrp_kg import GuidelineService
from lrp_kg.errors import LrpError
from lrp_kg.record import identifiers
from lrp_kg.record.identifiers import resolved
from lrp_kg.record.model import BASE
from lrp_kg.record.strict_json import parse_json

CP = "https://w3id.org/lrp-kg/care-pathway#"


def in_turtle(service: GuidelineService, name: str) -> str:
    text = f"<{name}> a <{CP}PatientRecord> ."
    (raw,) = service.reader.from_rdf(text, ox.RdfFormat.TURTLE)
    return raw.subject


def in_json(service: GuidelineService, name: str) -> str:
    return service.reader.from_json(parse_json(json.dumps({"@id": name}))).subject


def in_json_ld(service: GuidelineService, name: str) -> str:
    data = {"@context": {"@vocab": CP}, "@id": name, "@type": "PatientRecord"}
    return service.reader.from_json(parse_json(json.dumps(data))).subject


NAMES = (
    "12; 12 12? 12# ward//7 ward/7 a/../b b %62 %2e/x ../x https:foo HTTPS://x/y https://x/y //h/x foo:bar "
    "caf\u00e9 cafe\u0301 1/2:3"
).split()


def test_different_names_are_different_records(service: GuidelineService) -> None:
    found = {name: in_json(service, name) for name in NAMES}
    same = [(a, b) for a in NAMES for b in NAMES if a < b and found[a] == found[b]]
    assert same == [("a/../b", "b")], "RFC 3986 says that these two are one"
    assert found["12;"] == BASE + "12;"


@pytest.mark.parametrize("name", NAMES)
def test_name_is_resolved_alike_in_every_format(name: str, service: GuidelineService) -> None:
    assert in_json(service, name) == in_turtle(service, name) == in_json_ld(service, name)


@pytest.mark.slow
@given(name=st.text(st.sampled_from("ab1;#?/.:%2eé_-~ \t\u00a0\u2028<>\\|{}[]@\"'"), max_size=8))
def test_any_name_is_resolved_alike_or_refused(name: str, service: GuidelineService) -> None:
    def of(read: Callable[[GuidelineService, str], str]) -> str | None:
        try:
            return read(service, name)
        except (LrpError, ValueError):
            return None

    if name.startswith("_:"):
        return  # a blank node has no name in RDF
    ours = of(in_json)
    if ours is not None:
        assert ours == of(in_turtle) == of(in_json_ld)
        assert resolved(ours) == ours


@pytest.mark.parametrize(
    "name", ["a b", " a", "a\n", "\t", "a\u00a0b", "a\u2028", "a\u200b", "a\x00", "a\x85", "<a>", "a> a <b"]
)
def test_white_space_and_what_nobody_sees_are_refused(name: str, service: GuidelineService) -> None:
    with pytest.raises(LrpError, match="white space"):
        in_json(service, name)


@pytest.mark.parametrize("name", ["a\u00a0b", "a\u2028", "a\u200b"])
def test_turtle_refuses_them_too(name: str, service: GuidelineService) -> None:
    with pytest.raises(LrpError, match="white space"):
        in_turtle(service, name)


@given(st.from_regex(identifiers._PLAIN, fullmatch=True))  # noqa: SLF001
def test_a_plain_name_is_what_it_is_resolved_to(name: str) -> None:
    (quad,) = ox.parse(f"<{name}> a <urn:x> .", format=ox.RdfFormat.TURTLE, base_iri=BASE)
    assert resolved(name) == name == str(quad.subject.value)
