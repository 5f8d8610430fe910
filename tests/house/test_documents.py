"""Documents: each link leads to a file and heading that there are, and each decision is listed by its headline."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest

from tests.support.paths import ROOT

DECISIONS = ROOT / "docs" / "decisions"
FILES = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md"))]
WEB = ("http://", "https://")


@cache
def anchors(file: Path) -> set[str]:
    text = file.read_text(encoding="utf-8")
    headings = (re.sub(r"[`*]", "", line).strip().lower() for line in re.findall(r"^#+ (.*)$", text, re.MULTILINE))
    found = {re.sub(r"[^\w\- ]", "", heading).replace(" ", "-") for heading in headings}
    return found | set(re.findall(r'id="([^"]+)"', text))


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(ROOT)))
def test_links_lead_somewhere(file: Path) -> None:
    text = re.sub(r"```.*?```", "", file.read_text(encoding="utf-8"), flags=re.DOTALL)
    for link in re.findall(r"\]\(([^)\s]+)\)", text):
        if link.startswith(WEB):
            continue
        path, _, anchor = link.partition("#")
        target = (file.parent / path).resolve() if path else file
        assert target.exists(), link
        assert not anchor or target.suffix != ".md" or anchor in anchors(target), link


def test_decisions_are_listed_by_their_headlines() -> None:
    listed = dict(
        re.findall(r"^\| \[(\d{4})\]\(\1-[a-z0-9-]+\.md\) \| (.*?)(?: \(replaced by .*\))? \|$", _index(), re.M)
    )
    headlines = [file.read_text(encoding="utf-8").partition("\n")[0] for file in sorted(DECISIONS.glob("0*.md"))]
    assert len(headlines) > 40
    assert listed == {line[2:6]: line[7:].strip() for line in headlines}


def _index() -> str:
    return (DECISIONS / "README.md").read_text(encoding="utf-8")
