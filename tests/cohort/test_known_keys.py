"""What is looked up by keys that were met before is what it is worked out to be, also where a key is new."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest

pytest.importorskip("pyarrow", reason="the extra cohort is not installed")
import numpy as np  # noqa: E402

from lrp_kg import GuidelineService  # noqa: E402
from lrp_kg.cohort import judging  # noqa: E402
from lrp_kg.cohort.cells import _FieldsTogether  # noqa: E402
from lrp_kg.cohort.encoding import _places  # noqa: E402
from lrp_kg.cohort.families import OfFields  # noqa: E402
from lrp_kg.cohort.run import Answers, CohortRun  # noqa: E402
from tests.support.cohorts import invented, reasons  # noqa: E402

WIDEST = 255
"""The number of the last cell that there can be."""


def test_cells_of_later_rows_are_those_of_their_values() -> None:
    asked = []

    def understood(record: dict[str, Any], _variables: object) -> tuple[int, int]:
        asked.append(record)
        return (record.get("a", 0) * 10, WIDEST if record.get("a") == 3 else 1)

    fields = {"a": SimpleNamespace(id="a", iri="a", kind="integer")}
    reader = SimpleNamespace(
        _g=SimpleNamespace(fields=fields), count=lambda _: 5, value=lambda _, code: code, understood=understood
    )
    together = _FieldsTogether(cast("Any", reader), ["a"], [4, 7])
    for codes in ([1, 0, 1], [1, 1, 0], [2, 1, 4], [], [3, 0], [3, 4, 3]):
        batch = SimpleNamespace(size=len(codes), codes={"a": np.array(codes, np.int32)})
        found = together.cells(cast("Any", batch), {})
        assert found[4].tolist() == [code * 10 for code in codes]
        assert found[7].tolist() == [WIDEST if code == 3 else 1 for code in codes]
    assert len(asked) == 5


def test_bits_that_rows_have_are_proven_with_each_value() -> None:
    def of(*seen: int) -> OfFields:
        return OfFields(["a", "b", "v"], [(0, 1), (0, 1)], [range(3)], list, lambda: [(bits,) for bits in seen])

    known = {(bits, value) for bits in (0, 3) for value in range(3)}
    assert of(0, 3).proven(known)
    assert not of(0, 1).proven(known)
    assert not of(0, 3).proven(known - {(3, 1)})


@pytest.mark.parametrize("lengths", [[], [0, 0], [1, 1], [3, 0, 0, 1, 2], [0, 4, 1, 0]])
def test_places_begin_anew_in_each_list(lengths: list[int]) -> None:
    for kind in (np.int32, np.int64):
        assert _places(np.array(lengths, kind)).tolist() == [place for own in lengths for place in range(own)]


@pytest.mark.parametrize("first", [7, 16])
def test_rows_after_the_first_are_refused_for_the_same_reasons(
    service: GuidelineService, monkeypatch: pytest.MonkeyPatch, first: int
) -> None:
    monkeypatch.setattr(judging, "_FIRST", first)
    records = invented(service, 16, 5, "invalid")
    whole = CohortRun(Answers(service), [], whole=True)
    _, refused = whole.answer_whole(records, 1, {})
    expected = {n: reasons(found) for n, r in enumerate(records, 1) if (found := service.validate(r))}
    assert {row.row: reasons(row.findings) for row in refused} == expected
    assert 3 < len(expected) < 14
