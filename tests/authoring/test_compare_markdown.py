"""A comparison as Markdown: small enough, nothing of a guideline taken for markup, with cases that fail newly."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from markdown_it import MarkdownIt
from markdown_it.token import Token

from lrp_kg.authoring.compare import markup
from lrp_kg.authoring.compare.asmarkdown import LIMIT, to_markdown
from lrp_kg.authoring.compare.compare import compare
from lrp_kg.authoring.compare.model import CasesEffect, FailingCase, Level
from lrp_kg.authoring.compare.newly_failing import newly_failing
from lrp_kg.cli import main
from lrp_kg.words import LANGUAGES, phrase
from tests.support.guidelines import guideline_copy
from tests.support.paths import ANKLE, TESTS

HOSTILE = "<img src=x> | *b* `c` @octocat fixes #1 [l](http://x) ~~s~~ &lt; $a$ :tada: _e_ </summary> -->\\"
CASES: list[dict[str, Any]] = json.loads((TESTS / "comparison" / "newly_failing.json").read_text(encoding="utf-8"))
ALLOWED = {"details", "summary", "b", "span"}
BOUNDARY = [["ontology/record.ttl", "[ xsd:maxInclusive 6 ]", "[ xsd:maxInclusive 5 ]"]]


def edited(folder: Path, edits: list[list[str]]) -> Path:
    """Edit the first place of each text in files of a folder."""
    for name, old, new in edits:
        text = (folder / name).read_text(encoding="utf-8")
        assert old in text
        (folder / name).write_text(text.replace(old, new, 1), encoding="utf-8")
    return folder


@pytest.fixture(scope="session")
def versions(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Two versions of a guideline with a moved threshold, of which every label is hostile."""
    old, new = (guideline_copy(tmp_path_factory.mktemp("version")) for _ in range(2))
    for folder in (old, new):
        for file in (folder / "ontology").glob("*.ttl"):
            text = file.read_text(encoding="utf-8")
            own = HOSTILE.replace("\\", "\\\\")
            file.write_text(re.sub(r'(?<=rdfs:label ")', lambda _, own=own: own, text), encoding="utf-8")
    return old, edited(new, BOUNDARY)


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, list(arguments))


def tokens(text: str) -> Iterator[Token]:
    for token in MarkdownIt("commonmark").enable(["table", "strikethrough"]).parse(text):
        yield token
        yield from token.children or ()


# -- markup -----------------------------------------------------------------------------------


@pytest.mark.parametrize("lang", LANGUAGES)
def test_nothing_of_a_guideline_is_markup(lang: str, versions: tuple[Path, Path]) -> None:
    found, sides = compare(*versions, names=("a`b", "c|d"))
    failing = FailingCase(HOSTILE, HOSTILE, "cases/`x`.json:3", (HOSTILE,))
    text = to_markdown(replace(found, cases=CasesEffect(1, (failing,))), sides, lang)
    parsed = list(tokens(text))
    kinds = {t.type for t in parsed}
    assert not kinds & {"link_open", "image", "em_open", "s_open", "html_comment", "blockquote_open"}
    html = "".join(t.content for t in parsed if t.type in ("html_inline", "html_block"))
    assert {name.lower() for name in re.findall(r"</?([a-z]+)", html, re.IGNORECASE)} <= ALLOWED
    assert html.count("<details") == html.count("</details>") == html.count("<summary>") > 1
    assert not re.search(r"[@#](?=\w)", re.sub(r"`[^`]*`|\n#+ ", "", text))
    said = "".join(t.content for t in parsed if t.type == "text").replace(markup._APART, "")
    assert "<img src=x> | *b* `c` @octocat fixes #1 [l](http://x) ~~s~~ &lt; " in said
    assert phrase("diff-level-major", lang) in text


