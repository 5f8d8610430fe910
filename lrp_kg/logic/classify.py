"""The criteria as one SPARQL query, whose operators are three-valued by the standard (SPARQL 1.1, 17.2).

Every condition becomes a ``BIND``: true, false, or unbound where the fields it needs are unknown. Conjunction and
disjunction are written ``!(!?a || !?b)`` and ``!(!?a) || !(!?b)``: rdflib evaluates ``&&`` and ``||`` on a bare
unbound variable differently from the standard; these forms are right on every engine.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import product
from typing import Any, Protocol

import pyoxigraph as ox

from lrp_kg.guideline.criteria import All, Always, AnyOf, Between, Expression, Has, Named, Not, parts_of
from lrp_kg.guideline.model import Guideline
from lrp_kg.logic.cells import UNKNOWN, Cells, Signature, Variable
from lrp_kg.namespaces import CP, XSD, local_name
from lrp_kg.sparql_parsing import PARSING

FALSE, TRUE, OPEN = 0, 1, 2
Verdicts = bytes

_STATES = {FALSE: "false", TRUE: "true", OPEN: "UNDEF"}
CHUNK = 400
"""Signatures in one query."""
BINDS = 800
"""Expressions in one query: each BIND is a level of Oxigraph's algebra, and some thousands overflow its stack."""

AT_ONCE = 27
"""Combinations of the verdicts of parts, or cells of a field, that are asked for together once one is needed."""


class SparqlEngine(Protocol):
    """Something that answers a SELECT query over no data: rows of the variables, ``None`` for unbound."""

    name: str

    def rows(self, query: str) -> Iterable[Sequence[bool | int | None]]:
        """Yield the rows of a query: first column an integer, the others booleans or ``None``."""


class Oxigraph:
    """Oxigraph, in process."""

    name = "oxigraph"

    def __init__(self) -> None:
        self._store = ox.Store()

    def rows(self, query: str) -> Iterable[Sequence[bool | int | None]]:
        """Yield the rows of a query."""
        solutions: Any = self._store.query(query)
        width = len(solutions.variables)
        for solution in solutions:
            yield [
                int(solution[0].value),
                *(None if (t := solution[i]) is None else t.value == "true" for i in range(1, width)),
            ]


class Rdflib:
    """The SPARQL engine of rdflib."""

    name = "rdflib"

    def rows(self, query: str) -> Iterable[Sequence[bool | int | None]]:
        """Yield the rows of a query."""
        import rdflib

        with PARSING:  # the limit of recursion is that of all threads too
            limit = sys.getrecursionlimit()
            sys.setrecursionlimit(max(limit, 20_000))  # one level of its algebra per BIND
            try:
                result = rdflib.Graph().query(query)
                names, bindings = result.vars or [], list(result.bindings)
            finally:
                sys.setrecursionlimit(limit)
        for binding in bindings:
            yield [
                int(binding[names[0]]),
                *(None if (t := binding.get(name)) is None else str(t) == "true" for name in names[1:]),
            ]


ENGINES: dict[str, type[Oxigraph] | type[Rdflib]] = {"oxigraph": Oxigraph, "rdflib": Rdflib}


@dataclass(frozen=True)
class Step:
    """One BIND: the variable it sets, its SPARQL expression, and the classes it decides."""

    variable: str
    expression: str
    classes: tuple[str, ...]


