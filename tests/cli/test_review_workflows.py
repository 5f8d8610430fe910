"""The workflows that review a proposed change: their lines run on a change in a repository, and may do little."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support.guidelines import guideline_copy, replace_once
from tests.support.paths import ROOT

GITHUB = ROOT / "examples" / "github" / "guideline.yml"
GITLAB = ROOT / "examples" / "gitlab" / "guideline.yml"
MARK = "<!-- lrp-kg diff -->"

pytestmark = pytest.mark.slow


def load(file: Path) -> dict[str, Any]:
    found: dict[str, Any] = yaml.load(file.read_text(encoding="utf-8"), yaml.BaseLoader)  # noqa: S506  plain strings
    return found


def script_of(job: dict[str, Any], name: str) -> str:
    return next(str(step["run"]) for step in job["steps"] if step.get("name") == name)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository whose checked-out merge moves a threshold and breaks a file of cases, and programs beside it."""
    folder = tmp_path / "repository"
    guideline_copy(folder / "pathway")
    programs = tmp_path / "bin"
    programs.mkdir()
    # without HermiT, and without the second check in words, which take seconds and are not what is tested here
    real = f'exec {sys.executable} -m lrp_kg.cli "$@"'
    alone = '[ "$1" = check ] && [ $# = 3 ] && exit 1\n[ "$1" = check ] && set -- "$@" --no-hermit'
    program(programs / "lrp-kg", f"{alone}\n{real}")
    git(folder, "init", "--initial-branch=main")
    git(folder, "add", ".")
    git(folder, "commit", "-m", "one")
    git(folder, "checkout", "-b", "change")
    replace_once(folder / "pathway/ontology/record.ttl", "[ xsd:maxInclusive 6 ]", "[ xsd:maxInclusive 5 ]")
    git(folder, "commit", "-am", "two")
    git(folder, "checkout", "main")
    git(folder, "merge", "--no-ff", "-m", "merge", "change")
    return folder


def program(file: Path, text: str) -> None:
    file.write_text(f"#!/bin/bash\n{text}\n", encoding="utf-8")
    file.chmod(file.stat().st_mode | stat.S_IXUSR)


def git(folder: Path, *arguments: str) -> str:
    own = ["-c", "user.name=test", "-c", "user.email=test@example.org"]
    return subprocess.run(["git", *own, *arguments], cwd=folder, check=True, capture_output=True, text=True).stdout


