"""Lays out a saved module along the committed one: same blocks, order and comments; only what differs is written."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

import pyoxigraph as ox

from lrp_kg.authoring.formatting import formatted, formatter
from lrp_kg.authoring.tidy.content import TYPE, BlankValue, ListValue, ModuleContent, Said, content_of, key, said_key
from lrp_kg.authoring.tidy.patching import Patcher, likeness
from lrp_kg.authoring.tidy.syntax import Block, NotLaidOut, TurtleTree
from lrp_kg.authoring.tidy.writing import TurtleWriter
from lrp_kg.guideline.turtle import EDITOR_MARK
from lrp_kg.namespaces import OWL, PREFIXES, RDFS

_DECLARING = {
    OWL + name for name in ("NamedIndividual", "Class", "AnnotationProperty", "ObjectProperty", "DatatypeProperty")
} | {RDFS + "Datatype"}
"""Types that an ontology editor adds to what it meets."""
_DIFFERENT, _MEMBERS = OWL + "differentFrom", OWL + "distinctMembers"


@dataclass(frozen=True)
class Tidied:
    """A text that is laid out, and the terms that say something else than in the committed file."""

    text: str
    changed: tuple[str, ...] = ()
    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()


def is_save(saved: str, committed: str) -> bool:
    """Return whether an ontology editor has written a text anew: it says so, or no comment of the old text is left."""
    return EDITOR_MARK in saved or not _comments(committed) & _comments(saved)


def _comments(text: str) -> set[str]:
    return {line.strip() for line in text.splitlines() if re.match(r"\s*#.*\w", line)}


def tidied(committed: str, saved: str, is_elsewhere: Callable[[str], bool] = lambda _: False) -> Tidied:
    """Return what a save says in the layout of the committed text; raise `NotLaidOut` where that cannot be.

    ``is_elsewhere`` says whether another module describes a term: an editor declares again what it meets.
    """
    return _Layout(committed, saved, is_elsewhere).tidied()


class _Layout:
    def __init__(self, committed: str, saved: str, is_elsewhere: Callable[[str], bool]) -> None:
        self._old = content_of(committed, sets=True)
        self._new = _without_additions(content_of(saved, sets=True), self._old, is_elsewhere)
        self._tree = TurtleTree(committed)
        self._writer = TurtleWriter(self._tree.prefixes, {n: p for p, n in PREFIXES.items()} | self._new.prefixes)
        self._patcher = Patcher(self._tree, self._writer, sets=True)
        self._blocks: dict[str, list[Block]] = {}
        for block in self._tree.blocks:
            self._blocks.setdefault(self._patcher.subject(block), []).append(block)

    def tidied(self) -> Tidied:
        old, new = self._old.named, self._new.named
        changed = [s for s in old if s in new and said_key(old[s]) != said_key(new[s])]
        removed = [s for s in old if s not in new]
        added = [s for s in new if s not in old]
        for subject in changed:
            self._change(subject)
        for subject in removed:
            for block in self._blocks[subject]:
                self._patcher.remove(block)
        self._loose()
        places: dict[int, list[str]] = {}
        for subject in added:
            places.setdefault(self._place(new[subject]), []).append(self._writer.block(subject, new[subject]))
        for at, blocks in places.items():
            self._patcher.replace(at, at, "".join(f"\n\n{block}" for block in blocks))
        if self._writer.added:
            at = self._tree.directives_end
            lines = (f"\n@prefix {prefix}: <{namespace}> ." for namespace, prefix in self._writer.added.items())
            self._patcher.replace(at, at, "".join(lines))
        text = _formatted(self._tree.text, self._patcher.text())
        self._demand_the_same(text)
        return Tidied(text, tuple(changed), tuple(added), tuple(removed))

    def _change(self, subject: str) -> None:
        blocks = self._blocks[subject]
        if len(blocks) == 1 and not self._old.named[subject].keys() & self._new.named[subject].keys():
            block = blocks[0]
            self._patcher.replace(block.start, block.end, self._writer.block(subject, self._new.named[subject]))
        else:
            self._patcher.describe([block.pairs for block in blocks], self._new.named[subject])

    def _loose(self) -> None:
        """Lay out blocks about blank nodes, such as ``owl:AllDifferent``: each beside the one it is most like."""
        left = {key(node): node for node in self._new.loose}
        waiting = []
        for block in self._blocks.get("", ()):
            old = self._patcher.loose(block)
            if left.pop(key(old), None) is None:
                waiting.append((block, old))
        for block, old in waiting:
            best = max(left, key=lambda k: _overlap(old, left[k]), default="")
            if best and _overlap(old, left[best]) and old.said.get(TYPE) == left[best].said.get(TYPE):
                holders = [own for own in (block.subject.pairs, block.pairs) if own]
                self._patcher.describe(holders, left.pop(best).said)
            else:
                self._patcher.remove(block)
        end = self._tree.blocks[-1].end if self._tree.blocks else len(self._tree.text)
        for node in left.values():
            self._patcher.replace(end, end, f"\n\n{self._writer.loose(node)}")

    def _place(self, said: Said) -> int:
        """Return where a new block goes: after the last one of its kind, else at the end."""
        old = self._old.named
        wanted = [{p: said.get(p, []) for p in own} for own in ((TYPE, RDFS + "subClassOf"), (TYPE,))]
        for own in wanted:
            alike = (b[-1] for s, b in self._blocks.items() if s in old and _says(old[s], own))
            last = max((block.end for block in alike), default=0)
            if last:
                return last
        return self._tree.blocks[-1].end if self._tree.blocks else len(self._tree.text)

    def _demand_the_same(self, text: str) -> None:
        """Refuse a layout that says something else than the save."""
        found = content_of(text, sets=True)
        for one, other in ((found, self._new), (self._new, found)):
            for subject, said in one.named.items():
                if said_key(said) != said_key(other.named.get(subject, {})):
                    raise NotLaidOut(f"the layout would change what is said of <{subject}>")
        if sorted(map(key, found.loose)) != sorted(map(key, self._new.loose)):
            raise NotLaidOut("the layout would change what is said of blank nodes")


def _says(said: Said, wanted: Said) -> bool:
    return all(sorted(map(key, said.get(p, []))) == sorted(map(key, objects)) for p, objects in wanted.items())


def _overlap(one: BlankValue, other: BlankValue) -> int:
    return sum(likeness(a, b) - 1 for p, own in one.said.items() for a in own for b in other.said.get(p, []))


def _formatted(before: str, after: str) -> str:
    """Return a text formatted, where the one before was and turtlefmt is there."""
    program = formatter()
    if before == after or program is None or formatted(program, before) != before:
        return after
    return formatted(program, after) or after


def _without_additions(new: ModuleContent, old: ModuleContent, is_elsewhere: Callable[[str], bool]) -> ModuleContent:
    """Return what a save says without what an editor adds to it by itself."""
    named: dict[str, Said] = {}
    for subject, said in new.named.items():
        known = old.named.get(subject, {})
        kinds = [t for t in said.get(TYPE, []) if t in known.get(TYPE, []) or not _is(t, "NamedIndividual")]
        declared_only = said.keys() == {TYPE} and all(
            not isinstance(t, ox.Literal) and _declares(t) for t in said[TYPE]
        )
        if declared_only and not known and (subject.startswith(tuple(PREFIXES.values())) or is_elsewhere(subject)):
            continue
        named[subject] = said | {TYPE: kinds} if kinds else said
    loose = list(new.loose)
    found = {key(node) for node in loose}
    for node in old.loose:
        pair = _members(node)
        if len(pair) == 2 and key(node) not in found and _drop_difference(named, old, pair):
            loose.append(node)
    return ModuleContent(named, loose, new.prefixes)


def _is(value: object, name: str) -> bool:
    return isinstance(value, ox.NamedNode) and value.value == OWL + name


def _declares(value: object) -> bool:
    return isinstance(value, ox.NamedNode) and value.value in _DECLARING


def _members(node: BlankValue) -> list[str]:
    """Return the members of an ``owl:AllDifferent``; nothing for another blank node."""
    lists = node.said.get(_MEMBERS, [])
    items = lists[0].items if len(lists) == 1 and isinstance(lists[0], ListValue) else []
    return [item.value for item in items if isinstance(item, ox.NamedNode)]


def _drop_difference(named: dict[str, Said], old: ModuleContent, pair: list[str]) -> bool:
    """Remove that two terms differ, as an editor says an ``owl:AllDifferent`` of two; return whether it was said."""
    dropped = False
    for one, other in (pair, pair[::-1]):
        differing = ox.NamedNode(other)
        if differing in old.named.get(one, {}).get(_DIFFERENT, []):
            return False
        said = named.get(one, {})
        if differing in said.get(_DIFFERENT, []):
            left = [v for v in said[_DIFFERENT] if v != differing]
            named[one] = {p: o for p, o in said.items() if p != _DIFFERENT} | ({_DIFFERENT: left} if left else {})
            dropped = True
    return dropped
