"""Reads the queries of a folder: the header of each, and every problem at once with its line."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from lrp_kg.errors import UnreadableFile
from lrp_kg.findings import Finding
from lrp_kg.research.questions.model import (
    CHARTS,
    NEEDS,
    TAGS,
    TOPICS,
    TYPES,
    CatalogueEntry,
    Chart,
    Column,
    Parameter,
    QueryCatalogue,
)
from lrp_kg.text_files import read_text, visible
from lrp_kg.words import LANGUAGES, Text

KEYS = {"summary", "description", "tags", "topic", "order", "needs", "params", "columns", "chart"}
PARAMETER_KEYS = {"type", "default", "label", "optional", "of", "values", "minimum", "maximum"}

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def query_files(folder: Path) -> list[Path]:
    """Return the files of a guideline folder that hold queries, by their names."""
    return sorted(visible(folder / "queries", "*.rq"), key=lambda f: f.stem)


def read_catalogue(folder: Path) -> QueryCatalogue:
    """Return the queries in ``queries/`` of a guideline folder; a broken header is a finding, not an error."""
    entries: dict[str, CatalogueEntry] = {}
    findings: list[Finding] = []
    for file in query_files(folder):
        try:
            text = read_text(file)
        except UnreadableFile as error:
            findings.append(Finding("query-unreadable", error.message, error.where(file)))
            continue
        entry, problems = read_entry(file, text)
        findings += problems
        if entry is not None:
            entries[entry.name] = entry
    return QueryCatalogue(entries, tuple(findings))


def read_entry(file: Path, text: str) -> tuple[CatalogueEntry | None, tuple[Finding, ...]]:
    """Return the query of a text and what is wrong with its header."""
    reader = _Header(file, text)
    entry = reader.entry()
    return entry, tuple(reader.findings)


class _Header:
    """Reads one header; problems are collected, not raised."""

    def __init__(self, file: Path, text: str) -> None:
        self.file = file
        self.text = text
        self.findings: list[Finding] = []
        self._untranslated: set[str] = set()
        self._lines = [line[2:].removeprefix(" ") for line in _head(text)]

    def entry(self) -> CatalogueEntry | None:
        """Return the query, ``None`` where something of the header is wrong."""
        data = self._data()
        if data is None:
            return None
        for key in data:
            if key not in KEYS:
                self._report("query-header-key", f"{key!r} is no key. Choose among {', '.join(sorted(KEYS))}.", key)
        summary = self._text(data, "summary")
        description = self._text(data, "description", needed=False)
        tags = self._list(data, "tags", TAGS)
        topic, order = data.get("topic", ""), data.get("order", 0)
        if topic and topic not in TOPICS:
            self._report("query-header-value", f"topic is one of {', '.join(TOPICS)}, not {topic!r}.", "topic")
        if type(order) is not int:
            self._report("query-header-value", f"order is a whole number, not {order!r}.", "order")
        needs = data.get("needs", "guideline")
        if needs not in NEEDS:
            self._report("query-header-value", f"needs is one of {', '.join(NEEDS)}, not {needs!r}.", "needs")
        parameters = tuple(self._parameters(data.get("params") or {}))
        columns = tuple(self._columns(data.get("columns")))
        chart = self._chart(data.get("chart"), {c.name for c in columns})
        if self._untranslated:
            missing = ", ".join(lang for lang in LANGUAGES if lang in self._untranslated)
            self._report("query-untranslated", f"Words of the header are missing in {missing}.", severity="note")
        if any(f.severity == "error" for f in self.findings):
            return None
        return CatalogueEntry(
            name=self.file.stem,
            file=self.file,
            text=self.text,
            summary=summary,
            description=description,
            tags=tags,
            needs=str(needs),
            parameters=parameters,
            columns=columns,
            chart=chart,
            topic=str(topic),
            order=order,
        )

    def _data(self) -> dict[str, Any] | None:
        if not self._lines:
            self._report("query-header-missing", "The file does not open with a header. Begin with '#+ summary: ...'.")
            return None
        try:
            data = yaml.load("\n".join(self._lines), Loader=_LOADER)  # noqa: S506 - a safe loader
        except yaml.YAMLError as error:
            mark = getattr(error, "problem_mark", None)
            line = mark.line + 1 if mark else 1
            what = getattr(error, "problem", None) or "cannot be read"
            self._report("query-header-yaml", f"The header is no YAML: {what}. Correct this line.", line=line)
            return None
        if not isinstance(data, dict) or not all(isinstance(key, str) for key in data):
            self._report("query-header-yaml", "The header is no mapping of keys such as summary and columns.")
            return None
        return data

    def _text(self, data: dict[str, Any], key: str, *, needed: bool = True, of: str = "") -> Text:
        value, name = data.get(key), f"{of}{key}"
        if value is None:
            if needed:
                self._report(
                    "query-header-key", f"{name} is missing. Say it in English at least.", of.rstrip(".") or key
                )
            return {}
        return self._words(value, name, key if not of else of.split(".")[0])

    def _words(self, value: object, name: str, at: str) -> Text:
        if isinstance(value, str):
            value = {"en": value}
        if not isinstance(value, dict) or not all(isinstance(v, str) and v.strip() for v in value.values()):
            self._report("query-header-text", f"{name} is words, or words by language, and none of them empty.", at)
            return {}
        strange = [str(key) for key in value if key not in LANGUAGES]
        if strange or "en" not in value:
            what = f"has {', '.join(strange)}, which is no language here" if strange else "has no English"
            self._report("query-header-language", f"{name} {what}. Languages are {', '.join(LANGUAGES)}.", at)
        missing = [lang for lang in LANGUAGES if lang not in value]
        if "en" in value and not strange:
            self._untranslated |= set(missing)
        return {str(key): str(words) for key, words in value.items()}

    def _list(self, data: dict[str, Any], key: str, allowed: tuple[str, ...]) -> tuple[str, ...]:
        value = data.get(key, [])
        if not isinstance(value, list) or any(v not in allowed for v in value):
            self._report("query-header-value", f"{key} is a list of {', '.join(allowed)}, not {value!r}.", key)
            return ()
        return tuple(value)

    def _parameters(self, data: object) -> Iterator[Parameter]:
        if not isinstance(data, dict):
            self._report("query-header-value", "params is a mapping from names to what each parameter is.", "params")
            return
        for name, given in data.items():
            if not isinstance(given, dict) or not isinstance(name, str) or not name.isidentifier():
                self._report("query-header-value", f"The parameter {name!r} is no name with a mapping.", str(name))
                continue
            wrong = [f"{key!r} is no key of a parameter" for key in given if key not in PARAMETER_KEYS]
            kind = given.get("type")
            if kind not in TYPES:
                wrong.append(f"its type is one of {', '.join(TYPES)}, not {kind!r}")
            default, optional = given.get("default"), given.get("optional", False)
            if not isinstance(optional, bool):
                wrong.append("optional is true or false")
            elif (default is None) is not optional:
                wrong.append("it has a default, or optional: true, and not both")
            values = given.get("values", [])
            if (kind == "choice") is not bool(values) or not isinstance(values, list):
                wrong.append("a choice has a list of values, and nothing else has")
            least, most = given.get("minimum"), given.get("maximum")
            if any(b is not None and (kind != "integer" or type(b) is not int) for b in (least, most)):
                wrong.append("only an integer has a minimum or maximum, which are integers")
            if given.get("of") is not None and kind != "iri":
                wrong.append("only an IRI is of a class")
            for problem in wrong:
                self._report("query-header-value", f"Parameter {name}: {problem}.", name)
            label = self._text(given, "label", of=f"{name}.")
            if not wrong:
                yield Parameter(
                    name,
                    str(kind),
                    label,
                    default=None if default is None else _lexical(default),
                    optional=optional,
                    of=given.get("of"),
                    values=tuple(str(v) for v in values),
                    minimum=least,
                    maximum=most,
                )

    def _columns(self, data: object) -> Iterator[Column]:
        if not isinstance(data, dict) or not data:
            self._report("query-header-value", "columns is a mapping from each variable to its label.", "columns")
            return
        for name, said in data.items():
            of, label = None, said
            if isinstance(said, dict):
                of, label = said.get("of"), {k: v for k, v in said.items() if k != "of"}
            if of is not None and not isinstance(of, str):
                self._report("query-header-value", f"Column {name}: of is a prefixed name, not {of!r}.", str(name))
                of = None
            yield Column(str(name), self._words(label, f"column {name}", str(name)), of)

    def _chart(self, data: object, columns: set[str]) -> Chart | None:
        if data is None:
            return None
        if not isinstance(data, dict) or data.get("kind") not in CHARTS or not {"x", "y"} <= set(data):
            self._report("query-chart", f"chart has a kind ({' or '.join(CHARTS)}), x and y.", "chart")
            return None
        strange = set(data) - {"kind", "x", "y", "series"}
        unknown = [str(v) for k, v in data.items() if k in ("x", "y", "series") and v not in columns]
        if strange or unknown:
            what = f"{', '.join(sorted(strange))} is no key" if strange else f"{', '.join(unknown)} is no column"
            self._report("query-chart", f"chart: {what}.", "chart")
            return None
        return Chart(data["kind"], data["x"], data["y"], data.get("series"))

    def _report(
        self, name: str, message: str, key: str | None = None, *, line: int | None = None, severity: str = "error"
    ) -> None:
        if line is None:
            starts = [n for n, t in enumerate(self._lines, 1) if key and t.lstrip().startswith(f"{key}:")]
            line = starts[0] if starts else 1
        self.findings.append(Finding(name, message, f"{self.file}:{line}", severity=severity))


def _head(text: str) -> Iterator[str]:
    for line in text.splitlines():
        if not line.startswith("#+"):
            return
        yield line


def _lexical(value: object) -> str:
    """Return a value of YAML as one writes it."""
    return str(value).lower() if isinstance(value, bool) else str(value)
