"""Keeps on disk what decisions came to in the states and situations of a run, so that the next run need not ask again.

What is kept are functions of diagrams, cells of durations and outcomes: no id, no value and no day of a record. It is
found by the rules of the guideline and by the code that decides.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import Any

import orjson

from lrp_kg.cache import PACKAGE, cache_folder, drop_oldest, file_name, read_kept_bytes, write_kept
from lrp_kg.cohort.arrays import Numbering
from lrp_kg.cohort.deciding import DecisionColumn
from lrp_kg.logic.decide import Completions, DateGroup, Decider
from lrp_kg.logic.diagrams import Diagram
from lrp_kg.logic.outcomes import Outcome

MOST = 200_000
"""Outcomes of states, of one decision or programme, that are kept; where a run has more, what was kept stays."""
MANY = 10_000
"""Rows in a batch from which on it is worth reading what is kept."""
FILES = 60
"""Files that are kept: those that were written last."""
_KIND = "cohorts"
_BROKEN = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)
"""What the reading of a file of another form can raise."""


class KeptOutcomes:
    """What is kept of one decision, or of the editions of one programme; they number their outcomes together."""

    def __init__(self, key: str, results: Numbering, columns: Sequence[DecisionColumn]) -> None:
        folder = cache_folder()
        names = [column.decision for column in columns]
        self._file = folder / _KIND / file_name(f"{key} {names}", PACKAGE / "cohort") if folder else None
        self._results = results
        self._columns = columns
        self._held = -1

    @property
    def _size(self) -> int:
        return sum(len(memory) for column in self._columns for memory in column.memories)

    def recall(self, rows: int) -> None:
        """Have what is kept, where there are so many rows to come, and none was answered before."""
        if self._held >= 0 or rows < MANY or self._size:
            return
        body = read_kept_bytes(self._file) if self._file else None
        if body is not None and _in_diagrams(self._columns):
            with suppress(*_BROKEN):
                found = orjson.loads(body)
                outcomes = [_outcome(own, found["fields"]) for own in found["outcomes"]]
                parts = [
                    _Recalled(column, own, found["fields"])
                    for column, own in zip(self._columns, found["columns"], strict=True)
                ]
                self._results.recall(outcomes)
                for part in parts:
                    part.apply()
        self._held = self._size

    def keep(self) -> None:
        """Keep what there is now, where that is clearly more than before."""
        if self._file is None or not 0 <= self._held < self._size * 0.95 or self._size > MOST:
            return
        if not _in_diagrams(self._columns):
            return
        fields = Numbering()
        columns = [dict(_kept(column, fields)) for column in self._columns]
        outcomes = [_said(outcome, fields) for outcome in self._results.values]
        body = orjson.dumps({"outcomes": outcomes, "columns": columns, "fields": fields.values})
        if write_kept(self._file, body):
            drop_oldest(self._file.parent, FILES)
        self._held = self._size


def _in_diagrams(columns: Sequence[DecisionColumn]) -> bool:
    return all(isinstance(column.decider, Decider) for column in columns)


def _diagram(column: DecisionColumn) -> Diagram:
    assert column.states.diagram is not None  # noqa: S101
    return column.states.diagram


def _kept(column: DecisionColumn, fields: Numbering) -> Iterator[tuple[str, Any]]:
    """Yield the parts of what is kept of a decision, each with its name; fields by their number."""
    automaton = column.states.automaton
    nodes: dict[int, int] = {}
    yield "nodes", list(_nodes(_diagram(column), automaton.states.values, nodes, fields))
    yield "states", [nodes[state] for state in automaton.states.values]
    yield "tables", [table.entries() for table in automaton.tables]
    yield "joint", [(name, signs.hex()) for name, signs in column.states.dates.columns.joint.values]
    groups = [([(g.names, g.axes, g.choices) for g in own], known) for own, known in column.classes.values]
    yield "classes", groups
    has_days = column.states.dates.columns.has_days
    yield "situations", _turned([(*key, own) for key, own in column.situations() if not has_days(key)])
    yield "plain", [table.entries() for table in column.of_state]
    yield "dated", [_turned([(*key, number) for key, number in memory.entries()]) for memory in column.of_situation]
    yield (
        "completions",
        [([_said(o, fields) for o in c.outcomes], c.missing, list(c.functions)) for c in column.completions.values],
    )


def _turned(rows: Sequence[Sequence[int]]) -> list[tuple[int, ...]]:
    """Return rows as columns, of which there are fewer lists to read."""
    return list(zip(*rows, strict=True))


def _nodes(diagram: Diagram, roots: Sequence[int], numbers: dict[int, int], fields: Numbering) -> Iterator[Any]:
    """Yield the nodes below some roots, each after those below it; these it names by their ``numbers``."""
    waiting = list(reversed(roots))
    while waiting:
        inner = diagram.nodes[waiting[-1]]
        left = () if isinstance(inner, Outcome) else [child for child in inner[1] if child not in numbers]
        if left:
            waiting += left
            continue
        node = waiting.pop()
        if node not in numbers:
            numbers[node] = len(numbers)
            yield _said(inner, fields) if isinstance(inner, Outcome) else (inner[0], [numbers[n] for n in inner[1]])


class _Recalled:
    """What was kept of a decision, once it was read as a whole."""

    def __init__(self, column: DecisionColumn, kept: dict[str, Any], fields: Sequence[str]) -> None:
        self._column = column
        self._kept = kept
        diagram = _diagram(column)
        numbers: list[int] = []
        for inner in kept["nodes"]:
            leaf = not isinstance(inner[0], int)
            below = () if leaf else tuple([numbers[n] for n in inner[1]])
            numbers.append(diagram.node(_outcome(inner, fields) if leaf else (inner[0], below)))
        self._states = [numbers[state] for state in kept["states"]]
        if self._states[:1] != [diagram.root] or len(kept["tables"]) != len(column.states.automaton.tables):
            raise ValueError
        self._joint = [(name, bytes.fromhex(signs)) for name, signs in kept["joint"]]
        self._classes = [(tuple(map(_group, groups)), tuple(known)) for groups, known in kept["classes"]]
        self._situations = _entries(kept["situations"])
        self._dated = list(map(_entries, kept["dated"]))
        self._completions = [
            Completions(frozenset(_outcome(o, fields) for o in outcomes), tuple(missing), frozenset(functions))
            for outcomes, missing, functions in kept["completions"]
        ]

    def apply(self) -> None:
        """Let the decision have it."""
        column, automaton = self._column, self._column.states.automaton
        automaton.states.recall(self._states[1:])
        for table, entries in zip(automaton.tables, self._kept["tables"], strict=True):
            table.recall(*entries)
        column.classes.recall(self._classes[1:])
        numbers = column.states.dates.recall([key for key, _ in self._situations], self._joint)
        column.class_of.recall(numbers, [own for _, own in self._situations])
        for table, entries in zip(column.of_state, self._kept["plain"], strict=True):
            table.recall(*entries)
        for memory, own in zip(column.of_situation, self._dated, strict=True):
            memory.recall(own)
        column.completions.recall(self._completions)


def _entries(columns: Sequence[Sequence[int]]) -> list[tuple[tuple[int, ...], int]]:
    """Return the entries of a memory: the last column has the numbers, the others the keys."""
    return list(zip(zip(*columns[:-1], strict=True), columns[-1], strict=True)) if columns else []


def _said(outcome: Outcome, fields: Numbering) -> list[Any]:
    return [*outcome[:3], [fields.number(name) for name in outcome.missing], outcome.holding]


def _outcome(data: Sequence[Any], fields: Sequence[str]) -> Outcome:
    status, answers, possible, missing, holding = data
    names = tuple([fields[number] for number in missing])
    return Outcome(status, tuple(answers), tuple(possible), names, tuple(holding))


def _group(data: Sequence[Any]) -> DateGroup:
    names, axes, choices = data
    return DateGroup(tuple(names), tuple(axes), tuple(map(tuple, choices)))
