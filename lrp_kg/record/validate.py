"""Validation of records by SHACL: every problem at once, in four languages; pySHACL is the judge.

What pySHACL found conforming is remembered by what its constraints look at (`lrp_kg.record.conformance`), some of it
on disk. A record of which all is known to conform is valid, and for it neither pySHACL nor rdflib is imported. Of
another one, only the properties are judged of which something is new; where these do not conform, the whole record is.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import fields
from functools import cached_property
from typing import TYPE_CHECKING, Any

from lrp_kg.cache import PACKAGE, installed, remembered
from lrp_kg.findings import Finding
from lrp_kg.guideline.index import text_hash
from lrp_kg.guideline.model import Guideline
from lrp_kg.record.bounds import Bounds
from lrp_kg.record.conformance import ConformanceKeys, ConformanceRules, Conforming, Joint, Key, Look, as_tuples
from lrp_kg.record.limits import capped
from lrp_kg.record.model import RawRecord

if TYPE_CHECKING:
    from lrp_kg.record.judge import ShapeJudge

_SETS = ("of_value", "by_presence", "ordered", "conditional", "members")
"""The sets among the rules, which JSON has as lists."""


class Validator:
    """Validates records against the shapes of a guideline folder."""

    def __init__(self, guideline: Guideline) -> None:
        self.guideline = guideline
        self._bounds = Bounds(guideline)
        self._conforming = Conforming()
        self._prepared = False

    # -- what is needed, when it is -----------------------------------------------------------------

    @cached_property
    def judge(self) -> ShapeJudge:
        """What judges records that are not known to conform; raises `GuidelineError` where it cannot use the shapes."""
        from lrp_kg.record.judge import load_judge  # imports rdflib and pySHACL, a quarter of a second

        return load_judge(self.guideline)

    @cached_property
    def rules(self) -> ConformanceRules:
        """What the conformance of a record depends on."""
        from lrp_kg.record.looks import rules_of

        return rules_of(self.judge)

    @cached_property
    def _keys(self) -> ConformanceKeys:
        return ConformanceKeys(self.rules)

    def prepare(self) -> None:
        """Know now what conforms whatever record it is in, from the cache, or by judging it; once is enough."""
        if self._prepared:
            return
        self.rules, known = remembered(
            "conformance", self._content(), self._prove, dump=_dump, load=_load, further=PACKAGE / "record"
        )
        self._conforming.remember(known)
        self._prepared = True

    def _prove(self) -> tuple[ConformanceRules, set[Key]]:
        from lrp_kg.record.proofs import proven

        return self.rules, proven(self.guideline, self.rules, lambda raw: not self.judge.results(raw))

    def _content(self) -> str:
        """Return a digest of all that it depends on which records conform."""
        g = self.guideline
        shapes = text_hash(g.index.shape_texts)
        fields = [(f.iri, f.kind, f.bounds, [v.iri for v in f.values]) for f in g.fields.values()]
        return f"{shapes} {fields} {installed('pyshacl')}"

    # -- validating ---------------------------------------------------------------------------------

    def findings(self, raw: RawRecord) -> list[Finding]:
        """Return every problem of a record, in the order of its fields; empty where it is valid."""
        if not self._bounds.fit(raw):
            return self._with_bounds(raw)
        new = self._keys.of(raw, self._conforming)
        if new == []:
            return []
        keys = self._keys.of(raw)
        if keys is not None:
            properties = [several for several, _ in new or ()]
            if len(properties) < len(keys) and self._new_part_conforms(raw, properties):
                self._conforming.remember(keys)
                return []
        results = self.judge.results(raw)
        if not results:
            if keys is not None:
                self._conforming.remember(keys)
            return []
        messages = self.judge.messages
        return capped(messages.ordered(messages.of_results(results, raw), raw))

    def _new_part_conforms(self, raw: RawRecord, new: Iterable[tuple[str, ...]]) -> bool:
        """Return whether the properties of a record conform of which something is new, alone or together."""
        predicates = {predicate for several in new for predicate in several}
        predicates.update(predicate for predicate, _ in self.rules.demanded)
        entries = tuple((predicate, value) for predicate, value in raw.entries if predicate in predicates)
        return not self.judge.results(raw, entries)

    def _with_bounds(self, raw: RawRecord) -> list[Finding]:
        """Return every problem of a record of which something is wrong before SHACL sees the rest."""
        messages = self.judge.messages
        bounded = self._bounds.examine(raw, messages)
        found = bounded.findings
        if bounded.rest is not None:
            of_shapes = messages.of_results(self.judge.results(bounded.rest), bounded.rest)
            found = found + [f for f in of_shapes if f.field not in bounded.spoiled]
        return capped(messages.ordered(found, raw), bounded.unlisted)


def _dump(known: tuple[ConformanceRules, set[Key]]) -> str:
    rules, keys = known
    data = {f.name: getattr(rules, f.name) for f in fields(rules)}
    data |= {name: sorted(value) for name, value in data.items() if isinstance(value, frozenset)}
    return json.dumps([data, list(keys)])


def _load(text: str) -> tuple[ConformanceRules, set[Key]]:
    data, keys = json.loads(text)
    found: dict[str, Any] = {name: as_tuples(value) for name, value in data.items()}
    found |= {name: frozenset(found[name]) for name in _SETS}
    found["bounded"] = {name: as_tuples(own) for name, own in data["bounded"].items()}
    found["joints"] = tuple(Joint(tuple(Look(*look) for look in looks), *rest) for looks, *rest in found["joints"])
    return ConformanceRules(**found), set(as_tuples(keys))
