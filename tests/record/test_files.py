"""Files of records are read line by line where they are NDJSON, and what they hold is seen by how they begin."""

from __future__ import annotations

import gzip
from io import BytesIO

import pytest

from lrp_kg import GuidelineService
from lrp_kg.errors import RecordError, WrongCharset
from lrp_kg.record.files import items
from lrp_kg.record.lines import LONGEST


@pytest.mark.parametrize(
    ("body", "names"),
    [
        (b"{}\n{}\n", ["line 1", "line 2"]),
        (b"\n\n{}\r\n\n  {} \n[", ["line 3", "line 5", "line 6"]),
        (b"\xef\xbb\xbf{}\n{}", ["line 1", "line 2"]),
        (b"{}\n{broken\n{}\n", ["line 1", "line 2", "line 3"]),
        (b"\n{}\n", [""]),
        (b'{\n"id":\n"x"}\n', [""]),
        (b"[{},\n{}]", ["record 1", "record 2"]),
        (b"", []),
        (b"# nothing\n", []),
    ],
)
def test_what_a_file_holds_is_seen_by_its_beginning(service: GuidelineService, body: bytes, names: list[str]) -> None:
    assert [name for name, _ in items(service.reader, "-", body)] == names


def test_lines_are_read_one_by_one(service: GuidelineService) -> None:
    sent = BytesIO(b"{}\n" * 1000)
    found = items(service.reader, "-", sent.readline, "ndjson")
    assert [next(found)[0], next(found)[0]] == ["line 1", "line 2"]
    assert sent.tell() == 6


def test_line_that_cannot_be_read_stops_no_other(service: GuidelineService) -> None:
    body = b'{}\n{"id": "\xe9"}\n' + b" " * LONGEST + b"{}\n[1]\n{}"
    found = [what for _, what in items(service.reader, "cohort.ndjson", body)]
    assert [what.code if isinstance(what, RecordError) else what for what in found] == [
        "{}\n",
        "wrong-charset",
        "request-entity-too-large",
        "[1]\n",
        "{}",
    ]


@pytest.mark.parametrize("name", ["a.json.gz", "a.ndjson", "a.json", "-"])
def test_compressed_file_is_named(service: GuidelineService, name: str) -> None:
    with pytest.raises(WrongCharset, match="compressed with gzip"):
        list(items(service.reader, name, gzip.compress(b"{}\n" * 9)))
