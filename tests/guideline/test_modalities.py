"""The modality of each statement follows the words of the source; `docs/api.md` has the ten words."""

from __future__ import annotations

import pytest

from lrp_kg.guideline.load import load_guideline
from tests.support.paths import ROOT

GUIDELINE = load_guideline(ROOT)
SAID = {t.id: t.modality.id for t in (*GUIDELINE.statements, *GUIDELINE.warnings)}
PRINTED = {t.id for t in (*GUIDELINE.statements, *GUIDELINE.warnings) if t.printed}
"""What the two sources print; rules of law are read beside the tables that they come from."""
WORDS = {
    *("must", "instruction", "should", "may", "optional", "only-if-needed"),
    *("not-routinely", "must-not", "maximum", "will"),
}
TWO_MONTHS_ON = (
    *("first-line-week-6-11-first-contact", "first-line-week-6-11-follow-up"),
    *("first-line-week-12-plus-first-contact", "first-line-week-12-plus-follow-up", "second-line-week-6-11"),
)
WITH_CERTIFICATE = ("first-line-week-3-5", *TWO_MONTHS_ON)
WITH_MAXIMUM = ("first-line-week-1-2", *WITH_CERTIFICATE)
STAGES = (*WITH_MAXIMUM, "second-line-week-12-plus")

EXACTLY = {
    "should": {"second-line-week-1-5-treat-in-first-line"},
    "must": {
        *(f"{stage}-examination-refer-immediately" for stage in STAGES),
        *(f"{stage}-work-medical-certificate" for stage in WITH_CERTIFICATE),
        *(f"{s}-work-advisory-physician-evaluation" for s in (*TWO_MONTHS_ON, "second-line-week-12-plus")),
        "first-line-week-3-5-follow-up-leave-pathway",
        "first-line-week-12-plus-follow-up-work-employer-re-integration",
        "second-line-week-12-plus-examination-patient-reported-outcomes",
        "second-line-week-12-plus-follow-up-other-profiles-spine-unit",
        "second-line-week-12-plus-follow-up-other-profiles-support-plan",
        "partial-resumption-agreement-of-employer",
        "partial-resumption-agreement-of-advisory-physician",
    },
    "maximum": {
        *(f"{stage}-work-incapacity-maximum" for stage in WITH_MAXIMUM),
        "second-line-week-6-11-management-high-risk-sessions",
        "second-line-week-6-11-management-high-risk-session-frequency",
        "multidisciplinary-rehabilitation-sessions",
        "multidisciplinary-rehabilitation-weekly-sessions",
        "fedris-prevention-sessions",
        *("session-limit-reached", "programme-period-ended"),
    },
    "not-routinely": {
        "first-line-week-1-2-management-paracetamol-only",
        "first-line-week-1-2-management-opioids",
        "second-line-week-6-11-management-high-risk-second-programme",
        *("multidisciplinary-rehabilitation-second-time", "earlier-programme"),
    },
    "must-not": {
        *(f"{stage}-imaging-no-imaging-without-red-flags" for stage in WITH_MAXIMUM),
        "first-line-week-1-2-management-antidepressants-antiepileptics-muscle-relaxants",
        "second-line-week-12-plus-examination-block-before-denervation",
        "second-line-week-12-plus-management-profile-c-no-surgery-yet",
    },
}


def test_answers_have_ten_words_for_modalities() -> None:
    assert set(GUIDELINE.modalities) == WORDS
    assert set(SAID.values()) == WORDS
    for lang in ("en", "nl", "fr", "de"):
        assert len({label[lang] for label in GUIDELINE.modalities.values()}) == len(WORDS)


@pytest.mark.parametrize("word", EXACTLY)
def test_statements_of_a_modality_are_those_whose_source_says_so(word: str) -> None:
    assert {ident for ident in PRINTED if SAID[ident] == word} == EXACTLY[word]


def test_a_longest_period_of_incapacity_is_a_statement_of_its_own() -> None:
    by_id = {s.id: s for s in GUIDELINE.statements}
    for stage in WITH_MAXIMUM:
        short, longest = (by_id[f"{stage}-work-incapacity-{name}"] for name in ("period", "maximum"))
        assert (short.modality.id, short.limits, short.facts) == ("instruction", (), ())
        assert [f.key for f in longest.facts] == ["incapacityMaxDays"]
        assert [limit.within for limit in longest.limits] == ["P15D" if stage == "first-line-week-1-2" else "P28D"]
        assert (longest.condition, longest.locator) == (short.condition, short.locator)
        assert longest.priority == short.priority + 1
