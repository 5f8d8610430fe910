"""The keys under which parts of answers are remembered: equal only where all readings are equal."""

from lrp_kg.answer.readings import PartReading, _key_of


def test_the_order_of_a_key_does_not_depend_on_how_its_readings_were_gathered() -> None:
    """Two sets of the same readings can have them in another order, and would take one value for another."""
    readings = {number: number % 7 for number in range(0, 4096, 8)}
    gathered = [*readings], [*reversed(readings)]
    assert [*frozenset(gathered[0])] != [*frozenset(gathered[1])]
    first, second = (_key_of(frozenset(own))(readings) for own in gathered)
    assert first == second


def test_readings_that_are_no_cells_have_one_order_too() -> None:
    some = [PartReading(lambda run: None) for _ in range(3)]
    values = {reading: number for number, reading in enumerate(some)} | {4: "verdict"}
    keys = {_key_of(frozenset(own))(values) for own in ((*some, 4), (4, *reversed(some)))}
    assert len(keys) == 1
