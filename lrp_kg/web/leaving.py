"""Lets a worker that is replaced end without losing a request.

Granian closes connections of which it has read no byte when it is asked to stop, also those that it has just accepted,
and those that wait for another request. So the worker first stops accepting: in place of the listening socket, which
all workers share, it puts one that nobody can connect to. Its answers then say that their connection ends, and clients
open the next one to another worker. When every connection has had its first request, Granian is asked to stop.
"""

from __future__ import annotations

import array
import fcntl
import os
import signal
import socket
import stat
import termios
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from flask import Flask

from lrp_kg.web.supervisor import LEAVE, LEAVE_SECONDS

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

LEAST_SECONDS = 1.0
"""Seconds in which clients that hold a connection can send another request and learn that it is the last one."""

LOOK_SECONDS = 0.05
"""Seconds between two looks at the connections."""

_RECEIVED = slice(128, 136)
"""Where ``struct tcp_info`` of Linux 4.1 and later has the bytes that a connection has received."""


def leave(app: Flask, listener: socket.socket) -> None:
    """Stop accepting connections, and end by SIGTERM when those that are open have had their requests.

    End at once where the system does not show this process its sockets. Being asked again changes nothing.
    """
    signal.signal(LEAVE, signal.SIG_IGN)
    port = listener.getsockname()[1]
    try:
        _stop_accepting(listener)
    except OSError:  # without /proc, or when no more files can be open
        os.kill(os.getpid(), signal.SIGTERM)
        return
    app.wsgi_app = _closing(app.wsgi_app)  # type: ignore[method-assign]
    threading.Thread(target=_end, args=(port,), name="leaving", daemon=True).start()


def _stop_accepting(listener: socket.socket) -> None:
    """Replace the socket wherever this process has it; other processes keep theirs."""
    shared = os.fstat(listener.fileno()).st_ino
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_NONBLOCK) as nobody:
        nobody.bind("")  # the kernel gives it a name that is said nowhere
        nobody.listen(1)
        for number, found in _sockets():
            if found.st_ino == shared:
                os.dup2(nobody.fileno(), number, inheritable=False)


def _closing(inner: Callable[..., Iterable[bytes]]) -> Callable[..., Iterable[bytes]]:
    """Return an application whose answers say that the connection ends with them."""

    def application(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        def start(status: str, headers: list[tuple[str, str]], *more: Any) -> Any:
            return start_response(status, [*headers, ("Connection", "close")], *more)

        return inner(environ, start)

    return application


def _end(port: int) -> None:
    start = time.monotonic()
    while (passed := time.monotonic() - start) < LEAVE_SECONDS and (passed < LEAST_SECONDS or _unread(port)):
        time.sleep(LOOK_SECONDS)
    os.kill(os.getpid(), signal.SIGTERM)


def _unread(port: int) -> bool:
    """Return whether a connection to a port has sent nothing yet, or something that was not read, or nobody knows."""
    try:
        sockets = list(_sockets())
    except OSError:
        return True
    for number, _found in sockets:
        with suppress(OSError), socket.socket(fileno=os.dup(number)) as connection:
            if connection.family == socket.AF_UNIX or connection.getsockname()[1] != port:
                continue
            state = connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 256)
            waiting = array.array("i", [0])
            fcntl.ioctl(connection, termios.FIONREAD, waiting)
            if waiting[0] or not any(state[_RECEIVED]):
                return True
    return False


def _sockets() -> Iterator[tuple[int, os.stat_result]]:
    """Yield the numbers of the sockets of this process."""
    for name in os.listdir("/proc/self/fd"):
        with suppress(OSError):  # it was closed
            found = os.stat(int(name))
            if stat.S_ISSOCK(found.st_mode):
                yield int(name), found
