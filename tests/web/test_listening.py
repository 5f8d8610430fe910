"""What can be written as an address, and what is said of one that cannot be used."""

from __future__ import annotations

import os
import socket

import pytest

from lrp_kg.web.listening import CannotListen, listen, url

HAS_IPV6 = os.path.exists("/proc/net/if_inet6")


@pytest.mark.parametrize(
    ("host", "asked", "shown"),
    [
        ("127.0.0.1", "127.0.0.1", "127.0.0.1"),
        ("localhost", "127.0.0.1", "localhost"),
        ("0.0.0.0", "127.0.0.1", "0.0.0.0"),  # noqa: S104 - for a moment
        *([("::1", "::1", "[::1]"), ("[::1]", "::1", "[::1]"), ("::", "127.0.0.1", "[::]")] if HAS_IPV6 else []),
    ],
)
def test_addresses_and_names(host: str, asked: str, shown: str) -> None:
    with listen(host, 0) as found:
        port = found.getsockname()[1]
        socket.create_connection((asked, port), timeout=5).close()
        assert url(host, port) == f"http://{shown}:{port}/"
        assert url(host, port, "/lrp") == f"http://{shown}:{port}/lrp/"


@pytest.mark.parametrize(
    ("host", "said"),
    [
        ("203.0.113.7", "203.0.113.7 is no address of this machine"),
        ("2001:db8::7", "2001:db8::7 is no address of this machine"),
        ("a..b", "cannot be resolved"),
        ("a" * 300, "cannot be resolved"),
        ("a\0b", "cannot be resolved"),
        ("", "The host is empty"),
        ("  ", "The host is empty"),
        ("*", "Write 0.0.0.0 for all addresses"),
    ],
)
def test_hosts_that_cannot_be_used(host: str, said: str) -> None:
    with pytest.raises(CannotListen) as caught:
        listen(host, 0)
    assert said in caught.value.message
    assert len(caught.value.message) < 300


def test_port_in_use() -> None:
    with listen("127.0.0.1", 0) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(CannotListen, match="is in use. Stop the program"):
            listen("127.0.0.1", port)
    listen("127.0.0.1", port).close()


def test_name_that_is_not_known(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    with pytest.raises(CannotListen, match=r"'nosuch.example' cannot be resolved: Name or service not known"):
        listen("nosuch.example", 0)


def test_port_without_the_right(monkeypatch: pytest.MonkeyPatch) -> None:
    def forbidden(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(socket.socket, "bind", forbidden)
    with pytest.raises(CannotListen, match="ports below 1024 need a right"):
        listen("127.0.0.1", 80)
