"""A tiny service under the supervisor: each connection gets the worker's process and what it was started from.

``python -m tests.support.supervised WORKERS FOLDER``; a file in the folder named ``broken`` lets new workers end before
they serve, one named ``unusable`` lets a reload fail, ``busy`` keeps workers from stopping, and the text of ``version``
is what is served. A worker that serves leaves a file ``serves-`` with its process.
"""

from __future__ import annotations

import os
import select
import signal
import socket
import sys
from contextlib import suppress
from pathlib import Path

from lrp_kg.web.listening import listen
from lrp_kg.web.supervisor import LEAVE, Ready, Supervisor


def main(workers: int, folder: Path) -> int:
    listener = listen("127.0.0.1", 0)
    listener.setblocking(False)
    served = [(folder / "version").read_text()]

    def reload() -> bool:
        if (folder / "unusable").exists():
            return False
        served[0] = (folder / "version").read_text()
        return True

    def announce() -> None:
        sys.stdout.write(f"port {listener.getsockname()[1]}\n")
        sys.stdout.flush()

    def work(number: int, ready: Ready) -> None:
        if (folder / "broken").exists():
            raise SystemExit(3)
        stopped: list[int] = []
        for stopping in (signal.SIGTERM, signal.SIGINT, LEAVE):
            signal.signal(stopping, lambda number, _frame: stopped.append(number))
        ready()
        (folder / f"serves-{os.getpid()}").touch()
        while not stopped or (folder / "busy").exists():
            _answer(listener, f"{os.getpid()} {served[0]}")

    return Supervisor(work, workers, announce=announce, reload=reload, stopping=listener.close).run()


def _answer(listener: socket.socket, text: str) -> None:
    """Answer the connection that comes next, if one comes soon and no other worker takes it."""
    if select.select([listener], [], [], 0.02)[0]:
        with suppress(BlockingIOError):
            connection, _ = listener.accept()
            with connection:
                connection.sendall(text.encode())


if __name__ == "__main__":
    raise SystemExit(main(int(sys.argv[1]), Path(sys.argv[2])))
