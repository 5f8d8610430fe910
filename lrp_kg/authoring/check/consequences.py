"""Leaves out findings that only follow from others, so that an author reads the cause."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

import pyoxigraph as ox

from lrp_kg.authoring.check.references import Misplaced, References
from lrp_kg.findings import Finding
from lrp_kg.guideline.modules import Module, value_of
from lrp_kg.namespaces import local_name

UNDECLARED, WRONG_KIND, REPEATED = "term-not-declared", "wrong-kind", "term-repeated"

_LACKING = ("value-missing", "value-not-in-shape", "value-not-in-list", "field-not-in-shape")
"""Names of findings about what is not there; where it is misspelt, that is said of the misspelt name."""


def of_shapes(
    findings: Iterable[Finding],
    references: References,
    undeclared: Mapping[str, str],
    modules: Iterable[Module],
) -> Iterator[Finding]:
    """Yield findings of shapes, each with what is found, and misplaced values that no shape reports.

    What a term lacks because it names, or is said with, an undeclared term is left out. ``undeclared`` has the name
    that each such term is taken for.
    """
    spoiled = set(_spoiled(undeclared, modules)) if undeclared else set()
    misplaced = list(references.misplaced())
    reported: set[Misplaced] = set()
    for finding in findings:
        own = [m for m in misplaced if m.concerns(finding)]
        reported.update(own)
        if not any(term == finding.term and f":{name}" in finding.message for term, name in spoiled):
            found = "".join(f" Here {m.found}." for m in own) or references.found(finding)
            text = finding.message + (found if finding.severity == "error" else "")
            yield replace(finding, message=text, value=own[0].value if own else None)
    yield from (m.finding() for m in misplaced if m not in reported)


def _spoiled(undeclared: Mapping[str, str], modules: Iterable[Module]) -> Iterator[tuple[str, str]]:
    """Yield terms with the local name of a property that an undeclared term keeps from being said of them."""
    for t in (t for module in modules for t in module.triples):
        if t.predicate.value in undeclared:
            yield value_of(t.subject), undeclared[t.predicate.value]
        elif isinstance(t.object, ox.NamedNode) and t.object.value in undeclared:
            yield value_of(t.subject), local_name(t.predicate.value)


def _is_said(repeated: Finding, made: Iterable[Finding]) -> bool:
    """Return whether a shape says that a property has several values, as the reader does."""
    named = f":{local_name(repeated.value or '')}"
    return repeated.name == "value-repeated" and any(f.term == repeated.term and named in f.message for f in made)


def without_consequences(stages: Mapping[str, Sequence[Finding]]) -> dict[str, list[Finding]]:
    """Return the findings of each stage without those that follow from others, and without what is reported twice."""
    made, read = stages.get("well made", ()), stages.get("read", ())
    undeclared = {f.term for f in made if f.name == UNDECLARED}
    taken_for = {f.value for f in made if f.name == UNDECLARED}
    refused = {(f.term, f.value) for f in made if f.value is not None and f.name not in (UNDECLARED, WRONG_KIND)}
    said = {(f.term, f.value) for f in read if f.value is not None}
    malformed = {f.term for f in made if f.name == "literal-malformed"}
    wrong = {value for _, value in refused} | {f.value for f in made if f.name == WRONG_KIND}
    repeated = {f.term for f in made if f.name == REPEATED}
    moved = {name for f in read if f.name in ("value-of-two-lists", "value-not-declared") for name in (f.term, f.value)}
    impossible = {f.term for f in stages.get("sound", ()) if f.name == "unsatisfiable-class"}

    def follows(stage: str, f: Finding) -> bool:
        if f.term in repeated and f.severity == "error" and f.name != REPEATED:
            return True
        if stage == "well made":
            return (
                f.name == WRONG_KIND
                and (f.term, f.value) in said
                or (f.name == "all-different-missing" and f.term in moved)
            )
        if stage == "read" and f.severity == "error":
            lacks = f.name in _LACKING and bool({f.term, f.value} & taken_for)
            twice = (f.term, f.value) in refused or f.term in wrong | malformed
            return lacks or twice or _is_said(f, made) or bool({f.term, f.value} & undeclared)
        return f.name == "never-true" and f.term in impossible

    return {stage: [f for f in findings if not follows(stage, f)] for stage, findings in stages.items()}
