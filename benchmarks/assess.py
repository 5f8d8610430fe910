"""How fast is an assessment, beside what else one could do? Everything in one interleaved run.

    python benchmarks/assess.py            a table, aims met or missed, and a profile of what missed
    python benchmarks/assess.py --json     the same for programs
    python benchmarks/assess.py --help     rounds, records, what to leave out

Contenders: (a) the naive pipeline, (b) stock pySHACL, (c) GoRules ZEN, (d) if/else in Python; over HTTP the same
server answering a constant. A ratio is of the medians of the whole run, with its lowest and highest round. Numbers
of a machine that does something else at the same time are worth little: compare ratios, and repeat.
"""

from __future__ import annotations

import argparse
import gc
import hashlib
import importlib.metadata
import itertools
import json
import os
import platform
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import measure
import reasons
import records
import rivals
import serving
from handwritten import decide
from measure import Aim, Ratio, Timing
from records import Sample
from zenmodel import normal

from lrp_kg.answer.service import GuidelineService
from lrp_kg.guideline.files import packaged_folder
from lrp_kg.record.model import Record
from lrp_kg.record.strict_json import parse_json
from lrp_kg.research.synthesis.generating import Generator

Json = dict[str, Any]
FRESH = 40
"""Records of a new signature in a round."""
WARM = 2000
"""Records of the invented cohort that are answered before fresh ones are."""
SHACL = 60
"""Records validated by stock pySHACL in a round."""
CAREFUL = 8
"""Records that go through the careful pipeline in a round."""
NEW_OVER_HTTP = 400
"""Records of other signatures that are sent to the service once."""
FRESH_OVER_HTTP = 600
"""Records of the invented cohort that are sent to the service once, in a round."""
SEEN_SHARE, FRESH_SHARE = 0.5, 0.3
"""Aims over HTTP: the share of the requests of a constant answer that the service answers in the same time."""

WHAT = {
    "same": "the service, the same record again",
    "seen": "the service, seen signature, other dates and identifiers",
    "new": "the service, new signature, fields drawn independently",
    "fresh": "the service, a record of the invented cohort for the first time",
    "fresh-data": "the same as data: decided and explained, no JSON",
    "naive": "(a) naive: parse all, owlrl, pySHACL, rdflib query",
    "careful": "(a') careful: ontology closed and query parsed before",
    "shacl": "(b) stock pySHACL, validation only",
    "render": "decision, explanation, JSON, of a record seen before",
    "assess": "decision and explanation as data, of a record seen before",
    "zen": "(c) GoRules ZEN, answer only",
    "zen-trace": "(c) GoRules ZEN with its trace",
    "hand": "(d) if/else by hand, answer only",
}


@dataclass
class Findings:
    """What a run found."""

    timings: dict[str, Timing] = field(default_factory=dict)
    http: list[Json] = field(default_factory=list)
    processes: dict[str, list[float]] = field(default_factory=dict)
    aims: list[Aim] = field(default_factory=list)
    checks: dict[str, str] = field(default_factory=dict)


def progress(text: str) -> None:
    print(f"  {time.strftime('%H:%M:%S')} {text}", file=sys.stderr, flush=True)


# -- in process -----------------------------------------------------------------------------------


