"""Programs of apps: TypeScript with types made of the OpenAPI description, and Python that reads by the schema."""

from __future__ import annotations

import json
import runpy
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from lrp_kg import GuidelineService
from tests.support.application import in_a_thread
from tests.support.paths import ROOT, TESTS

TOOLS = ROOT / ".venv" / "clients" / "node_modules" / ".bin"
MADE = (TOOLS / "openapi-typescript").exists() and shutil.which("node")
EXAMPLES = ROOT / "examples"
FIRST_VISIT = EXAMPLES / "first-visit.json"


@pytest.fixture(scope="module")
def address(app: Flask) -> Iterator[str]:
    with in_a_thread(app) as found:
        yield found


RUN = """
import { assess, parts } from "./client.js";
const [address, record] = process.argv.slice(2);
const answer = await assess(address, JSON.parse(record));
const wrong = await assess(address, { zork: 1 }).catch((error) => error.message);
console.log(JSON.stringify({ parts: Object.fromEntries(parts(answer)), wrong }));
"""


@pytest.mark.slow
@pytest.mark.skipif(
    not (TOOLS / "openapi-typescript").exists() or not shutil.which("node"), reason="no npm: make clients"
)
def test_typescript_reads_every_part(app: Flask, address: str, service: GuidelineService, tmp_path: Path) -> None:
    (tmp_path / "package.json").write_text('{"type": "module"}')
    (tmp_path / "openapi.json").write_bytes(app.test_client().get("/v1/openapi.json").data)
    shutil.copy(EXAMPLES / "client.ts", tmp_path)
    shutil.copy(TESTS / "clients" / "mistakes.ts", tmp_path)
    (tmp_path / "run.js").write_text(RUN)

    def run(*command: str) -> str:
        found = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=120)
        assert found.returncode == 0, found.stdout + found.stderr
        return found.stdout

    run(str(TOOLS / "openapi-typescript"), "openapi.json", "-o", "schema.d.ts")
    options = ["--strict", "--target", "es2022", "--module", "esnext", "--moduleResolution", "bundler"]
    run(str(TOOLS / "tsc"), *options, "client.ts", "mistakes.ts")
    record = FIRST_VISIT.read_text(encoding="utf-8")
    found = json.loads(run("node", "run.js", address, record))
    answer = service.assess(json.loads(record), explain=True, changes=True, what_if=True)
    assert answer.keys() <= found["parts"].keys()
    assert len(found["parts"]["boxes"]) == len(answer["boxes"]) + sum(len(b["statements"]) for b in answer["boxes"])
    assert "undefined" not in json.dumps(found["parts"])
    assert "zork: zork is not a field of the record." in found["wrong"]


@pytest.mark.slow
def test_python_reads_by_the_schema(
    address: str, service: GuidelineService, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("jsonschema")
    client = runpy.run_path(str(EXAMPLES / "client.py"))
    client["main"](address, str(FIRST_VISIT), "nl")
    shown = capsys.readouterr().out.splitlines()
    record = json.loads(FIRST_VISIT.read_text(encoding="utf-8"))
    answer = service.assess(record, lang="nl", explain=True)
    assert shown[: len(answer["summary"])] == [
        f"{line['severity']:9}{line['text']} {line.get('date', '')}" for line in answer["summary"]
    ]
    assert any(line.startswith("/decisions/exit/status decided (") for line in shown)
    assert len(shown) > 200
    with pytest.raises(SystemExit) as refused:
        client["Client"](address).assess({"zork": 1, "redFlags": "some"})
    assert "zork" in str(refused.value)
    assert "redFlags" in str(refused.value)
