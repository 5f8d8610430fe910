"""How long does ``lrp-kg check`` take, and how does it grow with the guideline?

    python benchmarks/check.py                    the guideline as it is, and four times as large
    python benchmarks/check.py --sizes 1,4,16 --rounds 1     half an hour of CPU time; it says what it does
    python benchmarks/check.py --json             the same for programs

Each size is a valid guideline with that many copies of the decisions, conditions, boxes, statements and cases. It is
checked with an empty cache (``first``), then as a new process would with what is kept on disk (``check``), and then as
``--watch`` does after an edit, the best of some rounds. Times are CPU seconds of this process, so that other work on
the machine counts less; starting Python and importing is not in them. Ratios are to size 1, and to the whole check.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import platform
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from multiplied import multiply

from lrp_kg.authoring.check.stages import CheckResult, run
from lrp_kg.authoring.check_cache import CheckCache
from lrp_kg.guideline.files import packaged_folder

AIM_CHECK, AIM_AGAIN = 3.0, 1.0
"""Seconds that a check and a check after an edit may take at size 1."""
STAGES = ("well made", "sound", "read", "complete", "right")
EDITS: dict[str, tuple[str, str, str]] = {
    "nothing": ("ontology/first-line.ttl", "", ""),
    "a label": ("ontology/first-line.ttl", '"@fr', ' x"@fr'),
    "a threshold": ("ontology/situations.ttl", "xsd:minInclusive 28", "xsd:minInclusive 29"),
    "a modality": ("ontology/first-line.ttl", "cp:modality cp:Instruction", "cp:modality cp:May"),
}
"""What is edited: file, text, new text."""

Json = dict[str, Any]


def timed(work: Callable[[], CheckResult]) -> tuple[CheckResult, float]:
    """Return what some work gave, and its CPU seconds."""
    gc.collect()
    start = time.process_time()
    result = work()
    return result, time.process_time() - start


def check(folder: Path, cache: CheckCache | None = None) -> CheckResult:
    return run(folder, hermit=False, cache=cache)


def said(what: str) -> None:
    print(f"{time.strftime('%H:%M:%S')} {what} ...", file=sys.stderr, flush=True)


def measured(folder: Path, rounds: int) -> Json:
    """Return the seconds of each check of a guideline."""
    said("first check, empty cache")
    first, cold = timed(lambda: check(folder))
    wrong = {f.name for f in first.findings if f.severity == "error"}
    assert not wrong, f"the guideline is valid, but: {', '.join(sorted(wrong))}"
    checks = []
    for _ in range(rounds):
        said("check")
        cache = CheckCache()
        checks.append(timed(lambda cache=cache: check(folder, cache)))  # type: ignore[misc]
    best, warm = min(checks, key=lambda pair: pair[1])
    again = {}
    for name, (file, old, new) in EDITS.items():
        path = folder / file
        text = path.read_text(encoding="utf-8")
        assert old in text, f"{name}: {old} is not in {file}"
        times = []
        said(f"again after {name}")
        for _ in range(rounds):
            path.write_text(text.replace(old, new, 1), encoding="utf-8")
            times.append(timed(lambda: check(folder, cache))[1])
            path.write_text(text, encoding="utf-8")
            times.append(timed(lambda: check(folder, cache))[1])
        again[name] = min(times)
    return {
        "bytes": sum(f.stat().st_size for f in (folder / "ontology").glob("*.ttl")),
        "findings": len(best.findings),
        "first": cold,
        "firstStages": first.seconds,
        "check": warm,
        "stages": best.seconds,
        "again": again,
    }


def row(name: str, values: list[float], unit: str = "s") -> str:
    ratios = [f"{v / values[0]:5.1f} x" if values[0] else "" for v in values[1:]]
    return f"{name:<34}" + "".join(f"{v:9.2f} {unit}" for v in values) + "   " + "  ".join(ratios)


def report(found: dict[int, Json]) -> None:
    sizes = list(found)
    print(f"Python {platform.python_version()}, {os.cpu_count()} cores, CPU seconds, best of the rounds")
    print(f"{'size':<34}" + "".join(f"{size:>9} x " for size in sizes) + "   growth to the first size")
    print(row("Turtle, MB", [found[s]["bytes"] / 1e6 for s in sizes], " "))
    print(row("first check, empty cache", [found[s]["first"] for s in sizes]))
    print(row("check", [found[s]["check"] for s in sizes]))
    for stage in STAGES:
        print(row(f"  {stage} (wall clock)", [found[s]["stages"][stage] for s in sizes]))
    for name in EDITS:
        print(row(f"again after {name}", [found[s]["again"][name] for s in sizes]))
    for name in EDITS:
        shares = [found[s]["again"][name] / found[s]["check"] for s in sizes]
        print(f"{'  as part of a check, ' + name:<34}" + "".join(f"{share:11.2f}" for share in shares))
    if sizes[0] == 1:
        one = found[1]
        slowest = max(one["again"].values())
        print(f"check under {AIM_CHECK} s: {one['check']:.2f} s, {'met' if one['check'] < AIM_CHECK else 'missed'}")
        print(f"check after an edit under {AIM_AGAIN} s: {slowest:.2f} s, {'met' if slowest < AIM_AGAIN else 'missed'}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", default="1,4", help="sizes, with commas (default: 1,4)")
    parser.add_argument("--rounds", type=int, default=3, help="rounds of each measurement (default: 3)")
    parser.add_argument("--json", action="store_true", help="print JSON")
    chosen = parser.parse_args()
    found: dict[int, Json] = {}
    with tempfile.TemporaryDirectory() as place:
        os.environ["LRP_CACHE"] = str(Path(place) / "cache")
        for size in (int(s) for s in chosen.sizes.split(",")):
            said(f"size {size}")
            folder = multiply(packaged_folder(), Path(place) / f"size-{size}", size)
            found[size] = measured(folder, chosen.rounds)
    print(json.dumps(found, indent=1)) if chosen.json else report(found)


if __name__ == "__main__":
    main()
