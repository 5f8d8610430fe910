"""Phrases: the same in every language, each one used, none missing."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from lrp_kg.authoring.compare.attributes import NAMES, TEXTS
from lrp_kg.durations import MEASURES
from lrp_kg.effort import Effort, memory_reached, time_reached
from lrp_kg.errors import BrokenJson
from lrp_kg.guideline.sources import PARTS
from lrp_kg.record.messages import NAMES as REFUSALS
from lrp_kg.research.engine.limits import LIMITS
from lrp_kg.research.questions.model import TAGS, TOPICS
from lrp_kg.site.catalogue import KINDS
from lrp_kg.site.searchable import OWN_KINDS
from lrp_kg.words import LANGUAGES, ONE, in_every_language, in_language, other_language, phrase, phrases, said, typeset
from tests.support.paths import PACKAGE

PREFIXES = {"site-": PACKAGE / "site", "diff-": PACKAGE / "authoring" / "compare", "report-": PACKAGE / "report"}
"""Which part of the package leaves out which beginning of a name."""
STARTS = {
    "diff-": ("diff-kind-", "diff-of-"),
    "report-": tuple(f"report-{part}-" for part in ("section", "measure", "row", "contact")),
}
"""What code of a part puts before a name that it has in quotes."""
FILES = [
    file
    for suffix in ("py", "html", "md", "js")
    for file in sorted(PACKAGE.rglob(f"*.{suffix}"))
    if "vendor" not in file.parts and "words" not in file.relative_to(PACKAGE).parts[:1]
]
ALONE = {
    *("error-accept", "problem-say-which-query", "problem-say-store-or-records"),  # the cause is what to do
    *("error-json-line", "error-json-column", "error-file", "error-input"),  # what follows the place is the cause
    *("error-report-values", "error-report-values-one"),  # each problem below says what to do
}
"""Errors of one sentence."""
LEVELS = ("major", "minor", "patch", "none")
COMPOSED = {
    *(f"site-{kind}-{name}" for kind in ("kind", "kinds", "about") for name in KINDS),
    "colon",  # `Words.colon`
    *("file-missing", "file-folder", "file-denied", "file-closed", "file-special"),  # `of_system`
    *("site-kind-option", "site-kind-criterion"),
    *(f"period-{unit}{end}" for unit in ("day", "week", "month") for end in ("", "s")),
    *(f"diff-level-{level}{end}" for level in LEVELS for end in ("", "-means")),
    *(f"diff-of-{name}" for name in (*NAMES.values(), *TEXTS.values()) if f"diff-of-{name}" in phrases("en")),
    *(f"diff-invalid-{when}" for when in ("both", "before", "after")),
    *(f"diff-valid-{sides}" for sides in ("both", "old", "new")),
    "diff-no-record",
    *(f"diff-unit-{measure}" for measure in MEASURES),
    *(f"type-{kind}" for kind in ("boolean", "integer", "date", "string", "value", "values")),
    *(f"queries-tag-{tag}" for tag in TAGS),
    *(f"search-kind-{kind}" for kind in OWN_KINDS),
    *(f"queries-topic-{topic}" for topic in (*TOPICS, "other")),
    *(name for name in phrases("en") if name.startswith("problem-")),  # found by their English text
    *(f"query-{code}" for code in LIMITS),
    *(name for name in phrases("en") if name.endswith(ONE) and name.removesuffix(ONE) in phrases("en")),
    *(f"report-why-{name}" for name in (*REFUSALS, "id-missing", "id-repeated", "list-in-part", "not-a-record")),
    *(f"source-{part}" for part in (*PARTS.values(), "readIn")),
}
"""Names that code puts together."""
CALL = re.compile(r"""(?:\b(?:say|w|phrase|in_every_language)\(|\bwords\[)\s*["']([\w-]+)["']""")


def prefix(file: Path) -> str:
    return next((p for p, folder in PREFIXES.items() if file.is_relative_to(folder)), "")


def quoted(file: Path) -> Iterator[str]:
    """Yield the texts in quotes of a file."""
    text = file.read_text(encoding="utf-8")
    if file.suffix == ".py":
        nodes = ast.walk(ast.parse(text))
        yield from (n.value for n in nodes if isinstance(n, ast.Constant) and isinstance(n.value, str))
    else:
        yield from (a or b for a, b in re.findall(r'"([\w-]+)"|\'([\w-]+)\'', text))


def test_each_language_has_a_file() -> None:
    files = {file.stem for file in (PACKAGE / "words").glob("*.toml")}
    assert files == set(LANGUAGES)


def test_languages_are_listed_once() -> None:
    assert [file for file in FILES if re.search(r"""["']en["'], *["']nl["']""", file.read_text(encoding="utf-8"))] == []


def test_files_have_the_same_phrases() -> None:
    assert len(phrases("en")) > 300
    assert {lang: list(phrases(lang)) == list(phrases("en")) for lang in LANGUAGES} == dict.fromkeys(LANGUAGES, True)
    assert not [(name, lang) for lang in LANGUAGES for name, text in phrases(lang).items() if not text]


def test_blanks_are_the_same_in_each_language() -> None:
    for name in phrases("en"):
        blanks = {tuple(sorted(set(re.findall(r"\{.*?\}", text)))) for text in in_every_language(name).values()}
        assert len(blanks) == 1, name
        assert all(re.fullmatch(r"\{[a-z]+\}", blank) for own in blanks for blank in own), name


def test_each_phrase_is_used() -> None:
    used = set(COMPOSED)
    for file in FILES:
        starts = ("", prefix(file), *STARTS.get(prefix(file), ()))
        used |= {start + text for text in quoted(file) for start in starts}
    assert sorted(set(phrases("en")) - used) == []


def test_no_phrase_is_missing() -> None:
    found = [(file, name) for file in FILES for name in CALL.findall(file.read_text(encoding="utf-8"))]
    assert len(found) > 200
    known = phrases("en")
    assert [(f.name, n) for f, n in found if not n.endswith("-") and not {n, prefix(f) + n} & set(known)] == []
    assert sorted(COMPOSED - set(known)) == []


def test_error_is_said_in_each_language_by_its_name_and_values() -> None:
    reached = time_reached(Effort(seconds=2.0))
    assert said(reached, "en") == reached.message
    assert all("2 " in said(reached, lang) for lang in LANGUAGES)
    assert len({said(reached, lang) for lang in LANGUAGES}) == len(LANGUAGES)
    kept = memory_reached(Effort(memory=100))
    assert said(kept, "en") == kept.message
    assert said(BrokenJson("x"), "nl") == "x"


def test_error_says_its_cause_and_what_to_do() -> None:
    said_by = ("error-", "problem-say-", "python-", "mapping-", "row-", "query-limit-", "limit-record-")
    names = [name for name in phrases("en") if name.startswith(said_by) and name not in ALONE]
    assert len(names) > 100
    short = {
        (name, lang)
        for lang in LANGUAGES
        for name in names
        if len(re.findall(r"[.!?;](?=\s|$)", phrases(lang)[name])) < 2
    }
    assert short == set()


def test_text_in_a_language() -> None:
    texts = {"fr": "oui", "en": "yes"}
    assert (in_language(texts, "fr"), in_language(texts, "nl")) == ("oui", "yes")
    assert (other_language(texts, "fr"), other_language(texts, "nl")) == ("", "en")
    assert (in_language({"de": "ja"}, "nl"), other_language({"de": "ja"}, "nl")) == ("ja", "de")
    assert (in_language({}, "nl", "name"), other_language({}, "nl")) == ("name", "")


def test_phrase_with_a_blank() -> None:
    assert phrase("hint-similar", "en", similar="x") == " Did you mean x?"
    with pytest.raises(KeyError):
        phrase("nothing-has-this-name", "en")


def test_one_is_said_otherwise_than_several() -> None:
    names = [name for name in phrases("en") if name.endswith(ONE) and name.removesuffix(ONE) in phrases("en")]
    assert len(names) > 10
    for name in names:
        several = name.removesuffix(ONE)
        fill = {blank: "x" for blank in re.findall(r"\{(\w+)\}", phrase(several, "en"))}
        assert set(re.findall(r"\{(\w+)\}", phrase(name, "en"))) == fill.keys() - {"count"}, name
        for lang in LANGUAGES:
            one, two = (phrase(several, lang, **fill | {"count": n}) for n in (1, 2))
            assert one == phrase(name, lang, **fill)
            assert "2" in two
            assert one.replace("1", "2") != two or lang != "en"
    assert phrase("cohort-answered", "en", count=1, file="x") == "1 row answered in x."


def test_readme_says_what_the_foot_of_every_page_says() -> None:
    readme = " ".join((PACKAGE.parent / "README.md").read_text(encoding="utf-8").replace("**", "").split())
    assert phrase("site-intended-use", "en") in readme
    assert phrase("site-translations", "en").lower().removesuffix(".") in readme.lower().replace(", and ", "; ")


def test_french_punctuation_is_kept_with_its_word() -> None:
    assert typeset("« ici » : oui ; non ?", "fr") == "«\u00a0ici\u00a0»\u00a0: oui\u00a0; non\u00a0?"
    assert typeset("a ; b : c ?", "nl") == "a ; b : c ?"
    assert not [name for name, text in phrases("fr").items() if re.search(r" [?!;:»]|« ", text)]