class InProcess:
    """The contenders of one process and their inputs."""

    def __init__(self, options: argparse.Namespace) -> None:
        self.options = options
        self.service = GuidelineService()
        self.renderer = self.service.renderer()
        self.endless = records.samples(self.service.guideline, options.seed)
        self.samples = list(itertools.islice(self.endless, options.records))
        self.rng = random.Random(options.seed + 1)  # noqa: S311  reproducible, not secret
        self.known = [self.service.read(s.record) for s in self.samples]
        assert len({s.body for s in self.samples}) == len(self.samples) >= 200
        self.signatures = {self.service.assessor.signature(k) for k in self.known}
        self.number_of_signatures = len(self.signatures)
        self.complete = [(s, k) for s, k in zip(self.samples, self.known, strict=True) if s.complete]
        self.contexts = [rivals.context_of(self.service, s.record, k) for s, k in self.complete]
        self.naive = rivals.Naive(self.service)
        self.shacl = rivals.StockShacl(self.naive.shapes)
        self.zen = rivals.Zen()
        self.moved = 0
        self.cohort = Generator(self.service, options.seed).records(1_000_000)

    def answer(self, sample: Sample) -> bytes:
        """Do all that a service does with a body: parse, validate, decide, explain, JSON."""
        return self.service.answer_json(parse_json(sample.body), explain=True)

    def render(self, known: Record) -> bytes:
        return self.service._answers.render(known, self.renderer, None, explain=True, detail="full")

    def assess(self, known: Record) -> object:
        return self.service.assessor.assess(known, explain=True)

    def fresh(self, number: int) -> list[Sample]:
        """Return records whose signature was not seen before, nor by each other."""
        found: list[Sample] = []
        while len(found) < number:
            sample = next(self.endless)
            raw = self.service.reader.from_json(sample.record)
            signature = self.service.assessor.signature(self.service.reader.understand(raw))
            if signature not in self.signatures:
                self.signatures.add(signature)
                found.append(sample)
        return found

    def never_seen(self, number: int) -> list[Sample]:
        """Return the next records of the invented cohort."""
        return [Sample(r, json.dumps(r), complete=False) for r in itertools.islice(self.cohort, number)]

    def never_read(self, number: int) -> list[Record]:
        """Return the next records of the invented cohort, read and validated."""
        return [self.service.read(s.record) for s in self.never_seen(number)]

    def siblings(self) -> list[Sample]:
        self.moved += 1
        return [records.sibling(self.service, s, self.rng, self.moved) for s in self.samples]

    def check(self) -> dict[str, str]:
        """Compare what the contenders decide; stop where they disagree."""
        for (_, known), context in zip(self.complete, self.contexts, strict=True):
            expected = rivals.ours(self.service, known)
            assert decide(context) == expected, ("by hand", context, decide(context), expected)
            found = normal(self.zen(context))
            assert found == expected, ("ZEN", context, found, expected)
        number = f"{len(self.complete)} complete records"
        for sample, known in zip(self.samples[:CAREFUL], self.known, strict=False):
            assert self.naive.agrees(self.naive.careful((sample.record, known)), known), sample.record
        return {
            "ZEN decides as the service": number,
            "by hand decides as the service": number,
            "rdflib has the service's verdict of every class": f"{CAREFUL} records (and each naive run)",
        }

    def naive_once(self, job: tuple[Json, Record]) -> None:
        self.verdicts = self.naive.everything(job)

    def prepare(self) -> None:
        """Answer every sampled record once, so that it is seen; then keep what is there out of garbage collection."""
        for sample in [*self.samples, *self.never_seen(WARM)]:
            self.answer(sample)
        gc.collect()
        gc.freeze()

    def rounds(self, timings: dict[str, Timing]) -> Iterator[int]:
        service, jobs = self.service, list(zip((s.record for s in self.samples), self.known, strict=True))
        graphs = [service._validator.judge.graph_of(service.reader.from_json(s.record))[0] for s in self.samples]
        complete = [known for _, known in self.complete]
        for turn in range(self.options.rounds):
            naive = [jobs[turn]] if turn < self.options.naive else []
            contenders: dict[str, measure.Contender] = {
                "same": (self.answer, self.samples),
                "seen": (self.answer, self.siblings()),
                "new": (self.answer, self.fresh(FRESH)),
                "fresh": (self.answer, self.never_seen(FRESH)),
                "fresh-data": (self.assess, self.never_read(FRESH)),
                "naive": (self.naive_once, naive),
                "careful": (self.naive.careful, _part(jobs, turn, CAREFUL)),
                "shacl": (self.shacl, _part(graphs, turn, SHACL)),
                "render": (self.render, complete),
                "assess": (self.assess, complete),
                "zen": (self.zen, self.contexts),
                "zen-trace": (self.zen.traced, self.contexts),
                "hand": (decide, self.contexts),
            }
            measure.one_round(timings, contenders, turn)
            if naive:
                assert self.naive.agrees(self.verdicts, naive[0][1]), "the naive pipeline has another verdict"
            yield turn


