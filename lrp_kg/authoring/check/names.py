"""The names of findings: what each means and what to do, for docs/check.md, SARIF and the command line."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

PAGE = "check.md"
BEGIN = "<!-- Made from lrp_kg/authoring/check/names.toml by `python -m lrp_kg.authoring.check.names`. -->"
END = "<!-- end -->"


@dataclass(frozen=True)
class FindingName:
    """A name that the check can give a finding; cause and fix are Markdown, their links as from ``docs/``."""

    name: str
    severities: tuple[str, ...]
    cause: str
    fix: str


@dataclass(frozen=True)
class NameGroup:
    """Names of one stage or kind, as a section of the document."""

    title: str
    intro: str
    names: tuple[FindingName, ...]


@cache
def name_groups() -> tuple[NameGroup, ...]:
    """Return every name in the order of the document."""
    data = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))
    return tuple(
        NameGroup(
            group["title"],
            group.get("intro", ""),
            tuple(FindingName(f["name"], tuple(f["severity"]), f["cause"], f["fix"]) for f in group["finding"]),
        )
        for group in data["group"]
    )


@cache
def finding_names() -> dict[str, FindingName]:
    """Return what each name means."""
    return {found.name: found for group in name_groups() for found in group.names}


def plain(markdown: str) -> str:
    """Return Markdown as plain text: the text of a link, nothing around code and emphasis."""
    text = re.sub(r"\[([^]]+)]\([^)]+\)", r"\1", markdown)
    return re.sub(r"`([^`]+)`|(?<![\w*])\*([^*]+)\*(?![\w*])", lambda m: m[1] or m[2], text)


def as_markdown() -> str:
    """Return the tables of all names; each name is an anchor."""
    parts = []
    for group in name_groups():
        parts += [f"### {group.title}", *([group.intro] if group.intro else [])]
        rows = (
            f'| <a id="{f.name}"></a>{f.name} | {", ".join(s[0].upper() for s in f.severities)} | {f.cause} | {f.fix} |'
            for f in group.names
        )
        parts.append("\n".join(["| name | | cause | fix |", "|---|---|---|---|", *rows]))
    return "\n\n".join(parts)


def with_names(page: str) -> str:
    """Return a page with the tables as they are now between its two marks."""
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n\n{as_markdown()}\n\n{END}{after}"


def main() -> None:
    """Write the tables of ``docs/check.md`` of the repository."""
    from lrp_kg.guideline.files import packaged_folder

    page = packaged_folder() / "docs" / PAGE
    page.write_text(with_names(page.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()
