"""Checks whether the modules of a guideline are well made: syntax, header, terms, labels, sources, format.

Every rule that SHACL can express is in ``shapes/guideline.ttl`` (the folder's own, or the packaged one); the rules
here are about what SHACL engines do not see.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path

import pyoxigraph as ox

from lrp_kg.authoring.check.catalogue import catalogue_findings
from lrp_kg.authoring.check.consequences import of_shapes
from lrp_kg.authoring.check.language_of_texts import doubtful_languages
from lrp_kg.authoring.check.literals import fault_of
from lrp_kg.authoring.check.namespaces import namespace_findings
from lrp_kg.authoring.check.references import References
from lrp_kg.authoring.check.shapes import ShapeCheck
from lrp_kg.authoring.check.terms import TermChecks
from lrp_kg.authoring.check.texts import format_findings, header_findings, prefix_findings, string_findings
from lrp_kg.authoring.check.whole_files import empty_findings, repeated_ontologies, repeated_terms
from lrp_kg.authoring.check_cache import CheckCache
from lrp_kg.findings import Finding
from lrp_kg.guideline.completion import completion
from lrp_kg.guideline.files import AUTHOR_SHAPES, files_left_out, files_to_check, packaged_folder
from lrp_kg.guideline.modules import Module, read_modules, value_of
from lrp_kg.guideline.positions import Positions
from lrp_kg.namespaces import local_name

UNREADABLE = ("turtle-syntax", "prefix-not-declared", "file-not-readable", "file-empty")
"""Findings after which the terms cannot be checked, because the triples of a file are missing."""


def check_well_made(folder: Path, *, formatting: bool = True, cache: CheckCache | None = None) -> list[Finding]:
    """Return the faults in the modules of a guideline, each with file and line."""
    return list(well_made_findings(folder, formatting=formatting, cache=cache))


def well_made_findings(folder: Path, *, formatting: bool = True, cache: CheckCache | None = None) -> Iterator[Finding]:
    """Yield the faults in the modules of a guideline, each with file and line.

    If a file cannot be parsed, looks only at the text of the others. ``formatting`` also runs turtlefmt. With the
    ``cache`` of an earlier check it looks only at what has changed since, if that is enough.
    """
    cache = cache or CheckCache()
    modules, found = read_modules(files_to_check(folder))
    own = [m for m in modules if m.is_within(folder)]
    found += [*files_left_out(folder), *prefix_findings(own), *empty_findings(own)]
    for module in (m for m in own if m.triples):
        found += cache.recall(("head", module.key), partial(_text_findings, module))
    yield from found
    if any(f.name in UNREADABLE for f in found):
        return
    positions = Positions([m.text for m in modules])
    terms = TermChecks(folder, modules, positions, cache)
    undeclared = list(terms.undeclared())
    yield from undeclared
    for check in (terms.deprecated, terms.blank_nodes, terms.literals, terms.empty_texts, terms.imports):
        yield from check()
    yield from repeated_ontologies(own)
    yield from repeated_terms(own)
    yield from namespace_findings(own, positions)
    taken_for = {f.term: local_name(f.value or "") for f in undeclared}
    references = References(folder, modules, positions, cache)
    yield from of_shapes(_shape_findings(folder, modules, positions, cache), references, taken_for, own)
    yield from doubtful_languages(own, positions, cache)
    yield from catalogue_findings(folder, modules)
    if formatting:
        yield from format_findings(own, cache)


def without_repeats(findings: Iterable[Finding], found: Sequence[Finding]) -> list[Finding]:
    """Drop loader findings that repeat a (clearer) shape finding about the same term."""
    known = {(f.name, f.where) for f in found}
    lacking = {f.where for f in found if f.name.endswith("-missing") and f.severity == "error"}
    return [
        f for f in findings if (f.name, f.where) not in known and not (f.name == "value-missing" and f.where in lacking)
    ]


def author_shapes(folder: Path) -> Path:
    """Return the file of shapes for the modules of a folder."""
    own = folder / "shapes" / AUTHOR_SHAPES
    return own if own.is_file() else packaged_folder() / "shapes" / AUTHOR_SHAPES


def _text_findings(module: Module) -> list[Finding]:
    return [*header_findings(module), *string_findings(module.text)]


def _shape_findings(
    folder: Path, modules: Sequence[Module], positions: Positions, cache: CheckCache
) -> Iterator[Finding]:
    """Yield violations of the shapes by terms that the folder describes.

    What is said of a term with a malformed literal would only follow from that.
    """
    triples: list[ox.Triple] = []
    for module in modules:
        headers = set(module.ontologies) if module.is_author_shapes else None
        triples += [t for t in module.triples if headers is None or value_of(t.subject) in headers]
    malformed = {t for t in triples if isinstance(t.object, ox.Literal) and fault_of(t.object)}
    spoiled = {value_of(t.subject) for t in malformed}
    triples = [t for t in triples if t not in malformed] if malformed else triples
    triples += completion(triples)
    foreign = {f"{m.file}:" for m in modules if not m.is_within(folder)}
    for finding in ShapeCheck(author_shapes(folder), triples, positions, cache).findings():
        if finding.term not in spoiled and not finding.where.startswith(tuple(foreign)):
            yield finding