@pytest.mark.parametrize(
    ("text", "markdown"),
    [
        ("age < 50 & > 3 months, 2.5 mg (1/2)", "age < 50 & > 3 months, 2.5 mg (1/2)"),
        ("first_line, continue [stay]: a-b + c", "first_line, continue [stay\\]: a-b + c"),
        ("<b>bold</b> &amp; &#64;", "&lt;b>bold&lt;/b> &amp;amp; &amp;#64;"),
        ("*a* `b` ~c~ \\d", "\\*a\\* \\`b\\` \\~c\\~ \\\\d"),
        ("- item", "\\- item"),
        ("-3 degrees", "-3 degrees"),
        ("1. first", "1\\. first"),
        ("1.0.0", "1.0.0"),
        ("# head", "\\# head"),
        ("> said", "\\> said"),
        ("costs $5", "costs $5"),
        ("$x$", "<span>$</span>x<span>$</span>"),
        ("mail@example.org", "mail@example.org"),
        ("12:30:15", "12:30:15"),
    ],
)
def test_text_is_escaped_only_where_it_would_be_markup(text: str, markdown: str) -> None:
    assert markup.markdown(text) == markdown


def test_lines_and_code() -> None:
    assert markup.line("a\nb\t c\u2028d\x00\u202e", 20) == "a b c d"
    assert markup.line("x" * 50, 10) == "x" * 9 + "…"
    assert markup.line("1\N{NO-BREAK SPACE}000", 10) == "1\N{NO-BREAK SPACE}000"
    assert markup.code("a`b``c") == "```a`b``c```"
    assert markup.code("`a") == "`` `a ``"
    assert markup.block('{"a": "```"}', "json") == '````json\n{"a": "```"}\n````'
    assert markup.cell("a|b") == "a\\|b"


# -- size -------------------------------------------------------------------------------------


@pytest.mark.parametrize("times", [1, 25])
def test_document_always_fits_into_a_comment(times: int, versions: tuple[Path, Path]) -> None:
    found, sides = compare(*versions)
    (change, *_) = found.changes
    decision = next(d for d in found.decisions if d.regions)
    (region, *_) = decision.regions
    long = replace(region, conditions=region.conditions * min(times, 9), example={"field": "x" * 90 * times})
    cases = CasesEffect(
        times,
        (FailingCase("é" * times, "note " * 99 * times, "cases/a.json:1", ("line " * 99 * times,) * times),) * times,
    )
    big = replace(
        found,
        changes=(replace(change, before=("词" * 99 * times,), after=("b" * times,)),) * times,
        decisions=(replace(decision, regions=(long,) * min(times, 9)),) * times,
        places=found.places * times,
        cases=cases,
    )
    text = to_markdown(big, sides, "nl")
    assert len(text.encode()) < LIMIT
    assert (phrase("diff-shortened", "nl") in text) is (times > 1)
    assert (phrase("diff-more", "nl", n="").split()[0] in text) or times == 1
    assert text.count("<details") == text.count("</details>")
    assert text.count("```") % 2 == 0


def test_examples_are_json(versions: tuple[Path, Path]) -> None:
    found, sides = compare(*versions)
    text = to_markdown(found, sides, "en")
    blocks = [t.content for t in tokens(text) if t.type == "fence"]
    assert len(blocks) == sum(len(d.regions) for d in found.decisions) > 0
    for block in blocks:
        assert isinstance(json.loads(block), dict)


def test_causes_are_before_what_follows_from_them(versions: tuple[Path, Path]) -> None:
    found, sides = compare(*versions)
    assert any(c.through for c in found.changes if c.level is Level.MAJOR)
    text = to_markdown(found, sides, "en")
    first = next(line for line in text.splitlines() if line.startswith("- **major**"))
    assert "definition" in first


def test_nothing_is_folded_of_a_decision_that_is_removed(tmp_path: Path) -> None:
    old, new = (guideline_copy(tmp_path / name, parts=("ontology", "shapes")) for name in ("old", "new"))
    file = new / "ontology" / "pathway.ttl"
    blocks = re.split(r"\n(?=ank:)", file.read_text(encoding="utf-8"))
    kept = [b for b in blocks if not b.startswith("ank:aids-to-stop") and "ank:aids-to-stop" not in b]
    file.write_text("\n".join(kept), encoding="utf-8")
    text = to_markdown(*compare(old, new), "en")
    assert "<b>aids to stop using</b> aids-to-stop: removed" in text
    assert not re.search(r"</summary>\s*</details>", text)


