"""Commands of a document, run as a reader types them: in a shell, or without starting a process for each."""

from __future__ import annotations

import os
import shlex
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest
from click.testing import CliRunner

from lrp_kg.cli import main


def plain(line: str) -> tuple[str, list[str]] | None:
    """Return the input and the arguments of a line that is ``lrp-kg`` alone or after ``echo``; None of any other."""
    lexer = shlex.shlex(line, posix=True, punctuation_chars=True)
    lexer.whitespace_split = True
    words = list(lexer)
    text = ""
    if words[:1] == ["echo"] and words[2:3] == ["|"]:
        text, words = words[1] + "\n", words[3:]
    if words[:1] != ["lrp-kg"] or "\n" in line or any(set(word) <= set("();<>|&") for word in words):
        return None
    return text, words[1:]


def run_line(line: str, folder: Path, environment: Mapping[str, str], *, processes: bool) -> tuple[int, str]:
    """Run a line of a shell in a folder; return its exit code and what it prints.

    Without ``processes`` a plain line runs in this process, which has the packages and guidelines already.
    """
    found = None if processes else plain(line)
    if found is None:
        done = subprocess.run(
            ["bash", "-e", "-c", line], cwd=folder, env=environment, capture_output=True, text=True, timeout=300
        )
        return done.returncode, done.stdout + done.stderr
    text, arguments = found
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        for name, value in environment.items():
            patch.setenv(name, value)
        result = CliRunner().invoke(main, [os.path.expandvars(word) for word in arguments], input=text)
    return result.exit_code, result.output
