"""Class expressions in words."""

import pytest

from lrp_kg.guideline.criteria import All, Always, AnyOf, Between, Expression, Has, Named, Not
from lrp_kg.guideline.in_words import ExpressionWords

NS = "http://example.org/x#"
A, B, C = (Named(NS + name) for name in "ABC")
DAYS, SEVERE = Between(NS + "days", 3, None), Has(NS + "severe", True)


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        (A, "A"),
        (Always(), "every record"),
        (SEVERE, "severe: yes"),
        (Has(NS + "grade", NS + "grade-two"), "grade: grade-two"),
        (DAYS, "days: ≥ 3"),
        (Between(NS + "days", None, 9), "days: ≤ 9"),
        (Between(NS + "days", 3, 9), "days: 3–9"),
        (Between(NS + "days", 3, 3), "days: 3"),
        (Not(All((A, B))), "not (A and B)"),
        (All((A, AnyOf((B, Not(C))), DAYS)), "A and (B or not (C)) and days: ≥ 3"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_expression_in_one_line(expression: Expression, expected: str) -> None:
    assert ExpressionWords("en").line(expression) == expected


def test_named_classes_are_replaced_by_their_definitions() -> None:
    words = ExpressionWords("nl")
    definitions: dict[str, Expression] = {A.iri: All((SEVERE, B)), B.iri: DAYS}
    whole = words.part(All((A, B)), definitions)
    assert [part.how for part in whole.parts] == ["all", "value"]
    flat = whole.flat()
    assert [(part.label, part.value) for part in flat.parts] == [("severe", "ja"), ("days", "≥ 3")]
    assert words.part(A).label == "A"
