"""What is urgent comes first, and nothing is asked that no longer matters."""

from __future__ import annotations

from typing import Any

import pytest

from lrp_kg import GuidelineService
from lrp_kg.answer.as_text import to_text
from lrp_kg.words import LANGUAGES, phrase

Json = dict[str, Any]

SEVERITIES = ("critical", "warning", "info")
CLUSTER: Json = {
    "careLine": "first-line",
    "redFlags": "cluster",
    "recurrentPain": True,
    "medications": ["opioid"],
    "resumption": "partial",
}
RADICULAR: Json = {"careLine": "first-line", "redFlags": "none", "radicularPain": True}


def asked(answer: Json) -> str | None:
    return answer["nextQuestion"] and str(answer["nextQuestion"]["field"])


def ending(service: GuidelineService) -> dict[str, str]:
    """The severity of each option that ends the pathway."""
    options = [o for d in service.guideline.own_decisions.values() for o in d.options if o.ends_pathway]
    return {o.id: o.caution.severity.id for o in options if o.caution}


def test_three_exits_end_the_pathway(service: GuidelineService) -> None:
    assert ending(service) == {
        "refer-immediately-red-flags": "critical",
        "radicular-pathway": "warning",
        "treat-in-first-line": "info",
    }


def test_most_severe_warning_comes_first(answers: list[Json]) -> None:
    seen = set()
    for answer in answers:
        found = [SEVERITIES.index(w["severity"]) for w in answer["warnings"]]
        assert found == sorted(found)
        seen.update(found)
    assert seen == {0, 1, 2}


def test_each_exit_is_a_warning_of_its_own_name(service: GuidelineService, answers: list[Json]) -> None:
    exits = ending(service)
    for number, answer in enumerate(answers):
        warned = [w["id"] for w in answer["warnings"] if w["id"] in exits]
        assert warned == [a for a in answer["decisions"]["exit"]["answers"] if a in exits], number


def test_warnings_do_not_depend_on_the_decisions_asked_for(service: GuidelineService) -> None:
    assert service.assess(CLUSTER, only=["stage"])["warnings"] == service.assess(CLUSTER)["warnings"]


def test_exit_says_what_a_warning_says(service: GuidelineService) -> None:
    for lang in LANGUAGES:
        first = service.assess(CLUSTER, lang=lang)["warnings"][0]
        assert set(first) == {"id", "label", "severity", "modality", "source", "locator"}
        assert all(first.values())
        assert len(first["label"]) <= 140


@pytest.mark.parametrize(
    ("only", "field"),
    [
        (None, None),
        (["stage"], None),
        (["stage", "fedris-prevention"], None),
        (["fedris-prevention"], "incapacitated"),
        (["partial-resumption"], "paidBySicknessFund"),
        (["fedris-prevention", "partial-resumption"], "incapacitated"),
    ],
)
def test_after_a_critical_exit_only_programmes_are_asked_about_on_demand(
    service: GuidelineService, only: list[str] | None, field: str | None
) -> None:
    assert asked(service.assess(CLUSTER, only=only)) == field


def test_after_another_exit_only_programmes_are_asked_about(service: GuidelineService) -> None:
    answer = service.assess(RADICULAR)
    programmes = {f for p in answer["eligibility"].values() for f in p["missing"]}
    assert asked(answer) in programmes
    assert "assessmentDate" in answer["decisions"]["stage"]["missing"]
    assert service.assess(RADICULAR, only=["stage"])["nextQuestion"] is None
    assert asked(service.assess(RADICULAR, only=["stage", "fedris-prevention"])) in programmes


def test_missing_stays_as_it_is_after_an_exit(service: GuidelineService) -> None:
    answer = service.assess(CLUSTER)
    assert set(answer["missing"]) >= {f for d in answer["decisions"].values() for f in d["missing"]}


@pytest.mark.parametrize("lang", LANGUAGES)
def test_text_begins_with_what_is_critical(service: GuidelineService, lang: str) -> None:
    answer = service.assess(CLUSTER, lang=lang)
    critical, other = (w["label"] for w in answer["warnings"][:2])
    text = to_text(service.guideline, answer, lang, width=300, full=True)
    assert text.startswith(f"{phrase('summary', lang)}\n  !! {critical}\n  i {other}\n")
    assert text.index(f"  i {other}\n") < text.index(critical, 100)


def test_of_equally_urgent_warnings_the_one_that_calls_for_an_advice_comes_first(
    service: GuidelineService, answers: list[Json]
) -> None:
    calling = {w.id for w in service.guideline.warnings if w.calls_for}
    seen = 0
    for answer in answers:
        found = answer["warnings"]
        keys = [(SEVERITIES.index(w["severity"]), w["id"] not in calling) for w in found]
        assert keys == sorted(keys), found
        seen += len(keys) > 1 and any(w["id"] in calling for w in found)
    assert seen


@pytest.mark.parametrize("name", ["recurrent-pain-late", "drugs-without-rule"])
def test_what_the_source_lacks_is_shown_but_is_not_urgent(service: GuidelineService, name: str) -> None:
    record = {"assessmentDate": "2024-05-20", "onsetDate": "2024-04-01", "careLine": "first-line"}
    record |= {"contact": "first-contact", "redFlags": "none", "radicularPain": False}
    answer = service.assess(record | {"recurrentPain": True, "medications": ["opioid"], "severePain": True})
    (warning,) = (w for w in answer["warnings"] if w["id"] == name)
    assert warning["severity"] == "info"
    assert warning["label"] in {line["text"] for line in answer["summary"]}
    assert answer["summary"][0]["ref"] == {"warning": "early-appointment"}
