"""Findings as a SARIF 2.1.0 log, for editors and code review."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from urllib.parse import quote

from lrp_kg import __version__
from lrp_kg.authoring.check.names import FindingName, finding_names, plain
from lrp_kg.findings import Finding

ROOT = "%SRCROOT%"
"""What relative addresses begin with: where the check ran, which in a job is the root of the repository."""

_PAGE = re.compile(r"\[([^]]+)]\((?!https?:)[^)]+\)")
"""A link to a page of the documentation, which is where the reader of a log has installed it."""


def sarif(findings: Iterable[Finding], folder: Path, *, exit_code: int, crashed: bool = False) -> dict[str, Any]:
    """Return findings with the rules that they are of, each with what it means and what to do.

    A finding without a place of its own is at the ``folder`` of the guideline, since readers of SARIF ask for a place.
    """
    listed = list(findings)
    rules = sorted({f.name for f in listed})
    driver = {
        "name": "lrp-kg check",
        "version": __version__,
        "rules": [_rule(finding_names()[name]) for name in rules],
    }
    run = {
        "tool": {"driver": driver},
        "invocations": [{"executionSuccessful": not crashed, "exitCode": exit_code}],
        "columnKind": "unicodeCodePoints",
        "results": [_result(f, rules.index(f.name), folder) for f in listed],
    }
    return {"$schema": "https://json.schemastore.org/sarif-2.1.0.json", "version": "2.1.0", "runs": [run]}


def _rule(found: FindingName) -> dict[str, Any]:
    cause, fix = sentence(found.cause), sentence(found.fix)
    said = _PAGE.sub(r"\1", f"{cause}\n\n**What to do:** {fix}")
    return {
        "id": found.name,
        "shortDescription": {"text": plain(sentence(found.cause.split("; ")[0]))},
        "fullDescription": {"text": plain(cause)},
        "help": {
            "text": f"{plain(cause)} What to do: {plain(fix)}",
            "markdown": f"{said}\n\n`lrp-kg check --explain {found.name}` says it too.",
        },
        "defaultConfiguration": {"level": found.severities[0]},
    }


def sentence(text: str) -> str:
    """Return a phrase as a sentence; what begins with a name that is written so stays as it is."""
    first = text.split()[0]
    begun = text if "`" in first or ":" in first else text[0].upper() + text[1:]
    return begun if begun.endswith(".") else f"{begun}."


def place_of(finding: Finding, folder: Path) -> tuple[Path, int, int]:
    """Return the file, line and column of a finding, 0 where it has none; without a place, the folder."""
    place = re.fullmatch(r"(.*?)(?::(\d+))?(?::(\d+))?", finding.where, re.DOTALL)
    file, line, column = place.groups() if place else ("", None, None)
    return Path(file) if file else folder, int(line or 0), int(column or 0)


def _result(finding: Finding, rule: int, folder: Path) -> dict[str, Any]:
    file, line, column = place_of(finding, folder)
    physical: dict[str, Any] = {"artifactLocation": _artifact(file)}
    if line:
        physical["region"] = {"startLine": line} | ({"startColumn": column} if column else {})
    location: dict[str, Any] = {"physicalLocation": physical}
    if finding.term:
        location["logicalLocations"] = [{"fullyQualifiedName": finding.term}]
    return {
        "ruleId": finding.name,
        "ruleIndex": rule,
        "level": finding.severity,
        "message": {"text": finding.message},
        "locations": [location],
    }


def _artifact(path: Path) -> dict[str, str]:
    """Return the address of a file: below where the check ran without what differs from machine to machine."""
    here = path.absolute()
    if here.is_relative_to(Path.cwd()):
        return {"uri": quote(here.relative_to(Path.cwd()).as_posix()), "uriBaseId": ROOT}
    return {"uri": here.as_uri()}
