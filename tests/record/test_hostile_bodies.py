"""Bodies that make a service work too much are answered soon, in little memory, with what is wrong."""

from tests.support.hostile_bodies import BODIES

LIMIT = 1 << 20
"""Bytes of a body that a service reads unless it is told otherwise."""


def test_bodies_are_within_the_limit_of_a_body() -> None:
    assert len({body.name for body in BODIES}) == len(BODIES) > 80
    assert all(len(body.make()) <= LIMIT for body in BODIES)