def _part(items: list[Any], turn: int, size: int) -> list[Any]:
    """Return another part of a list each turn, round and round."""
    start = turn * size % len(items)
    return (items + items)[start : start + min(size, len(items))]


def in_process(options: argparse.Namespace, found: Findings) -> InProcess:
    progress("in process: loading, and checking that the contenders decide the same")
    run = InProcess(options)
    found.checks |= run.check()
    run.prepare()
    for turn in run.rounds(found.timings):
        progress(f"in process: round {turn + 1} of {options.rounds}")
    number = len(run.samples)
    found.checks["records, of which complete, with how many signatures"] = (
        f"{number}, {len(run.complete)}, {run.number_of_signatures}"
    )
    remembers = run.service.rules.rememberable
    found.checks["validation remembers what conformed"] = {True: "yes", False: "NO: pySHACL runs for each record"}.get(
        remembers, "unknown"
    )
    found.processes |= {f"of (a): {name}, s": times for name, times in run.naive.parts.items()}
    found.aims += _aims_in_process(run, found.timings, options)
    return run


def _aims_in_process(run: InProcess, t: dict[str, Timing], options: argparse.Namespace) -> list[Aim]:
    def of_answers(samples: list[Sample]) -> str:
        return measure.profile_of(run.answer, samples)

    def seen() -> str:
        return of_answers(run.siblings())

    def new() -> str:
        return of_answers(run.fresh(FRESH))

    complete = [known for _, known in run.complete]
    aims = [
        measure.aim_at_most(
            "a fresh record validated, explained, as JSON / ZEN (c)",
            measure.ratio(t["fresh"], t["zen"]),
            5,
            lambda: of_answers(run.never_seen(5 * FRESH)),
        ),
        measure.aim_at_most(
            "a fresh record decided and explained as data / ZEN (c)",
            measure.ratio(t["fresh-data"], t["zen"]),
            2,
            lambda: measure.profile_of(run.assess, run.never_read(5 * FRESH)),
        ),
    ]
    if options.naive:
        aims += [
            measure.aim_at_least(f"naive (a) / service, {name} signature", measure.ratio(t["naive"], t[name]), 500, why)
            for name, why in (("seen", seen), ("new", new))
        ]
    return aims + [
        measure.aim_at_most("service, seen signature / pySHACL (b)", measure.ratio(t["seen"], t["shacl"]), 1, seen),
        measure.aim_at_most("service, new signature / pySHACL (b)", measure.ratio(t["new"], t["shacl"]), 1, new),
        measure.aim_at_most(
            "decision explained, JSON, seen before / ZEN (c)",
            measure.ratio(t["render"], t["zen"]),
            2,
            lambda: measure.profile_of(run.render, complete * 5),
        ),
        measure.aim_at_most(
            "decision explained, data, seen before / ZEN (c)",
            measure.ratio(t["assess"], t["zen"]),
            2,
            lambda: measure.profile_of(run.assess, complete),
        ),
    ]


# -- over HTTP --------------------------------------------------------------------------------------


