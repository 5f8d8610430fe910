"""The same decisions as a JSON Decision Model for GoRules ZEN, written as its editor would make them.

Input -> stage -> exit -> { imaging, profile -> { management, follow-up }, Fedris } -> output. Only stage and exit
pass their input through; the others hand on their own result, which is what ZEN does fastest.
"""

from __future__ import annotations

from typing import Any

Json = dict[str, Any]
_LEAVES = '$ != "continue"'
_RISKY = '"moderate", "high"'


def _node(kind: str, name: str, content: Json | None = None) -> Json:
    node: Json = {"id": name, "type": kind, "name": name, "position": {"x": 0, "y": 0}}
    return node if content is None else node | {"content": content}


def _table(name: str, fields: list[str], rows: list[tuple[str, ...]], *, passing: bool = False, **more: Any) -> Json:
    """Return a decision table: each row one cell per input ("" is any), then the output."""
    inputs = [{"id": f"i{n}", "name": field or "rule", "field": field} for n, field in enumerate(fields)]
    output = "option" if more.get("hitPolicy") == "collect" else name
    rules = [
        {"_id": f"{name}-{n}", **{f"i{i}": cell for i, cell in enumerate(row[:-1])}, "o": f'"{row[-1]}"'}
        for n, row in enumerate(rows)
    ]
    content = {
        "hitPolicy": "first",
        "inputs": inputs,
        "outputs": [{"id": "o", "name": output, "field": output}],
        "rules": rules,
        "passThrough": passing,
        **more,
    }
    return _node("decisionTableNode", name, content)


def _quoted(*names: str) -> str:
    return ", ".join(f'"{name}"' for name in names)


def _stage() -> Json:
    first, second = '"first-line"', '"second-line"'
    rows = [
        (first, "[0..13]", "false", "", "first-line-week-1-2"),
        (first, "< 35", "", "", "first-line-week-3-5"),
        (first, "[35..76]", "", '"first-contact"', "first-line-week-6-11-first-contact"),
        (first, "[35..76]", "", '"follow-up"', "first-line-week-6-11-follow-up"),
        (first, ">= 77", "", '"first-contact"', "first-line-week-12-plus-first-contact"),
        (first, ">= 77", "", '"follow-up"', "first-line-week-12-plus-follow-up"),
        (second, "< 35", "", "", "second-line-week-1-5"),
        (second, "[35..76]", "", "", "second-line-week-6-11"),
        (second, ">= 77", "", "", "second-line-week-12-plus"),
    ]
    return _table("stage", ["careLine", "painDays", "recurrentPain", "contact"], rows, passing=True)


def _exit() -> Json:
    rows = [
        ('"cluster"', "", "", "", "refer-immediately-red-flags"),
        ("", "true", "", "", "radicular-pathway"),
        ('"none"', "", '"second-line-week-1-5"', '"first-contact"', "treat-in-first-line"),
        ("", "", "", "", "continue"),
    ]
    return _table("exit", ["redFlags", "radicularPain", "stage", "contact"], rows, passing=True)


def _imaging() -> Json:
    strict = _quoted("first-line-week-1-2", "first-line-week-3-5")
    rows = [
        (_LEAVES, "", "", "", "not-applicable"),
        ("", strict, '"none"', "", "not-indicated"),
        ("", strict, "", "", "may-be-considered"),
        ("", _quoted("second-line-week-1-5", "second-line-week-12-plus"), "", "", "no-answer"),
        ("", "", '"none"', "false", "not-indicated"),
        ("", "", "", "", "may-be-considered"),
    ]
    return _table("imaging", ["exit", "stage", "redFlags", "unbearablePainDespiteTreatment"], rows)


def _profile() -> Json:
    here = ('"continue"', '"second-line-week-12-plus"')
    either = '(chronicityRisk == "low" and rehabilitationPotential == "present") or improvement == "beginning"'
    rows = [
        (*here, "", "", "", "", either, "A"),
        (*here, _RISKY, '"present"', "", "", "", "B"),
        (*here, '"low"', '"none"', "true", "", "", "C"),
        (*here, "", "", "", "true", "", "D"),
        (*here, '"high"', '"little"', "", "", "", "E"),
    ]
    fields = ["exit", "stage", "chronicityRisk", "rehabilitationPotential", "surgeryPossible", "situationUnclear", ""]
    return _table("profile", fields, rows, hitPolicy="collect", outputPath="profile")


_CONTACT = (("3", "first-line-week-6-11-"), ("4", "first-line-week-12-plus-"))


