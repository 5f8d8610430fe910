"""The verdicts that SPARQL returns for each class, remembered by what they depend on."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from operator import itemgetter

from lrp_kg.guideline.criteria import Named, parts_of
from lrp_kg.logic.cells import Signature
from lrp_kg.logic.classify import FALSE, OPEN, TRUE, Program, Verdicts
from lrp_kg.logic.memory import BoundedMemory, SharedBound

LIMIT = 16 * 1024 * 1024
"""Bytes of verdicts that are remembered, where they have a bound of their own."""
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


class VerdictMemory:
    """Verdicts of expressions for signatures, of which SPARQL is asked for those that are not known.

    Expressions that read the same cells are a group: their verdicts are known, or not, together. Where those of a group
    are not known for some cells, each is known by the verdicts of its parts, which repeat much more often: that is all
    that its operator reads in a query.
    """

    def __init__(self, program: Program, memories: SharedBound | None = None) -> None:
        self.program = program
        self._groups: dict[tuple[int, ...], list[int]] = {}
        for number, node in enumerate(program.nodes):
            self._groups.setdefault(tuple(sorted(program.fields(node))), []).append(number)
        bound = memories or SharedBound(LIMIT)
        self._known: dict[tuple[int, ...], BoundedMemory[Cellular, Verdicts]] = {
            r: BoundedMemory(bound, _ENTRY) for r in self._groups
        }
        self._key = {reads: _key_of(reads) for reads in self._groups}
        self._place = {
            number: (reads, place) for reads, own in self._groups.items() for place, number in enumerate(own)
        }
        self._number = {e.iri: i for e, i in program.index.items() if isinstance(e, Named)}
        self._parts = [tuple(program.index[p] for p in parts_of(node)) for node in program.nodes]
        self._by_parts: list[BoundedMemory[bytes, int]] = [BoundedMemory(bound, _ENTRY) for _ in program.nodes]

    def of(self, signature: Signature, numbers: Sequence[int]) -> dict[int, int]:
        """Return the verdicts of some expressions for a signature."""
        return {number: self._of(signature, number) for number in numbers}

    def _of(self, signature: Signature, number: int) -> int:
        reads, place = self._place[number]
        key = self._key[reads](signature)
        known = self._known[reads]
        verdicts = known.young.get(key) or known.get(key)
        if verdicts is None:
            verdicts = known.put(key, self._of_group(signature, reads))
        return verdicts[place]

    def verdict_of(self, signature: Signature, number: int) -> int:
        """Return the verdict of one expression."""
        reads, place = self._place[number]
        verdicts = self._known[reads].young.get(self._key[reads](signature))
        return self._of(signature, number) if verdicts is None else verdicts[place]

    def key(self, cls: str) -> Callable[[Signature], Cellular]:
        """Return what takes the cells that a named class reads."""
        number = self._number.get(cls)
        return _key_of(()) if number is None else self._key[self._place[number][0]]

    def reader(self, number: int) -> Callable[[Signature], int]:
        """Return what reads the verdict of one expression."""
        reads, place = self._place[number]
        key, known = self._key[reads], self._known[reads]

        def read(signature: Signature) -> int:
            verdicts = known.young.get(key(signature))
            return self._of(signature, number) if verdicts is None else verdicts[place]

        return read

    def _of_group(self, signature: Signature, reads: tuple[int, ...]) -> Verdicts:
        """Return the verdicts of a group, each by those of its parts, or by the cell that it reads."""
        found: dict[int, int] = {}
        for number in self._groups[reads]:  # parts come before what they are part of
            parts = self._parts[number]
            own = [found[p] if p in found else self._of(signature, p) for p in parts]
            key = bytes(own or [signature[i] for i in reads])
            verdict = self._by_parts[number].get(key)
            if verdict is None:
                verdict = self._by_parts[number].put(key, self.program.verdict_by_parts(number, key))
            found[number] = verdict
        return bytes(found.values())

    def one(self, signature: Signature, cls: str) -> int:
        """Return the verdict of one named class; every record belongs to the class of all records."""
        number = self._number.get(cls)
        return TRUE if number is None else self._of(signature, number)

    def common(self, signatures: Sequence[Signature], cls: str) -> int:
        """Return the verdict of a named class on which signatures agree; unknown where they do not."""
        first = self.one(signatures[0], cls)
        return first if all(self.one(s, cls) == first for s in signatures[1:]) else OPEN

    def number(self, cls: str) -> int | None:
        """Return the number of a named class; the class of all records has none."""
        return self._number.get(cls)

    def reads(self, cls: str) -> tuple[int, ...]:
        """Return the variables that a named class reads: all that its verdict and reasons depend on."""
        number = self._number.get(cls)
        return () if number is None else self._place[number][0]

    def read_by(self, number: int) -> tuple[int, ...]:
        """Return the variables that an expression reads."""
        return self._place[number][0]

    def projection(self, signature: Signature, cls: str) -> Cellular:
        """Return the cells of a signature that a named class reads."""
        number = self._number.get(cls)
        return () if number is None else self._key[self._place[number][0]](signature)

    def take(self, known: Mapping[Signature, Verdicts]) -> None:
        """Remember verdicts of signatures that were queried already."""
        for signature, verdicts in known.items():
            for reads, own in self._groups.items():
                self._known[reads].put(self._key[reads](signature), bytes([verdicts[number] for number in own]))


def _key_of(reads: tuple[int, ...]) -> Callable[[Signature], Cellular]:
    """Return what takes some cells of a signature."""
    if len(reads) < 2:
        return lambda signature: tuple([signature[i] for i in reads])
    return itemgetter(*reads)
