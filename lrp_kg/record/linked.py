"""JSON-LD to one record, with nothing lost: what JSON-LD leaves out in silence is named.

JSON-LD drops keys that a context does not map, nulls, and values that are no IRI. Each key is therefore looked up by
itself, so that it is known which property it is, and that all of its values are there.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from typing import Any

import pyoxigraph as ox

from lrp_kg.errors import ForeignContext
from lrp_kg.guideline.index import Node
from lrp_kg.record.limits import FIELDS, over_fields, shown
from lrp_kg.record.model import Members, RawRecord, RawValue
from lrp_kg.record.rdf import rdf_records
from lrp_kg.record.strict_json import native
from lrp_kg.words import error as say

_NULL = {"@id": "null:null"}
"""Is in the place of null, which JSON-LD leaves out."""

_NULL_NODE = Node("iri", _NULL["@id"])
_ONE_KEY = "urn:lrp-kg:key:"
"""Names a node with one key of a record."""

_MOST_NAMED = 5
"""Lost keys that an error names."""

_KEYWORDS = ("@context", "@id", "@type")
_OF_VALUE = ({"@value", "@type"}, {"@value", "@language"}, {"@value"}, {"@id"}, {"@list"}, {"@set"})
"""Keys that an object for a value can have; with others, a part of it would be lost."""


def only_node(data: Any) -> Any:
    """Return the node of a document that has one: the item of an expanded document, or what is in ``@graph``."""
    if isinstance(data, list) and len(data) == 1 and isinstance(data[0], dict) and "@type" in data[0]:
        data = data[0]
    if isinstance(data, dict) and "@graph" in data and data.keys() <= {"@context", "@graph"}:
        inner = data["@graph"]
        node = inner[0] if isinstance(inner, list) and len(inner) == 1 else inner
        if isinstance(node, dict) and "@type" in node and not node.keys() & {"@context", "@graph"}:
            return {"@context": data["@context"], **node} if "@context" in data else node
    return data


def says_keywords(value: Any) -> bool:
    """Return whether a value is an object of JSON-LD, or a list with one."""
    items = value if isinstance(value, list) else [value]
    return any(isinstance(item, dict) and any(key.startswith("@") for key in item) for item in items)


@dataclass(frozen=True)
class Linked:
    """The record of a JSON-LD node: the property of each key, what was sent as null, and the keys that are none."""

    record: RawRecord
    keys: dict[str, str]
    nulls: frozenset[str]
    lost: dict[str, Any]

    def demand_all_mapped(self) -> None:
        """Raise `ForeignContext` where some of the keys are not mapped."""
        if self.lost:
            count = len(self.keys) + len(self.lost)
            raise say(ForeignContext, "error-context-lost", known=len(self.keys), count=count, names=_named(self.lost))


def read_linked(data: dict[str, Any], context: Any, list_fields: Collection[str]) -> Linked:
    """Read a JSON-LD node.

    Raises `ForeignContext` for a remote context, for what is not one record, and where a part of a value would be lost.
    """
    contexts = context if isinstance(context, list) else [context]
    if any(isinstance(c, str) for c in contexts) or '"@import"' in json.dumps(context):
        raise say(ForeignContext, "error-context-remote")
    aliases = dict(_aliases(contexts))
    said = {key: _without_nulls(v) for key, v in data.items() if not key.startswith("@") and key not in aliases}
    if len(said) > FIELDS:
        raise over_fields(len(said))
    frame = {key: value for key, value in data.items() if key not in said and key != "@context"}
    records = _records({"@context": context, **frame, **said}, list_fields)
    if len(records) != 1:
        raise say(ForeignContext, "error-context-record")
    if any(key.startswith("@") and key not in _KEYWORDS for key in data):
        raise say(ForeignContext, "error-context-keywords")
    types = {key: value for key, value in frame.items() if aliases.get(key, key) == "@type"}
    nodes = [{"@id": _ONE_KEY + str(n), **types, key: value} for n, (key, value) in enumerate(said.items())]
    by_key = {r.subject: r.entries for r in _records({"@context": context, "@graph": nodes}, list_fields)}
    keys: dict[str, str] = {}
    lost: dict[str, Any] = {}
    partly: list[str] = []
    for number, (key, value) in enumerate(said.items()):
        entries = by_key.get(_ONE_KEY + str(number), ())
        if not entries:
            lost[key] = data[key]
            continue
        predicate = entries[0][0]
        if predicate in keys or not _all_there(value, entries):
            partly.append(key)
        keys[predicate] = key
    if partly:
        raise say(ForeignContext, "error-context-partly", names=_named(partly))
    nulls = frozenset(predicate for predicate, key in keys.items() if said[key] == _NULL)
    entries = tuple((p, _as_sent(value, data.get(keys.get(p, "")))) for p, value in records[0].entries)
    return Linked(replace(records[0], entries=entries), keys, nulls, lost)


def _named(keys: Collection[str]) -> str:
    return ", ".join(map(shown, list(keys)[:_MOST_NAMED]))


def _records(document: dict[str, Any], list_fields: Collection[str]) -> list[RawRecord]:
    return rdf_records(json.dumps(document), ox.RdfFormat.JSON_LD, list_fields)


def _aliases(contexts: list[Any]) -> Iterator[tuple[str, str]]:
    """Yield the terms of contexts that mean the identifier or the type."""
    for context in contexts:
        for term, meaning in context.items() if isinstance(context, dict) else ():
            name = meaning.get("@id") if isinstance(meaning, dict) else meaning
            if name in ("@id", "@type") and not term.startswith("@"):
                yield term, name


def _without_nulls(value: Any) -> Any:
    if value is None or (isinstance(value, dict) and value.get("@value", value) is None):
        return _NULL
    if isinstance(value, list):
        return [_without_nulls(item) for item in value]
    if isinstance(value, dict):
        return {key: inner if key == "@context" else _without_nulls(inner) for key, inner in value.items()}
    return value


def _all_there(value: Any, entries: tuple[tuple[str, RawValue], ...]) -> bool:
    """Return whether the only property of a node has all the values that were sent for it."""
    items = list(_items(value))
    for item in items:
        if isinstance(item, dict) and not item.keys().isdisjoint(("@id", "@value")) and set(item) not in _OF_VALUE:
            return False
    first = entries[0][1]
    return len(items) == (len(first.nodes) if isinstance(first, Members) and len(entries) == 1 else len(entries))


def _items(value: Any) -> Iterator[Any]:
    """Yield the values that a value is, or that are in its lists and sets."""
    for item in value if isinstance(value, list) else [value]:
        if isinstance(item, dict) and len(item) == 1 and item.keys() <= {"@list", "@set"}:
            yield from _items(*item.values())
        else:
            yield item


def _as_sent(value: RawValue, sent: Any) -> RawValue:
    """Return the value of a key with its nulls as JSON, and what was ``sent`` in place of nodes without a name."""

    def own(node: Node) -> Node:
        return native(sent) if node.is_blank else native(None) if node == _NULL_NODE else node

    return Members(tuple(map(own, value.nodes))) if isinstance(value, Members) else own(value)
