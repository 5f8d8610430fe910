"""The queries of the catalogue over HTTP, beside Oxigraph's own server and rdflib-endpoint on the same data.

    python benchmarks/sparql.py                      # 1,000 and 10,000 records
    python benchmarks/sparql.py --sizes 1000 100000  # other sizes; --rounds, --only NAME, --json FILE, --keep DIR

Every server runs at the same time and answers the same query in turn, so that what else the machine does falls on all
of them. Ours runs with all its limits on, behind a token. A ratio is ours to theirs, of medians.
"""

from __future__ import annotations

import argparse
import http.client
import json
import math
import os
import statistics
import subprocess
import sys
import sysconfig
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from urllib.parse import urlencode

from serving import Server, environment, free_port

ROOT = Path(__file__).parent.parent
SCRIPTS = Path(sysconfig.get_path("scripts"))
ACCEPT = "application/sparql-results+json"
TOKEN = "a-token-of-this-benchmark"  # noqa: S105 - none of any service
PATIENCE = 10.0
"""Seconds that rdflib-endpoint may take for a query."""

SLOW = 1_000
"""Records up to which rdflib-endpoint is asked: beyond, most queries take it minutes."""


class Contender:
    """An endpoint, asked over one connection that is kept open."""

    def __init__(self, name: str, path: str, start: Callable[[int], Server], patience: float) -> None:
        self.name = name
        self.path = path
        self.patience = patience
        self.times: dict[str, list[float]] = {}
        self._start = start
        self.start()

    def start(self) -> None:
        """Start the server; it may be one that is stuck in a query that nobody waits for any more."""
        port = free_port()
        self.server = self._start(port)
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=self.patience)

    def stop(self) -> None:
        self.connection.close()
        self.server.stop()

    def ask(self, name: str, query: str) -> int:
        """Ask a query, note how long it took, and return the number of rows."""
        headers = {
            "Accept": ACCEPT,
            "Content-Type": "application/x-www-form-urlencoded",
            "Authorization": f"Bearer {TOKEN}",
        }
        body = urlencode({"query": query})
        for last in (False, True):
            start = time.perf_counter()
            try:
                self.connection.request("POST", self.path, body, headers)
                response = self.connection.getresponse()
                data = response.read()
                break
            except (BrokenPipeError, ConnectionResetError, http.client.RemoteDisconnected):
                self.connection.close()  # it was idle for too long; the next request opens another
                if last:
                    raise
        took = time.perf_counter() - start
        if response.status != 200:
            raise RuntimeError(f"{self.name} answers {name} with {response.status}: {data[:300]!r}")
        self.times.setdefault(name, []).append(took)
        return len(json.loads(data)["results"]["bindings"])

    def median(self, name: str) -> float:
        return statistics.median(self.times[name])


def run(*command: str, env: dict[str, str]) -> float:
    """Run a command to its end and return its seconds."""
    start = time.perf_counter()
    subprocess.run([sys.executable, "-m", "lrp_kg.cli", *command], check=True, env=env, stdout=subprocess.DEVNULL)
    return time.perf_counter() - start


@contextmanager
def servers(folder: Path, size: int, env: dict[str, str]) -> Iterator[list[Contender]]:
    """Start every contender over the store of a size, and stop them at the end."""
    cohort, store = folder / "cohort.ndjson", folder / "store"
    if (store / "CURRENT").exists():
        print(f"{size} records: as they are in {store}", flush=True)
    else:
        made = run("synthesise", str(size), "--output", str(cohort), env=env)
        loaded = run("load", str(cohort), "--store", str(store), env=env)
        print(
            f"{size} records: made in {made:.1f} s, loaded in {loaded:.1f} s ({size / loaded:.0f} a second)", flush=True
        )
    generation = store / "generations" / (store / "CURRENT").read_text().strip()
    tokens = folder / "tokens"
    tokens.write_text(TOKEN)
    tokens.chmod(0o600)
    with ExitStack() as stack:
        found = []

        def start(name: str, path: str, *command: str, patience: float = 120) -> None:
            def server(port: int) -> Server:
                return Server([c.replace("PORT", str(port)) for c in command], port, env, "/")

            found.append(Contender(name, path, server, patience))
            stack.callback(found[-1].stop)

        mine = [sys.executable, "-m", "lrp_kg.cli", "serve", "--store", str(store), "--token-file", str(tokens)]
        start("lrp-kg", "/sparql", *mine, "--port", "PORT")
        oxigraph = str(SCRIPTS / "oxigraph")
        start(
            "oxigraph", "/query", oxigraph, "serve-read-only", "--location", str(generation), "--bind", "127.0.0.1:PORT"
        )
        if size <= SLOW and (SCRIPTS / "rdflib-endpoint").exists():
            dump = folder / "dump.nt"
            import pyoxigraph as ox

            ox.Store.read_only(str(generation)).dump(str(dump), ox.RdfFormat.N_TRIPLES, from_graph=ox.DefaultGraph())
            start(
                "rdflib-endpoint",
                "/",
                str(SCRIPTS / "rdflib-endpoint"),
                "serve",
                "--port",
                "PORT",
                str(dump),
                patience=PATIENCE,
            )
        end = time.perf_counter() + 120
        while True:
            try:
                found[0].ask("ready", "SELECT * {} LIMIT 1")
                break
            except (RuntimeError, OSError):
                found[0].connection.close()
                if time.perf_counter() > end:
                    raise
                time.sleep(0.2)
        yield found


