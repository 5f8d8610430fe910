"""What a question finds, in which order, and how its words are marked."""

from __future__ import annotations

import json
from typing import Any

import pytest

from lrp_kg import GuidelineService
from lrp_kg.research.questions.entries import read_catalogue
from lrp_kg.site.catalogue import Catalogue
from lrp_kg.site.search_index import BEGINS, EXACT, LABEL, MOST_WORDS, Searchable, SearchIndex, marked
from lrp_kg.site.searchable import KINDS, LEADING, searchables
from lrp_kg.words import LANGUAGES
from tests.support.paths import ROOT, TESTS

SEARCHES: list[dict[str, Any]] = json.loads((TESTS / "site" / "searches.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def index(service: GuidelineService) -> SearchIndex:
    questions = [Searchable("query", e.name, "", "/", (e.summary,)) for e in read_catalogue(ROOT).entries.values()]
    return SearchIndex([*searchables(Catalogue(service.guideline)), *questions], KINDS, LEADING)


@pytest.mark.parametrize("case", SEARCHES, ids=lambda case: case["q"][:30])
def test_question_finds(index: SearchIndex, case: dict[str, Any]) -> None:
    hits, complete = index.find(case["q"], case["lang"])
    kinds = list(dict.fromkeys(hit.item.kind for hit in hits))
    assert bool(hits) is not case.get("none", False)
    assert complete is not (case.get("incomplete", False) or (case.get("none", False) and case["q"].isalpha()))
    if "first" in case:
        assert [hits[0].item.kind, hits[0].item.id] == case["first"]
    assert set(case.get("has", ())) <= set(kinds)
    assert kinds[: len(case.get("kinds", ()))] == case.get("kinds", [])
    if "in" in case:
        assert {hit.lang for hit in hits} == {case["in"]}


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_label_finds_its_own(index: SearchIndex, lang: str) -> None:
    """What is exactly a label comes first, in the language of the page."""
    for item in index.items[::7]:
        if lang in item.labels[0] and len(item.labels[0][lang].split()) <= MOST_WORDS:
            hits, complete = index.find(item.labels[0][lang], lang)
            assert complete
            assert item in [hit.item for hit in hits if hit.fit == EXACT and hit.lang == lang], item.labels[0][lang]


def test_everything_with_a_page_is_found_by_its_identifier(index: SearchIndex) -> None:
    found = {item.iri for item in index.items}
    assert all({hit.item.iri for hit in index.find(item.id, "nl")[0]} & found for item in index.items)


def test_order_is_by_label_then_kind_then_text() -> None:
    def item(kind: str, label: str, text: str = "") -> Searchable:
        return Searchable(kind, label, label, "/", ({"en": label},), texts=({"en": text},))

    things = [
        item("b", "x", "red"), item("b", "red flag"), item("a", "a red one"), item("b", "red"), item("a", "reduced"),
        item("a", "y", "is red"), item("a", "hundred"),
    ]  # fmt: skip
    hits, _ = SearchIndex(things, ["a", "b", "z"]).find("red", "en")
    assert [(hit.item.id, hit.fit) for hit in hits[:4]] == [
        ("red", EXACT), ("reduced", BEGINS), ("a red one", LABEL), ("red flag", BEGINS),
    ]  # fmt: skip
    assert [hit.item.id for hit in hits[4:]] == ["y", "x"], "three letters are not looked for within words"
    assert [hit.item.id for hit in SearchIndex(things, ["a", "b", "z"]).find("dred", "en")[0]] == ["hundred"]


@pytest.mark.parametrize(
    ("text", "question", "parts"),
    [
        ("Évaluer le côté", "cote eval", [("Évaluer", True), (" le ", False), ("côté", True)]),
        ("week 12, week 1", "1", [("week 12, week ", False), ("1", True)]),
        ("werkhervatting", "hervat", [("werkhervatting", True)]),
        ("<b>bold", "b", [("<", False), ("b", True), (">bold", False)]),
        ("nothing", "?!", [("nothing", False)]),
        ("", "x", []),
    ],
)
def test_marked(text: str, question: str, parts: list[tuple[str, bool]]) -> None:
    assert marked(text, question) == parts
