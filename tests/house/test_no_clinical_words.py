"""The package contains no clinical word: these are in the ontology and the shapes."""

import re
from pathlib import Path

import pytest

from tests.support.paths import PACKAGE

WORDS = re.compile(
    r"fedris|red.?flag|radicular|chronicity|nsaid|opioid|paracetamol|rehabilitat|incapacit|lumbar|facet|rugpijn|"
    r"first-line|second-line|558994|558434|surgery|sickness.?fund|back.?pain|medial.?branch|physiotherap",
    re.IGNORECASE,
)
# names of SHACL and library terms are not clinical words; the name of the guideline is the default in some places
ALLOWED = re.compile(r"low back pain guideline|low_back_pain", re.IGNORECASE)
FILES = sorted(
    file
    for suffix in ("py", "html", "js", "css", "toml")
    for file in PACKAGE.rglob(f"*.{suffix}")
    if "vendor" not in file.parts and file.name != "namespaces.py" and "data" not in file.parts
)


def test_there_are_files() -> None:
    assert len(FILES) > 30


@pytest.mark.parametrize("file", FILES, ids=lambda f: f.relative_to(PACKAGE).as_posix())
def test_no_clinical_word(file: Path) -> None:
    found = [
        f"{number}: {line.strip()}"
        for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1)
        if WORDS.search(ALLOWED.sub("", line))
    ]
    assert not found