def over_http(
    options: argparse.Namespace,
    found: Findings,
    env: dict[str, str],
    bodies: list[str],
    others: list[str],
    cohort: Iterator[str],
) -> None:
    """Measure both servers in turn; the records of the ``cohort`` and, at the end, ``others`` are sent once each."""
    paths = {"plain": "/assess", "explained": "/assess?explain=1"}
    seen = tuple(paths)
    many = {"connections": options.connections}
    progress(f"over HTTP: {options.requests} requests to the service, then memory")
    with serving.service(env, options.workers) as service:
        start = time.perf_counter()
        answered = service.post(paths["plain"], bodies[0])
        found.processes["first answer of a started service, s"] = [time.perf_counter() - start]
        assert json.loads(answered) == GuidelineService().assess(json.loads(bodies[0])), "HTTP has another answer"
        found.checks["over HTTP the answer is that of the Python interface"] = "1 record"
        half = options.requests // 2
        first = {name: serving.load(service.port, path, bodies, requests=half, **many) for name, path in paths.items()}
        megabytes = service.worker_megabytes()
        found.processes[f"memory of a worker after {2 * half} requests, MB"] = [megabytes]
        warmed = list(itertools.islice(cohort, WARM))
        first["fresh"] = serving.load(service.port, paths["explained"], warmed, requests=WARM, **many)
        paths["fresh"] = paths["explained"]
        sizes = [round(first[name]["meanBytes"]) for name in paths]
        with serving.constant(env, options.workers, sizes) as constant:
            serving.load(constant.port, "/0", bodies, requests=half, **many)
            rows: dict[tuple[str, str], list[Json]] = {}
            for turn in range(options.http_rounds):
                progress(f"over HTTP: round {turn + 1} of {options.http_rounds}")
                pairs = list(enumerate(paths.items()))
                never_seen = list(itertools.islice(cohort, FRESH_OVER_HTTP))
                for number, (name, path) in pairs if turn % 2 == 0 else reversed(pairs):
                    limit: Json = {"seconds": options.seconds} if name in seen else {"requests": FRESH_OVER_HTTP}
                    sent = bodies if name in seen else never_seen
                    for who, port, address in (
                        ("constant", constant.port, f"/{number}"),
                        ("service", service.port, path),
                    ):
                        result = serving.load(port, address, sent, **limit, **many)
                        rows.setdefault((name, who), []).append(result)
        last = service.worker_megabytes()
        asked = 2 * half + sum(r["requests"] for (_, who), results in rows.items() if who == "service" for r in results)
        found.processes[f"memory of a worker after {asked} requests, MB"] = [last]
        progress(f"over HTTP: {len(others)} records of other signatures")
        once = serving.load(service.port, paths["explained"], others, requests=len(others), **many)
        added = (service.worker_megabytes() - last) * 1000 / len(others)
        found.processes["memory for each new signature, explained, kB"] = [added * options.workers]
    for name, path in paths.items():
        ours, other = rows[name, "service"], rows[name, "constant"]
        for who, results in (("service", ours), ("constant", other)):
            found.http.append({"what": f"{who}, {name}", **_middle(results), "rounds": results})
        quotients = [a["perSecond"] / b["perSecond"] for a, b in zip(ours, other, strict=True)]
        ratio = Ratio(statistics.median(quotients), min(quotients), max(quotients))
        title = f"requests per second, service / constant, {name if name == 'fresh' else f'{name}, seen'}"
        wanted = SEEN_SHARE if name in seen else FRESH_SHARE
        sent = bodies if name in seen else list(itertools.islice(cohort, FRESH_OVER_HTTP))
        found.aims.append(measure.aim_at_least(title, ratio, wanted, lambda p=path, b=sent: reasons.request(b, p)))
    found.http.append({"what": "service, explained, each for the first time", **_middle([once]), "rounds": [once]})
    found.aims.append(
        Aim(
            f"memory of a worker after {2 * half} requests",
            f"{megabytes:.0f} MB",
            "< 150 MB",
            megabytes < 150,
            megabytes,
            lambda: reasons.memory(bodies, env),
        )
    )


def _middle(results: list[Json]) -> Json:
    keys = ("perSecond", "p50", "p99", "meanBytes", "generatorBusy")
    return {key: statistics.median(r[key] for r in results) for key in keys} | {
        "lowest": min(r["perSecond"] for r in results),
        "highest": max(r["perSecond"] for r in results),
    }


# -- processes --------------------------------------------------------------------------------------


