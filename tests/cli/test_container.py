"""The commands in the surroundings of a container: unknown user, no HOME, empty environment, read-only root."""

from __future__ import annotations

import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.support.container import contained, possible
from tests.support.paths import ANKLE, ROOT
from tests.support.serving import TOKEN, Service, free_port

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not possible(), reason="only root with mounts of its own can make these surroundings"),
]

COMMAND = [sys.executable, "-m", "lrp_kg.cli"]
EXAMPLES = ROOT / "examples"


@pytest.fixture
def writable(tmp_path: Path) -> Path:
    tmp_path.chmod(0o755)
    folder = tmp_path / "writable"
    folder.mkdir()
    return folder


def run(writable: Path, cache: str, *commands: str) -> str:
    """Run lines of a shell, in which lrp-kg is the command, in one pair of surroundings."""
    shell = ["sh", "-ec", f'lrp() {{ {" ".join(COMMAND)} "$@"; }}\n' + "\n".join(commands)]
    settings = {"LRP_CACHE": cache, "TMPDIR": str(writable), "PATH": "/usr/bin:/bin"}
    done = subprocess.run(
        contained(shell, writable, [Path(cache)], **settings), capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    return done.stdout


def test_commands_run_with_one_writable_folder(writable: Path, cache_folder: str) -> None:
    store = writable / "store"
    printed = run(
        writable,
        cache_folder,
        "! touch /no-such-file 2>/dev/null",
        'test "$(id -u)" = 54321',
        f"lrp assess {EXAMPLES / 'first-visit.json'} --for stage",
        f"export LRP_GUIDELINE={ANKLE}",  # this user may not share the cache, and prepares a small guideline faster
        f"echo '{{}}' | lrp load - --store {store}",
        f"lrp query criteria-by-edition --store {store} --format csv",
    )
    assert "1 stored" in printed
    assert "criterion" in printed


def test_assess_needs_no_cache_and_no_environment(writable: Path) -> None:
    command = [*COMMAND, "assess", str(EXAMPLES / "first-visit.json"), "--for", "stage"]
    done = subprocess.run(contained(command, writable), capture_output=True, text=True, timeout=120, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_store_that_cannot_be_written_is_served(tmp_path: Path, writable: Path, cache_folder: str) -> None:
    store, tokens = tmp_path / "kept", tmp_path / "tokens"
    made = subprocess.run([*COMMAND, "load", str(EXAMPLES / "first-visit.json"), "--store", str(store)], check=False)
    assert made.returncode == 0
    for path in (store, *store.rglob("*")):
        path.chmod(0o555 if path.is_dir() else 0o444)
    tokens.write_text(TOKEN)
    tokens.chmod(0o444)
    port = free_port()
    command = [
        *COMMAND,
        "serve",
        "--port",
        str(port),
        "--prefix",
        "/lrp",
        "--store",
        str(store),
        "--token-file",
        str(tokens),
    ]
    settings = {"LRP_CACHE": cache_folder, "TMPDIR": str(writable)}
    with (tmp_path / "log").open("wb") as log:
        process = subprocess.Popen(
            contained(command, writable, [tmp_path, Path(cache_folder)], **settings), stdout=log, stderr=log
        )
        service = Service(port, process, TOKEN)
        try:
            end = time.monotonic() + 60
            while True:
                assert process.poll() is None, (tmp_path / "log").read_text()
                assert time.monotonic() < end, "the service is not ready in time"
                try:
                    if service.ask("/lrp/sparql?query=ASK%7B%7D").status == 200:
                        break
                except OSError:
                    pass
                time.sleep(0.1)
            assert service.ask("/lrp/health").status == 200
            first = (EXAMPLES / "first-visit.json").read_bytes()
            assert service.ask("/lrp/assess", "POST", first, {"Content-Type": "application/json"}).status == 200
            counted = service.sparql(
                "SELECT (COUNT(*) AS ?n) { ?r a <https://w3id.org/lrp-kg/care-pathway#PatientRecord> }"
            )
            assert '"value":"1"' in counted.text.replace(" ", "")
            assert Service(port, process).sparql("ASK {}").status == 401
        finally:
            process.terminate()
            process.wait(20)
    assert "Traceback" not in (tmp_path / "log").read_text()
    shutil.rmtree(store, ignore_errors=True)
