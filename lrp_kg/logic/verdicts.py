"""The verdicts that SPARQL returns for each class, cached by the cells that the class reads."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from lrp_kg.guideline.criteria import Named
from lrp_kg.logic.cells import Signature
from lrp_kg.logic.classify import FALSE, OPEN, TRUE, Program, Verdicts

LIMIT = 200_000
"""Cells of which the verdicts of one group of expressions are cached; beyond it they are dropped."""


def together(states: Iterable[int]) -> int:
    """Return the one verdict that all are, else unknown."""
    found = set(states)
    return found.pop() if len(found) == 1 else OPEN


def both(a: int, b: int) -> int:
    """Return whether two things hold."""
    return FALSE if FALSE in (a, b) else OPEN if OPEN in (a, b) else TRUE


class VerdictMemory:
    """Verdicts of expressions for signatures; one query returns all verdicts that are not in the cache.

    Expressions that read the same cells are a group: their verdicts are known, or not, together.
    """

    def __init__(self, program: Program) -> None:
        self.program = program
        self._groups: dict[tuple[int, ...], list[int]] = {}
        for number, node in enumerate(program.nodes):
            self._groups.setdefault(tuple(sorted(program.fields(node))), []).append(number)
        self._known: dict[tuple[int, ...], dict[bytes, Verdicts]] = {reads: {} for reads in self._groups}
        self._place = {
            number: (reads, place) for reads, own in self._groups.items() for place, number in enumerate(own)
        }
        self._number = {e.iri: i for e, i in program.index.items() if isinstance(e, Named)}

    def of(self, signature: Signature, numbers: Sequence[int]) -> dict[int, int]:
        """Return the verdicts of some expressions for a signature."""
        return {number: self._of(signature, number) for number in numbers}

    def _of(self, signature: Signature, number: int) -> int:
        reads, place = self._place[number]
        known, key = self._known[reads], bytes([signature[i] for i in reads])
        verdicts = known.get(key)
        if verdicts is None:
            self._ask(signature)
            verdicts = known[key]
        return verdicts[place]

    def one(self, signature: Signature, cls: str) -> int:
        """Return the verdict of one named class; every record belongs to the class of all records."""
        number = self._number.get(cls)
        return TRUE if number is None else self._of(signature, number)

    def common(self, signatures: Sequence[Signature], cls: str) -> int:
        """Return the verdict of a named class on which signatures agree; unknown where they do not."""
        first = self.one(signatures[0], cls)
        return first if all(self.one(s, cls) == first for s in signatures[1:]) else OPEN

    def projection(self, signature: Signature, cls: str) -> bytes:
        """Return the cells of a signature that a named class reads: all that its verdict and reasons depend on."""
        number = self._number.get(cls)
        return b"" if number is None else bytes([signature[i] for i in self._place[number][0]])

    def learn(self, signatures: Sequence[Signature]) -> dict[Signature, Verdicts]:
        """Query many signatures at once, which is faster than one by one."""
        distinct = list(dict.fromkeys(signatures))
        found = dict(zip(distinct, self.program.classify(distinct), strict=True))
        self.take(found)
        return found

    def take(self, known: Mapping[Signature, Verdicts]) -> None:
        """Remember verdicts of signatures that were queried already."""
        for signature, verdicts in known.items():
            self._remember(self._keys(signature), verdicts)

    def prepare(self, signatures: Iterable[Signature]) -> None:
        """Query at once what is not in the cache for some of these signatures, leaving out those that add nothing."""
        coming: set[tuple[tuple[int, ...], bytes]] = set()
        asked = []
        for signature in dict.fromkeys(signatures):
            new = self._unknown(signature).items() - coming
            if new:
                asked.append(signature)
                coming |= new
        self.learn(asked)

    def _ask(self, signature: Signature) -> None:
        """Query every expression whose verdict is not in the cache for the cells of a signature."""
        unknown = self._unknown(signature)
        needed = self.program.needed(self.program.nodes[n] for reads in unknown for n in self._groups[reads])
        self._remember(unknown, self.program.classify([signature], needed)[0])

    def _keys(self, signature: Signature) -> dict[tuple[int, ...], bytes]:
        """Return the cells that each group reads."""
        return {reads: bytes([signature[i] for i in reads]) for reads in self._groups}

    def _unknown(self, signature: Signature) -> dict[tuple[int, ...], bytes]:
        return {reads: key for reads, key in self._keys(signature).items() if key not in self._known[reads]}

    def _remember(self, keys: Mapping[tuple[int, ...], bytes], verdicts: Verdicts) -> None:
        for reads, key in keys.items():
            known = self._known[reads]
            if len(known) > LIMIT:
                known.clear()
            known[key] = bytes([verdicts[number] for number in self._groups[reads]])
