"""NDJSON, answered line by line as it arrives, in bounded memory and of any length."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from contextlib import ExitStack, contextmanager
from itertools import chain
from typing import TYPE_CHECKING

import orjson
from flask import Response

from lrp_kg.effort import Effort, limited
from lrp_kg.errors import BodyCutShort, LrpError, RecordError
from lrp_kg.record.lines import Line
from lrp_kg.web.problems import FAILED, OUT_OF_MEMORY, log_unexpected
from lrp_kg.web.reading import Reading, one_record
from lrp_kg.web.turns import Turns
from lrp_kg.web.upload import Body, Upload
from lrp_kg.words import said

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

    from lrp_kg.record.model import RawRecord
    from lrp_kg.record.read import RecordReader

STREAMED = "lrp_kg.streamed"
"""In the environment of a request: its body is read while it is answered."""

NDJSON = "application/x-ndjson"


class Stream:
    """Answers the lines of the bodies of a worker."""

    def __init__(self, longest: int, effort: Effort) -> None:
        self.turns = Turns()
        self.effort = effort
        self.longest = longest
        self.reading: Reading | None = None

    def apart(self, sent: bytes, kind: str, addresses: Collection[str]) -> RawRecord | None:
        """Return the valid record of a body that is read in another process; ``None`` if it is to be read here."""
        return self.reading.apart(sent, kind, addresses) if self.reading else None

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Work on a record that was sent alone, within the limits of one record."""
        with self.turns.alone(), limited(self.effort):
            yield

    def answer(
        self,
        environ: WSGIEnvironment,
        reader: RecordReader,
        addresses: Collection[str],
        respond: Callable[[RawRecord], bytes],
        lang: str,
        **invalid: bool,
    ) -> Response:
        """Respond to each line with a line that has its number; ``invalid`` is added to a line with an error.

        ``respond`` returns a JSON object; ``addresses`` are those of our context. Raises `BodyCutShort` where the body
        ends before its first line does, and `Busy` where too many streams are being answered.
        """
        self.turns.begin()
        with ExitStack() as stack:
            stack.callback(self.turns.end)
            upload = Upload(Body(environ).readline, self.longest)
            stack.callback(upload.close)
            arriving = iter(upload)
            first = next(arriving, None)
            if first and isinstance(first[1], BodyCutShort):
                raise first[1]
            kept = stack.pop_all()
        environ[STREAMED] = True

        def answers() -> Iterator[bytes]:
            with kept:
                for line in chain([first] if first else [], arriving):
                    yield self._one(line, reader, addresses, respond, lang, invalid)

        response = Response(answers(), mimetype=NDJSON)
        response.call_on_close(kept.close)  # also where nothing was asked for
        return response

    def _one(
        self,
        arrived: Line,
        reader: RecordReader,
        addresses: Collection[str],
        respond: Callable[[RawRecord], bytes],
        lang: str,
        invalid: dict[str, bool],
    ) -> bytes:
        number, line = arrived
        try:
            if isinstance(line, RecordError):
                raise line
            raw = self.apart(line, "json", addresses)
            with self.turns.line(), limited(self.effort):
                answer = respond(raw or one_record(reader, line, "json", addresses))
            return b'{"line":%d,%b\n' % (number, answer[1:])
        except LrpError as error:
            code, detail = error.code, said(error, lang)
            findings = [f.as_dict(lang) for f in error.findings]
        except MemoryError:
            (code, detail), findings = OUT_OF_MEMORY, []
        except Exception as error:
            log_unexpected(error)
            (code, detail), findings = FAILED, []
        known = {**invalid, "line": number, "invalid": True, "code": code, "detail": detail, "findings": findings}
        return orjson.dumps(known, option=orjson.OPT_APPEND_NEWLINE)
