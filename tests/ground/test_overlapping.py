"""What is written is neither read nor written twice, whatever its names and the folders around it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from lrp_kg.temporary import overlapping


@pytest.mark.parametrize(
    ("read", "written", "found"),
    [
        (["a/b/r.csv"], ["a"], ("a", "a/b/r.csv")),
        (["a/b"], ["a/b/new.csv"], ("a/b/new.csv", "a/b")),
        (["a/b/r.csv"], ["a/b/../b/r.csv"], ("a/b/../b/r.csv", "a/b/r.csv")),
        (["hard.csv"], ["a/b/r.csv"], ("a/b/r.csv", "hard.csv")),
        (["soft/b/r.csv"], ["a"], ("a", "soft/b/r.csv")),
        (["a/b/r.csv"], ["soft"], ("soft", "a/b/r.csv")),
        ([None], ["new", "new/x/y.csv"], ("new", "new/x/y.csv")),
        ([], ["new.csv", None, "new.csv"], ("new.csv", "new.csv")),
        (["a/b/r.csv", "a"], ["aa.csv", "b"], None),
        (["a/b/r.csv", "a/b/r.csv"], ["a/b/new.csv", "a/b/other.csv"], None),
    ],
)
def test_overlap_is_found_at_any_depth(
    tmp_path: Path, read: list[str | None], written: list[str | None], found: tuple[str, str] | None
) -> None:
    (tmp_path / "a" / "b").mkdir(parents=True)
    (tmp_path / "a" / "b" / "r.csv").write_text("")
    os.link(tmp_path / "a" / "b" / "r.csv", tmp_path / "hard.csv")
    (tmp_path / "soft").symlink_to("a")
    paths = [[name and tmp_path / name for name in names] for names in (read, written)]
    expected = found and (tmp_path / found[0], tmp_path / found[1])
    assert overlapping(paths[0], paths[1]) == expected
