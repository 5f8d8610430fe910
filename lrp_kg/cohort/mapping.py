"""A mapping from the columns and codes of a table to fields and values, as `mapping.schema.json` describes it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa
import yaml

from lrp_kg.cohort.encoding import usual, values_of
from lrp_kg.cohort.inputs import EMPTY, ID, SEPARATOR, WHOLE
from lrp_kg.errors import CohortError, UnreadableFile
from lrp_kg.findings import Finding
from lrp_kg.guideline.model import Field, Guideline
from lrp_kg.namespaces import local_name
from lrp_kg.record.limits import problem
from lrp_kg.text_files import read_text
from lrp_kg.words import error as say
from lrp_kg.words import in_every_language

UNKNOWN = ("", "null", "~")
"""What a code is mapped to that says that nothing is known."""
SEPARATORS = (SEPARATOR, "|", ",")
"""What may separate the codes of a list in a text: a draft names one of these where the parts are known or repeat."""
UNMAPPED = 100
"""Unmapped values of a column that are named."""


@dataclass
class MappedColumn:
    """What a column is: the field, the value of each of its codes, and what separates codes within a text.

    A code of a list that is mapped to nothing is left out of it; two that mean the same value count once.
    """

    name: str
    values: dict[str, Any] | None = None
    separator: str | None = None
    unmapped: dict[str, None] = field(default_factory=dict)

    def of(self, value: Any) -> Any:
        """Return what a value means; note those that no code says."""
        if value is None or not self.recodes:
            return value
        if value != value:  # noqa: PLR0124 - only NaN is not itself
            return None
        if isinstance(value, str) and self.separator is not None:
            text = value.strip()
            if not text:
                return None
            value = [] if text == EMPTY else [part.strip() for part in text.split(self.separator)]
        if isinstance(value, list):
            found = (self._code(item) for item in value)
            return list(dict.fromkeys(code for code in found if code is not None))
        return self._code(value)

    @property
    def recodes(self) -> bool:
        """Return whether its values mean something else than they say."""
        return self.values is not None or self.separator is not None

    def _code(self, value: Any) -> Any:
        if self.values is None:
            return value
        text = code_text(value)
        if text not in self.values:
            if len(self.unmapped) < UNMAPPED:
                self.unmapped[text] = None
            return None
        return self.values[text]


class ColumnMapping:
    """The mapping of a file; what is wrong with it is reported at once."""

    def __init__(self, guideline: Guideline, data: Any, where: str) -> None:
        self._where = where
        self._fields = guideline.field_names
        bounds = {local_name(bound): f for bound, f in guideline.bounded.items()}
        self._targets: dict[str, Field | None] = {ID: None, **self._fields, **bounds}
        expanded = {local_name(v.expands_to) for f in self._fields.values() for v in f.values if v.expands_to}
        self._flags = expanded
        findings: list[Finding] = []
        if not isinstance(data, dict) or not data.keys() <= {"columns", "ignore"}:
            raise say(CohortError, "error-mapping-form", file=where)
        columns, ignored = data.get("columns") or {}, data.get("ignore") or []
        if not isinstance(columns, dict) or not isinstance(ignored, list):
            raise say(CohortError, "error-mapping-form", file=where)
        self._ignored = {str(name) for name in ignored}
        self._columns: dict[str, MappedColumn] = {}
        for name, said in columns.items():
            own = said if isinstance(said, dict) else {"field": said}
            if not own.keys() <= {"field", "values", "separator"} or not isinstance(own.get("field"), str):
                findings.append(self._problem("mapping-form", name))
                continue
            target = own["field"]
            if target not in self._targets and target not in self._flags:
                findings.append(self._problem("mapping-field", name, field=target))
                continue
            values = own.get("values")
            if values is not None and not isinstance(values, dict):
                findings.append(self._problem("mapping-form", name))
                continue
            separator = own.get("separator")
            if separator is not None and not self._separates(target, separator):
                findings.append(self._problem("mapping-separator", name))
                continue
            found: dict[str, Any] | None = None if values is None else {}
            for code, value in (values or {}).items():
                taken, good = self._value(target, value)
                if not good:
                    findings.append(self._problem("mapping-value", name, code=code, value=value, field=target))
                elif found is not None:
                    found[code] = taken
            self._columns[name] = MappedColumn(target, found, separator)
        findings += [self._problem("mapping-twice", name) for name in self._columns if name in self._ignored]
        _raise(findings, where)

    def _separates(self, target: str, separator: Any) -> bool:
        f = self._targets.get(target)
        return f is not None and f.kind == "values" and isinstance(separator, str) and separator not in UNKNOWN

    def _value(self, target: str, value: Any) -> tuple[Any, bool]:
        """Return what a value of the mapping is in a record, and whether the field can have it."""
        f = self._targets.get(target)
        kind = "boolean" if target in self._flags else f.kind if f else "string"
        if not isinstance(value, str):
            return None, False
        if value in UNKNOWN:
            return None, True
        if kind == "boolean":
            return value == "true", value in ("true", "false")
        if kind == "integer":
            return (int(value), True) if WHOLE.fullmatch(value) else (None, False)
        if f and kind in ("value", "values"):
            return value, value in {v.id for v in f.values}
        return value, True

    def _problem(self, name: str, column: str, **fill: object) -> Finding:
        texts = in_every_language(name, name=column, **fill)
        return Finding(name, texts["en"], where=self._where, field=column, messages=texts)

    # -- columns ------------------------------------------------------------------------------------

    def names(self, names: Sequence[str]) -> list[str]:
        """Return what the columns of a table are called in a record; those that are ignored are left out."""
        lacking = [n for n in self._columns if n not in names] + [n for n in self._ignored if n not in names]
        _raise([self._problem("mapping-no-column", n) for n in lacking], self._where)
        return [self._columns[n].name if n in self._columns else n for n in names if n not in self._ignored]

    def source(self, target: str) -> str:
        """Return the column that is a field."""
        return next((name for name, own in self._columns.items() if own.name == target), target)

    @property
    def coded(self) -> list[str]:
        """The columns of which each value has to be mapped."""
        return [name for name, own in self._columns.items() if own.values is not None]

    def rows(self, batch: pa.RecordBatch, *, text: bool) -> pa.RecordBatch:
        """Return rows in the terms of a record; in ``text`` every value is text, as it was."""
        arrays, names = [], []
        for name, column in zip(batch.schema.names, batch.columns, strict=True):
            if name in self._ignored:
                continue
            own = self._columns.get(name)
            names.append(own.name if own else name)
            arrays.append(_recoded(column, own, text=text) if own and own.recodes else column)
        return pa.RecordBatch.from_arrays(arrays, names=names)

    def record(self, record: Mapping[str, Any]) -> tuple[dict[str, Any], Finding | None]:
        """Return a JSON object in the terms of a record, and what is wrong where it has a field under two names.

        Every value but null counts, as in a record: the empty text too, and the list of nothing.
        """
        found: dict[str, Any] = {}
        names: dict[str, str] = {}
        twice: Finding | None = None
        for name, value in record.items():
            if name in self._ignored:
                continue
            own = self._columns.get(name)
            target, said = (own.name, own.of(value)) if own else (name, value)
            if said is None:
                found.setdefault(target, None)
            elif target not in names:
                names[target], found[target] = name, said
            elif twice is None:
                both = f"{names[target]}, {name}"
                twice = problem("more-than-one-value", "mapping-line-twice", target, names=both)
        return found, twice

    def unmapped(self) -> dict[str, tuple[str, ...]]:
        """Return the values of each column that were met and are not mapped."""
        return {name: tuple(own.unmapped) for name, own in self._columns.items() if own.unmapped}

    def add_unmapped(self, values: Mapping[str, Sequence[str]]) -> None:
        """Note values that another reader met."""
        for name, found in values.items():
            own = self._columns[name].unmapped
            for value in found[: UNMAPPED - len(own)]:
                own[value] = None

    def demand_all_values(self) -> None:
        """Raise `CohortError` with every value that was met and is not mapped."""
        findings = [
            self._problem("mapping-unmapped", name, value=value, field=own.name)
            for name, own in self._columns.items()
            for value in own.unmapped
        ]
        _raise(findings, self._where)


def _recoded(column: pa.Array, own: MappedColumn, *, text: bool) -> pa.Array:
    if pa.types.is_nested(column.type):
        return pa.array([own.of(value) for value in usual(column).to_pylist()])
    encoded = column if pa.types.is_dictionary(column.type) else column.dictionary_encode()
    values = [own.of(value) for value in values_of(encoded.dictionary)]
    if text:
        return pa.array([_as_text(value) for value in values], pa.string()).take(encoded.indices)
    return pa.array(values).take(encoded.indices)


def _as_text(value: Any) -> str | None:
    if isinstance(value, list):
        return SEPARATOR.join(value) or EMPTY
    return None if value is None else code_text(value)


def code_text(value: Any) -> str:
    """Return a code as the mapping has it: as text."""
    if value is None:  # in a list
        return UNKNOWN[1]
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


class _Loader(yaml.BaseLoader):
    """Reads every scalar as text, so that a code such as no or 010 is what was written; refuses repeated keys."""

    def construct_mapping(self, node: Any, deep: bool = False) -> Any:
        keys = [self.construct_object(key, deep=True) for key, _ in node.value]
        twice = next((key for key in keys if keys.count(key) > 1), None)
        if twice is not None:
            raise yaml.constructor.ConstructorError(None, None, f"the key {twice!r} is there twice", node.start_mark)
        return super().construct_mapping(node, deep)


def load_mapping(guideline: Guideline, path: Path) -> ColumnMapping:
    """Read a mapping from YAML or JSON; raise `CohortError` with everything that is wrong with it."""
    return ColumnMapping(guideline, mapping_data(path), str(path))


def mapping_data(path: Path) -> Any:
    """Return what YAML or JSON says, every scalar as text; raise `CohortError` where it cannot be read."""
    text = ""
    try:
        text = read_text(path)
        return yaml.load(text, _Loader)  # noqa: S506  a subclass of the base loader, which only makes text
    except UnreadableFile as error:
        raise CohortError(error.message) from None
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise say(CohortError, "error-mapping-yaml", file=str(path), line=line, what=error.problem or "") from None
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise say(CohortError, "error-mapping-yaml", file=str(path), line=line, what=error.reason) from None
    except RecursionError:
        raise say(CohortError, "error-mapping-form", file=str(path)) from None


def suggest(guideline: Guideline, names: Iterable[str], values: Mapping[str, Sequence[str]]) -> str:
    """Return the draft of a mapping: columns that are called as a field or its label, and codes as a value's.

    What is not found is a question mark, which no mapping may have.
    """
    g = guideline
    fields = {_bare(word): f for f in g.field_names.values() for word in (f.id, *f.label.values())}
    members = {local_name(v.expands_to) for f in g.field_names.values() for v in f.values if v.expands_to}
    others = {_bare(name): name for name in (*members, *map(local_name, g.bounded))}
    columns: dict[str, Any] = {}
    for name in names:
        f, other = fields.get(_bare(name)), others.get(_bare(name))
        if name == ID:
            continue
        own: dict[str, Any] = {"field": f.id if f else other or "?"}
        kind = f.kind if f else "boolean" if other in members else ""
        if kind in ("value", "values", "boolean"):
            known = {_bare(word): v.id for v in f.values for word in (v.id, *v.label.values())} if f else {}
            known |= {"true": "true", "false": "false"} if kind == "boolean" else {}
            codes = values.get(name, ())
            if kind == "values":
                texts = [text for text in codes if text != EMPTY]
                if separator := _separator(texts, known):
                    own["separator"] = separator
                    texts = [part.strip() for text in texts for part in text.split(separator)]
                codes = texts if separator else codes
            own["values"] = {code: known.get(_bare(code), "?") for code in codes}
        columns[name] = own
    draft = {"columns": columns, "ignore": []}
    return yaml.safe_dump(draft, allow_unicode=True, sort_keys=False)


def _separator(texts: Sequence[str], known: Mapping[str, str]) -> str | None:
    """Return what separates codes in texts, or else what is in none of them, so that each text is one code.

    Most parts of a text are known, and more than of the texts, or there are fewer different ones. None is empty, or
    begins or ends with what also separates.
    """
    marks, wholes = "".join(SEPARATORS), {text.strip() for text in texts}
    for separator in sorted(SEPARATORS, key=lambda own: -"".join(texts).count(own)):
        parts = {part.strip() for text in texts for part in text.split(separator)}
        better = _known(parts, known) > max(_known(wholes, known), 0.5) or len(parts) < len(wholes)
        if (
            parts != wholes
            and better
            and all(part and part[0] not in marks and part[-1] not in marks for part in parts)
        ):
            return separator
    return next((own for own in SEPARATORS if not any(own in text for text in texts)), None)


def _known(codes: Collection[str], known: Mapping[str, str]) -> float:
    """Return which share of codes is known."""
    return sum(_bare(code) in known for code in codes) / len(codes) if codes else 0


def _bare(word: str) -> str:
    return "".join(c for c in word.casefold() if c.isalnum())


def _raise(findings: Sequence[Finding], where: str) -> None:
    if findings:
        error = say(CohortError, "error-mapping", file=where, count=len(findings))
        raise CohortError(error.message, findings, error.messages)
