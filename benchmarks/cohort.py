"""A million records in Parquet, answered in columns, beside a plain copy and hand-written SQL of five decisions.

    python -m benchmarks.cohort [ROWS] [ROUNDS] [spark]

The columns are drawn independently: more varied than life. 5 % of the onsets are known in part, a tenth of each field
is missing. Each round runs every row once; the ratios are of medians in this one run. ``five`` are the decisions of the
SQL, which decides nothing where something is unknown, and validates nothing; ``possible`` are all decisions with what
is possible and missing; ``cohort`` has every column.
"""

from __future__ import annotations

import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

ROWS, ROUNDS = 1_000_000, 3
CHUNK = 122_880
FLAGS = (
    "radicularPain recurrentPain surgeryPossible situationUnclear facetSyndromeSuspected insufficientPainRelief"
    " unbearablePainDespiteTreatment severePain severeFunctionalDeficit majorSleepProblems healthSurveillance"
    " ownDoctorAgrees heavyLifting vibration ergonomicBackLoad employerAgrees advisoryPhysicianAgrees"
    " resumptionIsDanger inSelfManagement promsRecorded programmeAccepted workerConsents occupationalPhysicianConfirms"
).split()
CHOICES = {
    "redFlags": ("none", "isolated", "cluster"),
    "careLine": ("first-line", "second-line"),
    "contact": ("first-contact", "follow-up"),
    "chronicityRisk": ("low", "moderate", "high"),
    "improvement": ("great", "beginning", "little-or-none"),
    "rehabilitationPotential": ("present", "little", "none"),
    "medialBranchBlock": ("positive", "negative"),
    "sector": ("private", "public"),
    "resumption": ("partial", "full"),
    "incapacityCause": ("low-back-pain", "other"),
}
DRUGS = ("paracetamol", "nsaid", "opioid", "muscle-relaxant", "antidepressant", "antiepileptic")


def records(rows: int, first: int, values: dict[str, tuple[str, ...]]) -> pa.Table:
    """Return invented records."""
    rng = np.random.default_rng(first)
    day = np.datetime64("2015-01-01") + rng.integers(0, 3650, rows).astype("timedelta64[D]")

    def some(data: object, share: float = 0.1) -> pa.Array:
        return pa.array(data, mask=rng.random(rows) < share)

    def before(most: int) -> np.ndarray:
        return day - rng.integers(0, most, rows).astype("timedelta64[D]")

    onset = before(200)
    columns: dict[str, object] = {"id": pa.array([f"p{n}" for n in range(first, first + rows)])}
    columns["assessmentDate"] = some(day, 0.02)
    text = onset.astype(str)
    part = rng.random(rows) < 0.05
    columns["onsetDate"] = some(np.where(part, np.array([t[:7] for t in text.tolist()]), text))
    for name in FLAGS:
        columns[name] = some(rng.random(rows) < 0.5)
    for name, own in values.items():
        columns[name] = some(np.array(own, dtype=object)[rng.integers(0, len(own), rows)])
    off = rng.random(rows) < 0.5
    start = before(400)
    columns["incapacityStart"] = pa.array(start, mask=~off | (rng.random(rows) < 0.1))
    columns["applicationDate"] = pa.array(
        day + rng.integers(0, 60, rows).astype("timedelta64[D]"), mask=rng.random(rows) < 0.4
    )
    columns["spinalSurgeryDate"] = pa.array(before(900), mask=rng.random(rows) < 0.8)
    columns["priorIncapacityDays"] = some(rng.integers(0, 120, rows))
    taken = rng.random((rows, len(DRUGS))) < 0.3
    lists = [[d for d, t in zip(DRUGS, row, strict=True) if t] for row in taken.tolist()]
    gone = (rng.random(rows) < 0.1).tolist()
    columns["medications"] = pa.array([None if g else own for g, own in zip(gone, lists, strict=True)])
    return pa.table(columns)


