"""Loading new records into a store: records a CPU second and bytes a record, beside what Oxigraph alone needs.

    python benchmarks/load.py                       # 1,000 and 5,000 records
    python benchmarks/load.py --sizes 100000        # other sizes; --json FILE, --keep DIR (cohorts and stores)

CPU seconds are those of all processes of a load. What a guideline costs once (its diagrams, its closure) is in a cache
before anything is measured; what each load costs whatever its size is in the first line.
"""

from __future__ import annotations

import argparse
import json
import resource
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from serving import COMMAND, environment

ALONE = (
    "import sys, pyoxigraph as ox; s = ox.Store(sys.argv[2]);"
    " s.bulk_load(path=sys.argv[1], format=ox.RdfFormat.N_QUADS); s.optimize(); s.flush()"
)
"""What a store costs by itself: Oxigraph's bulk loader and compaction, for the quads that ours holds."""

DUMP = (
    "import sys, pyoxigraph as ox; s = ox.Store.read_only(sys.argv[1]); s.dump(sys.argv[2], ox.RdfFormat.N_QUADS);"
    " print(len(s))"
)


def spent(*command: str, env: dict[str, str]) -> float:
    """Run a command to its end and return the CPU seconds of it and of its children."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, check=True, env=env, stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def size(folder: Path) -> int:
    return sum(f.stat().st_size for f in folder.rglob("*") if f.is_file())


def measure(records: int, folder: Path, env: dict[str, str], base: dict[str, float]) -> dict[str, float]:
    """Load records; what ``base``, a load of one record, takes is left out where a record is meant."""
    folder.mkdir(parents=True, exist_ok=True)
    cohort, store, quads, plain = (folder / name for name in ("cohort.ndjson", "store", "all.nq", "plain"))
    if not cohort.exists():
        spent(COMMAND, "synthesise", str(records), "--output", str(cohort), env=env)
    for left in (store, plain):
        shutil.rmtree(left, ignore_errors=True)
    seconds = spent(COMMAND, "load", str(cohort), "--store", str(store), env=env)
    generation = store / "generations" / (store / "CURRENT").read_text().strip()
    count = subprocess.run(
        [sys.executable, "-c", DUMP, str(generation), str(quads)], check=True, env=env, capture_output=True, text=True
    )
    alone = spent(sys.executable, "-c", ALONE, str(quads), str(plain), env=env)
    found = {
        "records": records,
        "seconds": seconds,
        "bytes": size(generation),
        "quads": int(count.stdout),
        "alone": alone,
        "bytesAlone": size(plain),
    }
    if not base:
        print(
            f"{records:>8} record: {seconds:.1f} CPU s, {found['bytes'] / 1e6:.1f} MB, {found['quads']} quads",
            flush=True,
        )
        return found
    own, its, kept, bare, more = (
        (found[name] - base[name]) / records for name in ("seconds", "alone", "bytes", "bytesAlone", "quads")
    )
    print(
        f"{records:>8} records, each: {1000 * own:.2f} CPU ms ({1 / own:.0f} a CPU second), {kept / 1000:.1f} kB,"
        f" {more:.0f} quads; Oxigraph alone {1000 * its:.2f} ms, {bare / 1000:.1f} kB (in one piece)",
        flush=True,
    )
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", nargs="+", type=int, default=[1_000, 5_000])
    parser.add_argument("--json", type=Path)
    parser.add_argument("--keep", type=Path, help="folder for cohorts and stores")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        env = environment(Path(scratch))
        folder = options.keep or Path(scratch)
        measure(1, folder / "warm", env, {})
        base = measure(1, folder / "one", env, {})
        found = [base, *(measure(n, folder / str(n), env, base) for n in options.sizes)]
    if options.json:
        options.json.write_text(json.dumps(found, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
