"""Guesses by frequent words whether a text is in the language that it is tagged with: two texts are easily swapped."""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import cache as once
from functools import partial
from importlib.resources import files
from itertools import combinations
from pathlib import Path

import pyoxigraph as ox

from lrp_kg.authoring.check_cache import CheckCache
from lrp_kg.authoring.kept import Kept, digest
from lrp_kg.findings import Finding
from lrp_kg.guideline.modules import Module, value_of
from lrp_kg.guideline.positions import Positions
from lrp_kg.namespaces import local_name

KEPT = 1000
"""Files of which it is kept which texts seem to be in another language."""
_WORD = re.compile(r"[^\W\d_]+")
_ENOUGH = 3
"""Words of another language, beside none of its own, by which a text alone is taken for one of that."""


def doubtful_languages(modules: Sequence[Module], positions: Positions, cache: CheckCache) -> Iterator[Finding]:
    """Yield pairs of texts of a term whose languages seem swapped, and texts that seem to be in another language."""
    kept = Kept("languages", Path(__file__).parent, "", KEPT)
    for module in modules:
        doubtful = partial(kept.recall, digest(str(module.file), module.text.text), partial(_doubtful, module))
        for term, message in cache.recall(("languages", module.key), doubtful):
            yield Finding("language-doubtful", message, positions.where(term), severity="note", term=term)
    kept.write()


def _doubtful(module: Module) -> list[tuple[str, str]]:
    texts: dict[tuple[str, str], dict[str, str]] = {}
    for t in module.triples:
        if isinstance(t.object, ox.Literal) and t.object.language in _words():
            own = texts.setdefault((value_of(t.subject), t.predicate.value), {})
            own[t.object.language or ""] = t.object.value
    found = []
    for (term, predicate), by_language in texts.items():
        said = _said(by_language)
        if said:
            message = f"{local_name(term)}: {local_name(predicate)} {said}. Correct the tags, or the texts."
            found.append((term, message))
    return found


def _said(texts: dict[str, str]) -> str | None:
    found = {language: _hits(text) for language, text in texts.items()}
    for a, b in combinations(sorted(texts), 2):
        if found[a][b] and found[b][a] and not found[a][a] and not found[b][b]:
            return f"in {a} seems to be in {b}, and that in {b} in {a}: {_shown(texts[a])} and {_shown(texts[b])}"
    for language, hits in found.items():
        other, most = max(hits.items(), key=lambda hit: hit[1], default=("", 0))
        if most >= _ENOUGH and not hits[language]:
            return f"in {language} seems to be in {other}: {_shown(texts[language])}"
    return None


def _hits(text: str) -> Counter[str]:
    words = set(_WORD.findall(text.lower()))
    return Counter({language: len(words & own) for language, own in _words().items()})


def _shown(text: str) -> str:
    return repr(text if len(text) <= 60 else f"{text[:57]}...")


@once
def _words() -> dict[str, frozenset[str]]:
    """Return the words of each language that are in no other list."""
    text = (files("lrp_kg.authoring.check") / "frequent_words.toml").read_text(encoding="utf-8")
    lists = {language: set(words.split()) for language, words in tomllib.loads(text).items()}
    several = {word for word, n in Counter(w for own in lists.values() for w in own).items() if n > 1}
    return {language: frozenset(own - several) for language, own in lists.items()}
