"""The verdicts that SPARQL returns for each class, remembered by what they depend on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from lrp_kg.guideline.criteria import Named, parts_of
from lrp_kg.logic.cells import Cellular, Signature, cells_of
from lrp_kg.logic.classify import FALSE, OPEN, TRUE, Program, Verdicts
from lrp_kg.logic.memory import BoundedMemory, SharedBound

LIMIT = 4 * 1024 * 1024
"""Bytes of verdicts that are remembered, where they have a bound of their own."""
FEW = 6
"""Cells by which verdicts are known; combinations of more of them hardly repeat, and are many."""
_GROUP, _ENTRY = 400, 150
"""Bytes that an entry takes: two short texts and their place in a dictionary."""


def together(states: Iterable[int]) -> int:
    """Return the one verdict that all are, else unknown."""
    found = set(states)
    return found.pop() if len(found) == 1 else OPEN


def both(a: int, b: int) -> int:
    """Return whether two things hold."""
    return FALSE if FALSE in (a, b) else OPEN if OPEN in (a, b) else TRUE


class SignatureVerdicts(dict[Any, Any]):
    """The verdicts for one signature by the numbers of expressions, each worked out when it is asked for."""

    __slots__ = ("memory", "signature")

    def __init__(self, memory: VerdictMemory, signature: Signature) -> None:
        super().__init__()
        self.memory = memory
        self.signature = signature

    def __missing__(self, number: int) -> int:
        return self.work_out(number)

    def work_out(self, number: int) -> int:
        """Return the verdict of an expression that was not asked for yet, and keep it."""
        found: int
        group = self.memory.group_of[number]
        if group is None:
            self[number] = found = self.memory.by_parts(self, number)
            return found
        settled = group.settled(self)
        self.update(settled)
        found = settled[number]
        return found


class CellGroup:
    """All that the same few cells settle: the verdicts of expressions by their numbers, and what is read of those."""

    __slots__ = ("_cells", "_known", "_memory", "numbers")

    def __init__(self, memory: VerdictMemory, reads: tuple[int, ...], bound: SharedBound) -> None:
        self._memory = memory
        self._cells = cells_of(reads)
        self._known: BoundedMemory[Cellular, dict[Any, Any]] = BoundedMemory(bound, _GROUP)
        self.numbers: list[int] = []
        """The expressions that read these cells; parts come before what they are part of."""

    def settled(self, known: SignatureVerdicts) -> dict[Any, Any]:
        """Return what the cells of a signature settle; whoever works out more of it from them alone adds it."""
        cells = self._cells(known.signature)
        found = self._known.young.get(cells)
        if found is None:
            found = self._known.get(cells)
            if found is None:
                for number in self.numbers:
                    known[number] = self._memory.by_parts(known, number)
                found = self._known.put(cells, {number: known[number] for number in self.numbers})
        return found

    def put(self, signature: Signature, verdicts: Verdicts) -> None:
        """Remember the verdicts for a signature."""
        self._known.put(self._cells(signature), {number: verdicts[number] for number in self.numbers})


class VerdictMemory:
    """Verdicts of expressions for signatures, of which SPARQL is asked for those that are not known.

    Expressions that read the same few cells are a group: their verdicts are known, or not, together. All others, and
    those of a group that are not known for some cells, are known by the verdicts of their parts, which repeat much more
    often: that is all that their operator reads in a query.
    """

    def __init__(self, program: Program, memories: SharedBound | None = None) -> None:
        self.program = program
        self._bound = memories or SharedBound(LIMIT)
        self._reads = [tuple(sorted(program.fields(node))) for node in program.nodes]
        self._groups: dict[tuple[int, ...], CellGroup] = {}
        self.group_of = [self.group(reads) for reads in self._reads]
        """The group of each expression by its number; ``None`` where it reads more than a few cells."""
        for number, group in enumerate(self.group_of):
            if group:
                group.numbers.append(number)
        self._number = {e.iri: i for e, i in program.index.items() if isinstance(e, Named)}
        self._parts = [tuple(program.index[p] for p in parts_of(node)) for node in program.nodes]
        self._by_parts: list[BoundedMemory[bytes, int]] = [BoundedMemory(self._bound, _ENTRY) for _ in program.nodes]
        self._last = SignatureVerdicts(self, program.cells.unknown)

    def group(self, reads: tuple[int, ...]) -> CellGroup | None:
        """Return what is settled by some cells; ``None`` where they are many."""
        if len(reads) > FEW:
            return None
        return self._groups.get(reads) or self._groups.setdefault(reads, CellGroup(self, reads, self._bound))

    def of(self, signature: Signature) -> SignatureVerdicts:
        """Return the verdicts for a signature."""
        last = self._last
        if last.signature != signature:
            last = self._last = SignatureVerdicts(self, signature)
        return last

    def by_parts(self, known: SignatureVerdicts, number: int) -> int:
        """Return the verdict of an expression by those of its parts, or by the cell that it reads."""
        parts = bytes([known[p] for p in self._parts[number]] or [known.signature[i] for i in self._reads[number]])
        memory = self._by_parts[number]
        found = memory.young.get(parts)
        if found is None:
            found = memory.get(parts)
        return memory.put(parts, self.program.verdict_by_parts(number, parts)) if found is None else found

    def one(self, signature: Signature, cls: str) -> int:
        """Return the verdict of one named class; every record belongs to the class of all records."""
        return self.named(self.of(signature), cls)

    def named(self, verdicts: Mapping[int, int], cls: str) -> int:
        """Return the verdict of a named class from those by the numbers of expressions."""
        number = self._number.get(cls)
        return TRUE if number is None else verdicts[number]

    def number(self, cls: str) -> int | None:
        """Return the number of a named class; the class of all records has none."""
        return self._number.get(cls)

    def read_by(self, number: int) -> tuple[int, ...]:
        """Return the variables that an expression reads."""
        return self._reads[number]

    def take(self, known: Mapping[Signature, Verdicts]) -> None:
        """Remember verdicts of signatures that were queried already."""
        for signature, verdicts in known.items():
            for group in self._groups.values():
                group.put(signature, verdicts)
            for number, parts in enumerate(self._parts):
                if parts:
                    self._by_parts[number].put(bytes([verdicts[p] for p in parts]), verdicts[number])