def write(path: Path, rows: int) -> None:
    from lrp_kg import GuidelineService

    fields = GuidelineService().guideline.field_names
    values = {name: tuple(v.id for v in fields[name].values) for name in CHOICES}
    writer = None
    for first in range(0, rows, CHUNK):
        table = records(min(CHUNK, rows - first), first, values)
        writer = writer or pq.ParquetWriter(path, table.schema)
        writer.write_table(table)
    assert writer
    writer.close()


SQL = """
CREATE OR REPLACE TABLE answers AS WITH d AS (
  SELECT *, date_diff('day', TRY_CAST(onsetDate AS DATE), assessmentDate) AS days,
    date_diff('day', incapacityStart, applicationDate) AS off,
    date_diff('month', spinalSurgeryDate, assessmentDate)
      - (day(assessmentDate) < day(spinalSurgeryDate))::INT AS months
  FROM read_parquet('{file}')
), s AS (SELECT *, CASE
    WHEN careLine = 'second-line' THEN CASE WHEN days < 35 THEN 'second-line-week-1-5' WHEN days < 77
      THEN 'second-line-week-6-11' WHEN days >= 77 THEN 'second-line-week-12-plus' END
    WHEN careLine = 'first-line' THEN CASE WHEN days < 14 AND NOT recurrentPain THEN 'first-line-week-1-2'
      WHEN days < 35 THEN 'first-line-week-3-5' WHEN days < 77 THEN 'first-line-week-6-11-' || contact
      WHEN days >= 77 THEN 'first-line-week-12-plus-' || contact END END AS stage FROM d)
SELECT id, stage, CASE WHEN redFlags = 'cluster' THEN 'refer-immediately-red-flags' WHEN radicularPain
    THEN 'radicular-pathway' WHEN stage = 'second-line-week-1-5' AND contact = 'first-contact' AND redFlags = 'none'
    THEN 'treat-in-first-line' WHEN stage IS NOT NULL THEN 'continue' END AS exit,
  CASE stage WHEN 'first-line-week-1-2' THEN '1.C' WHEN 'first-line-week-3-5' THEN '2.C.' ||
      CASE chronicityRisk WHEN 'low' THEN '1' ELSE '2' END
    WHEN 'first-line-week-6-11-first-contact' THEN '3.C.' || CASE chronicityRisk WHEN 'low' THEN '1' ELSE '2' END
    WHEN 'first-line-week-12-plus-first-contact' THEN '4.C.' || CASE chronicityRisk WHEN 'low' THEN '1' ELSE '2' END
    WHEN 'first-line-week-6-11-follow-up' THEN '3.H.' || CASE improvement WHEN 'great' THEN '1' WHEN 'beginning'
      THEN '2' ELSE '3' END
    WHEN 'second-line-week-6-11' THEN CASE chronicityRisk WHEN 'high' THEN '7.C.2' ELSE '7.C.1' END
    WHEN 'second-line-week-12-plus' THEN '8.C' END AS management,
  incapacityCause = 'low-back-pain' AND off >= 28 AND off < 90 AND (heavyLifting OR vibration) AS fedris,
  stage = 'second-line-week-12-plus' OR months BETWEEN 0 AND 12 AS rehabilitation FROM s
"""


def copy(file: Path, out: Path) -> None:
    with duckdb.connect() as connection:
        connection.execute(f"COPY (FROM read_parquet('{file}')) TO '{out}' (FORMAT parquet, COMPRESSION zstd)")


def handwritten(file: Path, out: Path) -> None:
    with duckdb.connect() as connection:
        connection.execute(SQL.format(file=file))
        connection.execute(f"COPY answers TO '{out}' (FORMAT parquet, COMPRESSION zstd)")


FIVE = ("stage", "exit", "management", "fedris-prevention", "multidisciplinary-rehabilitation")


def cohort(file: Path, out: Path, only: Sequence[str] = (), kinds: Sequence[str] = ()) -> None:
    """Answer by the command, as a user does."""
    from lrp_kg.cli import main as command

    chosen = [f"--for={name}" for name in only] + ([f"--columns={','.join(kinds)}"] if kinds else [])
    try:
        command(["cohort", str(file), "-o", str(out), *chosen], standalone_mode=False)
    except SystemExit as end:
        if end.code:
            raise


