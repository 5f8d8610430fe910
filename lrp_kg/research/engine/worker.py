"""A worker: answers one query at a time over a socket, with timers that the kernel keeps."""

from __future__ import annotations

import signal
import socket
import time
from typing import IO, Any, cast

import pyoxigraph as ox

from lrp_kg.errors import LrpError
from lrp_kg.research.engine import forbidden, messages, sandbox
from lrp_kg.research.engine.formats import GRAPHS, SOLUTIONS, can_exceed, count, writable
from lrp_kg.research.engine.result_file import ResultFile, ResultTooLarge
from lrp_kg.research.engine.store_dataset import StoreDataset


def serve(sock: socket.socket, dataset: StoreDataset, memory: int, parent: int) -> None:
    """Answer queries until the other side is gone, or ``parent``, which forked this process."""
    sandboxed = sandbox.close_off(parent)
    sandbox.limit_memory(memory)
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.signal(signal.SIGPROF, signal.SIG_DFL)
    messages.send(sock, {"ready": True, "sandboxed": sandboxed})
    dataset.copying = lambda: messages.send(sock, messages.COPYING)
    while (message := messages.receive(sock)) is not None:
        signal.setitimer(signal.ITIMER_REAL, message.data["clock"])
        signal.setitimer(signal.ITIMER_PROF, message.data["seconds"])
        data, file = _answer(dataset, message.data)
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.setitimer(signal.ITIMER_REAL, 0)
        data["used"] = time.process_time()
        if file is None:
            messages.send(sock, data)
        elif file.on_disk:
            messages.send(sock, data, descriptor=file.reader().fileno())
            file.file.close()
        else:
            messages.send(sock, data, file.reader().read())


def _answer(store: StoreDataset, request: dict[str, Any]) -> tuple[dict[str, Any], ResultFile | None]:
    try:
        return _run(store, request)
    except LrpError as error:
        return {"error": error.code, "message": error.message, "messages": dict(error.messages)}, None
    except ResultTooLarge:
        return {"error": "limit-size"}, None
    except MemoryError:
        return {"error": "limit-memory"}, None
    except OSError as error:
        return {"error": "engine-failed", "message": f"The query cannot be answered: {type(error).__name__}."}, None
    except RecursionError:
        return {"error": "malformed-query", "message": "The query is nested too deeply. Write it flatter."}, None
    except (RuntimeError, ValueError) as error:
        reason = " ".join(str(error).split())[:300]
        return {"error": "malformed-query", "message": f"The query cannot be answered: {reason}."}, None


def _run(store: StoreDataset, request: dict[str, Any]) -> tuple[dict[str, Any], ResultFile | None]:
    text = request["text"]
    asked = forbidden.QueryGraphs(tuple(request["default"]), tuple(request["named"]))
    dataset = forbidden.examine(text)
    try:
        results = store.query(text, asked or dataset)
    except SyntaxError as error:
        raise forbidden.syntax_error(text, error) from None
    form = "graph"
    if isinstance(results, ox.QueryBoolean):
        form = "ask"
    elif isinstance(results, ox.QuerySolutions):
        form = "select"
    media_type = request["graph" if form == "graph" else "solutions"]
    if media_type is None:
        return {"error": "not-acceptable", "form": form}, None
    file = ResultFile(request["size"])
    with writable(media_type, cast(IO[bytes], file)) as output:
        results.serialize(output=output, format=(GRAPHS if form == "graph" else SOLUTIONS)[media_type])
    rows = None
    if form != "ask" and can_exceed(media_type, file.size, request["rows"]):
        rows = count(media_type, file.reader())
        if rows > request["rows"]:
            return {"error": "limit-rows"}, None
    graphs = [*dataset.default, *dataset.named]
    return {"form": form, "media": media_type, "size": file.size, "rows": rows, "graphs": graphs}, file
