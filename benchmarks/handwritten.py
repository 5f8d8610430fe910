"""The same decisions as a programmer would write them by hand, for complete records only: no unknowns, no reasons."""

from __future__ import annotations

from typing import Any

Json = dict[str, Any]
FIRST_LINE_ACUTE = ("first-line-week-1-2", "first-line-week-3-5")


def stage_of(r: Json) -> str:
    days = r["painDays"]
    if r["careLine"] == "second-line":
        if days < 35:
            return "second-line-week-1-5"
        return "second-line-week-6-11" if days < 77 else "second-line-week-12-plus"
    if days < 35:
        return "first-line-week-1-2" if days < 14 and not r["recurrentPain"] else "first-line-week-3-5"
    return ("first-line-week-6-11-" if days < 77 else "first-line-week-12-plus-") + r["contact"]


def exit_of(r: Json, stage: str) -> str:
    if r["redFlags"] == "cluster":
        return "refer-immediately-red-flags"
    if r["radicularPain"]:
        return "radicular-pathway"
    if stage == "second-line-week-1-5" and r["contact"] == "first-contact" and r["redFlags"] == "none":
        return "treat-in-first-line"
    return "continue"


def imaging_of(r: Json, stage: str) -> str:
    if stage in ("second-line-week-1-5", "second-line-week-12-plus"):
        return "no-answer"
    if stage in FIRST_LINE_ACUTE:
        return "not-indicated" if r["redFlags"] == "none" else "may-be-considered"
    if r["redFlags"] == "none" and not r["unbearablePainDespiteTreatment"]:
        return "not-indicated"
    return "may-be-considered"


def profiles_of(r: Json) -> list[str]:
    found = []
    risk, potential = r["chronicityRisk"], r["rehabilitationPotential"]
    if (risk == "low" and potential == "present") or r["improvement"] == "beginning":
        found.append("A")
    if risk != "low" and potential == "present":
        found.append("B")
    if risk == "low" and potential == "none" and r["surgeryPossible"]:
        found.append("C")
    if r["situationUnclear"]:
        found.append("D")
    if risk == "high" and potential == "little":
        found.append("E")
    return found


_RISK = {"low": "1", "moderate": "2", "high": "2"}
_IMPROVEMENT = {"great": "1", "beginning": "2", "little-or-none": "3"}


def management_of(r: Json, stage: str, profiles: list[str]) -> str:
    risk = _RISK[r["chronicityRisk"]]
    if stage == "first-line-week-1-2":
        return "1.C"
    if stage == "first-line-week-3-5":
        return "2.C." + risk
    if stage == "first-line-week-6-11-first-contact":
        return "3.C." + risk
    if stage == "first-line-week-12-plus-first-contact":
        return "4.C." + risk
    if stage == "first-line-week-6-11-follow-up":
        return "3.H." + _IMPROVEMENT[r["improvement"]]
    if stage == "first-line-week-12-plus-follow-up":
        return "4.H." + _IMPROVEMENT[r["improvement"]]
    if stage == "second-line-week-6-11":
        return "7.C.2" if r["chronicityRisk"] == "high" else "7.C.1"
    return "8.C" if stage == "second-line-week-12-plus" and profiles else "no-answer"


def follow_up_of(r: Json, stage: str, profiles: list[str]) -> str:
    if stage == "second-line-week-1-5":
        return "no-answer"
    if stage == "second-line-week-12-plus":
        found = ["-a"] if "A" in profiles else []
        if any(p != "A" for p in profiles):
            found.append("s")
        names = {"-a": f"{stage}-follow-up-profile-a", "s": f"{stage}-follow-up-other-profiles"}
        return "+".join(names[f] for f in found) or "no-answer"
    if stage.endswith("first-contact"):
        return stage + ("-follow-up-low-risk" if r["chronicityRisk"] == "low" else "-follow-up-moderate-to-high-risk")
    if stage.endswith("follow-up"):
        words = {"great": "great", "beginning": "beginning-of", "little-or-none": "no-or-little"}
        return f"{stage}-follow-up-{words[r['improvement']]}-improvement"
    return stage + "-follow-up"


def fedris_of(r: Json) -> dict[str, bool]:
    days, cause, in_time = r["incapacityDays"], r["incapacityCause"], r["incapacityBegunMonths"] <= 6
    operated, since = cause == "low-back-surgery", r["surgeryAtApplicationDays"] if cause == "low-back-surgery" else 0
    ordinary = days >= 28 and in_time and not (operated and since >= 28)
    relapse = days >= 7 and r["priorIncapacityDays"] >= 21 and cause == "low-back-pain" and in_time
    return {
        "incapacity-duration": ordinary
        or relapse
        or (operated and since >= 28 and r["surgeryAtApplicationBegunMonths"] <= 6),
        "incapacity-cause": cause in ("low-back-pain", "low-back-surgery"),
        "exposure": r["heavyLifting"] or r["ergonomicBackLoad"] or r["seatVibration"],
        "health-surveillance": r["healthSurveillance"],
        "own-doctor-agreement": r["ownDoctorAgrees"],
        "sector": r["sector"] in ("private", "local", "provincial"),
    }


def decide(r: Json) -> Json:
    """Decide about a complete record with its derived integers."""
    stage = stage_of(r)
    leave = exit_of(r, stage)
    stays = leave == "continue"
    profiles = profiles_of(r) if stays and stage == "second-line-week-12-plus" else []
    criteria = fedris_of(r)
    return {
        "stage": stage,
        "exit": leave,
        "imaging": imaging_of(r, stage) if stays else "not-applicable",
        "management": management_of(r, stage, profiles) if stays else "not-applicable",
        "profile": profiles,
        "follow-up": follow_up_of(r, stage, profiles) if stays else "not-applicable",
        "criteria": criteria,
        "fedris-prevention": "eligible" if all(criteria.values()) else "not-eligible",
    }
