"""Why an aim is missed: where start-up, a worker's memory and a request's time go."""

from __future__ import annotations

import io
import os
import pstats
import subprocess
import sys
from pathlib import Path
from typing import Any

import constant
import measure
import serving
from measure import microseconds

_STEPS = """
import json, os, sys, time
from pathlib import Path
sys.path.insert(0, {here!r})
from serving import resident_megabytes
def report(what):
    print(f"{{resident_megabytes(os.getpid()):8.1f}} MB after {{what}}")
report("start of Python")
from lrp_kg.answer.service import GuidelineService
from lrp_kg.web.server import make
report("import of lrp_kg.web.server")
service = GuidelineService()
make(service)
report("make(): the guideline and diagrams from the cache")
service.prepare_findings()
report("rdflib and pySHACL imported, shapes prepared")
bodies = json.load(sys.stdin)
for body in bodies:
    service.answer_json(json.loads(body), explain=True)
report(f"{{len(bodies)}} different records answered with explanation")
"""


def memory(bodies: list[str], env: dict[str, str]) -> str:
    """Return the resident memory of a process that does step by step what a worker does."""
    import json

    code = _STEPS.format(here=str(serving.HERE))
    done = subprocess.run(
        [sys.executable, "-c", code], env=env, input=json.dumps(bodies), capture_output=True, text=True, check=False
    )
    return done.stdout + done.stderr[-1000:]


def command_line(arguments: list[str], env: dict[str, str], scratch: Path) -> str:
    """Return what the command line imports, and where its other time goes."""
    imports = serving.import_times(["-m", "lrp_kg.cli", *arguments], env)
    file = scratch / "command.prof"
    code = [sys.executable, "-m", "cProfile", "-o", str(file), "-m", "lrp_kg.cli", *arguments]
    subprocess.run(code, env=env, capture_output=True, check=False)
    out = io.StringIO()
    pstats.Stats(str(file), stream=out).sort_stats("cumulative").print_stats("lrp_kg", 15)
    shown = [measure.shortened(line) for line in out.getvalue().splitlines()]
    lines = [line for line in shown if "lrp_kg/" in line or "ncalls" in line]
    return f"{imports}\nthe package's functions, cumulative (cProfile)\n" + "\n".join(lines)


def start_up(env: dict[str, str]) -> str:
    """Return what the parts of a start cost; ``serve`` loads the guideline, of which a worker makes its application."""
    steps = (
        ("Python", "pass"),
        ("+ command line imported", "import lrp_kg.cli"),
        (
            "+ guideline loaded",
            "import lrp_kg.cli; from lrp_kg.answer.service import GuidelineService; GuidelineService()",
        ),
        ("Python + granian", "from granian import Granian"),
        (
            "Python + make(), as in the worker",
            "from lrp_kg.answer.service import GuidelineService; from lrp_kg.web.server import make\n"
            "make(GuidelineService())",
        ),
    )
    lines = ["seconds of a process of its own, the best of 3"]
    for what, code in steps:
        best = min(serving.timed([sys.executable, "-c", code], env)[0] for _ in range(3))
        lines.append(f"{best:8.3f} {what}")
    return "\n".join(lines) + "\n" + serving.import_times(["-c", "import lrp_kg.cli.serve, lrp_kg.web.server"], env)


def request(bodies: list[str], path: str) -> str:
    """Return where the time of a request goes inside the application, without the server around it."""
    from werkzeug.test import EnvironBuilder

    from lrp_kg.answer.service import GuidelineService
    from lrp_kg.web.server import make

    os.environ["CONSTANT_SIZES"] = "20000"
    apps = {"service": (make(GuidelineService()), path), "constant": (constant.make(), "/0")}
    medians = {}
    for name, (app, address) in apps.items():

        def answer(environ: dict[str, Any], app: Any = app) -> None:
            assert b"".join(app.wsgi_app(environ, lambda *_: lambda _: None))

        def environs(address: str = address) -> list[dict[str, Any]]:
            kind = "application/json"
            return [
                EnvironBuilder(address, method="POST", data=body, content_type=kind).get_environ() for body in bodies
            ]

        timings: dict[str, measure.Timing] = {}
        for turn in range(4):
            measure.one_round(timings, {name: (answer, environs())}, turn)
        medians[name] = sorted(timings[name].rounds[-1])[len(bodies) // 2]
        if name == "service":
            profile = measure.profile_of(answer, environs(), 25)
    figures = ", ".join(f"{name} {microseconds(value)}" for name, value in medians.items())
    return f"inside the application, without the server around it: {figures} a request\n{profile}"
