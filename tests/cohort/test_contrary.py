"""Facts that disagree, rules and editions that end, and uncertain dates: in columns as in answers."""

from __future__ import annotations

import random
from datetime import date, timedelta
from itertools import islice
from typing import Any

import pytest

pytest.importorskip("pyarrow", reason="the extra cohort is not installed")
pytest.importorskip("duckdb", reason="the extra cohort is not installed")
import pyarrow as pa  # noqa: E402

from lrp_kg import GuidelineService  # noqa: E402
from lrp_kg.cohort.choice import chosen  # noqa: E402
from lrp_kg.cohort.run import Answers  # noqa: E402
from tests.support.cohorts import answers_of, differences  # noqa: E402
from tests.support.editions import contrary_facts, records  # noqa: E402

Json = dict[str, Any]


@pytest.fixture(scope="module")
def contrary(tmp_path_factory: pytest.TempPathFactory) -> GuidelineService:
    return GuidelineService(contrary_facts(tmp_path_factory.mktemp("contrary")))


@pytest.fixture(scope="module")
def contrary_answers(contrary: GuidelineService) -> Answers:
    return Answers(contrary, chosen(contrary.guideline, explain=True))


def _about_the_last_days(service: GuidelineService, count: int, seed: int) -> list[Json]:
    """Return valid records with dates about those on which rules end, some of them unknown or uncertain."""
    chance = random.Random(seed)
    found: list[Json] = []
    for record in islice(records(service, (date(2025, 2, 26), date(2025, 3, 8)), seed), 4 * count):
        own = {name: value for name, value in record.items() if chance.random() < 0.85}
        own["assessmentDate"] = record.get("assessmentDate", "2025-03-04")
        day = date.fromisoformat(own["assessmentDate"]) - timedelta(days=chance.choice([0, 1, 3, 5, 6, 10, 20, 40]))
        own["injuryDate"] = day.isoformat()
        if chance.random() < 0.3:
            del own["injuryDate"]
            own |= {"injuryDateEarliest": (day - timedelta(days=chance.choice([1, 5, 9]))).isoformat()}
            own |= {"injuryDateLatest": day.isoformat()}
        if chance.random() < 0.5:  # eligible for the programme, mostly
            own |= {"deformity": False, "boneTenderness": False, "canBearWeight": True}
            own |= {"painScore": 3, "ankleSurgery": False}
            own.pop("surgeryDate", None)
        if chance.random() < 0.1:
            del own["assessmentDate"]
        if not service.validate(own):
            found.append({"id": f"c{len(found)}", **own})
        if len(found) == count:
            return found
    return found


@pytest.mark.parametrize("count", [60, pytest.param(5000, marks=pytest.mark.long)])
def test_columns_agree_where_rules_end(contrary: GuidelineService, contrary_answers: Answers, count: int) -> None:
    own = _about_the_last_days(contrary, count, 3)
    assert len(own) > count / 3
    assert differences(contrary, own, contrary_answers) == []


def test_each_way_to_disagree_is_met(contrary: GuidelineService, contrary_answers: Answers) -> None:
    schema = contrary_answers.schema
    assert schema.field("fact.braceAdvised").type == pa.string()  # true, or a text
    rows = list(answers_of(_about_the_last_days(contrary, 150, 3), contrary_answers)[0].values())
    assert {"tape", "true"} <= {row["fact.braceAdvised"] for row in rows}
    for key in ("followUpBy", "nextVisitLatest"):  # there, without one value
        assert any(row[f"fact.{key}"] is None and row[f"fact.{key}.applies"] == "yes" for row in rows)
        assert any(row[f"fact.{key}"] and row[f"fact.{key}.applies"] for row in rows)
    assert {True, False, None} <= {row["warning.rule-superseded"] for row in rows}
    for name in ("law", "printed", "acute-follow-up-visit", "supervised-training-sessions"):
        assert {row[f"statement.{name}"] for row in rows} == {"yes", "unknown", "no"}, name