class Program:
    """The criteria of a guideline, compiled; gives the verdict of every expression for signatures."""

    def __init__(self, guideline: Guideline, cells: Cells, engine: SparqlEngine | None = None) -> None:
        self.guideline = guideline
        self.cells = cells
        self.engine: SparqlEngine = engine or Oxigraph()
        self.index: dict[Expression, int] = {}
        self.nodes: list[Expression] = []
        self._names: list[str] = []
        for name in guideline.conditions:
            self._add(Named(name))
        self._add(Always())
        self.steps = tuple(self._step(i) for i in range(len(self.nodes)))
        self._fields: dict[Expression, frozenset[int]] = {}
        self._tables: dict[int, dict[bytes, int]] = {}
        self._kept: Mapping[int, str] = {}

    # -- compiling ----------------------------------------------------------------------------

    def _add(self, expression: Expression) -> int:
        known = self.index.get(expression)
        if known is not None:
            return known
        if isinstance(expression, Named):
            number = self._add(self.guideline.classes[expression.iri])
            if self._names[number].startswith("x"):
                self._names[number] = class_variable(expression.iri)
        else:
            for part in parts_of(expression):
                self._add(part)
            number = len(self.nodes)
            self.nodes.append(expression)
            self._names.append(f"x{number}")
        self.index[expression] = number
        return number

    def _step(self, number: int) -> Step:
        classes = tuple(e.iri for e, i in self.index.items() if i == number and isinstance(e, Named))
        return Step(self._names[number], self._expression(self.nodes[number]), classes)

    def _variable(self, part: Expression) -> str:
        return "?" + self._names[self.index[part]]

    def _expression(self, node: Expression) -> str:
        if isinstance(node, Always):
            return "true"
        if isinstance(node, Has):
            value = f"<{node.value}>" if isinstance(node.value, str) else str(node.value).lower()
            return f"{field_variable(node.field)} = {value}"
        if isinstance(node, Between):
            name = field_variable(node.field)
            low = f"{name} >= {node.low}" if node.low is not None else ""
            high = f"{name} <= {node.high}" if node.high is not None else ""
            return f"!(!({low}) || !({high}))" if low and high else low or high
        if isinstance(node, Not):
            return f"!{self._variable(node.part)}"
        parts = [self._variable(p) for p in parts_of(node)]
        if isinstance(node, All):
            return "!(" + " || ".join(f"!{p}" for p in parts) + ")"
        assert isinstance(node, AnyOf)  # noqa: S101  the only kind left
        return " || ".join(f"(!(!{p}))" for p in parts)

    def needed(self, roots: Iterable[Expression]) -> tuple[int, ...]:
        """Return the places of all expressions that some expressions depend on, in the order of the query."""
        found: set[int] = set()
        stack = [self.index[r] for r in roots]
        while stack:
            number = stack.pop()
            if number not in found:
                found.add(number)
                stack += [self.index[p] for p in parts_of(self.nodes[number])]
        return tuple(sorted(found))

    def query_for(self, signatures: Sequence[Signature], needed: Sequence[int]) -> str:
        """Return the query that gives the verdicts of signatures, by representative values."""
        steps = [self.steps[i] for i in needed]
        read = {node.field for i in needed if isinstance(node := self.nodes[i], (Has, Between))}
        variables = [(i, v) for i, v in enumerate(self.cells.variables) if v.iri in read]
        rows = "\n".join(
            f"    ({row} {' '.join(_term(v, s[i]) for i, v in variables)})" for row, s in enumerate(signatures)
        )
        head = " ".join(field_variable(v.iri) for _, v in variables)
        outs = " ".join("?" + s.variable for s in steps)
        return f"SELECT ?row {outs} WHERE {{\n  VALUES (?row {head}) {{\n{rows}\n  }}\n{_binds(steps)}\n}}"

    # -- deciding -----------------------------------------------------------------------------

    def classify(self, signatures: Sequence[Signature], needed: Sequence[int] | None = None) -> list[Verdicts]:
        """Return the verdict of every expression for each signature: 0 false, 1 true, 2 unknown.

        With ``needed`` the query is about those only; the others are unknown.
        """
        asked = tuple(range(len(self.nodes)) if needed is None else needed)
        found = [bytearray([OPEN]) * len(self.nodes) for _ in signatures]
        for part in self._parts(asked) if len(asked) > BINDS else (asked,):
            for start in range(0, len(signatures), CHUNK):
                query = self.query_for(signatures[start : start + CHUNK], part)
                by_row = {int(row[0] or 0): row[1:] for row in self.engine.rows(query)}
                for row, own in enumerate(found[start : start + CHUNK]):
                    for number, verdict in zip(part, by_row[row], strict=True):
                        own[number] = OPEN if verdict is None else int(verdict)
        return [bytes(own) for own in found]

    def verdict_by_parts(self, number: int, key: bytes) -> int:
        """Return the verdict of one expression by the verdicts of its parts, or by the cell of the field it reads.

        Where there are few keys, all of them are asked for at once and kept.
        """
        table = self._tables.get(number)
        if table is None:
            if number in self._kept:
                own = zip(self.keys(number, len(self._kept[number])), map(int, self._kept[number]), strict=True)
                table = self._tables[number] = dict(own)
            else:
                keys = self.keys(number, AT_ONCE)
                if not keys:
                    return self._by_parts(number, (key,))[key]
                table = self._tables[number] = self._by_parts(number, keys)
        return table[key]

    def keys(self, number: int, most: int) -> tuple[bytes, ...]:
        """Return every key by which an expression is known, in order; none where there are more than ``most``."""
        node = self.nodes[number]
        if isinstance(node, (Has, Between)):
            return _keys(self.cells.variables[self.cells.index[node.field]].size + 1, 1, most)
        return _keys(len(_STATES), len(parts_of(node)), most)

    def all_verdicts(self, number: int, most: int) -> str:
        """Ask for the verdicts of an expression by every key, as digits in their order; none for too many keys."""
        keys = self.keys(number, most)
        found = self._by_parts(number, keys) if keys else {}
        return "".join([str(found.get(key, OPEN)) for key in keys])

    def take(self, kept: Mapping[int, str]) -> None:
        """Take what `all_verdicts` returned, by the numbers of expressions, so that it is not asked for again."""
        self._kept = kept

    def _by_parts(self, number: int, keys: Sequence[bytes]) -> dict[bytes, int]:
        """Return the verdict of one expression by each of some keys."""
        node = self.nodes[number]
        if isinstance(node, (Has, Between)):
            variable = self.cells.variables[self.cells.index[node.field]]
            given, rows = [field_variable(variable.iri)], [[_term(variable, key[0])] for key in keys]
        else:
            parts = [self._variable(p) for p in parts_of(node)]
            given = [*dict.fromkeys(parts)]
            by_part = [(key, dict(zip(parts, key, strict=True))) for key in keys]
            # a part that is there twice has one verdict
            by_part = [(key, own) for key, own in by_part if all(own[p] == v for p, v in zip(parts, key, strict=True))]
            keys, rows = [key for key, _ in by_part], [[_STATES[own[p]] for p in given] for _, own in by_part]
        values = " ".join(f"({row} {' '.join(own)})" for row, own in enumerate(rows))
        query = (
            f"SELECT ?row ?found WHERE {{\n  VALUES (?row {' '.join(given)}) {{ {values} }}\n"
            f"  BIND({self.steps[number].expression} AS ?found)\n}}"
        )
        by_row = {int(row or 0): found for row, found in self.engine.rows(query)}
        return {key: OPEN if (found := by_row[row]) is None else int(found) for row, key in enumerate(keys)}

    def _parts(self, asked: tuple[int, ...]) -> Iterator[tuple[int, ...]]:
        """Yield expressions in groups that fit into one query, those that depend on others with them."""
        covered: set[int] = set()
        part: set[int] = set()
        for number in reversed(asked):
            if number in covered:
                continue
            rests_on = set(self.needed([self.nodes[number]]))
            if part and len(part | rests_on) > BINDS:
                yield tuple(sorted(part))
                part = set()
            part |= rests_on
            covered |= rests_on
        if part:
            yield tuple(sorted(part))

    def verdict(self, verdicts: Verdicts, cls: str) -> int:
        """Return the verdict of a named class, or of the class of all patient records."""
        number = self.index.get(Named(cls))
        return TRUE if number is None else verdicts[number]

    def fields(self, expression: Expression) -> frozenset[int]:
        """Return the variables an expression reads, through named classes."""
        known = self._fields.get(expression)
        if known is None:
            node = self.nodes[self.index[expression]] if expression in self.index else Always()
            if isinstance(node, (Has, Between)):
                known = frozenset((self.cells.index[node.field],))
            else:
                known = frozenset().union(*(self.fields(p) for p in parts_of(node)))
            self._fields[expression] = known
        return known


