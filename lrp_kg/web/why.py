"""Why: what a page shows under each line of an answer, and of each decision."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from lrp_kg.answer.answer_words import AnswerWords, OtherValue
from lrp_kg.answer.as_json import Json
from lrp_kg.answer.labels import Labels, is_to_read
from lrp_kg.logic.outcomes import NOT_APPLICABLE

FEW = 3
"""How many values that would change a decision are shown under a line; all are with the decision."""


@dataclass(frozen=True, slots=True)
class Link:
    """A text, and the address of the page that describes it; empty where it has none."""

    text: str
    href: str


@dataclass(frozen=True, slots=True)
class Ground:
    """A condition with its verdict, the identifier of it and the word, and what the record has in its field."""

    verdict: str
    said: str
    condition: Link
    field: str
    value: str


@dataclass(frozen=True, slots=True)
class TakenReading:
    """An open point and the reading that is taken; ``decisive``: another reading gives another answer.

    Those not ``to_read`` are shown with the decision only.
    """

    point: Link
    reading: str
    decisive: bool
    to_read: bool


@dataclass(frozen=True, slots=True)
class Why:
    """What a line rests on; ``decision`` is what it follows from, of which there may be ``more`` on the page."""

    grounds: tuple[Ground, ...]
    readings: tuple[TakenReading, ...] = ()
    source: Link | None = None
    box: Link | None = None
    decision: str = ""
    what_if: tuple[OtherValue, ...] = ()
    later: tuple[tuple[str, tuple[str, ...]], ...] = ()
    more: bool = False


@dataclass(frozen=True, slots=True)
class DecisionView:
    """A decision: its answers, certain and possible, and why; ``others`` are the other options, and why not."""

    ident: str
    label: Link
    status: str
    answers: tuple[Link, ...]
    possible: tuple[Link, ...]
    missing: tuple[str, ...]
    why: Why
    others: tuple[tuple[tuple[str, ...], tuple[Ground, ...]], ...]


class Explained:
    """The reasons of one rendered answer; ``address`` gives the address of the page about a term, by its IRI."""

    def __init__(self, answer: Json, words: AnswerWords, address: Callable[[str], str]) -> None:
        self.answer = answer
        self.words = words
        self.address = address
        self.labels = Labels(answer)
        self._what_if: dict[str, tuple[OtherValue, ...]] = {}
        g = words.guideline
        self._conditions = {c.id: c.iri for c in g.conditions.values()}
        self._decisions = {d.id: d for d in g.own_decisions.values()}
        self._points = {p.id: p.iri for p in g.open_points}
        self._sources = {s.id: s for s in g.sources.values()}
        self._boxes = {b.id: b.iri for b in g.boxes.values()}
        self._of_statements = {s["id"]: (box, s) for box in answer["boxes"] for s in box["statements"]}
        self._notices = {s.id: g.option_owners[o][0].id for o, found in g.notices.items() for s in found}

    @property
    def aside(self) -> frozenset[str]:
        """The programmes of which nothing is known."""
        return frozenset(name for name, p in self.answer["eligibility"].items() if not p["assessed"])

    def decisions(self) -> list[DecisionView]:
        """Return the decisions that are asked, those of programmes not among them."""
        asked = self.answer["decisions"].items()
        return [self.decision(i) for i, d in asked if d["status"] != NOT_APPLICABLE and i in self._decisions]

    def decision(self, ident: str) -> DecisionView:
        """Return one of the guideline's own decisions."""
        found, own = self.answer["decisions"][ident], self._decisions[ident]
        options = {
            o.id: Link(self.words.brief(self.words.label(o), self.answer["stage"]), self.address(o.iri))
            for o in own.options
        }
        groups: dict[tuple[str, ...], tuple[list[str], list[Json]]] = {}
        for option, reasons in found["whyNot"].items():
            shown = [r for r in reasons if r["verdict"] != "true"] or reasons
            key = tuple(r["condition"] for r in shown)
            groups.setdefault(key, ([], shown))[0].append(options[option].text)
        return DecisionView(
            ident=ident,
            label=Link(self.words.label(own), self.address(own.iri)),
            status=found["status"],
            answers=tuple(options[a] for a in found["answers"]),
            possible=tuple(options[a] for a in found["possible"]),
            missing=tuple(found["missing"]),
            why=self.of_decision(ident),
            others=tuple((tuple(names), self._grounds(reasons)) for names, reasons in groups.values()),
        )

    def of_decision(self, ident: str) -> Why:
        """Return why a decision, of a programme too, comes to what it does, and what would change it."""
        found = self.answer["decisions"][ident]
        return Why(
            grounds=self._grounds(found["because"]),
            readings=self._readings(found),
            decision=ident,
            what_if=self.what_if(ident),
            later=self.later(ident),
        )

    def what_if(self, decision: str) -> tuple[OtherValue, ...]:
        """Return which other values of a field change a decision."""
        if decision not in self._what_if:
            others = self.answer["decisions"].keys() - {decision}
            found = self.answer.get("whatIf")
            self._what_if[decision] = tuple(self.words.what_if(found, others, self.answer["stage"])) if found else ()
        return self._what_if[decision]

    def later(self, decision: str) -> tuple[tuple[str, tuple[str, ...]], ...]:
        """Return what the decision is on later days."""
        found = self.answer.get("changes") or ()
        return tuple(self.words.changes([c for c in found if c["decision"] == decision]))

    def statement(self, ident: str) -> Why | None:
        """Return why a statement of a box, or a notice, is shown: its decision, and its own condition; else None."""
        if notice := next((s for s in self.answer["notices"] if s["id"] == ident), None):
            because = self.answer["decisions"][self._notices[ident]]["because"]
            reasons = {r["condition"]: r for r in (*because, *notice.get("because", ()))}
            source = self.source(notice, self.words.guideline.statement_iris[ident])
            return Why(self._grounds(reasons.values()), source=source, decision=self._notices[ident], more=True)
        if ident not in self._of_statements:
            return None
        box, s = self._of_statements[ident]
        found = self.answer["decisions"][box["decision"]]
        own = s.get("because", ())
        return Why(
            grounds=self._grounds({r["condition"]: r for r in (*found["because"], *own)}.values()),
            source=self.source(s, self.words.guideline.statement_iris[ident]),
            box=Link(f"{box['label']} {self.labels.title(box)}", self.address(self._boxes[box["id"]])),
            decision=box["decision"],
            more=True,
        )

    def line(self, line: Json) -> Why | None:
        """Return why a line is in the summary."""
        kind, ident = next(iter(line["ref"].items()))
        if kind == "statement" and (why := self.statement(ident)):
            return replace(why, what_if=self.what_if(why.decision)[:FEW], later=self.later(why.decision))
        if kind == "warning":
            found = next((w for w in self.answer["warnings"] if w["id"] == ident), None)
            return self.warning(found) if found else None
        if kind in ("decision", "programme") and ident in self.answer["decisions"]:
            whole = self.of_decision(ident)
            source = next((self.source(w, "") for w in self.answer["warnings"] if w["label"] == line["text"]), None)
            what_if, to_read = whole.what_if[:FEW], tuple(r for r in whole.readings if r.to_read)
            return replace(whole, source=source, readings=to_read, what_if=what_if, more=kind == "decision")
        return None

    def warning(self, found: Json) -> Why:
        """Return why a warning is given."""
        iri = next((c.iri for c in self.words.guideline.cautions if c.id == found["id"]), "")
        return Why(grounds=self._grounds(found.get("because", ())), source=self.source(found, iri))

    def criterion(self, found: Json) -> tuple[Ground, ...]:
        """Return the conditions that settle a criterion of a programme."""
        return self._grounds(found["because"])

    def source(self, cited: Json, iri: str) -> Link:
        """Return the source and the place in it, with the page about the term that cites it, or about the source."""
        own = self._sources[cited["source"]]
        text = ", ".join(part for part in (self.words.label(own), cited["locator"]) if part)
        return Link(text, (iri and self.address(iri)) or self.address(own.iri))

    # -- parts ------------------------------------------------------------------------------------

    def _grounds(self, reasons: Iterable[Json]) -> tuple[Ground, ...]:
        return tuple(
            Ground(
                verdict=r["verdict"],
                said=self.words.verdict(r["verdict"]),
                condition=Link(self.labels.condition(r["condition"]), self.address(self._conditions[r["condition"]])),
                field=self.words.field(r["field"]),
                value=self.words.shown(r["value"], r["field"]),
            )
            for r in reasons
        )

    def _readings(self, decision: Json) -> tuple[TakenReading, ...]:
        found = [(p, self.labels.point(p["id"])) for p in decision["openPoints"]]
        return tuple(
            TakenReading(
                point=Link(texts["label"], self.address(self._points[p["id"]])),
                reading=texts["reading"],
                decisive=p["decisive"],
                to_read=is_to_read(decision["status"], p["decisive"], texts["declares"]),
            )
            for p, texts in found
            if texts
        )
