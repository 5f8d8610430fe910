"""Files that people write: whatever an editor, a system or a share leaves there is read, left out, or reported."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from lrp_kg.authoring.cases.files import load_cases
from lrp_kg.authoring.check.wellmade import check_well_made
from lrp_kg.cli.check import _watched
from lrp_kg.errors import GuidelineError, LrpError, StoreError, TokenFileError, UnreadableFile
from lrp_kg.guideline.load import load_guideline
from lrp_kg.research.engine.endpoint import credentials
from lrp_kg.research.questions.entries import read_catalogue
from lrp_kg.text_files import kind_of, read_text, visible
from lrp_kg.web.access import read_tokens
from tests.support.guidelines import guideline_copy
from tests.support.paths import ANKLE

MARK = b"\xef\xbb\xbf"
TOKEN = "0123456789abcdef0123"  # noqa: S105 - of this test


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return guideline_copy(tmp_path / "ankle")


def modules(folder: Path) -> list[Path]:
    return [f for part in ("ontology/*.ttl", "shapes/*.ttl", "cases/*.json", "queries/*.rq") for f in folder.glob(part)]


READABLE = {
    "as it is": b"one\ntwo\n",
    "byte order mark": MARK + b"one\ntwo\n",
    "Windows": MARK + b"one\r\ntwo\r\n",
    "old Macintosh": b"one\rtwo\r",
}


@pytest.mark.parametrize("body", READABLE.values(), ids=READABLE)
def test_text_is_the_same_whatever_wrote_it(tmp_path: Path, body: bytes) -> None:
    (tmp_path / "a.ttl").write_bytes(body)
    assert read_text(tmp_path / "a.ttl") == "one\ntwo\n"


def link_to_nothing(file: Path) -> None:
    file.symlink_to("elsewhere.ttl")


def circle(file: Path) -> None:
    file.symlink_to(file)


def written(body: bytes) -> Callable[[Path], object]:
    return lambda file: file.write_bytes(body)


UNREADABLE: dict[str, tuple[Callable[[Path], object], str]] = {
    "folder": (Path.mkdir, "is a folder, not a file"),
    "link to nothing": (link_to_nothing, "is a link to elsewhere.ttl, which does not exist"),
    "circle of links": (circle, "cannot be read: Too many levels of symbolic links"),
    "pipe": (os.mkfifo, "is a pipe, socket or device, not a file"),
    "nothing": (lambda _: None, "cannot be read: No such file or directory"),
    "Latin-1": (written("a\né".encode("latin-1")), "line 2 is not UTF-8 text"),
    "UTF-16": (written("é".encode("utf-16")), "is not UTF-8 text but UTF-16 text"),
    "gzip": (written(b"\x1f\x8b\x08\x00"), "is not UTF-8 text but compressed with gzip"),
    "NUL": (written(b"a\n\n\0"), "line 3 holds a NUL character"),
}


@pytest.mark.parametrize("name", UNREADABLE)
def test_what_is_no_text_is_named_with_what_to_do(tmp_path: Path, name: str) -> None:
    make, expected = UNREADABLE[name]
    file = tmp_path / "a.ttl"
    make(file)
    with pytest.raises(UnreadableFile) as caught:
        read_text(file)
    assert caught.value.message.startswith("a.ttl") and expected in caught.value.message
    assert caught.value.message.count(". ") == 1, "what is wrong, and what to do"


@pytest.mark.parametrize("name", sorted(UNREADABLE.keys() - {"nothing"}))
@pytest.mark.parametrize("part", ["ontology/x.ttl", "shapes/x.ttl", "cases/x.json", "queries/x.rq"])
def test_part_of_a_guideline_that_cannot_be_read_is_reported(folder: Path, part: str, name: str) -> None:
    make, expected = UNREADABLE[name]
    make(folder / part)
    if part.endswith(".ttl"):
        with pytest.raises(GuidelineError) as caught:
            load_guideline(folder)
        findings = [caught.value.findings, check_well_made(folder, formatting=False)]
    else:
        findings = [load_cases(folder).findings if part.endswith(".json") else read_catalogue(folder).findings]
    for every in findings:
        found = [f for f in every if f.severity == "error"]
        assert [f.name for f in found] == ["query-unreadable" if part.endswith(".rq") else "file-not-readable"]
        assert expected in found[0].message
        line = re.match("line ([0-9]+)", expected)
        assert not line or f"{folder / part}:{line[1]}:" in found[0].where


def test_file_of_another_user_is_reported(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    closed, read = folder / "ontology" / "record.ttl", Path.read_bytes

    def refuse(path: Path) -> bytes:
        if path == closed:
            raise PermissionError(13, "Permission denied", str(path))
        return read(path)

    monkeypatch.setattr(Path, "read_bytes", refuse)
    with pytest.raises(GuidelineError) as caught:
        load_guideline(folder)
    assert "record.ttl cannot be read: Permission denied." in caught.value.findings[0].message


def test_marks_and_line_ends_of_windows_change_nothing(folder: Path) -> None:
    before = load_guideline(folder)
    for file in modules(folder):
        file.write_bytes(MARK + file.read_bytes().replace(b"\n", b"\r\n"))
    after = load_guideline(folder)
    assert after.content_hash == before.content_hash
    assert len(load_cases(folder).cases) == len(load_cases(ANKLE).cases)
    assert not load_cases(folder).findings
    assert read_catalogue(folder).entries.keys() == read_catalogue(ANKLE).entries.keys()
    assert check_well_made(folder, formatting=False) == []


HIDDEN = (".#{}", "._{}", ".{}.swp", ".~lock.{}#", "{}~", "#{}#", "{}.bak", "{}.orig", ".{}")
"""What Emacs, macOS, vi, LibreOffice, git and rsync leave beside a file."""


def test_what_editors_and_systems_leave_is_no_module(folder: Path) -> None:
    watched = set(_watched(folder))
    for file in modules(folder):
        for pattern in HIDDEN:
            file.with_name(pattern.format(file.name)).write_bytes(b"\xff\0 no text")
        file.with_name(f".#lock-{file.name}").symlink_to("nobody@nowhere.1234")
    assert load_guideline(folder).content_hash == load_guideline(ANKLE).content_hash
    assert check_well_made(folder, formatting=False) == []
    assert not load_cases(folder).findings
    assert read_catalogue(folder).entries.keys() == read_catalogue(ANKLE).entries.keys()
    assert set(_watched(folder)) == watched


@pytest.mark.slow
@pytest.mark.parametrize(
    ("part", "name"),
    [
        ("ontology", "pathway.TTL"),
        ("ontology", "pathway.owl"),
        ("ontology", "pathway.rdf"),
        ("shapes", "record.Ttl"),
        ("queries", "one.RQ"),
        ("cases", "pathway.JSON"),
    ],
)
def test_file_left_out_for_its_name_is_reported(folder: Path, part: str, name: str) -> None:
    (folder / part / name).write_text("nothing", encoding="utf-8")
    (found,) = check_well_made(folder, formatting=False)
    assert (found.name, found.severity) == ("file-not-read", "warning")
    assert f"{part}/{name} is not read" in found.message


def test_renamed_module_is_named_before_what_is_lacking_without_it(folder: Path) -> None:
    (folder / "ontology" / "pathway.ttl").rename(folder / "ontology" / "pathway.TTL")
    with pytest.raises(GuidelineError) as caught:
        load_guideline(folder)
    assert caught.value.findings[0].message.startswith("ontology/pathway.TTL is not read")
    shutil.rmtree(folder / "shapes")
    (folder / "shapes").mkdir()
    (folder / "shapes" / "record.rdf").touch()
    with pytest.raises(GuidelineError) as caught:
        load_guideline(folder)
    assert "no shapes/*.ttl" in caught.value.message
    assert [f.where[-10:] for f in caught.value.findings] == ["athway.TTL", "record.rdf"]


def test_mark_within_a_file_is_shown_by_its_number(folder: Path) -> None:
    file = folder / "ontology" / "record.ttl"
    file.write_bytes(file.read_bytes() + MARK + b"ank:a ank:b ank:c .\n")
    with pytest.raises(GuidelineError) as caught:
        load_guideline(folder)
    (found,) = caught.value.findings
    assert "\ufeff" not in found.message
    assert "U+FEFF" in found.message or "\\ufeff" in found.message


@pytest.mark.parametrize("mark", [b"", MARK])
@pytest.mark.parametrize("end", [b"", b"\n", b"\r\n"])
def test_tokens_and_credentials_from_any_editor(tmp_path: Path, mark: bytes, end: bytes) -> None:
    file = tmp_path / "secret"
    file.write_bytes(mark + TOKEN.encode() + end)
    file.chmod(0o600)
    assert read_tokens(file) == (TOKEN,)
    assert credentials(file) == {"Authorization": f"Bearer {TOKEN}"}
    file.write_bytes(mark + b"user:secret" + end)
    assert credentials(file) == {"Authorization": "Basic dXNlcjpzZWNyZXQ="}


@pytest.mark.parametrize("name", UNREADABLE)
@pytest.mark.parametrize(("read", "kind"), [(read_tokens, TokenFileError), (credentials, StoreError)])
def test_tokens_and_credentials_that_cannot_be_read(
    tmp_path: Path, name: str, read: Callable[[Path], object], kind: type[LrpError]
) -> None:
    make, expected = UNREADABLE[name]
    make(tmp_path / "secret")
    with pytest.raises(kind) as caught:
        read(tmp_path / "secret")
    assert expected in caught.value.message


@pytest.mark.parametrize("read", [read_tokens, credentials])
def test_nothing_of_a_secret_is_quoted(tmp_path: Path, read: Callable[[Path], object]) -> None:
    (tmp_path / "secret").write_bytes(f"{TOKEN}é".encode("cp1252"))
    with pytest.raises(LrpError) as caught:
        read(tmp_path / "secret")
    assert "line 1 is not UTF-8 text; it looks like Windows-1252. Save it as UTF-8." in caught.value.message
    assert TOKEN[-4:] not in caught.value.message


@pytest.mark.parametrize("text", ["", " \n", "one\ntwo", "café-token-without-colon", "user:a\nuser:b"])
def test_credentials_that_no_header_can_hold(tmp_path: Path, text: str) -> None:
    (tmp_path / "secret").write_text(text, encoding="utf-8")
    with pytest.raises(StoreError, match="is not one line with user:password, or with a token"):
        credentials(tmp_path / "secret")


def test_kind_of_a_body_and_visible_names(tmp_path: Path) -> None:
    assert kind_of(b"{}") is kind_of(b"") is None
    assert kind_of(b"PAR1....") == "Parquet"
    for name in ("b.ttl", "a.ttl", ".c.ttl", "d.TTL"):
        (tmp_path / name).touch()
    assert [f.name for f in visible(tmp_path, "*.ttl")] == ["a.ttl", "b.ttl"]
    assert visible(tmp_path / "none", "*.ttl") == []


def test_format_reads_what_check_reads(folder: Path) -> None:
    file = folder / "ontology" / "record.ttl"
    file.write_bytes(MARK + file.read_bytes().replace(b"\n", b"\r\n"))
    command = [sys.executable, "-m", "lrp_kg.cli", "format", "--check", str(file)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    file.write_bytes(b"\xff\xfe")
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert "UTF-16" in done.stderr and done.stderr.count("\n") == 1