def _management() -> Json:
    rows = [
        (_LEAVES, "", "", "", "", "not-applicable"),
        ("", '"first-line-week-1-2"', "", "", "", "1.C"),
        ("", '"first-line-week-3-5"', '"low"', "", "", "2.C.1"),
        ("", '"first-line-week-3-5"', _RISKY, "", "", "2.C.2"),
    ]
    for page, stage in _CONTACT:
        first, later = _quoted(stage + "first-contact"), _quoted(stage + "follow-up")
        rows += [
            ("", first, '"low"', "", "", f"{page}.C.1"),
            ("", first, _RISKY, "", "", f"{page}.C.2"),
            ("", later, "", '"great"', "", f"{page}.H.1"),
            ("", later, "", '"beginning"', "", f"{page}.H.2"),
            ("", later, "", '"little-or-none"', "", f"{page}.H.3"),
        ]
    rows += [
        ("", '"second-line-week-6-11"', '"high"', "", "", "7.C.2"),
        ("", '"second-line-week-6-11"', "", "", "", "7.C.1"),
        ("", '"second-line-week-12-plus"', "", "", "len(profile) > 0", "8.C"),
        ("", "", "", "", "", "no-answer"),
    ]
    return _table("management", ["exit", "stage", "chronicityRisk", "improvement", ""], rows)


def _follow_up() -> Json:
    rows = [
        (_LEAVES, "", "", "", "", "not-applicable"),
        ("", '"first-line-week-1-2"', "", "", "", "first-line-week-1-2-follow-up"),
        ("", '"first-line-week-3-5"', "", "", "", "first-line-week-3-5-follow-up"),
        ("", '"second-line-week-6-11"', "", "", "", "second-line-week-6-11-follow-up"),
    ]
    for _, stage in _CONTACT:
        first, later = stage + "first-contact", stage + "follow-up"
        rows += [
            ("", f'"{first}"', '"low"', "", "", f"{first}-follow-up-low-risk"),
            ("", f'"{first}"', "", "", "", f"{first}-follow-up-moderate-to-high-risk"),
            ("", f'"{later}"', "", '"great"', "", f"{later}-follow-up-great-improvement"),
            ("", f'"{later}"', "", '"beginning"', "", f"{later}-follow-up-beginning-of-improvement"),
            ("", f'"{later}"', "", "", "", f"{later}-follow-up-no-or-little-improvement"),
        ]
    last = "second-line-week-12-plus"
    a, others = f"{last}-follow-up-profile-a", f"{last}-follow-up-other-profiles"
    with_a, with_other = 'some(profile, #.option == "A")', 'some(profile, #.option != "A")'
    rows += [
        ("", f'"{last}"', "", "", f"{with_a} and {with_other}", f"{a}+{others}"),
        ("", f'"{last}"', "", "", with_a, a),
        ("", f'"{last}"', "", "", with_other, others),
        ("", "", "", "", "", "no-answer"),
    ]
    return _table("follow-up", ["exit", "stage", "chronicityRisk", "improvement", ""], rows)


def _fedris() -> Json:
    criteria = {
        "inTime": "incapacityBegunMonths <= 6",
        "operated": 'incapacityCause == "low-back-surgery"',
        "late": "($.operated ? surgeryAtApplicationDays : 0) >= 28",
        "ordinary": "incapacityDays >= 28 and $.inTime and not $.late",
        "relapse": "incapacityDays >= 7 and priorIncapacityDays >= 21 and $.inTime "
        'and incapacityCause == "low-back-pain"',
        "duration": "$.ordinary or $.relapse or ($.late ? surgeryAtApplicationBegunMonths <= 6 : false)",
        "cause": 'incapacityCause in ["low-back-pain", "low-back-surgery"]',
        "exposure": "heavyLifting or ergonomicBackLoad or seatVibration",
        "surveillance": "healthSurveillance == true",
        "agreement": "ownDoctorAgrees == true",
        "sectorCovered": 'sector in ["private", "local", "provincial"]',
        "fedris": "$.duration and $.cause and $.exposure and $.surveillance and $.agreement and $.sectorCovered",
    }
    expressions = [{"id": key, "key": key, "value": value} for key, value in criteria.items()]
    return _node("expressionNode", "fedris", {"expressions": expressions, "passThrough": False})


def model() -> Json:
    """Return the decision model as JSON-ready data."""
    tables = [_stage(), _exit(), _imaging(), _profile(), _management(), _follow_up(), _fedris()]
    arrows = [
        *(("input", "stage"), ("stage", "exit"), ("exit", "imaging"), ("exit", "profile"), ("exit", "fedris")),
        *(("exit", "management"), ("profile", "management"), ("exit", "follow-up"), ("profile", "follow-up")),
        *((name, "output") for name in ("exit", "imaging", "profile", "management", "follow-up", "fedris")),
    ]
    return {
        "contentType": "application/vnd.gorules.decision",
        "nodes": [_node("inputNode", "input"), *tables, _node("outputNode", "output")],
        "edges": [{"id": f"{a}>{b}", "sourceId": a, "targetId": b, "type": "edge"} for a, b in arrows],
    }


_CRITERIA = {
    "incapacity-duration": "duration",
    "incapacity-cause": "cause",
    "exposure": "exposure",
    "health-surveillance": "surveillance",
    "own-doctor-agreement": "agreement",
    "sector": "sectorCovered",
}


def normal(result: Json) -> Json:
    """Return a result of ZEN in the form in which the contenders are compared."""
    found = {name: result[name] for name in ("stage", "exit", "imaging", "management", "follow-up")}
    return found | {
        "profile": [row["option"] for row in result["profile"]],
        "criteria": {name: result[key] for name, key in _CRITERIA.items()},
        "fedris-prevention": "eligible" if result["fedris"] else "not-eligible",
    }
