"""A comparison as a person reads it: plain data in one language, laid out by `astext` and `ashtml`."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

from lrp_kg.authoring.compare.model import (
    CasesEffect,
    Change,
    CohortEffect,
    Comparison,
    DecisionEffect,
    PlaceEffect,
    Region,
)
from lrp_kg.authoring.compare.shared_space import NEW, OLD
from lrp_kg.authoring.compare.snapshot import hyphenated
from lrp_kg.authoring.compare.words import ARROW, DiffWords
from lrp_kg.logic.outcomes import Outcome

ViewData = dict[str, Any]

MANY = 6
"""Translations of the same attribute that are reported one by one."""
_CLASSES = {"applies-to", "ask-if", "condition", "decisive-in", "scope"}
_NO_DETAIL: ViewData = {"before": "", "after": "", "place": "", "through": "", "uses": ""}

_AFFECTED = {"decision", "programme", "stage", "option", "criterion", "box", "statement", "benefit", "limit", "step"}
_AFFECTED |= {"warning", "field"}
"""Kinds that are named where a condition is said to bear on something."""


class Viewer:
    """Puts a comparison in words."""

    def __init__(self, found: Comparison, words: DiffWords) -> None:
        self.found = found
        self.words = words

    def view(self) -> ViewData:
        """Return everything that is shown."""
        f, w = self.found, self.words
        counts = Counter(c.level for c in f.changes)
        differing = [d for d in f.decisions if d.status != "same"]
        changed = {d.id for d in differing}
        same = dict.fromkeys(w.decision(d.id) for d in f.decisions if d.id not in changed)
        return {
            "lang": w.lang,
            "guideline": w.text(f.new.label, f.new.id),
            "sides": [("old", f.old), ("new", f.new)],
            "level": f.level.word,
            "next": f.next_version if f.differs else "",
            "differs": f.differs,
            "counts": [(level.word, n) for level, n in sorted(counts.items(), reverse=True) if level],
            "changes": list(self.changes()),
            "decisions": [self.decision(d) for d in differing],
            "same": list(same),
            "places": [self.place(p) for p in f.places],
            "cohort": self.cohort(f.cohort) if f.cohort else None,
            "cases": self.cases(f.cases) if f.cases else None,
        }

    # -- changes ----------------------------------------------------------------------------------

    def changes(self) -> Iterator[ViewData]:
        """Yield the changes, the major ones and causes first; translations that came or went together as one."""
        together: dict[tuple[str, str, str], list[Change]] = {}
        for c in self.found.changes:
            if c.what.startswith("translation-"):
                together.setdefault((c.what, c.of, c.language), []).append(c)
        for c in sorted(self.found.changes, key=lambda c: (-c.level, bool(c.through))):
            alike = together.get((c.what, c.of, c.language), [])
            if len(alike) <= MANY:
                yield self.change(c)
            elif c is alike[0]:
                kinds = ", ".join(dict.fromkeys(self.words.kind(x.kind) for x in alike))
                label = self.words.say("terms", n=self.words.number(len(alike)))
                yield self.change(c) | _NO_DETAIL | {"kind": "", "label": label, "id": "", "details": [kinds]}

    def change(self, c: Change) -> ViewData:
        """Return a change: what it is about, what happened, the details."""
        w = self.words
        label, of, what = w.summary(c)
        details = [w.edit(e) for e in c.edits]
        before, after = w.values(c.before, OLD), w.values(c.after, NEW)
        if c.kind == "vocabulary":
            before = after = ""
            details.append(w.number(int(c.after[0])))
        elif not c.before and not c.after:
            before = after = ""
        elif c.of in _CLASSES and not c.language:
            before, after = (text if text != "–" else w.say("every-record") for text in (before, after))
        elif c.what in ("added", "translation-added"):
            before = ""
        elif c.what in ("removed", "translation-removed"):
            after = ""
        uses = [i for i in c.uses if self._kind(i) in _AFFECTED]
        return {
            "level": c.level.word,
            "kind": w.kind(c.kind),
            "label": label,
            "id": c.id,
            "of": of,
            "what": what,
            "language": c.language,
            "before": before,
            "after": after,
            "details": details,
            "place": w.terms(c.place, 3),
            "through": w.terms(c.through),
            "uses": w.terms(uses),
        }

    def _kind(self, term: str) -> str:
        return self.words.sides[NEW].kinds.get(term) or self.words.sides[OLD].kinds.get(term, "")

    # -- answers ----------------------------------------------------------------------------------

    def decision(self, d: DecisionEffect) -> ViewData:
        """Return the effect on a decision."""
        w = self.words
        return {
            "id": d.id,
            "label": w.decision(d.id),
            "period": w.in_force_together(d),
            "note": w.say(d.status) if d.status != "differs" else "",
            "count": w.say("combinations", n=w.number(d.differing), total=w.number(d.combinations)),
            "regions": [
                region_view(r, w.outcome(d.id, r.before, OLD), w.outcome(d.id, r.after, NEW), w) for r in d.regions
            ],
        }

    # -- what is shown ----------------------------------------------------------------------------

    def place(self, p: PlaceEffect) -> ViewData:
        """Return a place whose statements changed or that is shown in other situations."""
        w = self.words
        stage = f" {ARROW} ".join(w.term(s) for s in p.stage)
        return {
            "kind": w.kind(p.kind),
            "printed": p.printed,
            "label": w.term(p.iri),
            "stage": stage if p.kind != "notices" else "",
            "what": w.say(p.what) if p.what != "changed" else "",
            "statements": [
                {
                    "label": w.term(s.iri),
                    "what": w.say(s.what),
                    "of": ", ".join(w.of(name) for name in s.of) if s.what == "changed" else "",
                    "regions": self._shown(s.regions),
                }
                for s in p.statements
            ],
            "regions": self._shown(p.regions),
        }

    def _shown(self, regions: Iterable[Region]) -> list[ViewData]:
        return [region_view(r, self._status(r.before), self._status(r.after), self.words) for r in regions]

    def _status(self, outcome: Outcome | None) -> str:
        return self.words.status(outcome.status) if outcome else self.words.say("refused")

    # -- cohort -----------------------------------------------------------------------------------

    def cohort(self, c: CohortEffect) -> ViewData:
        """Return what becomes of a cohort."""
        w = self.words
        phrases = {name: w.say("moved-records" if name == "changed" else hyphenated(name)) for name in c.counts}
        return {
            "rows": [(phrases[name], w.number(n)) for name, n in c.counts.items() if n or name == "records"],
            "decisions": [
                {
                    "id": m.id,
                    "label": w.decision(m.id),
                    "same": w.number(m.same),
                    "moves": [
                        {
                            "before": w.outcome(m.id, a, OLD),
                            "after": w.outcome(m.id, b, NEW),
                            "count": w.number(n),
                            "first": m.first[a, b],
                        }
                        for (a, b), n in m.moved.items()
                    ],
                }
                for m in c.decisions
                if m.moved
            ],
        }

    # -- cases ------------------------------------------------------------------------------------

    def cases(self, c: CasesEffect) -> ViewData:
        """Return the cases that fail newly, with a line that says how many."""
        w = self.words
        name = "some-fail" if c.failing else "none-fails" if c.run else "no-cases"
        return {"count": w.say(name, n=w.number(len(c.failing)), total=w.number(c.run)), "failing": c.failing}


def region_view(r: Region, before: str, after: str, words: DiffWords) -> ViewData:
    """Return a region in words, with those of its outcomes."""
    literals = [x for c, _ in r.conditions for x in c]
    valid = {(True, True): "valid-both", (True, False): "valid-old", (False, True): "valid-new"}.get(r.valid)
    return {
        "before": before,
        "after": after,
        "count": words.say("combinations-of-region", n=words.number(r.combinations)),
        "inputs": list(
            dict.fromkeys(words.literal(x)[0] for x in sorted(literals, key=lambda x: words.asked(x.field)))
        ),
        "conditions": [{"parts": words.condition(c), "count": words.number(size)} for c, size in r.conditions],
        "example": words.say("no-record") if r.example is None else json.dumps(r.example, ensure_ascii=False),
        "valid": words.say(valid) if valid else "",
    }
