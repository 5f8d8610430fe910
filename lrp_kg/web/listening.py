"""Opens the socket that the service listens on, and says in one line why it cannot be opened."""

from __future__ import annotations

import errno
import socket
from typing import Any

from lrp_kg.errors import LrpError

BACKLOG = 1024
"""Connections that may wait until a worker takes them."""


class CannotListen(LrpError):
    """The address or the port of the service cannot be used."""

    code = "cannot-listen"
    title = "The service cannot start"


def listen(host: str, port: int) -> socket.socket:
    """Return a listening socket; port 0 takes a free one. Raise `CannotListen` with the reason and what to do."""
    name = host.removeprefix("[").removesuffix("]") if ":" in host else host
    family, address = _resolve(name, port)
    try:
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # connections inherit it
            if name == "::":
                probe.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
            probe.bind(address)
            probe.listen(BACKLOG)
            return socket.socket(fileno=probe.detach())
    except OSError as error:
        raise CannotListen(_reason(error, name, port)) from None


def url(host: str, port: int, prefix: str = "") -> str:
    """Return the address of the service under a path prefix, with brackets around an IPv6 address."""
    name = host.removeprefix("[").removesuffix("]") if ":" in host else host
    return f"http://{f'[{name}]' if ':' in name else name}:{port}{prefix}/"


def _resolve(name: str, port: int) -> tuple[socket.AddressFamily, Any]:
    """Return the family and the address of a name: the first of IPv4 if it has one."""
    try:
        if not name.strip():
            raise CannotListen("The host is empty. Write an address, such as 127.0.0.1, or 0.0.0.0 for all of them.")
        if name == "*":
            raise CannotListen("The host * is no address. Write 0.0.0.0 for all addresses of this machine.")
        found = socket.getaddrinfo(name, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except (OSError, UnicodeError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else "it is no name of a host"
        raise CannotListen(
            f"The host {name[:80]!r} cannot be resolved: {reason}. Write an address or a name of this machine alone, "
            "such as 127.0.0.1."
        ) from None
    family, _kind, _protocol, _name, address = min(found, key=lambda f: f[0] != socket.AF_INET)
    return family, address


def _reason(error: OSError, name: str, port: int) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"Port {port} of {name} is in use. Stop the program that uses it, or choose another --port."
    if error.errno in (errno.EACCES, errno.EPERM):
        return (
            f"Port {port} of {name} may not be used by this user: ports below 1024 need a right. "
            "Choose another --port, and lead requests there from a proxy."
        )
    if error.errno in (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT):
        return f"{name} is no address of this machine. Use 127.0.0.1 for this machine alone, or 0.0.0.0 for all."
    return f"Port {port} of {name} cannot be used: {error.strerror or type(error).__name__}."
