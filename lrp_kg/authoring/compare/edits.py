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
    elif isinstance(old, Not) and isinstance(new, Not):
        yield from _edits(old.part, new.part)
    elif _opposite(old, new):
        yield Edit("negation", before=old, after=new)
    elif (_operator(old) and _operator(new)) or old in _operands(new) or new in _operands(old):
        if _operator(old) != _operator(new):
            yield Edit("operator", before=_operator(old), after=_operator(new))
        yield from _parts(_operands(old), _operands(new))
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
        return _opposite(old, new)
    return bool(_about(old) & _about(new))


def _opposite(old: Expression, new: Expression) -> bool:
    return (isinstance(old, Not) and old.part == new) or (isinstance(new, Not) and new.part == old)


def _about(expression: Expression) -> set[str]:
    parts = walk(expression)
    return {p.iri if isinstance(p, Named) else p.field for p in parts if isinstance(p, (Has, Between, Named))}


def _operator(expression: Expression) -> str:
    return "and" if isinstance(expression, All) else "or" if isinstance(expression, AnyOf) else ""


def _operands(expression: Expression) -> list[Expression]:
    return list(expression.parts) if isinstance(expression, (All, AnyOf)) else [expression]