def starting(options: argparse.Namespace, found: Findings, env: dict[str, str], scratch: Path, body: str) -> None:
    file = scratch / "record.json"
    file.write_text(body, encoding="utf-8")
    arguments = ["assess", str(file), "--format", "json"]
    bare, answered, ready = [], [], []
    for turn in range(-1, options.starts):  # the first only warms the caches
        progress(f"processes: start {max(turn + 1, 0)} of {options.starts}")
        seconds, _ = serving.timed([sys.executable, "-c", "pass"], env)
        took, out = serving.timed([serving.COMMAND, *arguments], env)
        assert json.loads(out)["decisions"]
        with serving.service(env, 1) as server:
            if turn >= 0:
                bare.append(seconds)
                answered.append(took)
                ready.append(server.ready)
    found.processes |= {
        "Python that does nothing, s": bare,
        "lrp-kg assess FILE --format json, s": answered,
        "lrp-kg serve until /health answers 200, s": ready,
    }
    for name, times, wanted, why in (
        ("command line answer", answered, 0.3, lambda: reasons.command_line(arguments, env, scratch)),
        ("service ready", ready, 1.0, lambda: reasons.start_up(env)),
    ):
        middle = statistics.median(times)
        figure = f"{middle:.2f} s ({min(times):.2f} to {max(times):.2f})"
        spread = (min(times), max(times))
        found.aims.append(
            Aim(name, figure, f"< {wanted:g} s", met=middle < wanted, value=middle, why=why, spread=spread)
        )


# -- the report -------------------------------------------------------------------------------------


def surroundings(options: argparse.Namespace) -> Json:
    names = ("lrp-kg", "pyoxigraph", "pyshacl", "rdflib", "owlrl", "zen-engine", "flask", "granian", "orjson")
    return {
        "python": platform.python_version(),
        "processors": os.cpu_count(),
        "loadAverage": os.getloadavg()[0],
        "versions": {name: importlib.metadata.version(name) for name in names},
        "options": vars(options),
    }


def content() -> str:
    """Return a hash of the package and the guideline, to notice that they change during a run."""
    import lrp_kg

    package, folder = Path(lrp_kg.__file__).parent, packaged_folder()
    files = [*package.rglob("*.py"), *folder.glob("ontology/*.ttl"), *folder.glob("shapes/*.ttl")]
    assert len(files) > 20
    digest = hashlib.sha256()
    for file in sorted(files):
        digest.update(file.read_bytes())
    return digest.hexdigest()


def as_json(found: Findings, around: Json) -> Json:
    return {
        "environment": around,
        "checks": found.checks,
        "inProcess": {n: {"what": WHAT[n], **t.as_json()} for n, t in found.timings.items() if t.times},
        "http": found.http,
        "processes": found.processes,
        "aims": [aim.as_json() for aim in found.aims],
    }


