"""The streams of commands: closed, full, broken or of another encoding; with colours or without. As real processes."""

from __future__ import annotations

import json
import os
import pty
import re
import subprocess
import sys
from pathlib import Path

import pytest

from lrp_kg.cache import cache_folder
from lrp_kg.cli import streams
from lrp_kg.temporary import reason
from tests.support.paths import ANKLE

LRP = [sys.executable, "-m", "lrp_kg"]
RECORD = json.dumps({"assessmentDate": "2024-02-12"})
ESCAPE = "\x1b["


@pytest.fixture(scope="module")
def record(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("streams") / "record.json"
    file.write_text(RECORD, encoding="utf-8")
    return file


def shell(line: str, **environment: str) -> subprocess.CompletedProcess[bytes]:
    """Run a line of bash in which ``lrp`` is the command, on the small guideline."""
    settings = {k: v for k, v in os.environ.items() if k not in ("NO_COLOR", "FORCE_COLOR", "TERM", "PYTHONIOENCODING")}
    settings |= {"LRP_GUIDELINE": str(ANKLE), **environment}
    text = f'lrp() {{ {" ".join(LRP)} "$@"; }}; {line}'
    done = subprocess.run(["bash", "-c", text], capture_output=True, env=settings, timeout=60, check=False)
    assert b"Traceback" not in done.stderr and b"Exception ignored" not in done.stderr, done.stderr.decode()
    return done


CLOSED = [
    ("lrp ids >&-", 2, "The output cannot be written: it is closed.\n"),
    ("lrp assess {record} >&-", 2, "The output cannot be written: it is closed.\n"),
    ("lrp --version >&-", 2, "The output cannot be written: it is closed.\n"),
    ("lrp validate - <&-", 2, "Standard input cannot be read: it is closed.\n"),
    ("lrp ids 2>&- >/dev/null", 0, ""),
    ("lrp ids -g /none 2>&-", 2, ""),
    ("lrp ids -g /none 2>/dev/full", 2, ""),
    ("lrp assess {record} >/dev/full", 2, "The output cannot be written: No space left on device.\n"),
    ("lrp validate {record} <&- >&- 2>&-", 2, ""),
    ("lrp ids >&- 2>&-", 2, ""),
    ("lrp new guideline /proc/none/here", 2, "/proc/none: No such file or directory.\n"),
    ("(lrp ids; echo $? >&2) | true", 0, "141\n"),
    ("(lrp queries; echo $? >&2) | true", 0, "141\n"),
    ("(lrp assess {record}; echo $? >&2) | true", 0, "141\n"),
]


@pytest.mark.exhaustive
@pytest.mark.parametrize(("line", "code", "errors"), CLOSED)
def test_stream_that_fails_is_reported_in_one_line(record: Path, line: str, code: int, errors: str) -> None:
    done = shell(line.format(record=record))
    assert (done.returncode, done.stderr.decode()) == (code, errors)


@pytest.mark.exhaustive
@pytest.mark.parametrize(
    ("encoding", "line"),
    [
        ("latin-1", "lrp assess {record} -l fr"),
        ("ascii", "lrp assess {record} -l fr; lrp validate /none/é"),
        pytest.param("cp437", "lrp assess {record} -l fr; lrp validate /none/é", marks=pytest.mark.long),
    ],
)
@pytest.mark.slow
def test_text_is_readable_in_every_encoding(record: Path, encoding: str, line: str) -> None:
    done = shell(line.format(record=record), PYTHONIOENCODING=encoding)
    text = done.stdout.decode("utf-8" if encoding == "ascii" else encoding)
    assert "Décisions" in text and "\\" not in text


@pytest.mark.slow
def test_data_is_utf_8_in_every_encoding(record: Path) -> None:
    line = f"lrp assess {record} -l fr -f json && lrp compile && lrp ids -l fr"
    line += " && lrp query criteria-by-edition --format rq"
    plain = shell(line)
    assert plain.returncode == 0
    assert shell(line, PYTHONIOENCODING="latin-1").stdout == plain.stdout


def test_what_an_encoding_lacks_is_replaced_by_what_reads_the_same() -> None:
    assert "≤ 6 weeks – é 中 ½".encode("ascii", "lrp-kg.readable") == rb"<= 6 weeks - e \u4e2d 12"
    assert "é \udcff".encode("utf-8", "lrp-kg.readable") == "é \\udcff".encode()
    with pytest.raises(UnicodeDecodeError):
        b"\xff".decode("utf-8", "lrp-kg.readable")


def on_terminal(line: list[str], **environment: str) -> str:
    """Return what a command writes to a terminal."""
    ours, theirs = pty.openpty()
    settings = {k: v for k, v in os.environ.items() if k not in ("NO_COLOR", "FORCE_COLOR")}
    settings |= {"LRP_GUIDELINE": str(ANKLE), "TERM": "xterm-256color", **environment}
    with subprocess.Popen([*LRP, *line], stdout=theirs, stderr=theirs, stdin=theirs, env=settings) as running:
        os.close(theirs)
        found = b""
        while part := _read(ours):
            found += part
    os.close(ours)
    assert running.returncode is not None
    return found.decode()


def _read(descriptor: int) -> bytes:
    try:
        return os.read(descriptor, 65536)
    except OSError:  # the end of a terminal
        return b""


@pytest.mark.slow
@pytest.mark.parametrize("command", ["queries", "assess", "ids -g /none"])
def test_colours_are_for_terminals_that_take_them(record: Path, command: str) -> None:
    line = [*command.split(), *([str(record)] if command == "assess" else [])]
    assert ESCAPE in on_terminal(line)
    settings = ({"NO_COLOR": "1"}, {"TERM": "dumb"}, {"NO_COLOR": "1", "FORCE_COLOR": "1"})
    for refused in settings if command == "queries" else settings[:1]:  # which are read in one place
        assert ESCAPE not in on_terminal(line, **refused)
    assert command != "queries" or ESCAPE in on_terminal(line, NO_COLOR="")
    text = " ".join(line)
    both = [shell(f"lrp {text} 2>&1").stdout.decode(), shell(f"lrp {text} 2>&1", FORCE_COLOR="1").stdout.decode()]
    assert ESCAPE not in both[0] and ESCAPE in both[1]
    assert not re.search(r"\x1b\[\?25|\x1b\[\d*[A-HJK]", both[1]), "colours, no moving cursor"


def test_service_runs_on_without_output(monkeypatch: pytest.MonkeyPatch) -> None:
    code = (
        "import os, sys; os.close(1); sys.stdout = None\n"
        "from lrp_kg.cli import streams\n"
        "streams.prepare(); streams.run_without_output(); print('serves', flush=True)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], stderr=subprocess.PIPE, check=False)
    assert (done.returncode, done.stderr) == (0, b"")


HOMES = [
    ({}, None),
    ({"HOME": ""}, None),
    ({"HOME": "relative"}, None),
    ({"HOME": "/home/one"}, "/home/one/.cache/lrp-kg"),
    ({"HOME": "/home/one", "XDG_CACHE_HOME": "relative"}, "/home/one/.cache/lrp-kg"),
    ({"HOME": "/home/one", "XDG_CACHE_HOME": "/kept"}, "/kept/lrp-kg"),
    ({"HOME": "", "XDG_CACHE_HOME": "/kept"}, "/kept/lrp-kg"),
    ({"HOME": "", "LRP_CACHE": "here"}, "here"),
]


@pytest.mark.parametrize(("settings", "expected"), HOMES)
def test_cache_is_in_a_home_folder_or_nowhere(
    monkeypatch: pytest.MonkeyPatch, settings: dict[str, str], expected: str | None
) -> None:
    def nobody() -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr(Path, "home", nobody)
    for name in ("HOME", "XDG_CACHE_HOME", "LRP_CACHE"):
        monkeypatch.delenv(name, raising=False)
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    assert cache_folder() == (Path(expected) if expected else None)


def test_lack_of_a_temporary_folder_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    error = FileNotFoundError(2, "No usable temporary directory found in ['/tmp', '/var/tmp']")
    expected = "No temporary folder can be written (tried /tmp, /var/tmp). Name one that can with TMPDIR"
    assert reason(error) == expected
    with pytest.raises(SystemExit) as ended, streams.reported():
        raise error
    assert ended.value.code == 2
    assert capsys.readouterr().err == f"{expected}.\n"
