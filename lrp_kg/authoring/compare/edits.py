"""How the definition of a class was edited: which threshold, operator or part is another one."""

from __future__ import annotations

from collections.abc import Iterator

from lrp_kg.authoring.compare.model import Edit
from lrp_kg.guideline.criteria import All, AnyOf, Between, Expression, Has, Named, Not, walk


def edits(old: Expression, new: Expression) -> tuple[Edit, ...]:
    """Return the differences between two definitions; none where they differ in nothing but the order of parts."""
    return tuple(_edits(old, new))


def _edits(old: Expression, new: Expression) -> Iterator[Edit]:
    if old == new:
        return
    if isinstance(old, Between) and isinstance(new, Between) and old.field == new.field:
        if old.low != new.low:
            yield Edit("threshold", old.field, "min", old.low, new.low)
        if old.high != new.high:
            yield Edit("threshold", old.field, "max", old.high, new.high)
    elif isinstance(old, (All, AnyOf)) and isinstance(new, (All, AnyOf)):
        if type(old) is not type(new):
            yield Edit("operator", before=_operator(old), after=_operator(new))
        yield from _parts(list(old.parts), list(new.parts))
    elif isinstance(old, Not) and isinstance(new, Not):
        yield from _edits(old.part, new.part)
    elif isinstance(old, Not) and old.part == new:
        yield Edit("negation", before=old, after=new)
    elif isinstance(new, Not) and new.part == old:
        yield Edit("negation", before=old, after=new)
    elif isinstance(new, (All, AnyOf)) and old in new.parts:
        yield Edit("operator", before="", after=_operator(new))
        yield from _parts([old], list(new.parts))
    elif isinstance(old, (All, AnyOf)) and new in old.parts:
        yield Edit("operator", before=_operator(old), after="")
        yield from _parts(list(old.parts), [new])
    else:
        yield Edit("replaced", before=old, after=new)


def _parts(old: list[Expression], new: list[Expression]) -> Iterator[Edit]:
    """Compare operands: equal ones go away, then those about the same inputs are compared with one another."""
    gone = [p for p in old if p not in new]
    come = [p for p in new if p not in old]
    for part in list(gone):
        partner = next((c for c in come if _akin(part, c)), None)
        if partner is not None:
            gone.remove(part)
            come.remove(partner)
            yield from _edits(part, partner)
    if len(gone) == len(come) == 1:
        yield Edit("replaced", before=gone[0], after=come[0])
        return
    for part in gone:
        yield Edit("removed", before=part)
    for part in come:
        yield Edit("added", after=part)


def _akin(old: Expression, new: Expression) -> bool:
    if isinstance(old, Named) or isinstance(new, Named):
        return (isinstance(old, Not) and old.part == new) or (isinstance(new, Not) and new.part == old)
    return bool(_about(old) & _about(new))


def _about(expression: Expression) -> set[str]:
    found = set()
    for part in walk(expression):
        if isinstance(part, (Has, Between)):
            found.add(part.field)
        elif isinstance(part, Named):
            found.add(part.iri)
    return found


def _operator(expression: Expression) -> str:
    return "and" if isinstance(expression, All) else "or"