def five(file: Path, out: Path) -> None:
    """Answer the five decisions of the hand-written SQL: answers and status."""
    cohort(file, out, FIVE, ("answers", "status"))


def possible(file: Path, out: Path) -> None:
    """Answer all decisions, with what is possible and missing."""
    cohort(file, out, (), ("answer", "answers", "status", "possible", "missing"))


def spark(file: Path, out: Path) -> None:
    """Answer on Spark on this machine; wait for Java and its workers, so that what they took is counted."""
    from pyspark import SparkContext

    from lrp_kg.answer.service import GuidelineService
    from lrp_kg.cohort.spark.files import answer_files_on_spark

    answer_files_on_spark(GuidelineService(), [file], out)
    java = SparkContext._gateway.proc
    java.stdin.close()
    java.wait()


RUNS: dict[str, Callable[[Path, Path], None]] = {
    "copy": copy,
    "handwritten": handwritten,
    "five": five,
    "possible": possible,
    "cohort": cohort,
}
OPTIONAL: dict[str, Callable[[Path, Path], None]] = {"spark": spark}
AIMS = {"five": ("handwritten", 1.5, 600), "possible": ("copy", 2.5, 1000)}
"""Beside which run, how many times its CPU seconds, and how many MB."""


def taken() -> tuple[float, int]:
    """Return the CPU seconds of this process and of those that it waited for, and the peak of the largest in MB."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(u.ru_utime + u.ru_stime for u in used), max(u.ru_maxrss for u in used) // 1024


def main() -> None:
    every = RUNS | OPTIONAL
    if sys.argv[1:2] and sys.argv[1] in every:
        start, (before, _) = time.perf_counter(), taken()
        every[sys.argv[1]](Path(sys.argv[2]), Path(sys.argv[3]))
        cpu, peak = taken()
        print(time.perf_counter() - start, cpu - before, peak)
        return
    from benchmarks.serving import environment
    from lrp_kg.cli.cohort import ALLOCATOR

    rows = int(sys.argv[1]) if sys.argv[1:] else ROWS
    rounds = int(sys.argv[2]) if sys.argv[2:] else ROUNDS
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "records.parquet"
        write(file, rows)
        found: dict[str, list[list[float]]] = {name: [] for name in [*RUNS, *sys.argv[3:]]}
        env = environment(Path(folder))
        env.setdefault(*ALLOCATOR)  # the benchmark imports Arrow before the command can say so
        for turn in range(-1, rounds):
            for name in found:
                command = [sys.executable, "-m", "benchmarks.cohort", name, str(file), f"{folder}/{name}.parquet"]
                done = subprocess.run(command, capture_output=True, text=True, check=True, env=env)
                if turn >= 0:  # before, bytecode is compiled and what decisions come to is kept
                    found[name].append([float(part) for part in done.stdout.splitlines()[-1].split()])
        print(f"{rows} records, median of {rounds} interleaved rounds, whole processes without their start")
        report(
            rows, {name: [statistics.median(part) for part in zip(*runs, strict=True)] for name, runs in found.items()}
        )


def report(rows: int, found: dict[str, list[float]]) -> None:
    """Print the wall and CPU seconds and the memory of each run, and which aims it meets."""
    for name, (wall, cpu, peak) in found.items():
        beside = " ".join(f"{cpu / found[other][1]:6.2f} x {other}" for other in ("copy", "handwritten"))
        print(f"{name:12} {wall:7.2f} s wall {cpu:7.2f} s CPU {beside} {rows / cpu:9.0f} a CPU s {peak:6.0f} MB")
    for name, (other, most, memory) in AIMS.items():
        _, cpu, peak = found[name]
        times = cpu / found[other][1]
        said = "met" if times <= most and peak <= memory else "missed"
        print(f"aim {said}: {name} {times:.2f} x {other} (at most {most}), {peak:.0f} MB (at most {memory})")


if __name__ == "__main__":
    main()
