"""No text is twice in an answer, and every identifier leads to its text.

What ``detail=summary`` leaves is complete in itself, so the summary, the warnings and the next question repeat texts.
"""

from __future__ import annotations

import json
import statistics
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

import orjson
import pytest

from lrp_kg import GuidelineService
from lrp_kg.answer.labels import Labels
from lrp_kg.words import LANGUAGES
from tests.support.guidelines import valid_records
from tests.support.paths import ROOT

Json = dict[str, Any]
FIRST_VISIT: Json = json.loads((ROOT / "examples" / "first-visit.json").read_text(encoding="utf-8"))
README: Json = {
    **{"assessmentDate": "2024-02-12", "onsetDate": "2024-01-08", "careLine": "first-line"},
    **{"contact": "first-contact", "redFlags": "none", "radicularPain": False, "chronicityRisk": "low"},
}
TEXTS = ("text", "label", "reading", "title", "question", "hint", "unit", "conditionText", "ifPhrase", "considers")
"""The keys of an answer that hold texts; `labels` holds some by identifier."""


def named_texts(found: Any, owner: str = "") -> Iterator[tuple[str, str]]:
    """Yield every text with the identifier it is the text of, but for what ``detail=summary`` leaves."""
    if isinstance(found, list):
        for part in found:
            yield from named_texts(part, owner)
    if not isinstance(found, dict):
        return
    owner = f"{owner}={found['value']}" if "value" in found else found.get("id", found.get("field", owner))
    for name, part in found.items():
        if name in ("summary", "warnings", "nextQuestion"):
            continue
        if name == "labels":
            yield from part.items()
        elif name in TEXTS and part:
            yield from ((owner, text) for text in (part if isinstance(part, list) else [part]))
        elif name in ("conditions", "openPoints", "eligibility", "decisions") and isinstance(part, dict):
            for ident, inner in part.items():
                yield from named_texts(inner, ident)
        else:
            yield from named_texts(part, owner)


def test_no_text_of_an_identifier_is_there_twice(answers: list[Json]) -> None:
    for answer in answers:
        texts = list(named_texts(answer))
        assert len(texts) > 10
        assert sorted({t for t in texts if texts.count(t) > 1}) == []


def test_hardly_any_two_things_are_worded_alike(answers: list[Json]) -> None:
    """Two things that the guideline words alike each have their text: an option and a statement, two open points."""
    for answer in answers:
        alike = defaultdict(set)
        printed = {box["label"] for box in answer["boxes"]}
        for ident, text in named_texts(answer):
            if text not in printed:
                alike[text].add(ident)
        assert len([text for text, names in alike.items() if len(names) > 1]) <= 3


@pytest.mark.parametrize("explain", [False, True])
def test_every_identifier_leads_to_its_text(service: GuidelineService, explain: bool) -> None:
    for record in [*valid_records()[::40], FIRST_VISIT, README, {}]:
        answer = service.assess(record, lang="nl", explain=explain)
        labels = Labels(answer)
        statements = [s for box in answer["boxes"] for s in box["statements"]] + answer["notices"]
        statements += [s for p in answer["eligibility"].values() for s in p["benefits"] + p["limits"] + p["nextSteps"]]
        assert all(labels.condition(s["condition"]["id"]) for s in statements if "condition" in s)
        assert all(labels.title(box) for box in answer["boxes"])
        assert all(labels.statement(d["id"]) for d in answer["dates"])
        assert all(labels.statement(name) for fact in answer["facts"].values() for name in fact["statements"])
        assert all(labels.point(d["note"])["reading"] for d in answer["dates"] if "note" in d)
        reasons = [r for d in answer["decisions"].values() for r in d.get("because", ())]
        reasons += [r for p in answer["eligibility"].values() for c in p["criteria"] for r in c.get("because", ())]
        assert all(labels.condition(r["condition"]) for r in reasons)
        assert bool(reasons) is explain
        for decision in answer["decisions"].values():
            for point in decision["openPoints"]:
                assert labels.point(point["id"]) or not (explain or point["decisive"])


@pytest.mark.parametrize("lang", LANGUAGES)
def test_answers_are_small(service: GuidelineService, lang: str) -> None:
    # with both editions of a programme, and 2,000 for rules of law
    assert len(orjson.dumps(service.assess(FIRST_VISIT, lang=lang))) <= 38_000  # of a programme with both editions
    assert len(orjson.dumps(service.assess(README, lang=lang))) <= 30_500


def test_answers_to_the_cases_are_small(answers: list[Json]) -> None:
    sizes = [len(orjson.dumps(answer)) for answer in answers]
    assert statistics.median(sizes) <= 30_000  # about 4,000 of them for rules of law that may hold
    assert max(sizes) <= 52_000  # most in 2026, of a worker about whom all is known
