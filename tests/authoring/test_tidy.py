"""What an ontology editor saves is laid out along the committed file: only an edit is left of the difference."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable, Iterator, Sequence
from difflib import ndiff
from pathlib import Path
from typing import TypeVar

import pytest
from _pytest.mark.structures import ParameterSet
from click.testing import CliRunner

from lrp_kg.authoring.formatting import formatted, formatter
from lrp_kg.authoring.tidy.layout import tidied
from lrp_kg.authoring.tidy.syntax import NotLaidOut
from lrp_kg.cli import main
from lrp_kg.guideline.files import packaged_folder
from tests.support.editor_save import saved
from tests.support.paths import ANKLE, TESTS

T = TypeVar("T")
SAVES = Path(__file__).parent / "saves"
REAL = sorted(SAVES.glob("owlapi-*/*.ttl"))
FOLDERS = {"low-back-pain": packaged_folder(), "ankle-sprain": ANKLE}
MODULES = [file for folder in FOLDERS.values() for file in sorted((folder / "ontology").glob("*.ttl"))]
EDITS = json.loads((TESTS / "comparison" / "edits.json").read_text(encoding="utf-8"))
RECORD = (SAVES / "committed" / "record.ttl").read_text(encoding="utf-8")


def differing(before: str, after: str) -> list[str]:
    return [line for line in ndiff(before.splitlines(), after.splitlines()) if line[0] in "+-"]


def edits_of_modules() -> Iterator[tuple[str, str, str]]:
    """Yield for each edit of a module its name, the module before and the module after."""
    for edit in EDITS:
        texts: dict[Path, tuple[str, str]] = {}
        for file, anchor, old, new in (s for s in edit["substitutions"] if s[0].startswith("ontology/")):
            path = FOLDERS[edit["guideline"]] / file
            before, after = texts.get(path) or (path.read_text(encoding="utf-8"),) * 2
            head, found, tail = after.partition(anchor)
            assert found, edit["name"]
            texts[path] = before, head + anchor + tail.replace(old, new, 1)
        yield from ((f"{edit['name']}, {path.name}", *both) for path, both in texts.items())


EDITED = list(edits_of_modules())


def few(values: Sequence[T], name: Callable[[T], str]) -> list[ParameterSet]:
    """Return parameters of a test, most of them for ``make long``."""
    marks = [() if n % 5 == 0 else (pytest.mark.long,) for n in range(len(values))]
    return [pytest.param(v, id=name(v), marks=own) for v, own in zip(values, marks, strict=True)]


@pytest.mark.parametrize("save", REAL, ids=lambda file: f"{file.parent.name}-{file.stem}")
def test_a_save_of_the_owl_api_without_an_edit_is_laid_out_as_committed(save: Path) -> None:
    committed = (SAVES / "committed" / save.name).read_text(encoding="utf-8")
    assert tidied(committed, save.read_text(encoding="utf-8"), lambda _: True).text == committed


@pytest.mark.parametrize("file", few(MODULES, lambda file: file.stem))
def test_every_module_is_laid_out_as_committed(file: Path) -> None:
    committed = file.read_text(encoding="utf-8")
    save = saved(committed)
    assert len(differing(committed[:4000], save[:4000])) > 10
    assert tidied(committed, save).text == committed


@pytest.mark.parametrize("edited", few(EDITED, lambda edit: edit[0]))
def test_an_edit_is_all_that_differs(edited: tuple[str, str, str]) -> None:
    _, before, after = edited
    found = tidied(before, saved(after), lambda _: True).text
    program = formatter()
    assert program
    wanted = formatted(program, after) or ""
    words, wanted_words = ([w for w in text.split() if w not in (";", ",", ".")] for text in (found, wanted))
    assert sorted(words) == sorted(wanted_words)  # what is added can be at another place; sets keep their old order
    assert len(differing(before, found)) <= len(differing(before, wanted)) + 2


def edit(old: str, new: str, count: int = 1) -> tuple[str, list[str]]:
    """Save an edited record of an example; return the layout and the lines that differ from the committed ones."""
    assert RECORD.count(old) >= 1
    found = tidied(RECORD, saved(RECORD.replace(old, new, count)), lambda _: True).text
    return found, differing(RECORD, found)


def test_one_label_is_one_line() -> None:
    _, lines = edit('"mild"@en', '"slight"@en')
    assert lines == ['-     rdfs:label "mild"@en ;', '+     rdfs:label "slight"@en ;']


def test_a_label_in_another_language_is_added_beside_the_others() -> None:
    _, lines = edit('"mild"@en', '"mild"@en , "licht"@nl')
    assert lines == ['-     rdfs:label "mild"@en ;', '+     rdfs:label "mild"@en , "licht"@nl ;']


def test_comments_stay_also_in_what_is_edited() -> None:
    commented = RECORD.replace('rdfs:label "mild"@en ;', 'rdfs:label "mild"@en ; # as on the form')
    save = saved(commented.replace("The complaint is mild.", "A mild complaint."))
    found = tidied(commented, save, lambda _: True).text
    assert "# as on the form" in found
    assert found.count("#") == commented.count("#")


def test_a_new_value_is_beside_the_others() -> None:
    new = """my:severity-moderate a my:Severity ; rdfs:label "moderate"@en , "matig"@nl ; skos:notation "moderate" ."""
    before = "[] a owl:AllDifferent ;\n    owl:distinctMembers ( my:severity-mild my:severity-serious ) ."
    after = f"{new}\n{before}".replace("my:severity-serious", "my:severity-moderate my:severity-serious")
    found, lines = edit(before, after)
    assert (
        found.index("my:severity-serious a") < found.index("my:severity-moderate a") < found.index("[] a owl:AllDiff")
    )
    assert lines == [
        "+ my:severity-moderate a my:Severity ;",
        '+     rdfs:label "moderate"@en , "matig"@nl ;',
        '+     skos:notation "moderate" .',
        "+ ",
        "-     owl:distinctMembers ( my:severity-mild my:severity-serious ) .",
        "+     owl:distinctMembers ( my:severity-mild my:severity-serious my:severity-moderate ) .",
    ]


def test_a_removed_term_takes_the_comment_directly_above_it_along() -> None:
    commented = RECORD.replace("my:FirstWeek a", "# the usual one\nmy:FirstWeek a")
    start, end = commented.index("my:FirstWeek a"), commented.index("my:Later a")
    found = tidied(commented, saved(commented[:start] + commented[end:]), lambda _: True)
    assert found.removed == ("https://example.org/example#FirstWeek",)
    assert "# the usual one" not in found.text
    assert "# A value list" in found.text


def test_a_term_in_another_namespace_has_its_whole_name() -> None:
    new = '<https://example.org/example/record#Long> a owl:Class ; rdfs:label "long"@en .\n\n# Fields'
    assert "<https://example.org/example/record#Long> a owl:Class ;" in edit("# Fields", new)[0]


def test_a_prefix_that_is_needed_now_is_declared() -> None:
    committed = RECORD.replace("@prefix xsd", "@prefix unused: <urn:unused:> .\n@prefix xsd")
    save = saved(committed) + '<https://example.org/example#Severity> <http://www.w3.org/ns/prov#value> "x" .\n'
    found = tidied(committed, save, lambda _: True).text
    assert "@prefix prov: <http://www.w3.org/ns/prov#> ." in found
    assert 'prov:value "x"' in found


def test_what_an_author_declared_stays_and_what_an_editor_declares_goes() -> None:
    declared = RECORD.replace(
        "my:severity-mild a my:Severity ;", "my:severity-mild a my:Severity , owl:NamedIndividual ;"
    )
    assert tidied(declared, saved(declared), lambda _: True).text == declared
    save = saved(RECORD) + "<https://example.org/example#New> a owl:NamedIndividual .\n"
    assert "my:New a owl:NamedIndividual ." in tidied(RECORD, save, lambda _: False).text
    assert tidied(RECORD, save, lambda _: True).text == RECORD


@pytest.mark.parametrize(
    ("committed", "save", "message"),
    [
        (RECORD, RECORD + "my:a ex:b 1 .", "not Turtle"),
        (RECORD + "_:x a my:Severity .", RECORD + "my:x a my:Severity .", "names a blank node"),
        (RECORD, RECORD + "my:a my:b _:x . my:c my:b _:x .", "used in several places"),
        (RECORD, RECORD + "my:a my:b _:x . _:x a owl:Class ; my:b _:x .", "a part of itself"),
    ],
)
def test_what_cannot_be_laid_out_is_refused(committed: str, save: str, message: str) -> None:
    with pytest.raises(NotLaidOut, match=message):
        tidied(committed, save)


def test_a_class_expression_that_an_editor_writes_once_for_two_places_is_in_both() -> None:
    flag = "[ a owl:Restriction ; owl:onProperty my:severity ; owl:hasValue my:severity-mild ]"
    two = f"my:A owl:equivalentClass {flag} .\n\nmy:B owl:equivalentClass {flag} .\n"
    once = f"my:A owl:equivalentClass _:x . my:B owl:equivalentClass _:x . _:x {flag[1:-1]} ."
    assert tidied(RECORD + two, RECORD + once).text == RECORD + two


# -- the command ----------------------------------------------------------------------------------------


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    shutil.copytree(SAVES / "committed", tmp_path / "ontology")
    for arguments in (["init", "-q"], ["add", "."], ["commit", "-qm", "x"]):
        own = ["-c", "user.name=A", "-c", "user.email=a@example.org", *arguments]
        subprocess.run(["git", *own], cwd=tmp_path, check=True)  # noqa: S607
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*arguments: str, code: int = 0) -> list[str]:
    result = CliRunner().invoke(main, ["tidy", *arguments])
    assert result.exit_code == code, result.output
    return result.output.splitlines()


def changed(folder: Path) -> str:
    git = subprocess.run(["git", "diff", "--numstat"], cwd=folder, check=True, capture_output=True, text=True)  # noqa: S607
    return git.stdout


def test_a_save_of_all_modules_is_an_empty_difference(repository: Path) -> None:
    for file in (SAVES / "owlapi-5-turtle").glob("*.ttl"):
        shutil.copy(file, repository / "ontology")
    assert changed(repository)
    assert run("--check", code=1) == run()
    assert changed(repository) == ""
    assert run() == run("--check") == []


def test_an_edited_save_says_what_changed(repository: Path) -> None:
    file = repository / "ontology" / "record.ttl"
    text = (SAVES / "owlapi-4-rio" / "record.ttl").read_text(encoding="utf-8").replace('"mild"@en', '"slight"@en')
    file.write_text(text + "# mine\n", encoding="utf-8")
    assert run() == [
        "ontology/record.ttl: changed severity-mild",
        "ontology/record.ttl: left out '# mine', a comment that HEAD does not have",
    ]
    assert changed(repository).split() == ["1", "1", "ontology/record.ttl"]


def test_a_file_that_no_editor_saved_is_left_as_it_is(repository: Path) -> None:
    file = repository / "ontology" / "record.ttl"
    text = RECORD.replace('"mild"@en', '"slight"@en') + "# mine\n"
    file.write_text(text, encoding="utf-8")
    assert run() == []
    (line,) = run("ontology/record.ttl")
    assert "no ontology editor saved it" in line
    assert file.read_text(encoding="utf-8") == text


def test_a_new_file_has_no_layout_to_take(repository: Path) -> None:
    (repository / "ontology" / "new.ttl").write_text(saved(RECORD), encoding="utf-8")
    (line,) = run()
    assert "is not in HEAD" in line
    along = str(repository / "ontology" / "record.ttl")
    assert run("ontology/new.ttl", "--along", along) == [f"ontology/new.ttl: as in {along}"]
    assert (repository / "ontology" / "new.ttl").read_text(encoding="utf-8") == RECORD


def test_what_is_asked_for_and_not_there_is_said(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (repository / "ontology" / "record.ttl").write_text("<urn:a> a .\n", encoding="utf-8")
    assert "is left as it is: it is not Turtle" in run(code=2)[0]
    assert "is no git revision" in run("--from", "no-such", code=2)[0]
    assert "takes one file" in run("--along", "ontology/record.ttl", code=2)[0]
    monkeypatch.chdir(repository / "ontology")
    assert "no ontology/*.ttl here" in run(code=2)[0]
