"""The setup of `conftest.py` works: no test contacts another machine, and the tests use a separate cache."""

from __future__ import annotations

import os
import socket
import warnings
from pathlib import Path

import pytest
from pytest_socket import SocketConnectBlockedError

from lrp_kg import GuidelineService
from lrp_kg.cache import cache_folder as used_folder


def test_network_is_blocked() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for host in ("192.0.2.1", "2001:db8::1", "w3id.org"):
            family = socket.AF_INET6 if ":" in host else socket.AF_INET
            with socket.socket(family) as probe, pytest.raises(SocketConnectBlockedError):
                probe.connect((host, 80))


def test_local_connections_are_allowed(tmp_path: Path) -> None:
    with socket.socket() as server, socket.socket() as client:
        server.bind(("127.0.0.1", 0))
        server.listen()
        client.connect(server.getsockname())
    with socket.socket(socket.AF_UNIX) as server, socket.socket(socket.AF_UNIX) as client:
        server.bind(str(tmp_path / "s"))
        server.listen()
        client.connect(str(tmp_path / "s"))


def test_cache_folder_belongs_to_this_run(cache_folder: str, service: GuidelineService) -> None:
    assert os.environ["LRP_CACHE"] == cache_folder
    assert used_folder() == Path(cache_folder)
    service.prepare()
    assert any(path.is_file() for path in Path(cache_folder).rglob("*"))
