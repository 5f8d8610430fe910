"""Explanations of terms: which term is meant, what it consists of, and everything that depends on it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

import lrp_kg.answer.service
from lrp_kg import GuidelineService
from lrp_kg.cli import main
from lrp_kg.guideline.criteria import fields_of
from lrp_kg.guideline.index import iri
from lrp_kg.site.catalogue import Catalogue, Entry
from lrp_kg.site.explained import TermExplainer
from lrp_kg.site.explained_text import WIDTH, ExplainedText
from lrp_kg.site.named import TermFinder
from lrp_kg.site.uses import uses_of, uses_through_others
from lrp_kg.words import LANGUAGES
from tests.support.paths import ANKLE, TESTS

EXPLANATIONS: list[dict[str, Any]] = json.loads((TESTS / "site" / "explanations.json").read_text(encoding="utf-8"))
Services = Callable[[str], GuidelineService]


@pytest.fixture(scope="module")
def services(service: GuidelineService, ankle: GuidelineService) -> Services:
    return {"low-back-pain": service, "ankle-sprain": ankle}.__getitem__


@pytest.fixture(autouse=True)
def loaded_once(services: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    def make(folder: Path | None, **_: object) -> GuidelineService:
        return services("ankle-sprain" if folder == ANKLE else "low-back-pain")

    monkeypatch.setattr(lrp_kg.answer.service, "GuidelineService", make)


def run(case: dict[str, Any], *options: str) -> Result:
    folder = ["-g", str(ANKLE)] if case["guideline"] == "ankle-sprain" else []
    found = CliRunner().invoke(main, ["explain", "-l", case["lang"], *folder, *options, "--", case["asked"]])
    if found.exception is not None and not isinstance(found.exception, SystemExit):
        raise found.exception
    return found


def names(references: list[dict[str, Any]]) -> set[str]:
    return {reference["name"] for reference in references}


@pytest.mark.parametrize("case", EXPLANATIONS, ids=lambda case: f"{case['asked'][:30]}-{case['lang']}")
@pytest.mark.exhaustive
def test_term_is_explained(case: dict[str, Any]) -> None:
    shown, data = run(case), run(case, "--format", "json")
    assert shown.exit_code == data.exit_code == case.get("code", 0)
    assert case.get("says", "") in shown.stderr
    assert all(len(line) <= WIDTH or " " not in line.strip() for line in shown.stdout.splitlines())
    if shown.exit_code == 2:
        assert not shown.stdout
        return
    found = json.loads(data.stdout)
    if shown.exit_code == 1:
        assert set(case["several"]) <= names(found["terms"])
        assert len(found["terms"]) > 1
        return
    assert found["name"] == case["name"]
    assert found["place"].startswith(case.get("place", ""))
    parts = (("parts", "parts"), ("related", "relations"), ("used", "usedBy"), ("through", "usedThroughOthers"))
    for part, key in parts:
        for role, expected in case.get(part, {}).items():
            assert set(expected) <= names(found[key].get(role, [])), role
    assert set(case.get("lines", ())) <= set(shown.stdout.splitlines())


def everything(catalogue: Catalogue) -> list[Entry]:
    return [*catalogue.entries.values(), *catalogue.parts.values()]


@pytest.mark.parametrize("guideline", ["ankle-sprain", pytest.param("low-back-pain", marks=pytest.mark.slow)])
def test_every_term_has_an_explanation_in_every_language(services: Services, guideline: str) -> None:
    catalogue = Catalogue(services(guideline).guideline)
    step = 1 if guideline == "ankle-sprain" else 23
    for lang in LANGUAGES:
        explainer = TermExplainer(catalogue, lang, {})
        for entry in everything(catalogue)[::step]:
            data = explainer.explain(entry)
            assert data["place"], entry.term.iri
            for roles in (data["usedBy"], data["usedThroughOthers"], data["parts"], data["relations"]):
                assert all(reference["place"] for references in roles.values() for reference in references)
            for full in (False, True):
                lines = list(ExplainedText(explainer.words, full=full).lines(data))
                assert all(len(line) <= WIDTH or " " not in line.strip() for line in lines), entry.term.iri


@pytest.mark.parametrize("guideline", ["ankle-sprain", "low-back-pain"])
def test_everything_that_names_a_term_is_in_its_explanation(services: Services, guideline: str) -> None:
    """Compares with the RDF: whatever has the term in it is a user or a part of it."""
    catalogue = Catalogue(services(guideline).guideline)
    explainer = TermExplainer(catalogue, "en", None)
    for entry in everything(catalogue)[::5]:
        data = explainer.explain(entry)
        groups = (*data["usedBy"].values(), *data["parts"].values())
        shown = {reference["iri"] for references in groups for reference in references}
        named = {node.value for node in catalogue.graph.users(iri(entry.term.iri))}
        assert named - shown <= {entry.term.iri}


@pytest.mark.parametrize("guideline", ["ankle-sprain", "low-back-pain"])
def test_every_condition_that_reads_a_field_depends_on_it(services: Services, guideline: str) -> None:
    """Compares with the fields that the expressions read, through named conditions and computed fields."""
    catalogue = Catalogue(services(guideline).guideline)
    g, uses = catalogue.guideline, uses_of(catalogue)
    read: dict[str, set[str]] = {}
    for name, condition in g.conditions.items():
        for field in fields_of(condition.expression, g.classes):
            derived = g.derived.get(field)
            dates = {derived.start, derived.end} if derived else set()
            for one in {field, *g.expanded.get(field, ()), *dates}:
                if name in catalogue.entries:
                    read.setdefault(one, set()).add(name)
    assert len(read) > 10
    for field, conditions in read.items():
        direct = uses.get(field, {}).get("use-definition", ())
        assert conditions <= {*direct, *uses_through_others(uses, field).get("use-definition", ())}


def test_every_name_and_identifier_is_found(services: Services) -> None:
    catalogue = Catalogue(services("ankle-sprain").guideline)
    finder = TermFinder(catalogue)
    for entry in everything(catalogue)[::2]:
        for called in (entry.term.iri, catalogue.guideline.index.short(entry.term.iri), entry.term.id):
            found = [e.term.iri for e in finder.find(called, "en").entries]
            assert entry.term.iri in found, called
        for label in entry.term.label.values():
            assert entry.term.iri in [e.term.iri for e in finder.find(label, "en").entries], label


def test_cases_are_those_whose_answers_name_the_term() -> None:
    asked = {"guideline": "ankle-sprain", "asked": "ank:AcuteTornLigament", "lang": "en"}
    found = json.loads(run(asked, "--cases", "--format", "json").stdout)["cases"]
    assert found
    assert all(case["place"].rpartition(":")[0].endswith(".json") for case in found)
    text = run(asked, "--cases").stdout
    assert found[0]["id"] in text
    assert json.loads(run(asked, "--format", "json").stdout)["cases"] is None, "only where they are asked for"


@pytest.mark.parametrize(("columns", "widest"), [("60", 60), ("400", 100), ("3", 40)])
def test_lines_are_as_wide_as_the_terminal(columns: str, widest: int) -> None:
    shown = CliRunner(env={"COLUMNS": columns}).invoke(main, ["explain", "-g", str(ANKLE), "cp:appliesTo", "--all"])
    lines = [line for line in shown.stdout.splitlines() if " " in line.strip()]
    assert widest - 20 < max(map(len, lines)) <= widest
