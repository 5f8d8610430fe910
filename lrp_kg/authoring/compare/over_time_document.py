"""Changes over time as a document: Markdown, or an HTML page with every language in it; and as JSON for programs."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from typing import Any

from lrp_kg.authoring.compare.ashtml import TEMPLATES
from lrp_kg.authoring.compare.asjson import region_json
from lrp_kg.authoring.compare.aspects import Place
from lrp_kg.authoring.compare.over_time_model import DayChange, EditionChange, RuleChange
from lrp_kg.authoring.compare.over_time_view import OverTimeViewer
from lrp_kg.authoring.compare.snapshot import Snapshot
from lrp_kg.authoring.compare.words import DiffWords
from lrp_kg.guideline.model import Caution, Fact, Guideline, OpenPoint, Statement, TimeLimit
from lrp_kg.namespaces import local_name
from lrp_kg.words import LANGUAGES

Json = dict[str, Any]
HEAD = "<!-- Made by `python -m lrp_kg.authoring.compare.over_time_document`; edit ontology/ instead. -->\n"


def words_of(guideline: Guideline, lang: str) -> DiffWords:
    """Return the words of a language for a guideline that is compared with itself."""
    side = Snapshot(guideline)
    return DiffWords((side, side), lang)


def pages_of(guideline: Guideline, found: Sequence[DayChange], languages: Sequence[str]) -> list[Json]:
    """Return what a document says in some languages."""
    pages = []
    for lang in languages:
        words = words_of(guideline, lang)
        view = OverTimeViewer(guideline, words).view(found)
        pages.append({"lang": lang, "name": words.say("language-name"), "words": words, "view": view})
    return pages


def over_time_html(guideline: Guideline, found: Sequence[DayChange], lang: str) -> str:
    """Return a page that opens in a language; the others are chosen on the page."""
    return TEMPLATES.get_template("over-time.html").render(pages=pages_of(guideline, found, LANGUAGES), chosen=lang)


def over_time_markdown(guideline: Guideline, found: Sequence[DayChange], lang: str) -> str:
    """Return a document in one language."""
    (page,) = pages_of(guideline, found, (lang,))
    text = TEMPLATES.get_template("over-time.md").render(p=page).strip()
    return re.sub(r"\n{3,}", "\n\n", text) + "\n"


def over_time_json(guideline: Guideline, found: Sequence[DayChange]) -> Json:
    """Return changes over time for programs."""
    side = Snapshot(guideline)
    return {
        "guideline": {"id": guideline.id, "version": guideline.version},
        "days": [
            {
                "before": d.before.isoformat(),
                "after": d.after.isoformat(),
                "programmes": [_edition(e, guideline, side) for e in d.editions],
                "ended": [{"programme": p.id, "edition": e.id} for p, e in d.ended],
                "rules": [_rule(r, p.places, guideline) for p in d.places for r in p.rules],
            }
            for d in found
        ],
    }


def _edition(e: EditionChange, guideline: Guideline, side: Snapshot) -> Json:
    return {
        "programme": e.programme.id,
        "before": e.before.id,
        "after": e.after.id,
        "chosenBy": guideline.fields[e.field].id if e.field else None,
        "criteria": [
            {"id": c.id, "before": local_name(c.before.iri) if c.before else None}
            | {"after": local_name(c.after.iri) if c.after else None}
            for c in e.criteria
        ],
        "status": e.status,
        "combinations": e.combinations or None,
        "regions": [region_json(r, (side, side)) for r in e.regions],
        "asked": [guideline.fields[name].id if name in guideline.fields else local_name(name) for name in e.asked],
        "stillOpen": [region_json(r, (side, side)) for r in e.still_open],
    }


def _rule(r: RuleChange, places: Sequence[Place], guideline: Guideline) -> Json:
    rule = {Statement: "statement", Caution: "warning", OpenPoint: "open-point"}
    part = {TimeLimit: "time-limit", Fact: "fact"}.get(type(r.part)) or rule.get(type(r.rule))
    days = r.validity
    return {
        "what": r.what,
        "id": r.rule.id,
        "part": part,
        "in": [{"kind": p.kind, "id": p.id} for p in places],
        "modality": r.rule.modality.id if isinstance(r.rule, (Statement, Caution)) else None,
        "valid": [
            {"from": _iso(p.first), "until": _iso(p.last), "by": [guideline.fields[name].id for name in p.by]}
            for p in (days.every if days else ())
        ],
        "record": dict(r.witness) if r.witness else None,
    }


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None


def main() -> None:
    """Write ``docs/changes-over-time.md`` of the repository."""
    from lrp_kg.answer.service import GuidelineService
    from lrp_kg.authoring.compare.over_time import RulesOverTime
    from lrp_kg.guideline.files import packaged_folder

    service = GuidelineService()
    text = over_time_markdown(service.guideline, RulesOverTime(service).all(), "en")
    (packaged_folder() / "docs" / "changes-over-time.md").write_text(HEAD + text, encoding="utf-8")


if __name__ == "__main__":
    main()