def run(script: str, folder: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    path = f"{folder.parent / 'bin'}{os.pathsep}{os.environ['PATH']}"
    known = {"PATH": path, "PYTHONPATH": str(ROOT), "GUIDELINE": "pathway", "COHORT": "", **variables}
    command = ["bash", "--noprofile", "--norc", "-euo", "pipefail", "-c", script]
    return subprocess.run(command, cwd=folder, env=os.environ | known, capture_output=True, text=True, check=False)


# -- GitHub -----------------------------------------------------------------------------------


def test_jobs_of_github_may_do_little() -> None:
    flow = load(GITHUB)
    assert flow["permissions"] == {}
    assert set(flow["on"]) == {"pull_request"}  # never pull_request_target, which trusts forks
    writing = {
        name: {p for p, may in job["permissions"].items() if may == "write"} for name, job in flow["jobs"].items()
    }
    assert writing == {"review": set(), "annotate": {"security-events"}, "comment": {"pull-requests"}}
    for name, job in flow["jobs"].items():
        steps = job["steps"]
        assert all(s["with"]["persist-credentials"] == "false" for s in steps if "checkout" in s.get("uses", ""))
        assert not any("${{" in s.get("run", "") for s in steps)  # what is proposed is never part of a script
        if writing[name]:
            assert "head.repo.full_name == github.repository" in job["if"]
            assert not any("pip" in s.get("run", "") or "lrp-kg check" in s.get("run", "") for s in steps)


def test_github_reviews_a_change(repository: Path, tmp_path: Path) -> None:
    job = load(GITHUB)["jobs"]["review"]
    output, summary = tmp_path / "output", tmp_path / "summary.md"
    cohort = repository / "cohort.ndjson"
    cohort.write_text(
        '{"injuryDate": "2025-03-01", "assessmentDate": "2025-03-20", "painScore": 6}\n', encoding="utf-8"
    )
    variables = {"GITHUB_OUTPUT": str(output), "GITHUB_STEP_SUMMARY": str(summary), "COHORT": "cohort.ndjson"}
    for step in ("Check", "Compare with the target branch"):
        done = run(script_of(job, step), repository, **variables)
        assert done.returncode == 0, done.stderr
    log = json.loads((repository / "review/check.sarif").read_text(encoding="utf-8"))
    places = [r["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] for r in log["runs"][0]["results"]]
    assert places and all(place.startswith("pathway/") for place in places)
    text = (repository / "review/diff.md").read_text(encoding="utf-8")
    assert summary.read_text(encoding="utf-8") == text
    assert "PainAtMostSix" in text and "`HEAD^1:pathway`" in text
    codes = output.read_text(encoding="utf-8").split()
    assert codes == [f"code={log['runs'][0]['invocations'][0]['exitCode']}", "code=1"]
    result = script_of(job, "Result")
    for check, diff, expected in (
        ("0", "1", 0),
        ("0", "0", 0),
        ("1", "0", 1),
        ("2", "0", 1),
        ("0", "2", 1),
        ("", "", 2),
    ):
        assert (run(result, repository, CHECK=check, DIFF=diff).returncode == 0) is (expected == 0)


@pytest.mark.parametrize(
    ("before", "after", "said", "code"),
    [("nowhere", "pathway", "no guideline to compare with", "0"), ("pathway", "broken", "cannot be compared", "2")],
)
def test_what_cannot_be_compared_is_said(
    before: str, after: str, said: str, code: str, repository: Path, tmp_path: Path
) -> None:
    if before == "nowhere":
        git(repository, "mv", "pathway", "elsewhere")
        git(repository, "commit", "-m", "moved")
        folder = "elsewhere"
    else:
        folder = "pathway"
        (repository / "pathway/ontology/record.ttl").write_text("broken", encoding="utf-8")
    output, summary = tmp_path / "output", tmp_path / "summary.md"
    script = script_of(load(GITHUB)["jobs"]["review"], "Compare with the target branch")
    (repository / "review").mkdir()
    done = run(script, repository, GITHUB_OUTPUT=str(output), GITHUB_STEP_SUMMARY=str(summary), GUIDELINE=folder)
    assert done.returncode == 0, done.stderr
    assert said in summary.read_text(encoding="utf-8")
    assert output.read_text(encoding="utf-8").strip() == f"code={code}"
    assert after != "broken" or "record.ttl:1" in done.stderr


@pytest.mark.parametrize("known", ["", "77"])
def test_github_updates_its_comment(known: str, tmp_path: Path) -> None:
    script = script_of(load(GITHUB)["jobs"]["comment"], "Comment")
    folder = tmp_path / "work"
    (folder / "review").mkdir(parents=True)
    (folder / "review/diff.md").write_text("## text `$HOME` $(false)\n", encoding="utf-8")
    (tmp_path / "bin").mkdir()
    program(
        tmp_path / "bin/gh", f'echo "$@" >> "{tmp_path}/calls"\ncase "$*" in *--paginate*) printf "%s" "{known}";; esac'
    )
    done = run(script, folder, REPOSITORY="a/b", NUMBER="5")
    assert done.returncode == 0, done.stderr
    assert (folder / "body.md").read_text(encoding="utf-8") == f"{MARK}\n## text `$HOME` $(false)\n"
    last = (tmp_path / "calls").read_text(encoding="utf-8").splitlines()[-1]
    method, address = ("PATCH", "comments/77") if known else ("POST", "5/comments")
    assert last == f"api --silent --method {method} repos/a/b/issues/{address} --field body=@body.md"


# -- GitLab -----------------------------------------------------------------------------------


def test_gitlab_reviews_a_change(repository: Path) -> None:
    job = load(GITLAB)["guideline-review"]
    base = git(repository, "rev-parse", "HEAD^1").strip()
    done = run(job["script"][1], repository, CI_MERGE_REQUEST_DIFF_BASE_SHA=base)
    text = (repository / "review/diff.md").read_text(encoding="utf-8")
    assert "PainAtMostSix" in text
    report = json.loads((repository / job["artifacts"]["reports"]["codequality"]).read_text(encoding="utf-8"))
    assert report
    for entry in report:
        assert set(entry) == {"description", "check_name", "fingerprint", "severity", "location"}
        assert entry["severity"] in ("info", "minor", "major", "critical", "blocker")
        assert (repository / entry["location"]["path"]).exists() and entry["location"]["lines"]["begin"] > 0
    assert len({entry["fingerprint"] for entry in report}) == len(report)
    fine = all(entry["severity"] == "info" for entry in report)
    assert (done.returncode == 0) is fine, done.stderr


OTHER, OWN = {"id": 3, "body": "other"}, {"id": 8, "body": f"{MARK}\n\nold"}


@pytest.mark.parametrize("pages", [[[]], [[OTHER, OWN]], [[OTHER], [OTHER], [OWN]], [[OTHER], [OTHER]]])
def test_gitlab_updates_its_note(pages: list[list[dict[str, Any]]], tmp_path: Path) -> None:
    job = load(GITLAB)["guideline-comment"]
    assert "$CI_MERGE_REQUEST_SOURCE_PROJECT_ID == $CI_MERGE_REQUEST_PROJECT_ID" in job["rules"][0]["if"]
    folder = tmp_path / "work"
    (folder / "review").mkdir(parents=True)
    (folder / "review/diff.md").write_text("## text\n", encoding="utf-8")
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/python").symlink_to(sys.executable)
    known = OWN in pages[-1]
    listed = [
        f"*'&page={n}') printf '%s' '{json.dumps(page)}' > notes.json\n"
        f"printf 'X-Next-Page: {n + 1 if n < len(pages) else ''}\\r\\n' > head.txt;;"
        for n, page in enumerate(pages, 1)
    ]
    lines = "\n".join((f'echo "$@" >> "{tmp_path}/calls"', 'case "$*" in', *listed, "esac"))
    program(tmp_path / "bin/curl", lines)
    variables = {"REVIEW_TOKEN": "t", "CI_API_V4_URL": "https://host/api", "CI_MERGE_REQUEST_PROJECT_ID": "1"}
    done = run(job["script"][0], folder, CI_MERGE_REQUEST_IID="2", **variables)
    assert done.returncode == 0, done.stderr
    assert (folder / "body.md").read_text(encoding="utf-8") == f"{MARK}\n\n## text\n"
    last = (tmp_path / "calls").read_text(encoding="utf-8").splitlines()[-1]
    end = "PUT --data-urlencode body@body.md https://host/api/projects/1/merge_requests/2/notes/8"
    assert last.endswith(end if known else end.replace("PUT", "POST").removesuffix("/8"))
