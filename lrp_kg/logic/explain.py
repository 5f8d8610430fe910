"""Why and why not: the conditions that an answer depends on, with the labels of the guideline."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass

from lrp_kg.guideline.criteria import All, AnyOf, Between, Expression, Has, Named, Not, fields_of, parts_of
from lrp_kg.guideline.model import Condition
from lrp_kg.logic.classify import FALSE, OPEN, TRUE, Program
from lrp_kg.logic.memory import BoundedMemory, SharedBound

VERDICT_NAMES = {FALSE: "false", TRUE: "true", OPEN: "unknown"}
"""What a verdict is called in answers, as RDF the local name of its `cp:Verdict`."""


@dataclass(frozen=True, slots=True)
class Reason:
    """A condition on one field, and whether it holds."""

    condition: Condition
    field: str
    verdict: int

    def __hash__(self) -> int:
        """Hash what tells it from others, not the whole condition."""
        return hash((self.condition.iri, self.field, self.verdict))


class Reasons:
    """Reasons of which there is one object for each content."""

    __slots__ = ("reasons",)

    def __init__(self, reasons: tuple[Reason, ...] = ()) -> None:
        self.reasons = reasons


@dataclass(frozen=True, eq=False, slots=True)
class _Node:
    """An expression as reasons are taken from it: a condition on one field, or several parts with their numbers.

    ``number`` is that of the expression whose verdict counts, ``said`` the reason by this verdict, and ``decisive`` the
    verdict that one part is enough for.
    """

    number: int
    said: tuple[Reasons, ...] = ()
    parts: tuple[tuple[int, _Node], ...] = ()
    decisive: int = OPEN


_NOTHING = Reasons()


class Explainer:
    """Finds the conditions on single fields that settle, or leave open, a class.

    What was found is remembered by the reasons of the parts of a class.
    """

    def __init__(self, program: Program, memories: SharedBound) -> None:
        self._guideline = program.guideline
        self._program = program
        self._said: dict[tuple[str, str], _Node] = {}
        self._nodes: dict[str, _Node] = {}
        self._joint: BoundedMemory[tuple[Reasons, ...], Reasons] = BoundedMemory(memories, 300)
        self._each_once: BoundedMemory[Reasons, Reasons] = BoundedMemory(memories, 200)
        self._same: BoundedMemory[Hashable, Reasons] = BoundedMemory(memories, 500)

    def reasons(self, cls: str, verdicts: Mapping[int, int]) -> Reasons:
        """Return the conditions for which a class holds, does not hold, or is unknown, each once.

        ``verdicts`` are those by the numbers of expressions; of several signatures those on which they agree.
        """
        node = self._nodes.get(cls)
        if node is None:
            node = self._nodes[cls] = self._node(Named(cls), None)
        return self._once(self._of(node, verdicts, False))

    def _once(self, found: Reasons) -> Reasons:
        """Return reasons without those that say the same condition again."""
        known = self._each_once.get(found)
        if known is None:
            once: dict[str, Reason] = {}
            for reason in found.reasons:
                once.setdefault(reason.condition.iri, reason)
            content = tuple((r.condition.iri, r.field, r.verdict) for r in once.values())
            same = self._same.get(content) or self._same.put(content, Reasons(tuple(once.values())))
            known = self._each_once.put(found, same)
        return known

    def _of(self, node: _Node, verdicts: Mapping[int, int], whole: bool) -> Reasons:
        """Return the reasons; ``whole``: what holds of an open expression too, not only what leaves it open."""
        if node.said:
            return node.said[verdicts[node.number]]
        own = verdicts[node.number]
        decisive = own if own == OPEN else node.decisive
        everything = own not in (decisive, OPEN) or (whole and node.decisive == FALSE)
        parts = node.parts if everything else [p for p in node.parts if verdicts[p[0]] == decisive]
        if not parts:  # over all days of an uncertain date this is certain, and no part of it is
            parts, whole = [p for p in node.parts if verdicts[p[0]] == OPEN], True
        found = tuple([self._of(part, verdicts, whole) for _, part in parts])
        if len(found) == 1:
            return found[0]
        known = self._joint.get(found)
        return known or self._joint.put(found, Reasons(tuple(r for one in found for r in one.reasons)))

    # -- what a class is made of --------------------------------------------------------------------

    def _node(self, expression: Expression, within: Condition | None) -> _Node:
        """Return an expression as reasons are taken from it, ``within`` the nearest condition that has a name."""
        if isinstance(expression, Named):
            condition = self._guideline.conditions.get(expression.iri)
            if condition is None:
                return self._says_nothing
            field = self._single_field(expression.iri)
            return self._node(condition.expression, condition) if field is None else self._says(condition, field)
        if isinstance(expression, (All, AnyOf)):
            index, decisive = self._program.index, FALSE if isinstance(expression, All) else TRUE
            parts = tuple((index[p], self._node(p, within)) for p in parts_of(expression))
            return _Node(index[expression], parts=parts, decisive=decisive)
        if isinstance(expression, Not):
            return self._node(expression.part, within)
        if within is not None and isinstance(expression, (Has, Between)):
            # a condition without a name of its own is reported as the one it is part of, with the verdict of that one
            return self._says(within, self._list_of(expression.field))
        return self._says_nothing

    def _says(self, condition: Condition, field: str) -> _Node:
        found = self._said.get((condition.iri, field))
        if found is None:
            said = tuple(Reasons((Reason(condition, field, verdict),)) for verdict in range(len(VERDICT_NAMES)))
            found = self._said[condition.iri, field] = _Node(self._program.index[Named(condition.iri)], said)
        return found

    @property
    def _says_nothing(self) -> _Node:
        return _Node(0, (_NOTHING,) * len(VERDICT_NAMES))

    def _single_field(self, cls: str) -> str | None:
        """Return the one field a named class reads, or ``None`` if it reads several."""
        inputs = {self._list_of(f) for f in fields_of(Named(cls), self._guideline.classes)}
        return next(iter(inputs)) if len(inputs) == 1 else None

    def _list_of(self, field: str) -> str:
        return self._guideline.expanded.get(field, (field, ""))[0]
