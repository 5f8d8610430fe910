"""No name of a class stands for two things in the package."""

import re
from collections import Counter

from tests.support.paths import PACKAGE

CLASS = re.compile(r"^class (\w+)", re.MULTILINE)


def test_no_class_name_is_used_twice() -> None:
    names = Counter(name for file in PACKAGE.rglob("*.py") for name in CLASS.findall(file.read_text(encoding="utf-8")))
    assert len(names) > 100
    assert [name for name, uses in names.items() if uses > 1] == []
