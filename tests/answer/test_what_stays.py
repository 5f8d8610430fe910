"""What is certain stays when more becomes known, in whatever order the fields come."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from lrp_kg import GuidelineService
from tests.answer.test_invariants import partial_records
from tests.support.examples import examples

Json = dict[str, Any]
ASKED = {
    "fedris-prevention": "applicationDate",
    "multidisciplinary-rehabilitation": "assessmentDate",
    "partial-resumption": "assessmentDate",
}
"""The day on which a programme is asked for: while it is unknown the first run is given, then that of the day."""


def certain(answer: Json) -> dict[str, Any]:
    """Return everything that an answer says for certain, by what it is about."""
    found: dict[str, Any] = {}
    for name, decision in answer["decisions"].items():
        if decision["status"] != "undetermined":
            found[f"decision {name}"] = decision["status"], tuple(decision["answers"])
        found |= {f"answer {name} {option}": True for option in decision["answers"]}
    for box in answer["boxes"]:
        found[f"box {box['id']}"] = True
    shown = [*answer["notices"], *(s for box in answer["boxes"] for s in box["statements"])]
    for programme, p in answer["eligibility"].items():
        if p["eligibleRange"] == "known":
            found[f"days {programme}"] = p["eligibleFrom"], p["eligibleUntil"], p["eligibleOutdatedFrom"]
        found |= {f"criterion {programme} {c['id']}": c["verdict"] for c in p["criteria"] if c["verdict"] != "unknown"}
        shown += p["benefits"]
    for s in shown:
        if s.get("condition", {}).get("verdict", "true") == "true":
            found[f"statement {s['id']}"] = True
    found |= {f"fact {key}": fact["value"] for key, fact in answer["facts"].items() if fact["applies"] == "yes"}
    found |= {f"warning {w['id']}": w["severity"] for w in answer["warnings"] if w.get("applies") != "unknown"}
    found |= {f"date {d['id']}": True for d in answer["dates"] if d["status"] in ("due", "past")}
    return found


def lost(before: Json, after: Json) -> dict[str, tuple[Any, Any]]:
    """Return what the answer before says for certain and the answer after does not."""
    later = certain(after)
    return {name: (value, later.get(name)) for name, value in certain(before).items() if later.get(name) != value}


@examples(30, 120)
@given(partial_records(), st.data())
def test_what_is_certain_stays(service: GuidelineService, records: tuple[Json, Json], data: st.DataObject) -> None:
    record, whole = records
    order = data.draw(st.permutations(sorted(whole.keys() - record.keys())))
    steps = data.draw(st.integers(1, 4))
    known = dict(record)
    answer = service.assess(known)
    for step in range(steps):
        added = order[step * len(order) // steps : (step + 1) * len(order) // steps]
        known |= {name: whole[name] for name in added}
        more = service.assess(known)
        asked = {f"days {name}" for name, field in ASKED.items() if field in added}
        assert lost(answer, more).keys() <= asked, (added, known)
        answer = more
