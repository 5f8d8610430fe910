"""The verdicts that SPARQL returns for each class, cached by the cells that the class reads."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from lrp_kg.guideline.criteria import Named
from lrp_kg.logic.cells import Signature
from lrp_kg.logic.classify import FALSE, OPEN, TRUE, Program, Verdicts

LIMIT = 200_000
"""Cached verdicts of one class; beyond it they are dropped."""


def together(states: Iterable[int]) -> int:
    """Return the one verdict that all are, else unknown."""
    found = set(states)
    return found.pop() if len(found) == 1 else OPEN


def both(a: int, b: int) -> int:
    """Return whether two things hold."""
    return FALSE if FALSE in (a, b) else OPEN if OPEN in (a, b) else TRUE


class VerdictMemory:
    """Verdicts of named classes for signatures; one query returns all verdicts that are not in the cache."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self._reads: list[tuple[int, ...]] = [tuple(sorted(program.fields(node))) for node in program.nodes]
        self._known: list[dict[bytes, int]] = [{} for _ in program.nodes]
        self._number = {e.iri: i for e, i in program.index.items() if isinstance(e, Named)}

    def of(self, signature: Signature, numbers: Sequence[int]) -> dict[int, int]:
        """Return the verdicts of some expressions for a signature."""
        return {number: self._of(signature, number) for number in numbers}

    def _of(self, signature: Signature, number: int) -> int:
        key = bytes([signature[i] for i in self._reads[number]])
        verdict = self._known[number].get(key)
        if verdict is None:
            self._ask(signature)
            verdict = self._known[number][key]
        return verdict

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
        return b"" if number is None else bytes([signature[i] for i in self._reads[number]])

    def learn(self, signatures: Sequence[Signature]) -> dict[Signature, Verdicts]:
        """Query many signatures at once, which is faster than one by one."""
        distinct = list(dict.fromkeys(signatures))
        found = dict(zip(distinct, self.program.classify(distinct), strict=True))
        for signature, verdicts in found.items():
            self._remember(enumerate(self._keys(signature)), verdicts)
        return found

    def prepare(self, signatures: Iterable[Signature]) -> None:
        """Query at once what is not in the cache for some of these signatures, leaving out those that add nothing."""
        coming: list[set[bytes]] = [set() for _ in self._known]
        new = []
        for signature in dict.fromkeys(signatures):
            keys = self._keys(signature)
            if any(k not in known and k not in met for k, known, met in zip(keys, self._known, coming, strict=True)):
                new.append(signature)
                for key, met in zip(keys, coming, strict=True):
                    met.add(key)
        self.learn(new)

    def _ask(self, signature: Signature) -> None:
        """Query every expression whose verdict is not in the cache for the cells of a signature."""
        keys = self._keys(signature)
        unknown = [n for n, key in enumerate(keys) if key not in self._known[n]]
        needed = self.program.needed([self.program.nodes[n] for n in unknown])
        verdicts = self.program.classify([signature], needed)[0]
        self._remember(((n, keys[n]) for n in unknown), verdicts)

    def _keys(self, signature: Signature) -> list[bytes]:
        """Return the cells that each expression reads."""
        return [bytes([signature[i] for i in reads]) for reads in self._reads]

    def _remember(self, keys: Iterable[tuple[int, bytes]], verdicts: Verdicts) -> None:
        for number, key in keys:
            known = self._known[number]
            if len(known) > LIMIT:
                known.clear()
            known[key] = verdicts[number]
