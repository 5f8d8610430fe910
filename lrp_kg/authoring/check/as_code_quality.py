"""Findings as a report of code quality, which GitLab shows in a merge request."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from lrp_kg.authoring.check.as_sarif import place_of
from lrp_kg.findings import Finding

_SEVERITY = {"error": "major", "warning": "minor", "note": "info"}


def code_quality(findings: Iterable[Finding], folder: Path) -> list[dict[str, Any]]:
    """Return findings with places below where the check ran, which in a job is the root of the repository.

    The fingerprint of a finding stays the same where only lines have moved.
    """
    seen: Counter[tuple[str, ...]] = Counter()
    found = []
    for f in findings:
        path, line, _ = place_of(f, folder)
        here = path.absolute()
        file = (here.relative_to(Path.cwd()) if here.is_relative_to(Path.cwd()) else here).as_posix()
        key = (f.name, file, f.message)
        digest = hashlib.sha256("\0".join((*key, str(seen[key]))).encode()).hexdigest()
        seen[key] += 1
        found.append(
            {
                "description": f.message,
                "check_name": f.name,
                "fingerprint": digest,
                "severity": _SEVERITY.get(f.severity, "info"),
                "location": {"path": file, "lines": {"begin": line or 1}},
            }
        )
    return found
