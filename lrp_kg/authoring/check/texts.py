"""Checks the text of Turtle files: prefixes, header, types of strings, formatting."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

from lrp_kg.authoring.check_cache import CheckCache
from lrp_kg.authoring.formatting import formatted, formatter
from lrp_kg.authoring.kept import Kept, digest
from lrp_kg.cache import PACKAGE, code_key
from lrp_kg.findings import Finding
from lrp_kg.guideline.modules import Module
from lrp_kg.guideline.turtle import TurtleText
from lrp_kg.namespaces import OWL, PREFIXES, RDF, RDFS, XSD

HEADER_LINES = 3
"""The longest header comment allowed, in lines."""
KEPT = 1000
"""Files that are kept as formatted."""
_OF_OWL = {OWL, RDF, RDFS, XSD, "http://www.w3.org/XML/1998/namespace"}
_NAMES = {namespace: prefix for prefix, namespace in PREFIXES.items()}


def prefix_findings(modules: Sequence[Module]) -> Iterator[Finding]:
    """Yield prefixes that are misspelt, unused, default, or differ from those of another file.

    An ontology editor declares a default prefix and the prefixes of OWL in every file; unused they are no fault.
    """
    meant: dict[str, Counter[str]] = {}
    for module in modules:
        for prefix, (namespace, _) in module.text.prefixes.items():
            meant.setdefault(prefix, Counter())[namespace] += 1
    for module in modules:
        text = module.text
        for prefix, (namespace, offset) in text.prefixes.items():
            where = text.where(offset)
            usual = _NAMES.get(namespace, prefix)
            known = PREFIXES.get(prefix) or meant[prefix].most_common(1)[0][0]
            if not prefix:
                if prefix in text.used_prefixes and not text.is_editor_save:
                    yield Finding("default-prefix", f"the default prefix : <{namespace}> is used. Name it.", where)
            elif usual != prefix:
                yield Finding("prefix-misspelt", f"{prefix}: is usually spelt {usual}: here. Rename it.", where)
            elif namespace != known:
                usual_place = "everywhere" if prefix in PREFIXES else "in the other files"
                message = f"{prefix}: means <{known}> {usual_place}, but <{namespace}> here. Use the same."
                yield Finding("prefix-differs", message, where)
            elif prefix not in text.used_prefixes and namespace not in _OF_OWL:
                message = f"{prefix}: is declared but not used. Remove the line."
                yield Finding("prefix-unused", message, where, severity="warning")


def header_findings(module: Module) -> Iterator[Finding]:
    """Yield faults in the header of a file: its comment, and the ontology node, which comes first."""
    text = module.text
    name = module.file.name
    lines = [line.strip() for line in text.text.splitlines()]
    comment = next((n for n, line in enumerate(lines) if not line.startswith("#")), len(lines))
    if text.is_editor_save:
        message = f"{name}: was saved by an ontology editor. Run lrp-kg tidy {module.file} before you commit it."
        yield Finding("saved-by-editor", message, f"{module.file}:1", severity="note")
    elif not comment:
        message = f"{name}: has no comment at its head. Describe its content in one to {HEADER_LINES} lines."
        yield Finding("header-comment", message, f"{module.file}:1", severity="note")
    elif comment > HEADER_LINES:
        message = f"{name}: begins with {comment} lines of comment; describe its content in {HEADER_LINES} at most."
        yield Finding("header-comment", message, f"{module.file}:{HEADER_LINES + 1}", severity="note")
    ontologies = module.ontologies
    if len(ontologies) != 1:
        message = f"{name}: has {len(ontologies)} owl:Ontology nodes. A module has exactly one, before anything else."
        yield Finding("ontology-missing" if not ontologies else "ontology-repeated", message, f"{module.file}:1")
        return
    places = [(uses.subject[0], iri) for iri, uses in text.uses.items() if uses.subject]
    places += [(offset, "") for offset in text.blank_subjects]
    offset, subject = min(places)
    if subject != ontologies[0]:
        message = f"{name}: its owl:Ontology node is not first. Move it to the top, after the prefixes."
        yield Finding("ontology-not-first", message, text.where(offset), severity="warning")


def string_findings(text: TurtleText) -> Iterator[Finding]:
    """Yield literals typed ``xsd:string``, the type that a plain literal already has."""
    for offset in text.string_types:
        message = "a literal has the type ^^xsd:string. Remove it; give text for people a language instead."
        yield Finding("string-typed", message, text.where(offset), severity="note")


def format_findings(modules: Sequence[Module], cache: CheckCache) -> Iterator[Finding]:
    """Yield files that `formatting` would change, or a note that turtlefmt is not installed."""
    program = formatter()
    if program is None:
        message = "turtlefmt is not installed, so the format of the files is not checked (pip install turtlefmt)."
        yield Finding("formatting-not-checked", message, severity="note")
        return
    about = Path(program).stat()
    code = f"{code_key(PACKAGE / 'authoring')} {program} {about.st_size} {about.st_mtime_ns}"
    kept = Kept("formatted", Path(__file__).parent, code, KEPT)
    for module in (m for m in modules if not m.text.is_editor_save):
        key = digest(module.text.text)
        if kept.get(key):
            continue
        found = cache.recall(("formatted", program, module.key), partial(_badly_formatted, program, module))
        if not found:
            kept.add(key, True)  # noqa: FBT003  what is kept is JSON
        yield from found
    kept.write()


def _badly_formatted(program: str, module: Module) -> tuple[Finding, ...]:
    found, wanted = module.text.text, formatted(program, module.text.text)
    if found == wanted:
        return ()
    lines = zip(found.split("\n"), (wanted or "").split("\n"), strict=False)
    line = next((n for n, (one, other) in enumerate(lines, 1) if one != other), 1)
    message = f"{module.file.name}: is not formatted. Run: lrp-kg format {module.file}"
    return (Finding("formatting", message, f"{module.file}:{line}", severity="warning"),)
