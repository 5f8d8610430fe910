"""The lines of a summary as a page shows them: what each is about, and how binding it is, beside its text."""

from __future__ import annotations

from dataclasses import dataclass

from lrp_kg.answer.answer_words import AnswerWords, beside_summary
from lrp_kg.answer.as_json import Json, Renderer
from lrp_kg.answer.results import Assessment
from lrp_kg.answer.summary import summary_of


@dataclass(frozen=True, slots=True)
class FirstLine:
    """A line of a rendered summary with ``about``, what it is about in a word or two.

    ``modality`` is the identifier of how binding its statement is, ``bound`` the name of the phrase for its date;
    both are empty where a line has none.
    """

    line: Json
    about: str
    modality: str
    bound: str

    @property
    def said(self) -> str:
        """Return the line as it is announced, and as the bar of a narrow page shows it."""
        return f"{self.about}: {self.line['text']}"


def first_lines(answer: Json, words: AnswerWords) -> list[FirstLine]:
    """Return the lines of the summary of a rendered answer, in its order."""
    own = {s.id: s for s in words.guideline.statements}
    dates = {s["id"]: s for box in answer.get("boxes", ()) for s in box["statements"]}
    found = []
    for line in answer["summary"]:
        name = line["ref"].get("statement", "")
        bound = next((b for b in ("latest", "earliest") if "date" in line and dates.get(name, {}).get(b)), "")
        modality = own[name].modality.id if name in own else ""
        about = _about(line, words)
        found.append(FirstLine(line, about[:1].upper() + about[1:], modality, bound))
    return found


def not_in_lines(renderer: Renderer, found: Assessment, answer: Json) -> list[Json]:
    """Return what is said beside the summary: each as a statement, or as the ``line`` that it had no room for."""
    left_out = summary_of(found).left_out
    statements = beside_summary(answer, [line.ref[1] for line in left_out if line.ref[0] == "statement"])
    return statements + [{"line": renderer.line(line)} for line in left_out if line.ref[0] != "statement"]


def _about(line: Json, words: AnswerWords) -> str:
    kind, guideline = line["kind"], words.guideline
    if kind == "stage":
        return words.decision(line["ref"]["decision"])
    if kind == "advice":
        return next(words.label(b.section) for b in guideline.boxes.values() if b.section.id == line["section"])
    if kind == "programme":
        return words.say("page-programme")
    if kind == "question":
        return words.say("nextQuestion")
    return next(words.label(c.severity) for c in guideline.cautions if c.severity.id == line["severity"])
