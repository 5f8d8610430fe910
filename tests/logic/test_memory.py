"""What is kept within a bound, and what is kept only once its key is met again."""

from __future__ import annotations

from lrp_kg.logic.memory import BoundedMemory, SharedBound


def test_a_value_is_kept_once_its_key_is_met_again() -> None:
    memory: BoundedMemory[str, int] = BoundedMemory(SharedBound(10**6), 100)
    assert memory.put_again("one", 1) == 1
    assert memory.get("one") is None
    memory.age()
    assert memory.put_again("one", 1) == 1
    assert memory.get("one") == 1


def test_a_key_that_was_not_met_for_long_is_met_for_the_first_time() -> None:
    memory: BoundedMemory[str, int] = BoundedMemory(SharedBound(10**6), 100)
    memory.put_again("one", 1)
    memory.age()
    memory.age()
    memory.put_again("one", 1)
    assert memory.get("one") is None
    memory.clear()
    memory.put_again("one", 1)
    assert memory.get("one") is None


def test_a_key_that_is_met_in_each_half_of_a_memory_stays_met() -> None:
    memory: BoundedMemory[str, int] = BoundedMemory(SharedBound(10**6), 100)
    assert not memory.met("one")
    for _ in range(5):
        memory.age()
        assert memory.met("one")
        assert memory.met("one")


def test_keys_that_are_met_once_age_a_memory_later_than_values_do() -> None:
    bound = SharedBound(10_000)
    memory: BoundedMemory[int, int] = BoundedMemory(bound, 1000)
    memory.put(-1, 1)
    for number in range(100):
        memory.put_again(number, number)
    assert memory.get(-1) == 1
    for number in range(100, 500):
        memory.put_again(number, number)
    assert memory.get(-1) is None
    assert not memory.young


def test_what_stays_young_counts_with_its_weight_again() -> None:
    memory: BoundedMemory[int, bytes] = BoundedMemory(SharedBound(10_000), 0, len)
    for number in range(200):
        memory.put(number, bytes(1000))
        for other in range(number):  # all that is there stays young
            memory.get(other)
        assert len(memory) <= 2 * 11
