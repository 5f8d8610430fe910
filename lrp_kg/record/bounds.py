"""What is wrong with a record before SHACL sees it, whose work grows with a record: unknown fields, too much of all."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from lrp_kg.findings import Finding
from lrp_kg.guideline.index import Node
from lrp_kg.guideline.model import Guideline
from lrp_kg.namespaces import XSD
from lrp_kg.record.limits import FIELDS, FINDINGS, TEXT, over_list, over_text, problem, shown
from lrp_kg.record.model import Members, RawRecord, RawValue

if TYPE_CHECKING:
    from lrp_kg.record.messages import Messages

_UNTYPED = ("", XSD + "string")
"""Datatypes of IRIs and texts, of which SHACL sees what is wrong where a field has another type."""


@dataclass(frozen=True)
class Bounded:
    """The problems found before SHACL, the record that is left for it, and the fields on which it has no say.

    ``unlisted`` counts the unknown fields beyond those that are listed.
    """

    findings: list[Finding]
    rest: RawRecord | None
    spoiled: frozenset[str | None] = frozenset()
    unlisted: int = 0


class Bounds:
    """Examines records of a guideline before SHACL does."""

    def __init__(self, guideline: Guideline) -> None:
        self._known = {**guideline.fields, **guideline.bounded}
        self._texts = {f.iri for f in guideline.fields.values() if f.kind == "string"}

    def fit(self, raw: RawRecord) -> bool:
        """Return whether nothing is wrong with a record so far."""
        if raw.stray or raw.problems or len(raw.entries) > FIELDS or len(raw.subject) > TEXT:
            return False
        known = self._known
        for predicate, value in raw.entries:
            if predicate not in known:
                return False
            short = type(value) is Node and len(value.value) <= TEXT and value.value.isprintable()
            if not short and not self._fits(predicate, value):
                return False
        return True

    def _fits(self, predicate: str, value: RawValue) -> bool:
        if not isinstance(value, Members):
            # a pattern does not see a line end behind a number, since Python's `$` matches before it
            bare = predicate in self._texts or value.datatype not in _UNTYPED
            return len(value.value) <= TEXT and not (bare and has_control(value.value))
        members = value.nodes
        if len(members) > len(self._known[predicate].values) or len(set(members)) < len(members):
            return False
        return all(len(member.value) <= TEXT for member in members)

    def examine(self, raw: RawRecord, messages: Messages) -> Bounded:
        """Return what is wrong with a record so far, and what is left to be seen."""
        unknown = list(dict.fromkeys(predicate for predicate, _ in raw.entries if predicate not in self._known))
        unlisted = max(0, len(unknown) - FINDINGS)
        findings = [*raw.problems, *_of_unknown(unknown[:FINDINGS], raw, messages)]
        findings += [messages.outside(shown(name)) for name in raw.stray]
        if len(raw.subject) > TEXT:
            findings.append(over_text("@id", raw.subject))
        if len(raw.entries) > FIELDS:
            return Bounded([_too_many(raw, messages), *findings], None, unlisted=unlisted)
        entries: list[tuple[str, RawValue]] = []
        spoiled: set[str | None] = {f.field for f in raw.problems}
        for predicate, value in raw.entries:
            if predicate not in self._known:
                continue
            name = messages.named(predicate, raw) or ""
            if self._fits(predicate, value):
                entries.append((predicate, value))
            elif isinstance(value, Members):
                findings += self._of_list(name, predicate, value)
                entries.append((predicate, self._cut_list(predicate, value)))
            else:
                long = len(value.value) > TEXT
                findings.append(over_text(name, value.value) if long else problem("wrong-character", "control", name))
                entries.append((predicate, _cut(value)))
                spoiled.add(name)
        rest = replace(raw, entries=tuple(entries), stray=(), problems=())
        return Bounded(findings, rest, frozenset(spoiled), unlisted)

    def _of_list(self, name: str, predicate: str, value: Members) -> Iterator[Finding]:
        values = self._known[predicate].values
        if len(value.nodes) > len(values):
            yield over_list(name, len(value.nodes), len(values))
        tokens = {v.iri: v.id for v in values}
        for member, count in Counter(value.nodes).items():
            if count > 1 and member.value in tokens:
                yield problem("value-repeated", "value-repeated", name, tokens[member.value])

    def _cut_list(self, predicate: str, value: Members) -> Members:
        """Return a list without repeats, as long as it can be: what else is wrong with its members is seen."""
        distinct = [_cut(member) for member in dict.fromkeys(value.nodes)]
        return Members(tuple(distinct[: len(self._known[predicate].values)]))


def has_control(text: str) -> bool:
    """Return whether a text has a control character, or half a character, which no format keeps as it is."""
    return not text.isprintable() and any(unicodedata.category(c) in ("Cc", "Cs") for c in text)


def _cut(node: Node) -> Node:
    return node if len(node.value) <= TEXT else node._replace(value=node.value[:TEXT])


def _too_many(raw: RawRecord, messages: Messages) -> Finding:
    """Return that there are too many fields, or too many values of one."""
    found = Counter(predicate for predicate, _ in raw.entries)
    if len(found) > FIELDS:
        return problem("over-limit", "limit-fields", count=len(found), limit=FIELDS)
    predicate, count = found.most_common(1)[0]
    return problem("over-limit", "limit-values", messages.named(predicate, raw), count=count, limit=FIELDS)


def _of_unknown(names: list[str], raw: RawRecord, messages: Messages) -> Iterator[Finding]:
    for name in names:
        yield messages.unknown(name, raw)
        key = raw.keys.get(name, "")
        if len(key) > TEXT:
            yield over_text(key, key)
