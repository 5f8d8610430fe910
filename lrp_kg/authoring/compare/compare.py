"""The whole comparison of two versions of a guideline."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from lrp_kg.authoring.compare.changes import Changes
from lrp_kg.authoring.compare.effects import Effects
from lrp_kg.authoring.compare.model import Comparison, DecisionEffect, VersionName
from lrp_kg.authoring.compare.records import Records
from lrp_kg.authoring.compare.revisions import NotComparable
from lrp_kg.authoring.compare.shared_space import space_of
from lrp_kg.authoring.compare.shown import ShownPlaces
from lrp_kg.authoring.compare.snapshot import Snapshot
from lrp_kg.namespaces import local_name

Report = Callable[[str], None]


def compare(
    old: Path, new: Path, *, names: tuple[str, str] | None = None, report: Report = lambda _: None
) -> tuple[Comparison, tuple[Snapshot, Snapshot]]:
    """Compare two guideline folders; ``report`` is called with the name of each decision and place.

    Raises `GuidelineError` where a folder cannot be read, `NotComparable` where they are not the same guideline.
    """
    sides = Snapshot(old), Snapshot(new)
    before, after = (s.guideline for s in sides)
    _check(sides)
    named = tuple(
        VersionName(name, g.id, g.version, g.label)
        for name, g in zip(names or (str(old), str(new)), (before, after), strict=True)
    )
    if before.content_hash == after.content_hash:
        decided = tuple(DecisionEffect(name, "same") for name in dict.fromkeys(d.id for d in after.decisions.values()))
        return Comparison(named[0], named[1], (), decided, ()), sides
    space = space_of(before, after)
    effects = Effects(space, Records(space), report)
    decisions = effects.decisions()
    changes = Changes(*sides, effects, decisions).all()
    places = ShownPlaces(effects, changes).all()
    return Comparison(named[0], named[1], tuple(changes), tuple(decisions), tuple(places)), sides


def _check(sides: tuple[Snapshot, Snapshot]) -> None:
    """Refuse what has no input space in common."""
    old, new = (s.guideline for s in sides)
    if old.iri != new.iri and old.id != new.id:
        raise NotComparable(f"{old.id} and {new.id} are two guidelines, not two versions of one.")
    names: dict[str, str] = {}
    for guideline in (old, new):
        for iri in (*guideline.fields, *guideline.derived, *guideline.expanded):
            other = names.setdefault(local_name(iri), iri)
            if other != iri:
                raise NotComparable(
                    f"The field {local_name(iri)} is {other} in one version and {iri} in the other. "
                    "Terms are matched by IRI; keep the namespace."
                )
