"""Replaces in a Turtle text only what says something else now, down to one object; all else stays as it is written."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from itertools import zip_longest

import pyoxigraph as ox

from lrp_kg.authoring.tidy.content import BlankValue, ListValue, ModuleContent, Said, Value, content_of, key, said_key
from lrp_kg.authoring.tidy.syntax import Block, NotLaidOut, Object, PropertyNode, TurtleTree
from lrp_kg.authoring.tidy.writing import TurtleWriter

_SUBJECT, _PREDICATE = "urn:x:subject", "urn:x:predicate"


class Patcher:
    """Collects replacements in the text of a tree; ``sets`` as in `content_of`."""

    def __init__(self, tree: TurtleTree, writer: TurtleWriter, sets: bool) -> None:
        self.tree = tree
        self.writer = writer
        self._sets = sets
        self._head = "\n".join(tree.directives) + "\n"
        self._edits: list[tuple[int, int, str]] = []
        self.predicate = cache(self._predicate)

    # -- what the text says -------------------------------------------------------------------------

    def subject(self, block: Block) -> str:
        """Return the IRI of the subject of a block; empty where it is a blank node."""
        text = self.tree.text[block.start : block.subject.end]
        if text.startswith("_:"):
            raise NotLaidOut(f"the committed file names a blank node ({text})")
        if block.subject.kind != "term":
            return ""
        return next(iter(self._read(f"{text} <{_PREDICATE}> 1 .").named))

    def loose(self, block: Block) -> BlankValue:
        """Return what a block about a blank node says."""
        return self._read(self.tree.text[block.start : block.end]).loose[0]

    def _predicate(self, pair: tuple[int, int]) -> str:
        text = self.tree.text[pair[0] : pair[1]]
        return next(iter(self._read(f"<{_SUBJECT}> {text} 1 .").named[_SUBJECT]))

    def _value(self, node: Object, predicate: str = _PREDICATE) -> Value:
        text = f"<{_SUBJECT}> <{predicate}> {self.tree.text[node.start : node.end]} ."
        return self._read(text).named[_SUBJECT][predicate][0]

    def _read(self, text: str) -> ModuleContent:
        return content_of(self._head + text, sets=self._sets)

    # -- edits --------------------------------------------------------------------------------------

    @property
    def edited(self) -> bool:
        """Return whether anything is to be replaced."""
        return bool(self._edits)

    def replace(self, start: int, end: int, text: str) -> None:
        """Replace a part of the text; parts do not overlap."""
        self._edits.append((start, end, text))

    def remove(self, block: Block) -> None:
        """Remove a block with the comments directly above it."""
        end = block.end
        while end < len(self.tree.text) and self.tree.text[end].isspace():
            end += 1
        self.replace(self.tree.comments_above(block), end, "")

    def text(self) -> str:
        """Return the text with everything replaced."""
        parts, at = [], 0
        for start, end, new in sorted(self._edits, key=lambda edit: edit[:2]):
            parts += [self.tree.text[at:start], new]
            at = end
        text = "".join([*parts, self.tree.text[at:]])
        return text.rstrip("\n") + "\n" if self._edits else text

    # -- properties -----------------------------------------------------------------------------------

    def describe(self, holders: Sequence[Sequence[PropertyNode]], said: Said) -> None:
        """Let the properties of a subject, which can be in several blocks, say something else."""
        pairs = [pair for own in holders for pair in own]
        left = {p: list(objects) for p, objects in said.items()}
        gone: set[int] = set()
        for predicate in dict.fromkeys(self.predicate((p.start, p.predicate_end)) for p in pairs):
            own = [p for p in pairs if self.predicate((p.start, p.predicate_end)) == predicate]
            gone |= self._objects(predicate, [o for p in own for o in p.objects], left.pop(predicate, []))
        added = [self.writer.pair(p, objects) for p, objects in left.items() if objects]
        for block in holders:
            kept = [p for p in block if any(o.start not in gone for o in p.objects)]
            for pair in kept:
                self._drop(pair.objects, [o for o in pair.objects if o.start not in gone])
            if kept:
                self._drop(block, kept)
                if added:
                    self.replace(kept[-1].end, kept[-1].end, "".join(f" ;\n    {text}" for text in added))
                    added = []
        if added or not any(o.start not in gone for p in pairs for o in p.objects):
            raise NotLaidOut("nothing of a block is left")

    def _objects(self, predicate: str, old: list[Object], new: list[Value]) -> set[int]:
        """Let a property have other objects; return where those begin that are to be removed."""
        matched, others, values = self._matched([(o, self._value(o, predicate)) for o in old], new)
        pairs, gone, added = _partners(others, values)
        for node, value in pairs:
            self._change(node, value)
        if added:
            last = max((*matched, *(node for node, _ in pairs)), key=lambda o: o.end, default=None)
            if last is not None:
                text = "".join(f" , {self.writer.value(v)}" for v in added)
                self.replace(last.end, last.end, text)
        return {node.start for node in gone}

    @staticmethod
    def _matched(
        old: Sequence[tuple[Object, Value]], new: Sequence[Value]
    ) -> tuple[list[Object], list[tuple[Object, Value]], list[Value]]:
        """Return objects that stay, those that do not, and the values that are new."""
        left = [(key(v), v) for v in new]
        kept, others = [], []
        for node, value in old:
            same = next((n for n, (k, _) in enumerate(left) if k == key(value)), None)
            if same is None:
                others.append((node, value))
            else:
                kept.append(node)
                del left[same]
        return kept, others, [v for _, v in left]

    def _change(self, node: Object, value: Value) -> None:
        """Let an object say something else, changing as little of it as possible."""
        if node.kind == "described" and node.pairs and isinstance(value, BlankValue) and self._alike(node, value):
            self.describe([node.pairs], value.said)
        elif node.kind == "listed" and node.items and isinstance(value, ListValue) and value.items:
            self._items(node, value)
        else:
            self.replace(node.start, node.end, self.writer.value(value))

    def _alike(self, node: Object, value: BlankValue) -> bool:
        return any(value.said.get(self.predicate((p.start, p.predicate_end))) for p in node.pairs)

    def _items(self, node: Object, value: ListValue) -> None:
        old = [(item, self._value(item)) for item in node.items]
        if value.ordered:
            for found, new in zip_longest(old, value.items):
                if new is None:
                    continue
                if found is None:
                    self.replace(node.items[-1].end, node.items[-1].end, f" {self.writer.value(new)}")
                elif key(found[1]) != key(new):
                    self._change(found[0], new)
            self._drop(node.items, node.items[: len(value.items)])
            return
        kept, others, values = self._matched(old, value.items)
        pairs, gone, added = _partners(others, values)
        for item, new in pairs:
            self._change(item, new)
        lost = {item.start for item in gone}
        left = [item for item in node.items if item.start not in lost]
        self._drop(node.items, left)
        if added:
            self.replace(left[-1].end, left[-1].end, "".join(f" {self.writer.value(v)}" for v in added))

    def _drop(self, every: Sequence[Object | PropertyNode], kept: Sequence[Object | PropertyNode]) -> None:
        """Remove what is not kept, with the sign or space that separates it from its neighbour."""
        starts = {node.start for node in kept}
        last = kept[-1]
        for node, after in zip(every, every[1:], strict=False):
            if node.start not in starts and node.start < last.start:
                self.replace(node.start, after.start, "")
        if every[-1].start not in starts:
            self.replace(last.end, every[-1].end, "")


def _partners(
    old: Sequence[tuple[Object, Value]], new: Sequence[Value]
) -> tuple[list[tuple[Object, Value]], list[Object], list[Value]]:
    """Return old objects each with the new value that takes its place, old ones without, and new ones without."""
    left, pairs, waiting = list(new), [], []
    for node, value in old:
        likeness = [_likeness(value, other) for other in left]
        best = max(range(len(left)), key=likeness.__getitem__, default=None)
        if best is None or likeness[best] == 0:
            waiting.append(node)
        else:
            pairs.append((node, left.pop(best)))
    while waiting and left:
        pairs.append((waiting.pop(0), left.pop(0)))
    return pairs, waiting, left


def _likeness(one: Value, other: Value) -> int:
    """Return how much two different values have in common; 0 where the one is no edit of the other."""
    if isinstance(one, ox.Literal) and isinstance(other, ox.Literal):
        return int(one.language == other.language and one.datatype == other.datatype)
    if isinstance(one, BlankValue) and isinstance(other, BlankValue):
        return 1 + sum(said_key({p: one.said[p]}) == said_key({p: other.said.get(p, [])}) for p in one.said)
    if isinstance(one, ListValue) and isinstance(other, ListValue):
        return 1 + len(set(map(key, one.items)) & set(map(key, other.items)))
    return 0


likeness = _likeness
