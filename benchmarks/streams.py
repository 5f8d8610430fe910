"""Measure ordinary requests beside streams of NDJSON: their times, the lines answered, the memory of the worker.

Run it alone on a machine: ``python benchmarks/streams.py [SECONDS]``, for which each number of streams is measured.
"""

from __future__ import annotations

import contextlib
import http.client
import socket
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import serving

EXAMPLES = Path(__file__).parent.parent / "examples"
COHORT = (EXAMPLES / "cohort.ndjson").read_bytes()
MEGABYTES = 10
"""Size of the stream whose memory is measured."""


class Stream(threading.Thread):
    """Sends lines without end and reads the answers; a second connection would wait for neither."""

    def __init__(self, port: int, stop: threading.Event, body: Iterator[bytes] | None = None) -> None:
        super().__init__()
        self.port, self.stop, self.lines = port, stop, 0
        self.body = body or self._cohort()

    def _cohort(self) -> Iterator[bytes]:
        while not self.stop.is_set():
            yield COHORT

    def run(self) -> None:
        connection = http.client.HTTPConnection(serving.HOST, self.port, timeout=60)
        connection.putrequest("POST", "/assess?detail=summary")
        connection.putheader("Content-Type", "application/x-ndjson")
        connection.putheader("Transfer-Encoding", "chunked")
        connection.endheaders()
        sender = threading.Thread(target=self._send, args=(connection,))
        sender.start()
        assert connection.sock
        response = connection.response_class(connection.sock, method="POST")
        response.begin()
        while response.readline() and not self.stop.is_set():
            self.lines += 1
        connection.sock.shutdown(socket.SHUT_RDWR)
        sender.join()
        response.close()
        connection.close()

    def _send(self, connection: http.client.HTTPConnection) -> None:
        with contextlib.suppress(OSError):  # the stream was stopped
            for part in self.body:
                connection.send(b"%x\r\n%b\r\n" % (len(part), part))
            connection.send(b"0\r\n\r\n")


def main() -> None:
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 20.0
    out = sys.stdout.write
    with (
        tempfile.TemporaryDirectory() as scratch,
        serving.service(serving.environment(Path(scratch)), workers=1) as server,
    ):
        serving.ordinary(server.port, 2)
        alone = 0.0
        for count in (0, 1, 2, 8):
            stop = threading.Event()
            streams = [Stream(server.port, stop) for _ in range(count)]
            for stream in streams:
                stream.start()
            begun = [stream.lines for stream in streams]
            times = serving.ordinary(server.port, seconds)
            answered = sum(stream.lines for stream in streams) - sum(begun)
            stop.set()
            for stream in streams:
                stream.join()
            p99 = statistics.quantiles(times, n=100)[98]
            alone = alone or p99
            out(
                f"{count} streams: ordinary requests {statistics.median(times):.1f} ms, p99 {p99:.1f} ms "
                f"({p99 / alone:.1f} times that of none), {answered / seconds:.0f} lines/s\n"
            )
        before, start = server.worker_megabytes(), time.perf_counter()
        parts = MEGABYTES * 1_000_000 // len(COHORT)
        big = Stream(server.port, threading.Event(), iter([COHORT] * parts))
        big.start()
        peak = before
        while big.is_alive():
            big.join(0.5)
            peak = max(peak, server.worker_megabytes())
        out(
            f"{MEGABYTES} MB of records: {big.lines} answers in {time.perf_counter() - start:.0f} s, "
            f"worker {before:.0f} MB before, at most {peak:.0f} MB\n"
        )


if __name__ == "__main__":
    main()
