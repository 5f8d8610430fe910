"""The errors of the package: each with a stable code, a title and an HTTP status."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lrp_kg.findings import Finding


class LrpError(Exception):
    """Something went wrong that the caller can correct; the message says what, where and how."""

    code: ClassVar[str] = "error"
    title: ClassVar[str] = "Error"
    status: ClassVar[int] = 500
    headers: ClassVar[dict[str, str]] = {}
    """Headers that an HTTP answer with this error has."""

    def __init__(self, message: str, findings: Sequence[Finding] = ()) -> None:
        super().__init__(message)
        self.message = message
        self.findings = tuple(findings)


class GuidelineError(LrpError):
    """The guideline folder cannot be used; its findings name file and line."""

    code = "guideline-not-usable"
    title = "The guideline cannot be used"


class RecordError(LrpError):
    """The record cannot be read at all."""

    code = "record-not-readable"
    title = "The record cannot be read"
    status = 400


class BrokenJson(RecordError):
    """The text is not JSON."""

    code = "broken-json"
    title = "The body is not JSON"


class DuplicateKey(RecordError):
    """A JSON object has the same key twice; taking either would be a guess."""

    code = "duplicate-key"
    title = "A key stands twice in the JSON object"


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
    """The content type of the body is not one that is read here."""

    code = "unsupported-media-type"
    title = "This content type is not read here"
    status = 415


class NotAcceptable(LrpError):
    """No format that the caller accepts can be produced."""

    code = "not-acceptable"
    title = "None of the accepted formats can be produced"
    status = 406


class TooLarge(RecordError):
    """The body is over the size limit."""

    code = "request-entity-too-large"
    title = "The body is too large"
    status = 413


class ForeignContext(RecordError):
    """A JSON-LD context that is not ours: never fetched, and refused where keys would be dropped."""

    code = "foreign-context"
    title = "The JSON-LD context cannot be used"


class UnknownParameter(LrpError):
    """A parameter has a value that means nothing here."""

    code = "unknown-parameter"
    title = "A parameter has an unknown value"
    status = 400


class InvalidRecord(LrpError):
    """The record was read but is not valid; every problem is among the findings."""

    code = "invalid-record"
    title = "The record is not valid"
    status = 422


class MalformedQuery(LrpError):
    """The text is no SPARQL query."""

    code = "malformed-query"
    title = "The query cannot be read"
    status = 400


class QueryRefused(LrpError):
    """The query asks for something that is not done here: another server, a change, a graph that is not known."""

    code = "query-refused"
    title = "The query asks for what is not done here"
    status = 400


class QueryTooLong(LrpError):
    """The text of the query is over the size limit."""

    code = "query-too-long"
    title = "The query is too long"
    status = 413


class LimitReached(LrpError):
    """A query reached one of its limits; nothing of its result is given."""

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


class RecordsNeeded(LrpError):
    """A query asks of records, and the dataset has none."""

    code = "records-needed"
    title = "The query asks of records, and none are loaded"
    status = 409


class UnknownQuery(LrpError):
    """There is no query of this name in the catalogue."""

    code = "unknown-query"
    title = "There is no such query"
    status = 404


class Busy(LrpError):
    """As many queries as may run at once are running."""

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
    """The engine could not be started, or ended without a reason that the query gave it."""

    code = "engine-failed"
    title = "The query engine failed"
    status = 503


class Unauthorised(LrpError):
    """Records are served, and no valid token was sent."""

    code = "token-needed"
    title = "A token is needed"
    status = 401
    headers = {"WWW-Authenticate": 'Bearer realm="lrp-kg"'}


class TooManyAttempts(LrpError):
    """Too many wrong tokens were sent."""

    code = "too-many-attempts"
    title = "Too many wrong tokens"
    status = 429
    headers = {"Retry-After": "60"}


class TokenFileError(LrpError):
    """Records are to be served, and there is no usable file of tokens."""

    code = "token-file"
    title = "The file of tokens cannot be used"


class StoreError(LrpError):
    """A store folder cannot be read or written."""

    code = "store-not-usable"
    title = "The store cannot be used"
    status = 503