def report(found: Findings, around: Json) -> None:
    from rich.console import Console
    from rich.table import Table

    console = Console(highlight=False, width=None if sys.stdout.isatty() else 130)

    def table(title: str, *columns: str) -> Table:
        made = Table(title=title, title_justify="left")
        for number, column in enumerate(columns):
            made.add_column(column, justify="right" if number else "left")
        return made

    if found.timings:
        rows = table("In process, one record", "", "median", "middle half", "p99", "calls", "x if/else")
        for name, timing in found.timings.items():
            if timing.times:
                t = timing.as_json()
                half = f"{measure.microseconds(t['p25'])} to {measure.microseconds(t['p75'])}"
                shown = (measure.microseconds(t["median"]), half, measure.microseconds(t["p99"]), str(t["count"]))
                rows.add_row(WHAT[name], *shown, measure.short(t["median"] / found.timings["hand"].median))
        console.print(rows)
    if found.http:
        o = around["options"]
        title = (
            f"Over HTTP, {o['connections']} connections, {o['workers']} worker(s), medians of {o['http_rounds']} rounds"
        )
        rows = table(title, "", "requests/s", "lowest to highest", "p50", "p99", "body", "generator busy")
        for r in found.http:
            spread = f"{measure.short(r['lowest'])} to {measure.short(r['highest'])}"
            times = (measure.microseconds(r["p50"]), measure.microseconds(r["p99"]))
            last = (f"{r['meanBytes'] / 1000:.1f} kB", f"{r['generatorBusy']:.0%}")
            rows.add_row(r["what"], measure.short(r["perSecond"]), spread, *times, *last)
        console.print(rows)
    if found.processes:
        rows = table("Processes", "", "median", "lowest to highest")
        for name, values in found.processes.items():
            spread = f"{measure.short(min(values))} to {measure.short(max(values))}" if len(values) > 1 else ""
            rows.add_row(name, measure.short(statistics.median(values)), spread)
        console.print(rows)
    rows = table("Checked", "", "")
    for name, text in found.checks.items():
        rows.add_row(name, text)
    console.print(rows)
    rows = table("Aims (ratio of medians, lowest to highest round)", "", "measured", "wanted", "")
    for aim in found.aims:
        rows.add_row(aim.name, aim.figure, aim.wanted, "[green]met[/]" if aim.met else "[red]missed[/]")
    console.print(rows)
    versions = ", ".join(f"{n} {v}" for n, v in around["versions"].items())
    load = f"load average at the start {around['loadAverage']:.2f}"
    console.print(f"Python {around['python']}, {around['processors']} processors, {load}; {versions}.")
    named: dict[str, str] = {}
    for aim in found.aims:
        if aim.profile:
            named.setdefault(aim.profile, aim.name)
    for text, name in named.items():
        console.rule(f"Why: {name}", align="left")
        print(text)


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="print JSON on standard output")
    parser.add_argument("--seed", type=int, default=20261123, help="of the records (default %(default)s)")
    parser.add_argument("--records", type=int, default=240, help="different records, 200 or more (default %(default)s)")
    parser.add_argument("--rounds", type=int, default=6, help="rounds in process (default %(default)s)")
    parser.add_argument("--naive", type=int, default=2, help="runs of (a), each about 10 s (default %(default)s)")
    parser.add_argument("--http-rounds", type=int, default=3, help="rounds over HTTP (default %(default)s)")
    parser.add_argument("--seconds", type=float, default=1.5, help="of each load (default %(default)s)")
    parser.add_argument("--connections", type=int, default=4, help="keep-alive connections (default %(default)s)")
    parser.add_argument("--workers", type=int, default=1, help="workers of both servers (default %(default)s)")
    parser.add_argument("--requests", type=int, default=2000, help="before memory is read (default %(default)s)")
    parser.add_argument("--starts", type=int, default=5, help="starts of command and service (default %(default)s)")
    parser.add_argument("--skip", nargs="*", default=[], choices=["process", "http", "start"], help="leave out")
    parser.add_argument("--profile", action="store_true", help="profiles of aims that are met, too")
    options = parser.parse_args()
    if options.records < 200 or min(options.rounds, options.http_rounds, options.starts) < 1:
        parser.error("records must be 200 or more, rounds and starts 1 or more")
    return options


def main() -> int:
    options = parse()
    around = surroundings(options)
    begun, measured = time.perf_counter(), content()
    found = Findings()
    with tempfile.TemporaryDirectory(prefix="lrp-benchmark-") as folder:
        scratch = Path(folder)
        env = serving.environment(scratch)
        os.environ["LRP_CACHE"] = env["LRP_CACHE"]
        GuidelineService()  # fills the cache of diagrams
        if "process" not in options.skip:
            in_process(options, found)
        guideline = GuidelineService().guideline
        endless = (s.body for s in records.samples(guideline, options.seed))
        bodies = list(itertools.islice(endless, options.records))
        if "start" not in options.skip:
            starting(options, found, env, scratch, bodies[0])
        if "http" not in options.skip:
            invented = Generator(GuidelineService(), options.seed).records(1_000_000)
            others = list(itertools.islice(endless, NEW_OVER_HTTP))
            over_http(options, found, env, bodies, others, map(json.dumps, invented))
        for aim in found.aims:
            if aim.why and (options.profile or not aim.met):
                progress(f"why: {aim.name}")
                aim.profile = aim.why()
    found.checks["package and guideline stayed the same during the run"] = (
        "yes" if content() == measured else "NO: this run measured a mixture, repeat it"
    )
    around["seconds"] = time.perf_counter() - begun
    if options.json:
        print(json.dumps(as_json(found, around), indent=1))
    else:
        report(found, around)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
