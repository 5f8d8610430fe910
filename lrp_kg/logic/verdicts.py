"""The verdicts that SPARQL returns for each class, remembered by what they depend on."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from operator import itemgetter
from typing import Any

from lrp_kg.guideline.criteria import Named, parts_of
from lrp_kg.logic.cells import Signature
from lrp_kg.logic.classify import FALSE, OPEN, TRUE, Program, Verdicts
from lrp_kg.logic.memory import BoundedMemory, SharedBound

LIMIT = 16 * 1024 * 1024
"""Bytes of verdicts that are remembered, where they have a bound of their own."""
FEW = 4
"""Cells by which verdicts are known; combinations of more of them hardly repeat, and are many."""
_ENTRY = 150
"""Bytes that an entry takes: two short texts and their place in a dictionary."""


Cellular = tuple[int, ...]
"""Cells of a signature."""


def together(states: Iterable[int]) -> int:
    """Return the one verdict that all are, else unknown."""
    found = set(states)
    return found.pop() if len(found) == 1 else OPEN


def both(a: int, b: int) -> int:
    """Return whether two things hold."""
    return FALSE if FALSE in (a, b) else OPEN if OPEN in (a, b) else TRUE


class SignatureVerdicts(dict[Any, Any]):
    """The verdicts for one signature by the numbers of expressions, each worked out when it is asked for."""

    __slots__ = ("_memory", "signature")

    def __init__(self, memory: VerdictMemory, signature: Signature) -> None:
        super().__init__()
        self._memory = memory
        self.signature = signature

    def __missing__(self, number: int) -> int:
        self[number] = found = self.work_out(number)
        return found

    def work_out(self, number: int) -> int:
        """Return the verdict of an expression that was not asked for yet."""
        return self._memory.work_out(self, number)


class VerdictMemory:
    """Verdicts of expressions for signatures, of which SPARQL is asked for those that are not known.

    Expressions that read the same few cells are a group: their verdicts are known, or not, together. All others, and
    those of a group that are not known for some cells, are known by the verdicts of their parts, which repeat much more
    often: that is all that their operator reads in a query.
    """

    def __init__(self, program: Program, memories: SharedBound | None = None) -> None:
        self.program = program
        self._reads = [tuple(sorted(program.fields(node))) for node in program.nodes]
        self._groups: dict[tuple[int, ...], list[int]] = {}
        for number, reads in enumerate(self._reads):
            if len(reads) <= FEW:
                self._groups.setdefault(reads, []).append(number)
        bound = memories or SharedBound(LIMIT)
        self._known: dict[tuple[int, ...], BoundedMemory[Cellular, Verdicts]] = {
            r: BoundedMemory(bound, _ENTRY) for r in self._groups
        }
        self._group_of = {
            number: (cells_of(reads), self._known[reads], place, tuple(own))
            for reads, own in self._groups.items()
            for place, number in enumerate(own)
        }
        self._number = {e.iri: i for e, i in program.index.items() if isinstance(e, Named)}
        self._parts = [tuple(program.index[p] for p in parts_of(node)) for node in program.nodes]
        self._by_parts: list[BoundedMemory[bytes, int]] = [BoundedMemory(bound, _ENTRY) for _ in program.nodes]
        self._last = SignatureVerdicts(self, program.cells.unknown)

    def of(self, signature: Signature) -> SignatureVerdicts:
        """Return the verdicts for a signature."""
        last = self._last
        if last.signature != signature:
            last = self._last = SignatureVerdicts(self, signature)
        return last

    def work_out(self, known: SignatureVerdicts, number: int) -> int:
        """Return a verdict that is not known of a signature."""
        group = self._group_of.get(number)
        if group is None:
            return self._by_its_parts(number, bytes([known[p] for p in self._parts[number]]))
        cells_of_group, memory, place, numbers = group
        cells = cells_of_group(known.signature)
        verdicts = memory.young.get(cells) or memory.get(cells)
        if verdicts is None:
            for own in numbers:  # parts come before what they are part of
                parts = [known[p] for p in self._parts[own]]
                known[own] = self._by_its_parts(own, bytes(parts or [known.signature[i] for i in self._reads[own]]))
            verdicts = memory.put(cells, bytes([known[own] for own in numbers]))
        return verdicts[place]

    def _by_its_parts(self, number: int, parts: bytes) -> int:
        """Return the verdict of an expression by those of its parts, or by the cell that it reads."""
        memory = self._by_parts[number]
        found = memory.young.get(parts)
        if found is None:
            found = memory.get(parts)
        return memory.put(parts, self.program.verdict_by_parts(number, parts)) if found is None else found

    def one(self, signature: Signature, cls: str) -> int:
        """Return the verdict of one named class; every record belongs to the class of all records."""
        number = self._number.get(cls)
        return TRUE if number is None else self.of(signature)[number]

    def common(self, signatures: Sequence[Signature], cls: str) -> int:
        """Return the verdict of a named class on which signatures agree; unknown where they do not."""
        first = self.one(signatures[0], cls)
        return first if all(self.one(s, cls) == first for s in signatures[1:]) else OPEN

    def number(self, cls: str) -> int | None:
        """Return the number of a named class; the class of all records has none."""
        return self._number.get(cls)

    def read_by(self, number: int) -> tuple[int, ...]:
        """Return the variables that an expression reads."""
        return self._reads[number]

    def take(self, known: Mapping[Signature, Verdicts]) -> None:
        """Remember verdicts of signatures that were queried already."""
        for signature, verdicts in known.items():
            for reads, own in self._groups.items():
                self._known[reads].put(cells_of(reads)(signature), bytes([verdicts[number] for number in own]))
            for number, parts in enumerate(self._parts):
                if parts:
                    self._by_parts[number].put(bytes([verdicts[p] for p in parts]), verdicts[number])


def cells_of(reads: tuple[int, ...]) -> Callable[[Signature], Cellular]:
    """Return what takes some cells of a signature."""
    if len(reads) < 2:
        return lambda signature: tuple([signature[i] for i in reads])
    return itemgetter(*reads)
