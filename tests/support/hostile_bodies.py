"""Bodies that make a service work too much, as data: a name, how the body is made, and what is answered.

Each is at most a mebibyte, the limit of a body. In NDJSON, ``code`` is that of the only line.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

JSON = "application/json"
JSON_LD = "application/ld+json"
TURTLE = "text/turtle"
N_TRIPLES = "application/n-triples"
NDJSON = "application/x-ndjson"

CP = "https://w3id.org/lrp-kg/care-pathway#"
LRP = "https://w3id.org/lrp-kg/low-back-pain#"
RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
XSD = "http://www.w3.org/2001/XMLSchema#"
HEAD = f"@prefix cp: <{CP}> .\n@prefix lrp: <{LRP}> .\n<urn:x> a cp:PatientRecord "
RECORD = CP + "PatientRecord"

INVALID = (422, "invalid-record")
BROKEN = (400, "broken-json")
VALID = (200, "")


@dataclass(frozen=True)
class HostileBody:
    """A body, and the status and code with which it is answered."""

    name: str
    media_type: str
    make: Callable[[], bytes]
    status: int
    code: str


def _json(data: Any) -> bytes:
    return json.dumps(data).encode()


def _nested(opening: str, inner: str, closing: str, depth: int) -> str:
    return opening * depth + inner + closing * depth


def _keys(count: int) -> dict[str, int]:
    return {f"k{number}": number for number in range(count)}


def _said(key: str, value: str) -> bytes:
    return f'{{"{key}":{value}}}'.encode()


def _linked(context: Any, **said: Any) -> bytes:
    return _json({"@context": context, "@type": RECORD, **said})


def _turtle(text: str, before: str = "") -> bytes:
    return f"{before}{HEAD}{text} .\n".encode()


def _nameless(text: str) -> bytes:
    return _turtle(text).replace(b"<urn:x>", b"[]")


def _many(pattern: str, count: int, joined: str = " ") -> str:
    return joined.join(pattern.format(number) for number in range(count))


def _lines(pattern: str, count: int) -> bytes:
    head = f"<urn:x> <{RDF}type> <{RECORD}> .\n"
    return (head + _many(pattern + " .\n", count, "")).encode()


_R = f"<urn:x> <{LRP}"

RECIPES: tuple[tuple[str, str, Callable[[], bytes], tuple[int, str]], ...] = (
    # many keys and properties
    ("500 unknown keys", JSON, lambda: _json(_keys(500)), INVALID),
    ("4,000 unknown keys", JSON, lambda: _json(_keys(4_000)), INVALID),
    ("40,000 unknown keys", JSON, lambda: _json(_keys(40_000)), INVALID),
    ("199 unknown keys", JSON, lambda: _json(_keys(199)), INVALID),
    ("4,000 unknown keys and an id", JSON, lambda: _json({"@id": "urn:x:1", **_keys(4_000)}), INVALID),
    ("4,000 unknown keys on a line", NDJSON, lambda: _json(_keys(4_000)) + b"\n", INVALID),
    ("20,000 unknown keys, null", JSON, lambda: _json(dict.fromkeys(_keys(20_000))), INVALID),
    ("20,000 keys in our vocabulary", JSON_LD, lambda: _linked({"@vocab": LRP}, **_keys(20_000)), INVALID),
    ("60,000 equal keys", JSON, lambda: b"{" + b",".join([b'"redFlags":1'] * 60_000) + b"}", (400, "duplicate-key")),
    (
        "40,000 pairs of equal keys",
        JSON,
        lambda: ("{" + _many('"k{0}":1,"k{0}":1', 40_000, ",") + "}").encode(),
        (400, "duplicate-key"),
    ),
    ("4,000 properties", TURTLE, lambda: _turtle(_many("; lrp:p{0} {0}", 4_000)), INVALID),
    ("8,000 properties, nameless", TURTLE, lambda: _nameless(_many("; lrp:p{0} {0}", 8_000)), INVALID),
    ("8,000 properties on lines", N_TRIPLES, lambda: _lines(_R + 'p{0}> "{0}"', 8_000), INVALID),
    # many values and types
    ("20,000 times a value of a list", JSON, lambda: _json({"medications": ["nsaid"] * 20_000}), INVALID),
    ("2,000 unknown values of a list", JSON, lambda: _json({"medications": [f"m{n}" for n in range(2_000)]}), INVALID),
    ("100,000 unknown values", JSON, lambda: _json({"medications": list(range(100_000))}), INVALID),
    ("100,000 lists in a list", JSON, lambda: _json({"medications": [[0]] * 100_000}), INVALID),
    ("200,000 objects in a list", JSON, lambda: _json({"medications": [{}] * 200_000}), INVALID),
    ("4,000 blank nodes in a list", TURTLE, lambda: _turtle("; lrp:medications (" + "[] " * 4_000 + ")"), INVALID),
    ("40,000 blank nodes in a list", TURTLE, lambda: _turtle("; lrp:medications (" + "[] " * 40_000 + ")"), INVALID),
    ("300,000 numbers in a list", TURTLE, lambda: _turtle("; lrp:medications (" + "1 " * 300_000 + ")"), INVALID),
    ("20,000 values of a field", TURTLE, lambda: _turtle("; lrp:redFlags " + _many('"{0}"', 20_000, ",")), INVALID),
    (
        "20,000 values of a field, nameless",
        TURTLE,
        lambda: _nameless("; lrp:redFlags " + _many('"{0}"', 20_000, ",")),
        INVALID,
    ),
    ("20,000 blank values of a field", TURTLE, lambda: _turtle("; lrp:redFlags " + _many("[]", 20_000, ",")), INVALID),
    ("20,000 blank values, nameless", TURTLE, lambda: _nameless("; lrp:redFlags " + _many("[]", 20_000, ",")), INVALID),
    (
        "90 blank values, nameless",
        TURTLE,
        lambda: _nameless("; lrp:redFlags " + _many("[ lrp:p 1 ]", 90, ",")),
        INVALID,
    ),
    ("10,000 values on lines", N_TRIPLES, lambda: _lines(_R + 'redFlags> "{0}"', 10_000), INVALID),
    (
        "12,000 days",
        TURTLE,
        lambda: _turtle("; lrp:onsetDate " + _many(f'"2024-01-01x{{0}}"^^<{XSD}date>', 12_000, ",")),
        INVALID,
    ),
    ("20,000 types", JSON, lambda: _json({"@type": [f"urn:t:{n}" for n in range(20_000)]}), INVALID),
    (
        "20,000 types, one of them ours",
        JSON_LD,
        lambda: _json({"@context": {"@vocab": LRP}, "@type": [RECORD, *(f"urn:t:{n}" for n in range(20_000))]}),
        INVALID,
    ),
    ("20,000 types in Turtle", TURTLE, lambda: _turtle(", " + _many("<urn:t:{0}>", 20_000, ",")), INVALID),
    (
        "10,000 texts with languages",
        JSON_LD,
        lambda: _linked({"@vocab": LRP}, redFlags=[{"@value": str(n), "@language": "en"} for n in range(10_000)]),
        INVALID,
    ),
    (
        "20,000 texts with languages",
        TURTLE,
        lambda: _turtle("; lrp:redFlags " + _many('"{0}"@x-{0}', 20_000, ",")),
        INVALID,
    ),
    # deep
    ("100,000 lists in each other", JSON, lambda: _nested("[", "", "]", 100_000).encode(), BROKEN),
    ("100,000 objects in each other", JSON, lambda: _nested('{"a":', "1", "}", 100_000).encode(), BROKEN),
    ("48 lists in each other", JSON, lambda: _said("medications", _nested("[", "", "]", 48)), INVALID),
    ("48 objects in each other", JSON, lambda: _said("redFlags", _nested('{"a":', "1", "}", 48)), INVALID),
    ("100,000 open brackets", JSON, lambda: b"[" * 100_000, BROKEN),
    ("100,000 open objects", JSON, lambda: b'{"a":' * 100_000, BROKEN),
    ("20 sets in each other", JSON_LD, lambda: _said("redFlags", _nested('{"@set":[', "1", "]}", 20)), INVALID),
    (
        "20 lists of lists in JSON-LD",
        JSON_LD,
        lambda: _said("medications", _nested('{"@list":[', "1", "]}", 20)),
        INVALID,
    ),
    (
        "90,000 blank nodes in each other",
        TURTLE,
        lambda: _turtle("; lrp:redFlags " + _nested("[ lrp:p ", "1", " ]", 90_000)),
        INVALID,
    ),
    (
        "100,000 lists in each other in Turtle",
        TURTLE,
        lambda: _turtle("; lrp:medications " + _nested("( ", "1", " )", 100_000)),
        INVALID,
    ),
    ("100,000 open brackets in Turtle", TURTLE, lambda: _turtle("; lrp:medications " + "( " * 100_000), INVALID),
    (
        "a list in a circle",
        TURTLE,
        lambda: _turtle(
            f"; lrp:medications _:a . _:a <{RDF}first> 1 ; <{RDF}rest> _:b . _:b <{RDF}first> 1 ; <{RDF}rest> _:a"
        ),
        INVALID,
    ),
    (
        "a list with 5,000 tails",
        TURTLE,
        lambda: _turtle(f"; lrp:medications _:a . _:a <{RDF}first> 1 ; <{RDF}rest> " + _many("_:b{0}", 5_000, ",")),
        INVALID,
    ),
    (
        "400 blank nodes that name each other",
        TURTLE,
        lambda: _turtle("; lrp:redFlags _:b0 . " + _many("_:b{0} lrp:p _:b{0}, _:b1, _:b2 .", 400)),
        INVALID,
    ),
    # long
    ("a value of 900 kB", JSON, lambda: _json({"redFlags": "x" * 900_000}), INVALID),
    ("a text of 900 kB", JSON, lambda: _json({"episode": "x" * 900_000}), INVALID),
    ("an id of 900 kB", JSON, lambda: _json({"id": "x" * 900_000}), INVALID),
    ("an @id of 900 kB", JSON, lambda: _json({"@id": "urn:x:" + "x" * 900_000}), INVALID),
    ("a relative @id of 900 kB", JSON, lambda: _json({"@id": "../" * 300_000}), INVALID),
    ("a key of 900 kB", JSON, lambda: _json({"x" * 900_000: 1}), INVALID),
    ("a key of 150,000 signs", JSON, lambda: _json({"\u00e9" * 150_000: 1}), INVALID),
    ("100 keys of 9 kB", JSON, lambda: _json({f"{n}" + "x" * 9_000: 1 for n in range(100)}), INVALID),
    (
        "a key of 500 kB twice",
        JSON,
        lambda: ('{"' + "k" * 500_000 + '":1,"' + "k" * 500_000 + '":1}').encode(),
        (400, "duplicate-key"),
    ),
    ("a type of 900 kB", JSON, lambda: _json({"@type": "x" * 900_000}), INVALID),
    ("a literal of 900 kB", TURTLE, lambda: _turtle('; lrp:redFlags "' + "x" * 900_000 + '"'), INVALID),
    ("a day of 900 kB", TURTLE, lambda: _turtle('; lrp:onsetDate "' + "1" * 900_000 + f'"^^<{XSD}date>'), INVALID),
    ("an IRI of 900 kB", TURTLE, lambda: _turtle("; lrp:redFlags <urn:" + "x" * 900_000 + ">"), INVALID),
    ("a subject of 900 kB", TURTLE, lambda: _turtle("").replace(b"urn:x", b"urn:" + b"x" * 900_000), INVALID),
    ("a property of 900 kB", TURTLE, lambda: _turtle("; <urn:" + "x" * 900_000 + "> 1"), INVALID),
    ("a comment of 900 kB", TURTLE, lambda: _turtle("", "#" + "x" * 900_000 + "\n"), VALID),
    ("900 kB of white space", JSON, lambda: b"{" + b" " * 900_000 + b"}", VALID),
    ("a number of 5,000 digits", JSON, lambda: b'{"sessionsFollowed":' + b"9" * 5_000 + b"}", BROKEN),
    ("a number of 900,000 digits", JSON, lambda: b'{"sessionsFollowed":' + b"9" * 900_000 + b"}", BROKEN),
    ("a fraction of 900,000 digits", JSON, lambda: b'{"sessionsFollowed":0.' + b"9" * 900_000 + b"}", BROKEN),
    ("a number beyond any", JSON, lambda: b'{"sessionsFollowed":1e999999}', BROKEN),
    ("5,000 digits in Turtle", TURTLE, lambda: _turtle("; lrp:sessionsFollowed " + "9" * 5_000), INVALID),
    ("900,000 digits in Turtle", TURTLE, lambda: _turtle("; lrp:sessionsFollowed " + "9" * 900_000), INVALID),
    ("900,000 noughts in Turtle", TURTLE, lambda: _turtle("; lrp:sessionsFollowed " + "0" * 900_000), INVALID),
    (
        "900,000 noughts before the day",
        TURTLE,
        lambda: _turtle('; lrp:onsetDate "' + "0" * 900_000 + f'2024-01-01"^^<{XSD}date>'),
        INVALID,
    ),
    # names, contexts, graphs
    ("20,000 prefixes", TURTLE, lambda: _turtle("", _many("@prefix p{0}: <urn:p:{0}> .", 20_000, "\n") + "\n"), VALID),
    (
        "1,000 prefixes of 900 bytes each",
        TURTLE,
        lambda: _turtle("", _many("@prefix p{0}: <urn:p:" + "x" * 900 + "> .", 1_000, "\n") + "\n"),
        VALID,
    ),
    (
        "10,000 other subjects",
        TURTLE,
        lambda: _turtle(" . " + _many("<urn:s:{0}> lrp:p 1 .", 10_000) + " <urn:y> lrp:p 1"),
        INVALID,
    ),
    (
        "10,000 records",
        TURTLE,
        lambda: _turtle(" . " + _many("<urn:s:{0}> a cp:PatientRecord .", 10_000) + " <urn:y> a cp:PatientRecord"),
        INVALID,
    ),
    ("5,000 contexts", JSON_LD, lambda: _linked([{"@vocab": LRP}] * 5_000, redFlags="none"), INVALID),
    (
        "a context of 20,000 terms",
        JSON_LD,
        lambda: _linked({f"t{n}": f"urn:t:{n}" for n in range(20_000)}, t1="none"),
        INVALID,
    ),
    (
        "20 contexts in each other",
        JSON_LD,
        lambda: _linked(
            {"@vocab": LRP}, redFlags=json.loads(_nested('{"@context":{"@vocab":"urn:v:"},"a":', "1", "}", 20))
        ),
        INVALID,
    ),
    ("a context with circles", JSON_LD, lambda: _linked({"a": "b:x", "b": "a:x"}, a=1), (400, "broken-rdf")),
    (
        "a context for each of 3,000 values",
        JSON_LD,
        lambda: _linked(
            {"@vocab": LRP}, redFlags=[{"@context": {f"t{n}": "urn:t"}, "@id": f"urn:{n}"} for n in range(3_000)]
        ),
        INVALID,
    ),
    (
        "10,000 nodes in a graph",
        JSON_LD,
        lambda: _json(
            {"@context": {"@vocab": LRP}, "@graph": [{"@id": f"urn:{n}", "redFlags": 1} for n in range(10_000)]}
        ),
        INVALID,
    ),
    (
        "100,000 empty nodes in a graph",
        JSON_LD,
        lambda: _json({"@context": {"@vocab": LRP}, "@graph": [{}] * 100_000}),
        (400, "foreign-context"),
    ),
    (
        "5,000 named graphs",
        JSON_LD,
        lambda: _json(
            {"@context": {"@vocab": LRP}, "@graph": [{"@id": f"urn:{n}", "@graph": [{"p": 1}]} for n in range(5_000)]}
        ),
        INVALID,
    ),
    (
        "10,000 included nodes",
        JSON_LD,
        lambda: _linked(
            {"@vocab": LRP, "@version": 1.1}, **{"@included": [{"@id": f"urn:{n}", "p": 1} for n in range(10_000)]}
        ),
        INVALID,
    ),
    (
        "10,000 reverse links",
        JSON_LD,
        lambda: _linked({"@vocab": LRP}, **{"@reverse": {"p": [{"@id": f"urn:{n}"} for n in range(10_000)]}}),
        INVALID,
    ),
    (
        "5,000 values in 5,000 indexes",
        JSON_LD,
        lambda: _linked(
            {"@vocab": LRP, "redFlags": {"@id": LRP + "redFlags", "@container": "@index"}}, redFlags=_keys(5_000)
        ),
        INVALID,
    ),
    ("a list of 100,000 records", JSON, lambda: _json([{}] * 100_000), (400, "record-not-readable")),
)

BODIES = tuple(HostileBody(name, media, make, *answer) for name, media, make, answer in RECIPES)