def measure(contenders: list[Contender], queries: dict[str, str], rounds: int) -> list[str]:
    """Ask every query of every contender, in turn; leave out a contender that takes too long. Return what differed."""
    notes = []

    def leave_out(contender: Contender, name: str, error: Exception) -> None:
        contender.times.pop(name, None)
        notes.append(f"{contender.name} does not answer {name}: {type(error).__name__}")
        contender.stop()
        contender.start()

    for number, (name, query) in enumerate(queries.items(), 1):
        print(f"{number} of {len(queries)}: {name}", file=sys.stderr, flush=True)
        rows: dict[str, int] = {}
        for contender in contenders:
            try:
                rows[contender.name] = contender.ask(name, query)
                contender.times[name].clear()  # the first one warms
            except (RuntimeError, OSError) as error:
                leave_out(contender, name, error)
        if len(set(rows.values())) > 1:
            notes.append(f"{name}: not the same number of rows: {rows}")
        slow = time.perf_counter()
        for n in range(rounds):
            for contender in contenders if n % 2 else reversed(contenders):
                if contender.name in rows and (contender.name != "rdflib-endpoint" or n < 2):
                    try:
                        contender.ask(name, query)
                    except RuntimeError as error:  # over a limit this time
                        notes.append(str(error)[:200])
                        contender.times[name].append(contender.patience)
                    except OSError as error:  # it was quick enough the first time
                        del rows[contender.name]
                        leave_out(contender, name, error)
            if n >= 4 and time.perf_counter() - slow > 8:
                break
    return notes


def geometric(values: list[float]) -> float:
    return math.exp(statistics.fmean(map(math.log, values)))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", nargs="+", type=int, default=[1_000, 10_000])
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--only", nargs="+", default=[])
    parser.add_argument("--json", type=Path)
    parser.add_argument("--keep", type=Path, help="folder for cohorts and stores, which a later run takes as they are")
    options = parser.parse_args()
    queries = {
        f.stem: f.read_text(encoding="utf-8")
        for f in sorted((ROOT / "queries").glob("*.rq"))
        if not options.only or f.stem in options.only
    }
    if not queries:
        raise SystemExit("there is no such query")
    found: dict[str, dict[str, dict[str, float]]] = {}
    with tempfile.TemporaryDirectory() as scratch:
        env = environment(Path(scratch)) | {"PYTHONPATH": str(ROOT)}
        env |= {k: v for k, v in os.environ.items() if k.startswith("LRP_QUERY_")}
        for size in options.sizes:
            folder = (options.keep or Path(scratch)) / str(size)
            folder.mkdir(parents=True, exist_ok=True)
            with servers(folder, size, env) as contenders:
                notes = measure(contenders, queries, options.rounds)
            ours, *others = contenders
            found[str(size)] = {c.name: {n: c.median(n) for n in queries if c.times.get(n)} for c in contenders}
            print(f"\n{'query':40}{'ours ms':>10}" + "".join(f"{c.name + ' x':>20}" for c in others))
            for name in queries:
                if not ours.times.get(name):
                    continue
                ratios = [
                    f"{ours.median(name) / c.median(name):20.2f}" if c.times.get(name) else f"{'-':>20}" for c in others
                ]
                print(f"{name:40}{1000 * ours.median(name):10.2f}" + "".join(ratios))
            for c in others:
                shared = [n for n in queries if ours.times.get(n) and c.times.get(n)]
                values = [ours.median(n) / c.median(n) for n in shared]
                within = sum(v <= 1.5 for v in values)
                print(
                    f"ours to {c.name}: geometric mean {geometric(values):.2f}, median {statistics.median(values):.2f},"
                    f" within 1.5 times in {within} of {len(values)} queries"
                )
            for note in notes:
                print(f"note: {note}")
            print(flush=True)
    sizes = list(found)
    for before, after in zip(sizes, sizes[1:], strict=False):
        for contender, times in found[after].items():
            shared = [n for n in times if n in found[before].get(contender, {})]
            if shared:
                growth = geometric([times[n] / found[before][contender][n] for n in shared])
                print(f"{contender}: {after} records take {growth:.2f} times as long as {before} (geometric mean)")
    if options.json:
        options.json.write_text(json.dumps(found, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
