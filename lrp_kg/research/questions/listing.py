"""The catalogue as data and as a document: what each query asks, with its parameters and columns."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from lrp_kg.research.questions.model import TAGS, TOPICS, CatalogueEntry
from lrp_kg.words import in_language

HEAD = """<!-- Made by `python -m lrp_kg.research.questions.listing`; edit queries/*.rq instead. -->
# The catalogue of queries

Each file in `queries/` is SPARQL 1.1 that runs as it is, with a header that says what it asks in four languages.
Run one with `lrp-kg query NAME`, at `/queries/NAME` of the service, or on any endpoint with our records.
`records` means that records have to be loaded (`lrp-kg load`, or `--records FILE`).
"""
_TITLES = {"guideline": "About the guideline", "cohort": "About records", "check": "Checks for authors"}


Topics = list[tuple[str, list[CatalogueEntry]]]


def by_topic(entries: Iterable[CatalogueEntry]) -> list[tuple[str, Topics]]:
    """Return queries under their first tag and their topic, as a page lists them; those without a topic come last."""
    found = sorted(entries, key=lambda e: (e.order, e.name))
    groups = []
    for tag in TAGS:
        own = [e for e in found if (e.tags or TAGS[:1])[0] == tag]
        topics = [(topic, [e for e in own if e.topic == topic]) for topic in (*TOPICS, "")]
        groups.append((tag, [(topic, some) for topic, some in topics if some]))
    return [(tag, topics) for tag, topics in groups if topics]


def as_data(entry: CatalogueEntry, lang: str) -> dict[str, Any]:
    """Return a query as JSON-ready data, its words in a language."""
    return {
        "name": entry.name,
        "summary": in_language(entry.summary, lang),
        "description": in_language(entry.description, lang),
        "tags": list(entry.tags),
        "topic": entry.topic or None,
        "needs": entry.needs,
        "params": [
            {
                "name": p.name,
                "type": p.type,
                "label": in_language(p.label, lang),
                "default": p.default,
                "optional": p.optional,
                **({"of": p.of} if p.of else {}),
                **({"values": list(p.values)} if p.values else {}),
                **({"minimum": p.minimum} if p.minimum is not None else {}),
                **({"maximum": p.maximum} if p.maximum is not None else {}),
            }
            for p in entry.parameters
        ],
        "columns": [{"name": c.name, "label": in_language(c.label, lang)} for c in entry.columns],
        "chart": vars(entry.chart) if entry.chart else None,
    }


def as_markdown(entries: Iterable[CatalogueEntry]) -> str:
    """Return the catalogue as a document, each query under its first tag."""
    parts = [HEAD]
    for tag, topics in by_topic(entries):
        parts.append(f"## {_TITLES[tag]}\n\n| query | question | parameters | needs |\n|---|---|---|---|")
        parts += [_row(e) for _, some in topics for e in some]
        parts.append("")
    return "\n".join(parts)


def _row(entry: CatalogueEntry) -> str:
    params = ", ".join(f"`{p.name}`" + ("?" if p.optional else f" = `{p.default}`") for p in entry.parameters)
    summary = in_language(entry.summary, "en").replace("|", "\\|")
    return f"| [`{entry.name}`](../queries/{entry.name}.rq) | {summary} | {params} | {entry.needs} |"


def main() -> None:
    """Write ``docs/queries.md`` of the repository."""
    from lrp_kg.guideline.files import packaged_folder
    from lrp_kg.research.questions.entries import read_catalogue

    folder = packaged_folder()
    text = as_markdown(read_catalogue(folder).entries.values())
    (folder / "docs" / "queries.md").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
