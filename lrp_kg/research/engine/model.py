"""What an engine is asked and what it replies; the limits of one query."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from typing import IO, Any, Protocol, Self

import orjson

from lrp_kg.settings import Setting, from_environment, read, seconds, whole

BASE = "https://w3id.org/lrp-kg/"
"""What a relative IRI in a query is relative to."""

CHUNK = 64 * 1024
"""Bytes that a reply is handed out in at a time."""


@dataclass(frozen=True)
class Limits:
    """Limits of one query: CPU seconds, rows or triples, bytes of the result, bytes of memory, and queries at once.

    ``patience`` is how many times ``seconds`` a query may last by the clock, so that a busy machine ends none that is
    allowed; a remote store has ``seconds`` by the clock. ``memory`` is counted beyond what a worker starts with;
    ``text`` is the size of the query in bytes.
    """

    seconds: float = 10.0
    patience: int = 12
    rows: int = 1_000_000
    size: int = 256 * 1024 * 1024
    memory: int = 1024 * 1024 * 1024
    concurrent: int = 8
    text: int = 256 * 1024

    @property
    def clock(self) -> float:
        """Seconds that a query may last by the clock."""
        return self.seconds * self.patience

    @classmethod
    def settings(cls) -> tuple[Setting, ...]:
        """Return the setting of each limit."""
        kinds = {"float": seconds(10**6), "int": whole(1)}
        return tuple(Setting(setting(f.name), kinds[str(f.type)], f.default, _WHAT[f.name]) for f in fields(cls))

    @classmethod
    def from_settings(cls, given: Mapping[str, Any]) -> Limits:
        """Return limits from ``QUERY_SECONDS``, ``QUERY_ROWS``, ``QUERY_BYTES``, ``QUERY_MEMORY`` and so on."""
        found = read(cls.settings(), given)
        return cls(**{f.name: found[setting(f.name)] for f in fields(cls)})

    @classmethod
    def from_environment(cls) -> Limits:
        """Return limits from the environment: ``LRP_QUERY_SECONDS`` and so on."""
        return cls.from_settings(from_environment())


_WHAT = {
    "seconds": "CPU seconds that a query may use; for a remote store seconds by the clock",
    "patience": "times those seconds that a query may last by the clock, on a busy machine",
    "rows": "rows or triples of a result",
    "size": "bytes of a result",
    "memory": "bytes of memory that a query may need",
    "concurrent": "queries at once, for each worker process",
    "text": "bytes of the text of a query",
}


def setting(limit: str) -> str:
    """Return the setting of a limit, without its prefix ``LRP_``."""
    return f"QUERY_{'BYTES' if limit == 'size' else limit.upper()}"


@dataclass(frozen=True)
class Question:
    """A query with the dataset of the protocol request and the media types that the caller takes.

    Both lists of graphs empty: the dataset that the query names, else that of the engine. ``solutions`` is the media
    type for SELECT and ASK, ``graph`` that for CONSTRUCT and DESCRIBE; ``None``: the caller takes none.
    """

    text: str
    default_graphs: tuple[str, ...] = ()
    named_graphs: tuple[str, ...] = ()
    solutions: str | None = "application/sparql-results+json"
    graph: str | None = "text/turtle"


class Closing(ABC):
    """What is closed at the end of a ``with`` statement."""

    @abstractmethod
    def close(self) -> None:
        """Give back every process and file."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class Reply(Closing):
    """The complete result of a query, held in memory or in a temporary file; ``graphs``: those it named with FROM."""

    def __init__(
        self,
        form: str,
        media_type: str,
        size: int,
        rows: int | None,
        source: bytes | IO[bytes],
        graphs: tuple[str, ...] = (),
    ) -> None:
        self.form = form
        self.media_type = media_type
        self.size = size
        self.rows = rows
        self.graphs = graphs
        self._source = source

    @property
    def in_memory(self) -> bool:
        """Return whether the result is short enough to be handed out in one piece."""
        return isinstance(self._source, bytes)

    def chunks(self) -> Iterator[bytes]:
        """Yield the result in parts, and close it at the end."""
        if isinstance(self._source, bytes):
            yield self._source
            return
        try:
            self._source.seek(0)
            while part := self._source.read(CHUNK):
                yield part
        finally:
            self.close()

    def read(self) -> bytes:
        """Return the whole result, and close it."""
        return b"".join(self.chunks())

    def rows_as_text(self) -> list[dict[str, str]]:
        """Return the rows of a SELECT in JSON, each value as its text, and close the result."""
        data = orjson.loads(self.read())
        return [{k: v["value"] for k, v in row.items()} for row in data["results"]["bindings"]]

    def close(self) -> None:
        """Give back the temporary file."""
        if not isinstance(self._source, bytes):
            self._source.close()


class Engine(Protocol):
    """Something that answers queries over one dataset."""

    @property
    def version(self) -> str:
        """What changes whenever the data changes."""
        ...

    @property
    def has_records(self) -> bool:
        """Return whether there are records among the data."""
        ...

    def ask(self, question: Question) -> Reply:
        """Answer a query completely, or raise an `LrpError` that says why not."""
        ...

    def close(self) -> None:
        """Give back every process and file."""
        ...
