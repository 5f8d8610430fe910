"""Numbers in the texts of a term: a day or period that was changed in one language is to be changed in all."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import combinations

from lrp_kg.findings import Finding
from lrp_kg.guideline.index import Node
from lrp_kg.guideline.model import Guideline
from lrp_kg.namespaces import local_name

_DIGITS = re.compile(r"\d+")
_GROUPED = re.compile("(?<!\\d)\\d{1,3}(?:[.,' \u00a0\u202f\u2019]\\d{3})+(?!\\d)")


def differing_numbers(guideline: Guideline) -> Iterator[Finding]:
    """Yield texts of which two languages each have a number that the other lacks.

    A number that only one of them has says nothing: the other may write it as a word.
    """
    where = guideline.index.positions.where
    for subject, predicates in guideline.index.graph.by_subject.items():
        for predicate, objects in predicates.items():
            differing = next(_differing(objects), None)
            if differing:
                message = f"{local_name(subject.value)}: {local_name(predicate)} has {differing}. Correct one of them."
                yield Finding("numbers-differ", message, where(subject.value), severity="warning", term=subject.value)


def _differing(objects: list[Node]) -> Iterator[str]:
    texts: dict[str, str] = {}
    for node in objects:
        if node.is_literal and node.language:
            texts[node.language] = f"{texts.get(node.language, '')}\n{node.value}"
    if len(texts) < 2 or not _DIGITS.search("".join(texts.values())):
        return
    for (lang, text), (other_lang, other) in combinations(sorted(texts.items()), 2):
        here, there = _numbers(text), _numbers(other)
        more, others = here - there, there - here
        joined, others_joined = (_numbers(_GROUPED.sub(_join, t)) for t in (text, other))
        if more and others and joined - others_joined and others_joined - joined:
            yield f"{_listed(more)} in {lang} and {_listed(others)} in {other_lang}"


def _numbers(text: str) -> set[int]:
    return {int(digits) for digits in _DIGITS.findall(text)}


def _join(grouped: re.Match[str]) -> str:
    return "".join(_DIGITS.findall(grouped[0]))


def _listed(numbers: set[int]) -> str:
    return ", ".join(map(str, sorted(numbers)))
