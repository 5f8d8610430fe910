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


@pytest.mark.parametrize(
    ("name", "body", "kind"),
    [
        ("a.csv", b"id\n1\n", "CSV"),
        ("A.CSV", b"", "CSV"),
        ("a.parquet", b"PAR1\x15\x04", "Parquet"),
        ("a.json", b"PAR1\x15\x04", "Parquet"),
        ("-", b"PAR1\x15\x04", "Parquet"),
        ("-", b"\xef\xbb\xbf\nid;onset\n1;2024\n", "CSV"),
        ("a.txt", b'"id","onset"\n1,2024\n', "CSV"),
        ("a.dat", b"id\tonset\n1\t2024\n", "CSV"),
    ],
)
def test_table_is_sent_to_the_command_that_reads_it(
    service: GuidelineService, name: str, body: bytes, kind: str
) -> None:
    with pytest.raises(RecordError, match=f"^{kind} is not read here: lrp-kg cohort reads it") as raised:
        list(items(service.reader, name, body))
    assert set(raised.value.messages) == {"en", "nl", "fr", "de"}


@pytest.mark.parametrize("kind", ["json", "ndjson", "turtle"])
def test_kind_that_the_sender_gives_counts_more_than_the_suffix(service: GuidelineService, kind: str) -> None:
    list(items(service.reader, "a.csv", b"" if kind == "turtle" else b"{}", kind))


@pytest.mark.parametrize(
    "line",
    [b"PREFIX a: <urn:a>", b"@prefix a: <urn:a> .", b"<urn:a> a <urn:b>, <urn:c> .", b"# a, b", b"[] a <urn:b> ;"],
)
def test_turtle_is_no_table(service: GuidelineService, line: bytes) -> None:
    try:
        list(items(service.reader, "-", line))
    except RecordError as error:
        assert "cohort" not in error.message
