"""A client of the service that knows nothing of the guideline: it reads every answer by the schema of answers.

    python examples/client.py http://127.0.0.1:8000 examples/first-visit.json nl

It needs jsonschema (pip install jsonschema), and prints the summary, then each part of the answer with its words.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import jsonschema


class Client:
    """A service at an address, in one language."""

    def __init__(self, address: str, lang: str = "en") -> None:
        self.address = address.rstrip("/")
        self.lang = lang
        self.schema = self.get("/v1/schema/answer.json")
        self.checker = jsonschema.Draft202012Validator(self.schema)
        self.labels = {row["id"]: row["label"] for rows in self.get("/v1/ids").values() for row in rows}

    def get(self, path: str, body: Any = None) -> Any:
        """Return JSON of the service; an error says every problem."""
        data = None if body is None else json.dumps(body).encode()
        mark = "&" if "?" in path else "?"
        headers = {"Content-Type": "application/json"}
        request = Request(f"{self.address}{path}{mark}lang={self.lang}", data, headers)  # noqa: S310
        try:
            with urlopen(request) as response:  # noqa: S310
                return json.load(response)
        except HTTPError as error:
            problem = json.load(error)
            found = [f"{f.get('field', '')}: {f['message']}" for f in problem.get("findings", [])]
            raise SystemExit("\n".join([f"{problem['title']}. {problem['detail']}", *found])) from None

    def assess(self, record: dict[str, Any]) -> dict[str, Any]:
        """Return the answer to a record, which is as the schema says."""
        answer: dict[str, Any] = self.get("/v1/assess?explain=true", record)
        self.checker.validate(answer)
        return answer

    def resolved(self, schema: dict[str, Any]) -> dict[str, Any]:
        """Return a part of the schema that another one refers to."""
        while "$ref" in schema:
            schema = self.schema["$defs"][schema["$ref"].rpartition("/")[2]]
        return schema

    def read(self, value: Any, schema: dict[str, Any], path: str = "") -> Iterator[tuple[str, Any, str]]:
        """Yield each value of an answer with its path, and its label where it is an identifier."""
        schema = self.resolved(schema)
        if "anyOf" in schema:
            fits = (jsonschema.Draft202012Validator({**s, "$defs": self.schema["$defs"]}) for s in schema["anyOf"])
            chosen = next(s for s, v in zip(schema["anyOf"], fits, strict=True) if v.is_valid(value))
            yield from self.read(value, chosen, path)
        elif isinstance(value, dict):
            for key, inner in value.items():
                yield from self.read(inner, schema.get("properties", {}).get(key, {}), f"{path}/{key}")
        elif isinstance(value, list):
            for number, inner in enumerate(value):
                yield from self.read(inner, schema.get("items", {}), f"{path}/{number}")
        else:
            yield path, value, self.labels.get(value, "") if "enum" in schema else ""


def main(address: str, file: str, lang: str = "en") -> None:
    """Print what a service answers to the record in a file."""
    client = Client(address, lang)
    with open(file, encoding="utf-8") as opened:
        answer = client.assess(json.load(opened))
    for line in answer["summary"]:
        print(f"{line['severity']:9}{line['text']} {line.get('date', '')}")
    for path, value, label in client.read(answer, {"$ref": "#/$defs/Answer"}):
        print(path, value, f"({label})" if label else "")


if __name__ == "__main__":
    main(*sys.argv[1:])
