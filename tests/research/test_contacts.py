"""Records of an episode are linked in the order of their days, whichever load brings them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from lrp_kg import GuidelineService
from lrp_kg.guideline.named_graphs import DERIVED
from lrp_kg.namespaces import CP
from lrp_kg.record.files import Item
from lrp_kg.research.engine.forbidden import QueryGraphs
from lrp_kg.research.store import deriving
from lrp_kg.research.store.loading import load
from lrp_kg.research.store.sources import Source
from tests.support.stores import opened

BASE = "https://example.org/"
DAYS = {"a": "2024-01-01", "b": "2024-01-08", "c": "2024-01-08", "d": "2024-02-01"}


def source(**days: str | None) -> Source:
    """Return records of one episode by their names, each with its day if it has one."""
    records: list[dict[str, Any]] = [
        {"@id": BASE + name, "episode": "e", **({"assessmentDate": day} if day else {})} for name, day in days.items()
    ]
    return Source("records.json", json.dumps(records).encode())


def links(folder: Path) -> set[tuple[str, str]]:
    """Return the links in the graph of what is derived, which the default graph has too."""
    store = opened(folder)
    pattern = f"?first <{CP}nextContact> ?second"
    rows = [
        store.query(f"SELECT ?first ?second {{ {asked} }}", QueryGraphs())
        for asked in (f"GRAPH <{DERIVED}> {{ {pattern} }}", pattern)
    ]
    named, default = ({(str(row[0].value), str(row[1].value)) for row in found} for found in rows)
    assert named == default
    return {(first.removeprefix(BASE), second.removeprefix(BASE)) for first, second in named}


@pytest.fixture
def loaded(service: GuidelineService, tmp_path: Path) -> Path:
    """A store with the first and the last contact, one without a day, and one of another episode."""
    other = {"@id": BASE + "z", "episode": "other", "assessmentDate": "2024-01-03"}
    sources = [source(a=DAYS["a"], d=DAYS["d"], x=None), Source("other.json", json.dumps(other).encode())]
    load(service.guideline, tmp_path, sources)
    return tmp_path


@pytest.mark.slow
def test_contacts_follow_each_other_by_day(service: GuidelineService, loaded: Path) -> None:
    assert links(loaded) == {("a", "d")}
    load(service.guideline, loaded, [source(b=DAYS["b"], c=DAYS["c"])])
    assert links(loaded) == {("a", "b"), ("a", "c"), ("b", "d"), ("c", "d")}


@pytest.mark.slow
def test_contacts_are_linked_after_an_interruption(
    service: GuidelineService, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deriving, "BATCH", 2)
    monkeypatch.setattr(deriving, "WORTH_IT", 10**9)
    whole, sizes = deriving.Deriver.batch, []

    def second_fails(self: deriving.Deriver, items: list[Item]) -> deriving.Batch:
        sizes.append(len(items))
        return whole(self, items) if len(sizes) == 1 else 1 / 0  # type: ignore[return-value]

    with monkeypatch.context() as patch:
        patch.setattr(deriving.Deriver, "batch", second_fails)
        with pytest.raises(ZeroDivisionError):
            load(service.guideline, tmp_path, [source(**DAYS)])
    load(service.guideline, tmp_path, [source(**DAYS)])
    assert links(tmp_path) == {("a", "b"), ("a", "c"), ("b", "d"), ("c", "d")}


@pytest.mark.slow
def test_replaced_contact_is_where_its_new_day_is(service: GuidelineService, loaded: Path) -> None:
    load(service.guideline, loaded, [source(a="2024-03-01", x="2024-02-15")], replace=True)
    assert links(loaded) == {("d", "x"), ("x", "a")}
