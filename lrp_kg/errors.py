"""The errors of the package: each with a stable code, a title and an HTTP status."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from lrp_kg.findings import Finding


class LrpError(Exception):
    """Base class of errors that the caller can fix; the message says what is wrong, where, and what to do."""

    code: ClassVar[str] = "error"
    title: ClassVar[str] = "Error"
    status: ClassVar[int] = 500
    headers: ClassVar[dict[str, str]] = {}
    """Headers of an HTTP response with this error."""

    def __init__(
        self,
        message: str,
        findings: Sequence[Finding] = (),
        messages: Mapping[str, str] | None = None,
        *,
        phrase: tuple[str, Mapping[str, object]] | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.findings = tuple(findings)
        self.messages = messages or {}
        """The message by language, where there are translations."""
        self.phrase = phrase
        """The name of the phrase that says the message, and what fills its blanks, where none could be asked for."""

    def text(self, lang: str) -> str:
        """Return the message in a language, else in English."""
        return self.messages.get(lang, self.message)


class GuidelineError(LrpError):
    """The guideline folder cannot be used; the findings name file and line."""

    code = "guideline-not-usable"
    title = "The guideline cannot be used"


class UnreadableFile(LrpError):
    """A file that a person wrote cannot be read as text; ``line`` and ``column`` from 1 where a place is known."""

    code = "file-not-readable"
    title = "A file cannot be read"

    def __init__(self, message: str, line: int | None = None, column: int | None = None) -> None:
        super().__init__(message)
        self.line = line
        self.column = column

    def where(self, file: Path) -> str:
        """Return the file with line and column, where they are known."""
        return f"{file}:{self.line}:{self.column}" if self.line else str(file)


class RecordError(LrpError):
    """The record cannot be read at all."""

    code = "record-not-readable"
    title = "The record cannot be read"
    status = 400


class CohortError(LrpError):
    """A table of records cannot be read, or its answers cannot be written.

    As text it has its first findings, a line each, for those who see it in Python.
    """

    code = "cohort-not-usable"
    title = "The cohort cannot be answered"
    shown: ClassVar[int] = 20
    """How many findings its text has."""

    def __str__(self) -> str:
        lines = [f"{f.where}: {f.message}" if f.where else f.message for f in self.findings[: self.shown]]
        left = len(self.findings) - len(lines)
        return "\n  ".join([self.message, *lines, *([f"... and {left} more"] if left else [])])


class BrokenJson(RecordError):
    """The text is not JSON."""

    code = "broken-json"
    title = "The body is not JSON"


class BrokenForm(RecordError):
    """The body is not the form that its content type says."""

    code = "broken-form"
    title = "The body is not a form"


class DuplicateKey(RecordError):
    """A JSON object has the same key twice, and choosing one would be a guess."""

    code = "duplicate-key"
    title = "A key is repeated in the JSON object"


class BrokenRdf(RecordError):
    """The text is not in the RDF format it claims to be."""

    code = "broken-rdf"
    title = "The body is not in the RDF format it claims to be"


class WrongCharset(RecordError):
    """The body is not UTF-8, the only charset of JSON and Turtle."""

    code = "wrong-charset"
    title = "The body is not UTF-8"
    status = 415


class UnsupportedMediaType(RecordError):
    """The content type of the body is not supported."""

    code = "unsupported-media-type"
    title = "This content type is not supported"
    status = 415


class NotAcceptable(LrpError):
    """None of the formats that the caller accepts can be produced."""

    code = "not-acceptable"
    title = "None of the accepted formats can be produced"
    status = 406


class TooLarge(RecordError):
    """The body is over the size limit."""

    code = "request-entity-too-large"
    title = "The body is too large"
    status = 413


class BodyCutShort(RecordError):
    """The body ended before all of it had arrived."""

    code = "body-cut-short"
    title = "The body is not complete"


class LengthNeeded(RecordError):
    """The request does not say how long its body is, and the end of this format looks like a cut."""

    code = "length-required"
    title = "The length of the body is needed"
    status = 411


class UnsupportedEncoding(RecordError):
    """The body is compressed."""

    code = "unsupported-content-encoding"
    title = "A compressed body is not supported"
    status = 415
    headers = {"Accept-Encoding": "identity"}


class NotReading(RecordError):
    """The sender of a stream did not read the answers while it went on sending."""

    code = "answers-not-read"
    title = "The answers were not read"


class ForeignContext(RecordError):
    """A remote JSON-LD context (never fetched), or an inline one that would drop keys."""

    code = "foreign-context"
    title = "The JSON-LD context cannot be used"


class UnknownParameter(LrpError):
    """A parameter, or its value, is unknown."""

    code = "unknown-parameter"
    title = "A parameter, or its value, is unknown"
    status = 400


class WrongSetting(UnknownParameter):
    """Settings have values that they cannot have; the message has a line for each."""

    code = "wrong-setting"
    title = "A setting cannot be used"
    status = 500


class WrongPrefix(LrpError):
    """The path prefix under which a proxy shows the service is not a plain path."""

    code = "wrong-prefix"
    title = "The path prefix cannot be used"
    status = 400


class WrongHost(LrpError):
    """The Host header is missing or no name of a host, and the response would hold it."""

    code = "wrong-host"
    title = "The Host header cannot be used"
    status = 400


class InvalidRecord(LrpError):
    """The record is readable but not valid; the findings list every problem."""

    code = "invalid-record"
    title = "The record is not valid"
    status = 422


class MalformedQuery(LrpError):
    """The text is not a SPARQL query."""

    code = "malformed-query"
    title = "The query cannot be read"
    status = 400


class QueryRefused(LrpError):
    """The query asks for something this service does not do: another server, an update, an unknown graph."""

    code = "query-refused"
    title = "The query asks for something this service does not do"
    status = 400


class QueryTooLong(LrpError):
    """The text of the query is over the size limit."""

    code = "query-too-long"
    title = "The query is too long"
    status = 413


class LimitReached(LrpError):
    """A query, or the work on a record, reached one of its limits; no part of its result is returned."""

    status = 503


class QueryTimeLimit(LimitReached):
    """The query took too long and was stopped."""

    code = "limit-time"
    title = "The query took too long"


class RowLimit(LimitReached):
    """The result has too many rows or triples."""

    code = "limit-rows"
    title = "The result has too many rows"


class SizeLimit(LimitReached):
    """The result has too many bytes."""

    code = "limit-size"
    title = "The result is too large"


class MemoryLimit(LimitReached):
    """The query needed too much memory and was stopped."""

    code = "limit-memory"
    title = "The query needs too much memory"


class RecordTimeLimit(LimitReached):
    """The work on a record took too long and was stopped."""

    code = "limit-time"
    title = "The record took too long"


class RecordMemoryLimit(LimitReached):
    """The work on a record needed too much memory and was stopped."""

    code = "limit-memory"
    title = "The record needs too much memory"


class RecordsNeeded(LrpError):
    """A query needs records, and the dataset has none."""

    code = "records-needed"
    title = "The query needs records, and none are loaded"
    status = 409


class UnknownQuery(LrpError):
    """There is no query of this name in the catalogue."""

    code = "unknown-query"
    title = "There is no such query"
    status = 404


class Busy(LrpError):
    """The limit of concurrent requests is reached."""

    code = "busy"
    title = "Too many queries at once"
    status = 503
    headers = {"Retry-After": "1"}


class BeingPrepared(LrpError):
    """The dataset is not ready yet."""

    code = "being-prepared"
    title = "The dataset is being prepared"
    status = 503
    headers = {"Retry-After": "5"}


class EngineFailed(LrpError):
    """The query engine did not start, or ended for a reason unrelated to the query."""

    code = "engine-failed"
    title = "The query engine failed"
    status = 503


class Unauthorised(LrpError):
    """The service holds records, and the request has no valid token."""

    code = "token-needed"
    title = "A token is needed"
    status = 401
    headers = {"WWW-Authenticate": 'Bearer realm="lrp-kg"'}


class TooManyAttempts(LrpError):
    """A client sent too many wrong tokens."""

    code = "too-many-attempts"
    title = "Too many wrong tokens"
    status = 429
    headers = {"Retry-After": "60"}


class TokenFileError(LrpError):
    """The service would hold records without a usable file of tokens."""

    code = "token-file"
    title = "The file of tokens cannot be used"


class NeedsLinux(LrpError):
    """What was asked for works on Linux only."""

    code = "needs-linux"
    title = "This needs Linux"


class StoreError(LrpError):
    """A store folder cannot be read or written."""

    code = "store-not-usable"
    title = "The store cannot be used"
    status = 503
