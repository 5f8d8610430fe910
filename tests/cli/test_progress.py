"""What a command is doing now: on a terminal only, on standard error, and gone at the end."""

from __future__ import annotations

import io
import time
from pathlib import Path

import pytest
from rich.console import Console

from lrp_kg.authoring.check.stages import run
from lrp_kg.cli import streams
from lrp_kg.cli.check import STEPS
from lrp_kg.cli.progress import working
from tests.support.guidelines import guideline_copy


def shown(monkeypatch: pytest.MonkeyPatch, *, terminal: bool) -> str:
    out = io.StringIO()
    console = Console(file=out, force_terminal=terminal, force_interactive=terminal, width=100)
    monkeypatch.setattr(streams, "console", lambda **_: console)
    with working("begins") as say:
        say("goes on [with] 3 of 7")
        time.sleep(0.15)  # it is drawn ten times a second
    return out.getvalue()


def test_terminal_shows_what_is_done(monkeypatch: pytest.MonkeyPatch) -> None:
    text = shown(monkeypatch, terminal=True)
    assert "goes on [with] 3 of 7" in text and "0:00:00" in text
    assert text.endswith("\x1b[2K"), "the line is wiped out at the end"


def test_nothing_is_shown_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    assert shown(monkeypatch, terminal=False) == ""


@pytest.mark.slow
def test_check_says_what_each_stage_does(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LRP_CACHE", str(tmp_path / "cache"))
    said: list[tuple[str, str]] = []
    run(guideline_copy(tmp_path / "ankle"), hermit=False, report=lambda stage, step: said.append((stage, step)))
    stages = list(dict.fromkeys(stage for stage, _ in said))
    assert stages == ["well made", "sound", "read", "complete", "right"] and STEPS.keys() > {*stages}
    steps = [step for _, step in said]
    assert any(step.startswith("owlrl, part 1 of ") for step in steps)
    assert "management" in steps and any(step.startswith("case 1 of ") for step in steps)
