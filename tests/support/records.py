"""Records of the packaged guideline that the tests of commands and of the service send."""

from __future__ import annotations

from typing import Any

Record = dict[str, Any]

FIRST_VISIT: Record = {
    "id": "p-é-1",
    "assessmentDate": "2024-01-28",
    "onsetDate": "2024-01-08",
    "careLine": "first-line",
    "contact": "first-contact",
    "recurrentPain": False,
    "redFlags": "none",
    "radicularPain": False,
    "chronicityRisk": "low",
    "medications": ["nsaid", "opioid"],
}

FOLLOW_UP: Record = FIRST_VISIT | {
    "assessmentDate": "2024-05-20",
    "contact": "follow-up",
    "improvement": "beginning",
    "incapacityPrescribed": True,
    "incapacityStart": "2024-01-10",
    "paidBySicknessFund": True,
    "sicknessFundSince": "2024-02-09",
    "permanentIncapacity": False,
}
CLUSTER: Record = {"redFlags": "cluster"}
THREE_PROBLEMS: Record = {"redFlags": "zork", "careLine": 3, "noSuchField": 1}
WORKER: Record = {
    "incapacityStart": "2024-04-23",
    "incapacityCause": "low-back-pain",
    "priorIncapacityDays": 0,
    "heavyLifting": True,
    "occupationalPhysicianConfirms": True,
    "sector": "private",
    "healthSurveillance": True,
    "ownDoctorAgrees": True,
}
"""Who meets every criterion of the prevention programme, but for the day of the application."""
DAY_27 = WORKER | {"assessmentDate": "2024-05-20", "applicationDate": "2024-05-20"}
"""The same who applies a day too early."""