@lru_cache(maxsize=128)
def _keys(states: int, parts: int, most: int) -> tuple[bytes, ...]:
    """Return every combination of so many states of so many parts; none where there are more than ``most``."""
    return tuple(map(bytes, product(range(states), repeat=parts))) if states**parts <= most else ()


def _safe(name: str) -> str:
    """Return a name with only letters and digits; different names stay different."""
    return "".join(ch if ch.isalnum() and ch.isascii() else f"_{ord(ch):x}_" for ch in name)


def class_variable(name: str) -> str:
    """Return the name of the SPARQL variable of a class."""
    return "c_" + _safe(local_name(name))


def field_variable(name: str) -> str:
    """Return the SPARQL variable of a field."""
    return "?f_" + _safe(local_name(name))


def _term(variable: Variable, cell: int) -> str:
    if cell == UNKNOWN:
        return "UNDEF"
    value = variable.representative(cell)
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if isinstance(value, int) else f"<{value}>"


def _binds(steps: Iterable[Step]) -> str:
    return "\n".join(f"  BIND({s.expression} AS ?{s.variable})" for s in steps)


def record_query(program: Program) -> str:
    """Return the classification query over records in a dataset, for any SPARQL 1.1 engine.

    One row per ``cp:PatientRecord``; one column per condition, situation and generated class: true, false, or
    unbound for unknown. The records hold their derived integers (see `derive_query`).
    """
    optional = "\n".join(f"  OPTIONAL {{ ?record <{v.iri}> {field_variable(v.iri)} }}" for v in program.cells.variables)
    columns = {class_variable(c): s.variable for s in program.steps for c in s.classes}
    outs = " ".join("?" + name for name in columns)
    same = "".join(f"\n  BIND(?{own} AS ?{name})" for name, own in columns.items() if name != own)
    return (
        f"# Which conditions hold for each record: true, false, or unbound where it is unknown.\n"
        f"# Compiled from {program.guideline.id} {program.guideline.version}.\n"
        f"PREFIX cp: <{CP}>\nPREFIX xsd: <{XSD}>\n\n"
        f"SELECT ?record {outs} WHERE {{\n  ?record a cp:PatientRecord .\n"
        f"{optional}\n{_binds(program.steps)}{same}\n}}\n"
        "ORDER BY ?record\n"
    )
