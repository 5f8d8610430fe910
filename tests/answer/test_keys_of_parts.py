"""The keys under which parts of answers are remembered: equal only where all readings are equal."""

import itertools
from functools import partial

from pytest import MonkeyPatch

from lrp_kg import GuidelineService
from lrp_kg.answer import remembered
from lrp_kg.answer.readings import PartReading
from lrp_kg.answer.remembered import Remembered, Together, key_of
from lrp_kg.answer.run import Run
from lrp_kg.logic.memory import SharedBound
from lrp_kg.record.model import Record


def test_the_order_of_a_key_does_not_depend_on_how_its_readings_were_gathered() -> None:
    """Two sets of the same readings can have them in another order, and would take one value for another."""
    readings = {number: number % 7 for number in range(0, 4096, 8)}
    gathered = [*readings], [*reversed(readings)]
    assert [*frozenset(gathered[0])] != [*frozenset(gathered[1])]
    first, second = (key_of(frozenset(own))(readings) for own in gathered)
    assert first == second


def test_readings_that_are_no_cells_have_one_order_too() -> None:
    some = [PartReading(lambda run: None) for _ in range(3)]
    values = {reading: number for number, reading in enumerate(some)} | {4: "verdict"}
    keys = {key_of(frozenset(own))(values) for own in ((*some, 4), (4, *reversed(some)))}
    assert len(keys) == 1


def test_further_values_of_a_first_reading_share_a_key(service: GuidelineService, monkeypatch: MonkeyPatch) -> None:
    """However many values it has, what is remembered for each is found again, and no other."""
    monkeypatch.setattr(remembered, "FIRSTS", 2)
    numbered = itertools.count()
    first = PartReading(lambda run: run.record.texts["first"])
    second = PartReading(lambda run: run.record.texts["second"])

    def work(run: Run) -> tuple[str, int]:
        said = str(run.read(second)) if run.record.texts["first"] in "bd" else ""
        return run.record.texts["first"] + said, next(numbered)

    part = Remembered(work, SharedBound(10**6), 100, first)
    found = {}
    for _ in range(2):
        for one, two in itertools.product("abcde", "xyz"):
            texts = {"first": one, "second": two}
            run = Run(service.assessor, Record("", values={}, dates={}, texts=texts, lists={}), explain=False)
            said, number = part.of(run)
            assert said == one + (two if one in "bd" else "")
            found[number] = said
    assert len(part._keys) == 3
    assert len(found) <= 5 * 3 + 2


def test_no_part_is_kept_by_what_settled_its_readings_before_there_were_more(service: GuidelineService) -> None:
    """Three threads: one grows the keys while two others have made what settles them, the shorter one, already."""
    meanwhile: list[str] = []

    def first_of(run: Run) -> str:
        if meanwhile:
            answered(meanwhile.pop())
        return run.record.texts["first"]

    first = PartReading(first_of)
    second = PartReading(lambda run: run.record.texts["second"])

    def work(run: Run) -> str:
        return str(run.read(second)) if run.record.texts["first"] == "b" else "no second"

    part = Remembered(work, SharedBound(10**6), 100, first)

    def answered(texts: str) -> str:
        record = Record("", values={}, dates={}, texts=dict(zip(("first", "second"), texts, strict=True)), lists={})
        return part.of(Run(service.assessor, record, explain=False))

    assert [answered("ax"), answered("ax")] == ["no second"] * 2
    meanwhile += ["bx", "bx"]
    assert answered("by") == "y"


def said(run: Run, name: str) -> str:
    """Return a text of a record."""
    return run.record.texts[name]


def test_parts_asked_for_together_are_those_of_each_record(service: GuidelineService) -> None:
    """What settles one of them becomes more when a record shows it, after others were kept by less."""
    read = {name: PartReading(partial(said, name=name)) for name in ("first", "second", "third")}
    made: list[tuple[str, ...]] = []

    def one(run: Run) -> str:
        first = str(run.read(read["first"]))
        return first + (str(run.read(read["second"])) if first == "b" else "")

    def other(run: Run) -> str:
        return str(run.read(read["third"]))

    def make(parts: tuple[str, ...]) -> tuple[str, ...]:
        made.append(parts)
        return parts

    bound = SharedBound(10**6)
    together = Together(tuple(Remembered(work, bound, 100) for work in (one, other)), make, bound)
    for _ in range(3):
        for first, second, third in itertools.product("abc", "xy", "uv"):
            texts = {"first": first, "second": second, "third": third}
            run = Run(service.assessor, Record("", values={}, dates={}, texts=texts, lists={}), explain=False)
            assert together.of(run) == (first + (second if first == "b" else ""), third)
    assert len(made) < 3 * 12, "nothing was remembered"