# -- cases ------------------------------------------------------------------------------------


@pytest.mark.parametrize("case", [pytest.param(c, id=c["name"]) for c in CASES])
@pytest.mark.exhaustive
def test_cases_that_fail_newly(case: dict[str, Any], tmp_path: Path) -> None:
    old = edited(guideline_copy(tmp_path / "old"), case.get("before", []))
    new = edited(guideline_copy(tmp_path / "new", old), case["edits"])
    found = newly_failing(old, new)
    assert {c.id or None for c in found.failing} == set(case["failing"])
    assert all(c.where.startswith("cases/pathway.json:") for c in found.failing)
    said = "\n".join(own for c in found.failing for own in c.lines)
    assert all(own in said for own in case.get("lines", ()))
    assert str(tmp_path) not in said


def test_version_without_cases(tmp_path: Path) -> None:
    old, new = (guideline_copy(tmp_path / name, parts=("ontology", "shapes")) for name in ("old", "new"))
    assert newly_failing(old, new) == CasesEffect(0, ())
    text = run("diff", str(old), str(new), "-f", "markdown").stdout
    assert phrase("diff-no-cases", "en") in text


# -- the command ------------------------------------------------------------------------------


def test_command_writes_nothing_in_place_of_records(tmp_path: Path) -> None:
    (tmp_path / "r.ndjson").write_text("{}")
    result = run("diff", "old", "new", "--cohort", str(tmp_path / "r.ndjson"), "-o", str(tmp_path / "r.ndjson"))
    assert result.exit_code == 2 and "is read or written too" in result.output
    assert (tmp_path / "r.ndjson").read_text() == "{}"


@pytest.mark.slow
def test_command_runs_the_cases(tmp_path: Path) -> None:
    old, new = (guideline_copy(tmp_path / name) for name in ("old", "new"))
    edited(new, CASES[0]["edits"])
    result = run("diff", str(old), str(new), "--format", "markdown", "--cohort", _cohort(tmp_path))
    assert result.exit_code == 1
    assert "**p02** `cases/pathway.json:" in result.stdout
    assert "| first 10" in result.stdout or "| acute" in result.stdout
    assert phrase("diff-cases", "en") not in run("diff", str(old), str(new), "-f", "markdown", "--no-cases").stdout
    data = json.loads(run("diff", str(old), str(new), "-f", "json", "--cases").stdout)
    assert [c["id"] for c in data["cases"]["newlyFailing"]] == CASES[0]["failing"]
    assert "p02" in run("diff", str(old), str(new), "--cases").stdout
    assert "p02" in run("diff", str(old), str(new), "--cases", "-f", "html").stdout
    assert json.loads(run("diff", str(old), str(new), "-f", "json").stdout)["cases"] is None


def _cohort(folder: Path) -> str:
    file = folder / "cohort.ndjson"
    record = {"injuryDate": "2025-03-01", "assessmentDate": "2025-03-10"}
    file.write_text(f"{json.dumps(record)}\n", encoding="utf-8")
    return str(file)


def test_case_that_fails_newly_is_a_difference(tmp_path: Path) -> None:
    old, new = (guideline_copy(tmp_path / name) for name in ("old", "new"))
    edited(new, next(c["edits"] for c in CASES if c["name"] == "a new case"))
    assert run("diff", str(old), str(new)).exit_code == 0
    result = run("diff", str(old), str(new), "-f", "markdown")
    assert result.exit_code == 1
    assert phrase("diff-nothing", "en") in result.stdout
    assert "Wrong | &lt;b>" in result.stdout


def test_cases_that_passed_before_are_not_run_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """So a review runs them once: `lrp-kg check` comes before it."""
    monkeypatch.setenv("LRP_CACHE", str(tmp_path / "cache"))
    cold, warm = list[str](), list[str]()
    found = newly_failing(ANKLE, ANKLE, cold.append)
    assert newly_failing(ANKLE, ANKLE, warm.append) == found
    assert len(warm) < len(cold) // 2  # those about other days are run again
